"""What a pad fills with, where two networks differ in it alone."""

from __future__ import annotations

import pytest
from torch import nn

import resnet_inspect as ri
from resnet_inspect.analysis.comparison.networks import compare
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.words.comparison.summary import summary


@pytest.mark.parametrize(
    ("pad", "said"),
    [
        (nn.ReflectionPad2d(1), "1: border reflect against none"),
        (nn.ReplicationPad2d(1), "1: border replicate against none"),
        (nn.CircularPad2d(1), "1: border circular against none"),
        (nn.ZeroPad2d(1), ""),
    ],
)
def test_another_border_is_another_layer(pad, said):
    left, right = (
        Survey(ri.trace(nn.Sequential(nn.Conv2d(3, 4, 3), one), (1, 3, 8, 8)))
        for one in (pad, nn.ConstantPad2d(1, 0.0))
    )
    found = [sentence for sentence in summary(compare(left, right)) if "border" in sentence]
    assert found == ([said] if said else [])
