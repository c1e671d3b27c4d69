"""Along which dimensions a function works, held against what torch makes of the same arguments."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from resnet_inspect.capture.readers.registry import read_function
from resnet_inspect.traces.ops import Activate, Join, Reduce, Reshape, Unknown, Window

X = torch.arange(2.0 * 3 * 5 * 7).view(2, 3, 5, 7)
MATRIX = torch.arange(15.0).view(3, 5)


def read(name: str, *args: Any, **kwargs: Any) -> Any:
    return read_function(name, args, kwargs, in_place=False)


def made(name: str, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """What torch makes: by a function or a method, or by an attribute."""
    function = getattr(torch, name, None) or getattr(torch.Tensor, name)
    result: Tensor = function(x, *args, **kwargs) if callable(function) else getattr(x, name)
    return result


PERMUTATIONS: list[tuple[str, Tensor, tuple[Any, ...], dict[str, Any]]] = [
    ("permute", X, ((0, 2, 3, 1),), {}),
    ("permute", X, (), {"dims": (0, -1, 1, -2)}),
    ("transpose", X, (1, -1), {}),
    ("transpose", X, (), {"dim0": 0, "dim1": 2}),
    ("swapaxes", X, (), {"axis0": -4, "axis1": 3}),
    ("swapdims", X, (2, 2), {}),
    ("movedim", X, (1, -1), {}),
    ("movedim", X, ((0, 1), (2, 0)), {}),
    ("moveaxis", X, (), {"source": (3, 1), "destination": (0, 2)}),
    ("t", MATRIX, (), {}),
    ("T", MATRIX, (), {}),
    ("mT", X, (), {}),
    ("adjoint", X, (), {}),
]


@pytest.mark.parametrize(
    ("name", "x", "args", "kwargs"), PERMUTATIONS, ids=lambda v: v if isinstance(v, str) else None
)
def test_a_permutation_is_the_one_that_torch_makes(
    name: str, x: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    op = read(name, x, *args, **kwargs)
    assert isinstance(op, Reshape)
    assert op.dims is not None
    assert torch.equal(x.permute(op.dims), made(name, x, *args, **kwargs))


def test_the_numbers_of_a_method_are_those_of_a_tuple() -> None:
    assert read("permute", X, 0, 2, 3, 1) == read("permute", X, (0, 2, 3, 1))
    assert read("flip", X, 1, -1) == read("flip", X, (1, 3)) == read("flip", X, dims=[1, 3])


REDUCTIONS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("mean", ((2, 3),), {}),
    ("mean", (-1,), {}),
    ("mean", (), {}),
    ("sum", (), {"dim": [0, -1]}),
    ("sum", (), {"dim": ()}),
    ("amax", (), {"dim": 1}),
    ("std", (1,), {}),
    ("var", (False,), {}),  # unbiased, not a dimension
    ("logsumexp", ((1, 2),), {}),
    ("argmax", (1,), {}),
    ("prod", (-2,), {}),
    ("norm", (2, (1, 2)), {}),
]


@pytest.mark.parametrize(("name", "args", "kwargs"), REDUCTIONS)
def test_what_is_reduced_over_is_gone_from_the_shape(
    name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    op = read(name, X, *args, **kwargs)
    assert isinstance(op, Reduce)
    assert op.dims is not None
    left = tuple(size for dim, size in enumerate(X.shape) if dim not in op.dims)
    assert left == made(name, X, *args, **kwargs).shape


def test_a_maximum_of_two_tensors_is_along_no_dimension() -> None:
    assert read("max", X, X).dims is None
    assert read("max", X, other=X).dims is None
    assert read("max", X).dims == (0, 1, 2, 3)
    assert read("max", X, 1).dims == (1,)


def test_the_usual_dimension_is_torchs() -> None:
    """The last for what chooses among elements, the second for `normalize`, none for a softmax."""
    for name in ("sort", "argsort", "mode"):
        assert read(name, X).dims == (3,), name
    assert read("topk", X, 2).dims == (3,)
    assert read("topk", X, 2, 1).dims == (1,)
    assert read("normalize", X).dims == (1,)
    assert read("unbind", X).dims == (0,)
    assert read("softmax", X) == Activate("softmax")  # torch chooses, and warns
    assert read("softmax", X, -1) == Activate("softmax", dims=(3,))
    assert read("cumsum", X, 2) == Reduce("cumsum", dims=(2,))


def test_a_roll_without_dimensions_is_one_of_all_elements() -> None:
    assert read("roll", X, 1).dims == (0, 1, 2, 3)
    assert read("roll", X, 1).shifts is None
    assert read("roll", X, (1, -2), (2, -1)) == Reshape("roll", dims=(2, 3), shifts=(1, -2))
    assert read("roll", X, shifts=3, dims=1) == Reshape("roll", dims=(1,), shifts=(3,))


def test_mirrors_are_flips() -> None:
    for name, flipped in (("fliplr", X.flip(1)), ("flipud", X.flip(0))):
        assert torch.equal(X.flip(read(name, X).dims), flipped)
        assert torch.equal(made(name, X), flipped)


SLICES: list[Any] = [
    (slice(None), slice(None), slice(1, None, 2), slice(2, 6)),
    (slice(None), 1),
    (Ellipsis, -1),
    (Ellipsis, slice(None, None, 3)),
    (slice(None), None, Ellipsis, 2, slice(1, 3)),
    1,
    slice(-1, None),
    (0, 1, -2, 3),
    None,
]


@pytest.mark.parametrize("index", SLICES, ids=repr)
def test_a_slice_begins_where_it_is_said_to_and_keeps_the_dimensions_that_it_says(
    index: Any,
) -> None:
    """The first element, those a step further on, and the shape are torch's."""
    op = read("slice", X, index)
    assert isinstance(op, Reshape)
    got = X[index]
    assert X[op.starts] == got.flatten()[0]
    assert min(op.starts) >= 0
    dims = op.dims if op.dims is not None else (0, 1, 2, 3)
    assert len(dims) == got.dim()
    for place, dim in enumerate(dims):
        if dim < 0:
            assert got.shape[place] == 1
        elif got.shape[place] > 1:
            next_one = tuple(s + (d == dim) * op.steps[d] for d, s in enumerate(op.starts))
            assert X[next_one] == got.select(place, 1).flatten()[0]


