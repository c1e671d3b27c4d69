"""The tensors of an einsum by the letters of its equation."""

from __future__ import annotations

import pytest

from resnet_inspect.analysis.contractions import factors, place_of
from resnet_inspect.traces.ops import MatMul


def test_each_tensor_has_a_letter_for_each_dimension() -> None:
    assert factors(MatMul("einsum", "bij,bjk->bik")) == (["bij", "bjk"], "bik")
    assert factors(MatMul("einsum", "i,i->")) == (["i", "i"], "")


@pytest.mark.parametrize(
    ("name", "label", "place"),
    [
        ("einsum", "1", 0),  # behind the equation
        ("einsum", "3", 2),
        ("einsum", "1.0", 0),  # in a list
        ("einsum", "1.2", 2),
        ("einsum", "equation", None),
        ("tensordot", "a", 0),
        ("tensordot", "other", 1),
        ("matmul", "input", 0),
        ("matmul", "1", 1),
        ("matmul", "out", None),
    ],
)
def test_an_argument_is_one_of_the_tensors(name: str, label: str, place: int | None) -> None:
    assert place_of(MatMul(name), label) == place
