"""Readers of functions for which it matters along which dimensions they work.

A permutation, a slice, a softmax, a mean: where the positions of a map go cannot be told from
shapes alone.
A call that is not understood is read as its name alone says, without dimensions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from resnet_inspect.capture.readers.registry import Arguments, reads_function
from resnet_inspect.capture.readers.windows import patches
from resnet_inspect.traces.ops import Activate, Join, Offsets, Op, Reduce, Reshape, Window

Dims = Callable[[str, Arguments], Offsets | None]


def _recorded(op: Callable[..., Op], *names: str, takes: tuple[str, ...]) -> Callable[[Dims], Dims]:
    """Register what finds the dimensions for functions of these names, which become this op."""

    def register(find: Dims) -> Dims:
        def read(name: str, a: Arguments) -> Op:
            try:
                dims = find(name, a)
            except (KeyError, TypeError, ValueError, AttributeError, IndexError, RuntimeError):
                dims = None
            return op(name, dims=dims)

        reads_function(*names, takes=takes)(read)
        return find

    return register


def _from_start(given: Any, rank: int) -> Offsets:
    """Dimensions counted from 0; all where none are named."""
    if given is None or (isinstance(given, tuple | list) and not given):
        return tuple(range(rank))
    several = given if isinstance(given, tuple | list | torch.Size) else (given,)
    dims = tuple(int(dim) for dim in several)
    if not all(-rank <= dim < rank for dim in dims):
        raise ValueError("there is no such dimension")
    return tuple(dim % rank for dim in dims)


def _rank(a: Arguments) -> int:
    return int(a["input"].dim())


@_recorded(Reshape, "permute", takes=("input", *map(str, range(12))))
def _permute(name: str, a: Arguments) -> Offsets | None:
    given: Any = a["dims"] if "dims" in a else a["0"]
    if isinstance(given, int):
        given = [a[str(i)] for i in range(_rank(a))]
    return _from_start(given, _rank(a))


@_recorded(Reshape, "transpose", "swapaxes", "swapdims", takes=("input", "dim0", "dim1"))
def _transpose(name: str, a: Arguments) -> Offsets | None:
    rank = _rank(a)
    pair = a.get("dim0", a.get("axis0")), a.get("dim1", a.get("axis1"))
    first, second = _from_start(pair, rank)
    dims = list(range(rank))
    dims[first], dims[second] = second, first
    return tuple(dims)


@_recorded(Reshape, "movedim", "moveaxis", takes=("input", "source", "destination"))
def _movedim(name: str, a: Arguments) -> Offsets | None:
    rank = _rank(a)
    source, destination = _from_start(a["source"], rank), _from_start(a["destination"], rank)
    left = [dim for dim in range(rank) if dim not in source]
    placed = dict(zip(destination, source, strict=True))
    return tuple(placed[at] if at in placed else left.pop(0) for at in range(rank))


@_recorded(Reshape, "t", "T", "mT", "H", "mH", "adjoint", takes=("input",))
def _turned(name: str, a: Arguments) -> Offsets | None:
    dims = list(range(_rank(a)))
    if name == "T":
        return tuple(reversed(dims))
    return (*dims[:-2], *dims[-2:][::-1])


@_recorded(Reshape, "flip", takes=("input", *map(str, range(12))))
def _flip(name: str, a: Arguments) -> Offsets | None:
    given = a["dims"] if "dims" in a else [a[key] for key in map(str, range(12)) if key in a]
    return _from_start(given[0] if len(given) == 1 else given, _rank(a))


@_recorded(Reshape, "fliplr", "flipud", takes=("input",))
def _mirrored(name: str, a: Arguments) -> Offsets | None:
    return (int(name == "fliplr"),)


@reads_function("roll", takes=("input", "shifts", "dims"))
def _roll(name: str, a: Arguments) -> Op:
    """Without dimensions the elements of all are moved on, in the order of a flat tensor."""
    given, rank = a.get("dims"), _rank(a)
    if given is None or given == ():
        return Reshape(name, dims=tuple(range(rank)))
    shifts = a["shifts"] if isinstance(a["shifts"], tuple | list) else (a["shifts"],)
    return Reshape(name, dims=_from_start(given, rank), shifts=tuple(map(int, shifts)))


@reads_function("unfold", takes=("input", "dimension", "size", "step"))
def _unfold(name: str, a: Arguments) -> Op:
    """A tensor's own method, along one dimension; or the function, which names its arguments."""
    if "size" in a:
        window = Window((int(a["size"]),), (int(a["step"]),), (0,), (1,))
        return Reshape(name, dims=_from_start(a["dimension"], _rank(a)), slides=window)
    return Reshape(name, slides=patches(a.get("kernel_size", a.get("dimension")), a))


