"""Equations of products, with a letter for every dimension: torch computes the same by them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from resnet_inspect.capture.readers.registry import read_function
from resnet_inspect.traces.ops import MatMul


def drawn(*shapes: tuple[int, ...]) -> list[Tensor]:
    random = torch.Generator().manual_seed(0)
    return [torch.randn(shape, generator=random, dtype=torch.float64) for shape in shapes]


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("nchw,co->nohw", [(2, 3, 4, 5), (3, 6)]),
        ("ij,jk", [(2, 3), (3, 4)]),  # the result: letters that stand once, by the alphabet
        ("ba", [(2, 3)]),
        ("ii", [(3, 3)]),
        ("...ij,...jk->...ik", [(2, 5, 3, 4), (2, 5, 4, 6)]),
        ("...i,i", [(2, 5, 3), (3,)]),
        ("...i,...i", [(2, 5, 3), (5, 3)]),
        ("...ij,...jk", [(4, 2, 3), (3, 5)]),  # dots of another number, that are spread
        ("b h i d, b h j d -> b h i j", [(2, 3, 4, 5), (2, 3, 6, 5)]),
        ("i,j,k->ijk", [(2,), (3,), (4,)]),
    ],
)
def test_an_einsum_written_out_is_the_same_einsum(
    equation: str, shapes: list[tuple[int, ...]]
) -> None:
    given = drawn(*shapes)
    op = read_function("einsum", (equation, *given), {}, in_place=False)
    assert isinstance(op, MatMul)
    assert "." not in op.equation
    terms, arrow, _ = op.equation.partition("->")
    assert arrow
    assert [len(term) for term in terms.split(",")] == [tensor.dim() for tensor in given]
    assert torch.allclose(torch.einsum(op.equation, *given), torch.einsum(equation, *given))
    assert read_function("einsum", (equation, given), {}, in_place=False) == op


def test_an_einsum_of_many_is_kept_as_it_was_written() -> None:
    given = drawn((2,), (2,), (2,), (2,))
    op = read_function("einsum", ("a, a, a, a ->", *given), {}, in_place=False)
    assert op == MatMul("einsum", "a,a,a,a->")


@pytest.mark.parametrize(
    ("dims", "shapes"),
    [
        (2, [(2, 3, 4), (3, 4, 5)]),
        (1, [(2, 3), (3, 4)]),
        (0, [(2,), (3,)]),
        (([1, 0], [0, 1]), [(2, 3, 4), (3, 2, 5)]),
        (([-1], [-2]), [(2, 3, 4), (4, 5)]),
    ],
)
def test_a_tensordot_is_an_einsum(
    dims: int | tuple[list[int], list[int]], shapes: list[tuple[int, ...]]
) -> None:
    a, b = drawn(*shapes)
    op = read_function("tensordot", (a, b, dims), {}, in_place=False)
    assert isinstance(op, MatMul)
    assert torch.allclose(torch.einsum(op.equation, a, b), torch.tensordot(a, b, dims))
