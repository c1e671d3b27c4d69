"""PyTorch's own files: a zip since version 1.6, several pickles and then the numbers before.

Names, shapes and types stand in a pickle, which is walked through and not obeyed; what it declares
is held against the numbers that are there.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from resnet_inspect.errors import CheckpointError
from resnet_inspect.sources.checkpoint.contents import (
    AGAIN,
    SAVE,
    Contents,
    Placed,
    Storage,
    state_dicts,
)
from resnet_inspect.sources.checkpoint.pickles import (
    LARGEST,
    Made,
    Named,
    Pickle,
    PickleError,
    Stored,
    walk,
)
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

_MOST = 2**24
"""Bytes of the index of a zip, which stands at its end."""


def read_zip(file: Path) -> Contents:
    """Every state dict in a file of torch since 1.6."""
    try:
        _check_index(file)
        with zipfile.ZipFile(file) as archive:
            entries = {one.filename.partition("/")[2]: one for one in archive.infolist()}
            _check(file, archive.infolist(), entries)
            if entries["data.pkl"].file_size > LARGEST:
                raise PickleError(f"it is larger than {LARGEST:,} bytes")
            said = walk(io.BytesIO(archive.read(entries["data.pkl"])))
    except PickleError as error:
        raise _malformed(file, error) from error
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, EOFError) as error:
        raise CheckpointError(f"{file} is truncated or damaged", hint=AGAIN) from error

    big = False
    with file.open("rb") as stream:
        if "byteorder" in entries:
            stream.seek(_first(stream, entries["byteorder"]))
            big = stream.read(3) == b"big"

        def place(key: str, nbytes: int) -> Storage:
            entry = entries.get(f"data/{key}")
            held = 0 if entry is None else entry.file_size
            if nbytes > held:
                raise _declares(file, nbytes, held)
            start = -1 if big or entry is None else _first(stream, entry)
            return Storage(file, key, start, nbytes)

        return _contents(file, said, place)


def _first(stream: BinaryIO, entry: zipfile.ZipInfo) -> int:
    """Where the bytes of an entry begin: behind its own header, which has two lengths in it."""
    stream.seek(entry.header_offset)
    header = stream.read(30)
    lengths = int.from_bytes(header[26:28], "little"), int.from_bytes(header[28:30], "little")
    return entry.header_offset + 30 + sum(lengths)


def _check_index(file: Path) -> None:
    """Refuse a zip whose index would not fit into memory, before it is read."""
    with file.open("rb") as stream:
        size = stream.seek(0, io.SEEK_END)
        stream.seek(max(0, size - 2**16 - 22))
        end = stream.read()
    place = end.rfind(b"PK\x05\x06")
    if place < 0 or len(end) < place + 22:
        raise CheckpointError(f"{file} is truncated: no index at its end", hint=AGAIN)
    length = int.from_bytes(end[place + 12 : place + 16], "little")
    wide = end.rfind(b"PK\x06\x06", 0, place)
    if wide >= 0:
        length = max(length % 0xFFFFFFFF, int.from_bytes(end[wide + 40 : wide + 48], "little"))
    if length > _MOST:
        raise CheckpointError(f"{file} was not opened: its index would have {length:,} bytes")


def _check(file: Path, every: list[zipfile.ZipInfo], entries: Mapping[str, object]) -> None:
    """Refuse a zip that torch did not write."""
    if "constants.pkl" in entries:
        raise CheckpointError(
            f"{file} was not opened, because it would run code: it is TorchScript, a program",
            hint=SAVE,
        )
    if "data.pkl" not in entries:
        raise CheckpointError(f"{file} is a zip archive and no checkpoint", hint=SAVE)
    size, unpacked = file.stat().st_size, sum(entry.file_size for entry in every)
    if unpacked > size or any(entry.compress_type != zipfile.ZIP_STORED for entry in every):
        raise CheckpointError(
            f"{file} was not opened: its {size:,} bytes would unpack to {unpacked:,}, "
            "and torch compresses nothing"
        )


_MAGIC = 0x1950A86A20F9469CFC6C
"""What the first pickle of a file of before 1.6 is."""


def read_pickles(file: Path) -> Contents:
    """Every state dict in a file of torch before 1.6: pickles, then each storage with its length.

    Of another pickle, such as a program may write, what it has of tensors.
    """
    with file.open("rb") as stream:
        try:
            said = first = walk(stream)
            keys: Any = []
            big = False
            if type(first.value) is int and first.value == _MAGIC:
                walk(stream)  # a version
                system = walk(stream).value
                big = isinstance(system, dict) and system.get("little_endian") is False
                said = walk(stream)
                keys = walk(stream).value
            starts = _starts(file, stream, said.stored, keys)
        except PickleError as error:
            raise _malformed(file, error) from error

    def place(key: str, nbytes: int) -> Storage:
        start, held = starts.get(key, (-1, 0))
        if nbytes > held:
            raise _declares(file, nbytes, held)
        return Storage(file, key, -1 if big else start, nbytes)

    return _contents(file, said, place)


def _starts(
    file: Path, stream: BinaryIO, stored: Iterable[Stored], keys: Any
) -> dict[str, tuple[int, int]]:
    """First byte and bytes of each storage; each stands behind the number of its elements."""
    items = {}
    for one in stored:
        if isinstance(one.key, tuple) and one.key[:1] != ("module",):  # the source of a class
            key, _, itemsize, _ = _storage(one)
            items[key] = itemsize
    end = file.stat().st_size
    found = {}
    for key in keys if isinstance(keys, list) else ():
        if not isinstance(key, str) or key not in items:
            raise PickleError("it lists numbers that nothing uses")
        start = stream.tell() + 8
        nbytes = int.from_bytes(stream.read(8), "little") * items[key]
        if start + nbytes > end:
            raise PickleError("it is cut off")
        found[key] = start, nbytes
        stream.seek(start + nbytes)
    return found


# From what a pickle says to tensors


def _contents(file: Path, said: Pickle, place: Callable[[str, int], Storage]) -> Contents:
    storages: dict[str, Storage] = {}

    def tensor(value: Any) -> Placed | None:
        parts = _tensor(value)
        if parts is None:
            return None
        stored, dtype, offset, size, stride = parts
        key, own, itemsize, count = _storage(stored)
        if key not in storages:
            storages[key] = place(key, itemsize * count)
        dtype = dtype or own
        spec = TensorSpec(size, dtype, _ITEMS[dtype])
        reach = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True)) + 1
        if spec.elements and reach * spec.itemsize > storages[key].nbytes:
            raise _declares(file, reach * spec.itemsize, storages[key].nbytes)
        return Placed(spec, storages[key], offset, stride)

    try:
        places = dict(state_dicts(said.value, tensor))
    except PickleError as error:
        raise _malformed(file, error) from error
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


def _tensor(value: Any) -> _Parts | None:
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


def _storage(stored: Stored) -> tuple[str, str, int, int]:
    """Key, type, bytes of an element and number of elements."""
    match stored.key:
        case ("storage", Named(_, name), str(key), _, int(count), *_) if name in _STORAGES:
            dtype, itemsize = _STORAGES[name]
            if 0 <= count < 2**62:
                return key, dtype, itemsize, count
    raise PickleError("it has numbers of an unknown kind")


def _declares(file: Path, declared: int, held: int) -> CheckpointError:
    return CheckpointError(
        f"{file} declares {declared:,} bytes of weights where it has {held:,}", hint=AGAIN
    )


def _malformed(file: Path, error: PickleError) -> CheckpointError:
    return CheckpointError(f"{file} is truncated or damaged: {error}", hint=AGAIN)
