"""How much memory the elements of a tensor take."""

from __future__ import annotations

import pytest

from resnet_inspect.traces.tensors import TensorSpec


@pytest.mark.parametrize(
    ("spec", "elements", "nbytes"),
    [
        (TensorSpec((2, 3, 224, 224), "float32", 4), 301_056, 1_204_224),
        (TensorSpec((), "float64", 8), 1, 8),  # a scalar is one element
        (TensorSpec((4, 0, 7), "float16", 2), 0, 0),
        # Inside a vmap over five, the code sees twelve elements, and sixty take memory.
        (TensorSpec((3, 4), "float32", 4, mapped=5), 12, 240),
    ],
)
def test_bytes_are_those_of_all_that_it_stands_for(
    spec: TensorSpec, elements: int, nbytes: int
) -> None:
    assert (spec.elements, spec.nbytes) == (elements, nbytes)
