"""From what a pickle of torch says to tensors: their names, shapes and types, and where they lie.

What is declared is held against the numbers that are there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from resnet_inspect.errors import CheckpointError
from resnet_inspect.sources.checkpoint.contents import AGAIN, SAVE, Contents, Placed, Storage
from resnet_inspect.sources.checkpoint.pickles import Made, Named, Pickle, PickleError, Stored
from resnet_inspect.sources.checkpoint.state_dicts import state_dicts
from resnet_inspect.traces.tensors import TensorSpec

_STORAGES = {
    "DoubleStorage": ("float64", 8), "FloatStorage": ("float32", 4), "HalfStorage": ("float16", 2),
    "BFloat16Storage": ("bfloat16", 2), "LongStorage": ("int64", 8), "IntStorage": ("int32", 4),
    "ShortStorage": ("int16", 2), "CharStorage": ("int8", 1), "ByteStorage": ("uint8", 1),
    "BoolStorage": ("bool", 1), "ComplexDoubleStorage": ("complex128", 16),
    "ComplexFloatStorage": ("complex64", 8), "QInt8Storage": ("qint8", 1),
    "QUInt8Storage": ("quint8", 1), "QInt32Storage": ("qint32", 4),
    "QUInt4x2Storage": ("quint4x2", 1), "QUInt2x4Storage": ("quint2x4", 1),
    "UntypedStorage": ("uint8", 1),
}  # fmt: skip
"""Class of a storage -> torch's name of the type and bytes of an element."""

_ITEMS = dict(_STORAGES.values()) | {
    "float8_e4m3fn": 1, "float8_e5m2": 1, "float8_e4m3fnuz": 1, "float8_e5m2fnuz": 1,
    "float8_e8m0fnu": 1, "uint16": 2, "uint32": 4, "uint64": 8,
}  # fmt: skip
"""Bytes of an element, also of types without a class of storage."""

_OF_WEIGHTS = re.compile(
    r"torch\.(\w+Storage|storage\.\w+|_utils\._rebuild_\w+|_tensor\._rebuild_from_type_v2"
    r"|nn\.parameter\.(Parameter|Buffer)|Size|device|Tensor|q?u?int\w*|b?float\w*|complex\w*|bool"
    r"|per_\w+|strided|sparse_\w+|serialization\._get_layout|half|double|long)"
    r"|collections\.(OrderedDict|defaultdict|Counter)|_codecs\.encode"
    r"|(builtins|__builtin__)\.(set|frozenset|complex|bytearray|int|float|dict|list|tuple|bool|str)"
)
"""Names that weights consist of; `torch.load(weights_only=True)` opens a file of nothing else."""


def contents_of(file: Path, said: Pickle, place: Callable[[str, int], Storage]) -> Contents:
    """Every state dict that a pickle says, whose numbers `place` finds by key and bytes.

    Raises `CheckpointError` for what declares more than is there, or holds no weights.
    """
    storages: dict[str, Storage] = {}

    def tensor(value: Any) -> Placed | None:
        parts = _parts(value)
        if parts is None:
            return None
        stored, dtype, offset, size, stride = parts
        key, own, itemsize, count = storage_of(stored)
        if key not in storages:
            storages[key] = place(key, itemsize * count)
        dtype = dtype or own
        spec = TensorSpec(size, dtype, _ITEMS[dtype])
        reach = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True)) + 1
        if spec.elements and reach * spec.itemsize > storages[key].nbytes:
            raise lacking(file, reach * spec.itemsize, storages[key].nbytes)
        return Placed(spec, storages[key], offset, stride)

    try:
        places = dict(state_dicts(said.value, tensor))
    except PickleError as error:
        raise malformed(file, error) from error
    beside = tuple(str(name) for name in said.names if not _OF_WEIGHTS.fullmatch(str(name)))
    if not places and beside:
        raise CheckpointError(
            f"{file} was not opened, because it would run code: it names {beside[0][:80]}, and it "
            "holds no tensors that have names",
            hint=SAVE,
        )
    return Contents(places, beside)


_Parts = tuple[Stored, str | None, int, tuple[int, ...], tuple[int, ...]]
"""Of a tensor: storage, type if it is not that of the storage, offset, sizes, strides."""


def _parts(value: Any) -> _Parts | None:
    """The parts of a tensor that a call would have made; None for anything else."""
    for _ in range(4):  # a parameter of a tensor of a type of its own, ...
        if not isinstance(value, Made) or not isinstance(value.by, Named):
            return None
        args = value.args
        match str(value.by), args:
            case (
                "torch._utils._rebuild_tensor"
                | "torch._utils._rebuild_tensor_v2"
                | "torch._utils._rebuild_qtensor",
                (Stored() as stored, int(offset), tuple(size), tuple(stride), *_),
            ):
                return stored, None, offset, *_checked(offset, size, stride)
            case (
                "torch._utils._rebuild_tensor_v3",
                (
                    Stored() as stored,
                    int(offset),
                    tuple(size),
                    tuple(stride),
                    _,
                    _,
                    Named() as of,
                    *_,
                ),
            ):
                if of.name not in _ITEMS:
                    raise PickleError("it has a tensor of an unknown type")
                return stored, of.name, offset, *_checked(offset, size, stride)
            case (
                "torch._utils._rebuild_parameter" | "torch._utils._rebuild_parameter_with_state",
                (inner, *_),
            ):
                value = inner
            case "torch._tensor._rebuild_from_type_v2", (by, _, tuple(inner), *_):
                value = Made(by, inner)
            case "torch.nn.parameter.Parameter" | "torch.nn.parameter.Buffer", (inner, *_):
                value = inner
            case _:
                return None
    return None


def _checked(
    offset: int, size: tuple[Any, ...], stride: tuple[Any, ...]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    every = (offset, *size, *stride)
    if len(size) != len(stride) or not all(type(n) is int and 0 <= n < 2**62 for n in every):
        raise PickleError("it has a tensor of an impossible shape")
    return size, stride


def storage_of(stored: Stored) -> tuple[str, str, int, int]:
    """Key, type, bytes of an element and number of elements."""
    match stored.key:
        case ("storage", Named(_, name), str(key), _, int(count), *_) if name in _STORAGES:
            dtype, itemsize = _STORAGES[name]
            if 0 <= count < 2**62:
                return key, dtype, itemsize, count
    raise PickleError("it has numbers of an unknown kind")


def lacking(file: Path, declared: int, held: int) -> CheckpointError:
    """What is said of a file with fewer bytes than it declares."""
    return CheckpointError(
        f"{file} declares {declared:,} bytes of weights where it has {held:,}", hint=AGAIN
    )


def malformed(file: Path, error: PickleError) -> CheckpointError:
    """What is said of a file with a pickle that cannot be followed."""
    return CheckpointError(f"{file} is truncated or damaged: {error}", hint=AGAIN)