def test_what_tensors_pick_is_not_described() -> None:
    assert read("slice", X, torch.tensor([1, 0])) == Reshape("slice")
    assert read("slice", X, (slice(None), [0, 2])) == Reshape("slice")
    assert read("slice", X, True) == Reshape("slice")  # a mask of one element, not the number 1


def test_a_pad_moves_elements_by_what_stands_before_them() -> None:
    for pad in ((1, 2), (1, 0, 3, 2), (-1, 2, 0, 0, 1, 1)):
        op = read("pad", X, pad)
        padded = torch.nn.functional.pad(X, pad)
        at = (1, 2, 3, 4)
        assert (
            padded[tuple(place - start for place, start in zip(at, op.starts, strict=True))]
            == X[at]
        )
        assert op.border == ""
    assert read("pad", X, (1, 1), "reflect").border == "reflect"
    assert read("pad", X, (1, 1), mode="constant").border == ""


def test_a_join_is_along_a_dimension_of_what_it_makes() -> None:
    parts = [X, X]
    for name, args, kwargs in (
        ("cat", (), {}),
        ("cat", (-1,), {}),
        ("concat", (), {"axis": 2}),
        ("stack", (-1,), {}),
        ("stack", (), {"dim": -5}),
    ):
        op = read(name, parts, *args, **kwargs)
        assert isinstance(op, Join)
        joined = getattr(torch, name)(parts, *args, **kwargs)
        assert joined.shape[op.dim] == (2 if name == "stack" else 2 * X.shape[op.dim])
        rest = [size for dim, size in enumerate(joined.shape) if dim != op.dim]
        assert rest == [s for d, s in enumerate(X.shape) if name == "stack" or d != op.dim]


def test_an_unfold_is_one_along_a_dimension_or_of_patches() -> None:
    assert read("unfold", X, -1, 3, 2) == Reshape(
        "unfold", dims=(3,), slides=Window((3,), (2,), (0,), (1,))
    )
    patches = Reshape("unfold", slides=Window((3, 3), (2, 2), (1, 1), (1, 1)))
    assert read("unfold", X, kernel_size=3, stride=2, padding=1) == patches
    assert read("fold", X, (5, 7), (1, 3), padding=(0, 1)).slides == Window(
        (1, 3), (1, 1), (0, 1), (1, 1)
    )


def test_a_call_that_is_not_understood_has_no_dimensions_and_raises_nothing() -> None:
    assert read("permute", X, "dims") == Reshape("permute")
    assert read("transpose", X, 0, 9) == Reshape("transpose")
    assert read("mean", X, dim="C") == Reduce("mean")  # a dimension by its name
    assert read("movedim", X) == Reshape("movedim")
    assert isinstance(read("pad", X), Unknown)