@reads_function("fold", takes=("input", "output_size", "kernel_size"))
def _fold(name: str, a: Arguments) -> Op:
    return Reshape(name, slides=patches(a["kernel_size"], a))


@reads_function("cat", "concat", "concatenate", "stack", takes=("tensors", "dim"))
def _join(name: str, a: Arguments) -> Op:
    tensors = a["tensors"]
    rank = tensors[0].dim() + (name == "stack")
    return Join(name, int(a.get("dim", a.get("axis", 0))) % max(rank, 1))


@reads_function("slice", takes=("input", "index"))
def _slice(name: str, a: Arguments) -> Op:
    """A slice, a number or a new dimension in each place; what tensors pick is not described."""
    shape = a["input"].shape
    index = a["index"] if isinstance(a["index"], tuple) else (a["index"],)
    if not all(
        part is None or part is Ellipsis or isinstance(part, slice) or type(part) is int
        for part in index
    ):
        return Reshape(name)
    taken = sum(part is not None and part is not Ellipsis for part in index)
    all_of_it = [slice(None)] * (len(shape) - taken)
    at = next((i for i, part in enumerate(index) if part is Ellipsis), len(index))
    whole = [*index[:at], *all_of_it, *index[at + 1 :]]
    starts: list[int] = []
    steps: list[int] = []
    dims: list[int] = []
    for part in whole:
        if part is None:
            dims.append(-1)
            continue
        size = shape[len(starts)]
        if isinstance(part, slice):
            dims.append(len(starts))
            first, _, step = part.indices(size)
        else:
            first, step = part % size, 1
        starts.append(first)
        steps.append(step)
    if len(starts) != len(shape):
        return Reshape(name)
    is_plain = dims == list(range(len(shape)))
    return Reshape(name, tuple(starts), tuple(steps), None if is_plain else tuple(dims))


@reads_function("pad", takes=("input", "pad", "mode"))
def _pad(name: str, a: Arguments) -> Op:
    """A pad from two numbers for each padded dimension, the last dimension first."""
    rank = a["input"].dim()
    before = [int(number) for number in a["pad"][::2]][::-1]
    starts = (*[0] * (rank - len(before)), *(-number for number in before))
    mode = str(a.get("mode", "constant"))
    return Reshape(name, starts, (1,) * rank, border="" if mode == "constant" else mode)


@_recorded(Reshape, "sort", "argsort", takes=("input", "dim"))
def _sort(name: str, a: Arguments) -> Offsets | None:
    return _from_start(a.get("dim", -1), _rank(a))


@_recorded(Reshape, "index_select", "select", takes=("input", "dim", "index"))
def _select(name: str, a: Arguments) -> Offsets | None:
    return _from_start(a["dim"], _rank(a))


@_recorded(Reshape, "unbind", takes=("input", "dim"))
def _unbind(name: str, a: Arguments) -> Offsets | None:
    return _from_start(a.get("dim", 0), _rank(a))


def _named(a: Arguments) -> Any:
    return a.get("dim", a.get("axis"))


@_recorded(
    Reduce,
    "mean", "sum", "prod", "amax", "amin", "argmax", "argmin", "std", "var", "all", "any",
    "logsumexp", "std_mean", "var_mean", "count_nonzero", "aminmax", "max", "min", "median",
    takes=("input", "dim"),
)  # fmt: skip
@_recorded(Reduce, "norm", "vector_norm", "quantile", takes=("input", "how", "dim"))
def _reduce(name: str, a: Arguments) -> Offsets | None:
    given = _named(a)
    if isinstance(given, torch.Tensor) or isinstance(a.get("other"), torch.Tensor):
        return None
    if isinstance(given, bool):  # var(unbiased)
        given = None
    return _from_start(given, _rank(a))


@_recorded(Reduce, "cumsum", "cumprod", takes=("input", "dim"))
def _cumulated(name: str, a: Arguments) -> Offsets | None:
    return _from_start(_named(a), _rank(a))


@_recorded(Reduce, "topk", "kthvalue", takes=("input", "k", "dim"))
@_recorded(Reduce, "mode", takes=("input", "dim"))
def _chosen(name: str, a: Arguments) -> Offsets | None:
    return _from_start(a.get("dim", -1), _rank(a))


@_recorded(Activate, "softmax", "log_softmax", "softmin", takes=("input", "dim"))
def _softmax(name: str, a: Arguments) -> Offsets | None:
    return None if a.get("dim") is None else _from_start(a["dim"], _rank(a))


@_recorded(Activate, "normalize", takes=("input", "p", "dim"))
def _normalize(name: str, a: Arguments) -> Offsets | None:
    return _from_start(a.get("dim", 1), _rank(a))
