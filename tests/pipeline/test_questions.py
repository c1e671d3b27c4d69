"""Questions to what is not run: a saved trace, and one of a module that is not kept."""

from __future__ import annotations

import pytest
from saved import DATA, trace_of

import resnet_inspect as ri
from resnet_inspect.errors import BadInput


@pytest.fixture(scope="module")
def t() -> ri.Inspection:
    return ri.load(DATA / "resnet18.json")


def test_a_trace_of_a_module_cannot_be_verified() -> None:
    with pytest.raises(BadInput, match="module"):
        ri.Inspection.of(trace_of("oddities")).verify()
    with pytest.raises(BadInput, match="by its name, and takes no object"):
        ri.verify(object())  # type: ignore[arg-type]


def test_what_is_saved_is_not_run(t: ri.Inspection) -> None:
    with pytest.raises(BadInput, match="input_size"):
        ri.taps(t, input_size=(1, 3, 64, 64))
