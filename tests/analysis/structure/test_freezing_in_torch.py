"""Parts of a network by what they are called: the parameters that they hold."""

from __future__ import annotations

import pytest
from checkpointed_networks import Blocks
from real_steps import traced

from resnet_inspect.analysis.structure import freezing
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import UsageError


@pytest.mark.parametrize(
    ("written", "first", "count"),
    [
        ("stem", "enter.0.weight", 4),
        ("Stage 1", "units.0.a.bias", 16),
        ("stages 1 - 2,head", "leave.bias", 36),
        ("units.3.na", "units.3.na.weight", 2),
    ],
)
def test_parts_hold_their_parameters(written, first, count):
    found = freezing.parameters_of(Survey(traced(Blocks())), written)
    assert first in found
    assert len(found) == count


@pytest.mark.parametrize("written", ["stage 9", "stage 2-1", "foo", " , ", "stage 0"])
def test_parts_that_are_none_are_refused(written):
    with pytest.raises(UsageError):
        freezing.parameters_of(Survey(traced(Blocks())), written)
