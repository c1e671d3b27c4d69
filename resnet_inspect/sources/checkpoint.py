"""Files of weights, read without running anything that is in them.

Opened are PyTorch's files (only as far as `torch.load(weights_only=True)` does), safetensors, and
the index of several such files. A file is what its first bytes say, not what its name says. Names,
shapes and types are read without the numbers; only a PyTorch file from before version 1.6 must be
read whole for that.

What would run code, or declares more than it holds, is not opened: `CheckpointError` says why.
"""

from __future__ import annotations

import json
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from resnet_inspect.errors import CheckpointError
from resnet_inspect.traces.tensors import TensorSpec

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a file of weights holds, without the numbers."""

    path: Path
    kind: str
    """A key of `_FORMATS`."""
    place: str
    """Keys under which the weights lie in the file, with dots: "", "state_dict", "model_ema"."""
    tensors: Mapping[str, TensorSpec]
    """Every weight by the name it has in the file."""
    others: tuple[str, ...] = ()
    """Places of other weights in the same file, such as a moving average of these."""


_NOT_WEIGHTS = (
    (b"version https://git-lfs", "is a Git LFS pointer, not the weights", "git lfs pull"),
    (b"<", "is a web page, not weights", "the download gave an error page; try it again"),
    (b"\x1f\x8b", "is compressed with gzip", "gunzip it first"),
    (b"\x89HDF", "is HDF5, as Keras writes it", "PyTorch and safetensors files are read"),
)
"""First bytes of what is often found under the name of a checkpoint; what it is; the way on."""

_SAVE = "save the weights alone: torch.save(model.state_dict(), FILE)"
_AGAIN = "download or copy it again"
_LARGEST_HEADER = 100_000_000
"""Bytes of JSON that are read; the limit of safetensors itself."""
_NESTED = 3
"""How deep in the dictionaries of a file weights are looked for."""


def read(path: str | Path) -> Checkpoint:
    """What the file holds; of several sets of weights the largest, and of equals the first.

    Raises `CheckpointError` for anything else than weights that can be read safely.
    """
    file = Path(path)
    kind = _kind(file)
    places = _FORMATS[kind].read(file)
    if not any(places.values()):
        raise CheckpointError(f"{file} holds no tensors that have names", hint=_SAVE)
    place = max(places, key=lambda place: len(places[place]))
    enough = len(places[place]) / 2
    others = tuple(o for o in places if o != place and len(places[o]) >= enough)
    return Checkpoint(file, kind, place, places[place], others)


def values(checkpoint: Checkpoint) -> Mapping[str, Tensor]:
    """The weights themselves, on the CPU.

    Raises `CheckpointError` if the file is not what it was.
    """
    found = _FORMATS[checkpoint.kind].values(checkpoint.path).get(checkpoint.place, {})
    if found.keys() != checkpoint.tensors.keys():
        raise CheckpointError(f"{checkpoint.path} was changed while it was read")
    return found


def _kind(file: Path) -> str:
    """The format of a file, by its first bytes."""
    try:
        if file.is_dir():
            raise CheckpointError(f"{file} is a directory", hint="name a file in it")
        if not file.exists():
            raise CheckpointError(f"{file}: no such file")
        if not file.is_file():
            raise CheckpointError(f"{file} is no regular file")
        with file.open("rb") as stream:
            start = stream.read(64)
    except OSError as error:
        raise CheckpointError(f"{file}: {error.strerror or error}") from error
    if not start:
        raise CheckpointError(f"{file} is empty", hint=_AGAIN)
    if start[8:9] == b"{" and int.from_bytes(start[:8], "little") <= _LARGEST_HEADER:
        return "safetensors"  # asked first: its first bytes are a number and could be any other's
    for signature, meaning, hint in _NOT_WEIGHTS:
        if start.lstrip().startswith(signature):
            raise CheckpointError(f"{file} {meaning}", hint=hint)
    if start.startswith(b"PK"):
        return "torch"
    if start.startswith(b"\x80"):
        return "torch before 1.6"
    if file.suffix == ".safetensors":
        return "safetensors"
    if start.lstrip().startswith(b"{"):
        return "index"
    raise CheckpointError(
        f"{file} is no checkpoint that is known, by its first bytes",
        hint="PyTorch, safetensors and the index of a sharded checkpoint are read",
    )


# PyTorch's own files


def _read_torch(file: Path) -> dict[str, Mapping[str, TensorSpec]]:
    """Every state dict in the file by its place, on meta: no number is read."""
    import torch

    places = _torch_values(file, "meta")
    every = [tensor for tensors in places.values() for tensor in tensors.values()]
    dense = [tensor.untyped_storage() for tensor in every if tensor.layout is torch.strided]
    held = {storage._cdata: storage.nbytes() for storage in dense}
    size = file.stat().st_size
    if sum(held.values()) > size:
        raise CheckpointError(
            f"{file} declares {sum(held.values()):,} bytes of weights and has {size:,} in all",
            hint=_AGAIN,
        )
    return {
        place: {
            name: TensorSpec(
                tuple(tensor.shape), str(tensor.dtype).removeprefix("torch."), tensor.element_size()
            )
            for name, tensor in tensors.items()
        }
        for place, tensors in places.items()
    }


def _torch_values(file: Path, device: str = "cpu") -> dict[str, dict[str, Tensor]]:
    """Every state dict in the file by its place, as far as `weights_only` opens it."""
    import pickle

    import torch

    is_zip = _kind(file) == "torch"
    if is_zip:
        _check_archive(file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what the error or the result will say
            opened = torch.load(
                file, map_location=device, weights_only=True, mmap=is_zip and device != "meta"
            )
    except pickle.UnpicklingError as error:
        raise _not_opened(file, str(error)) from error
    except Exception as error:  # what a damaged pickle raises has no common kind
        raise CheckpointError(f"{file} is damaged or truncated", hint=_AGAIN) from error
    return dict(_state_dicts(opened))


def _check_archive(file: Path) -> None:
    """Refuse a zip that torch did not write, before torch sees it."""
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise CheckpointError(f"{file} is truncated: no index at its end", hint=_AGAIN) from error
    inner = [entry.filename.partition("/")[2] for entry in entries]
    if "constants.pkl" in inner:
        raise CheckpointError(
            f"{file} was not opened, because it would run code: it is TorchScript, a program",
            hint=_SAVE,
        )
    if "data.pkl" not in inner:
        raise CheckpointError(f"{file} is a zip archive and no checkpoint", hint=_SAVE)
    size, unpacked = file.stat().st_size, sum(entry.file_size for entry in entries)
    if unpacked > size or any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise CheckpointError(
            f"{file} was not opened: its {size:,} bytes would unpack to {unpacked:,}, "
            "and torch compresses nothing"
        )


def _not_opened(file: Path, reason: str) -> CheckpointError:
    """What `weights_only` refused, and why."""
    named = re.search(r"GLOBAL ([\w.]+)", reason)
    if named is not None:
        return CheckpointError(
            f"{file} was not opened, because it would run code: it names {named[1]}", hint=_SAVE
        )
    if "Unsupported operand" in reason:
        return CheckpointError(
            f"{file} was not opened, because it could run code: it is a pickle that torch did not "
            "write, or damaged",
            hint=_SAVE,
        )
    if "truncated" in reason or "Ran out of input" in reason:
        return CheckpointError(f"{file} is truncated", hint=_AGAIN)
    return CheckpointError(
        f"{file} was not opened: it is damaged, or holds more than weights", hint=_SAVE
    )


def _state_dicts(opened: object) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Every dictionary of named tensors with the keys that lead to it."""
    from torch import Tensor

    seen = set()
    waiting: list[tuple[tuple[str, ...], object]] = [((), opened)]
    while waiting:
        place, one = waiting.pop(0)
        if not isinstance(one, Mapping) or len(place) > _NESTED or id(one) in seen:
            continue
        seen.add(id(one))
        named = {name: value for name, value in one.items() if isinstance(name, str)}
        tensors = {name: value for name, value in named.items() if isinstance(value, Tensor)}
        if tensors:
            yield ".".join(place), tensors
        waiting += [((*place, name), value) for name, value in named.items()]


# safetensors: 8 bytes with the length of a header in JSON, the header, the numbers

_DTYPES = {
    "BOOL": ("bool", 1), "U8": ("uint8", 1), "I8": ("int8", 1), "I16": ("int16", 2),
    "U16": ("uint16", 2), "I32": ("int32", 4), "U32": ("uint32", 4), "I64": ("int64", 8),
    "U64": ("uint64", 8), "F16": ("float16", 2), "BF16": ("bfloat16", 2), "F32": ("float32", 4),
    "F64": ("float64", 8), "C64": ("complex64", 8), "F8_E4M3": ("float8_e4m3fn", 1),
    "F8_E5M2": ("float8_e5m2", 1),
}  # fmt: skip
"""Type in a safetensors header -> torch's name and bytes per element."""


def _read_safetensors(file: Path) -> dict[str, Mapping[str, TensorSpec]]:
    return {"": {name: spec for name, (spec, _) in _header(file).items()}}


def _safetensors_values(file: Path) -> dict[str, dict[str, Tensor]]:
    import torch

    found = {}
    with file.open("rb") as stream:
        for name, (spec, start) in _header(file).items():
            stream.seek(start)
            dtype = getattr(torch, spec.dtype)
            numbers = bytearray(stream.read(spec.nbytes))
            flat = torch.frombuffer(numbers, dtype=dtype) if numbers else torch.empty(0).to(dtype)
            found[name] = flat.reshape(spec.shape)
    return {"": found}


def _header(file: Path) -> dict[str, tuple[TensorSpec, int]]:
    """Every tensor with the place of its first byte in the file, each checked against its size."""
    size = file.stat().st_size
    with file.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if not 2 <= length <= min(size - 8, _LARGEST_HEADER):
            raise _lying(file, f"a header of {length:,} bytes cannot be in {size:,}")
        written = _json(file, stream.read(length))
    if not isinstance(written, dict):
        raise _lying(file, "its header lists no tensors")
    written.pop("__metadata__", None)
    found, end = {}, 0
    for name, entry in sorted(written.items(), key=_first_byte):
        match entry:
            case {
                "dtype": str(code),
                "shape": list(shape),
                "data_offsets": [int(first), int(last)],
            }:
                pass
            case _:
                raise _lying(file, f"{name!r} has no type, shape and place")
        if code not in _DTYPES:
            raise _lying(file, f"{name!r} has the unknown type {code[:20]!r}")
        if not all(type(extent) is int and extent >= 0 for extent in shape):
            raise _lying(file, f"{name!r} has no shape")
        spec = TensorSpec(tuple(shape), *_DTYPES[code])
        if first != end or last - first != spec.nbytes:
            raise _lying(file, f"{name!r} does not lie where its shape says")
        found[name] = (spec, 8 + length + first)
        end = last
    if 8 + length + end != size:
        raise CheckpointError(
            f"{file} is truncated or damaged: its header declares {end:,} bytes of weights, "
            f"{size - 8 - length:,} are there",
            hint=_AGAIN,
        )
    return found


def _first_byte(item: tuple[str, Any]) -> int:
    """Where an entry of a header begins; entries that do not say so come first, to be refused."""
    match item[1]:
        case {"data_offsets": [int(first), int()]}:
            return first
    return -1


def _lying(file: Path, why: str) -> CheckpointError:
    return CheckpointError(f"{file} is no sound safetensors file: {why}", hint=_AGAIN)


def _json(file: Path, written: bytes) -> Any:
    try:
        return json.loads(written)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{file} is truncated or damaged: no JSON", hint=_AGAIN) from error


# An index: {"weight_map": {name: file beside it}}


def _shards(file: Path) -> dict[Path, list[str]]:
    """Each file that the index names, with the tensors that lie in it."""
    if file.stat().st_size > _LARGEST_HEADER:
        raise CheckpointError(f"{file} is too large for an index")
    written = _json(file, file.read_bytes())
    match written:
        case {"weight_map": dict(places)} if places:
            pass
        case _:
            raise CheckpointError(
                f"{file} is JSON and no index of a checkpoint: it has no weight_map",
                hint="`resnet-inspect show` reads a saved trace",
            )
    found: dict[Path, list[str]] = {}
    for name, shard in places.items():
        if not isinstance(shard, str) or Path(shard).name != shard:
            raise CheckpointError(f"{file} names {str(shard)[:60]!r}, which is no file beside it")
        found.setdefault(file.with_name(shard), []).append(name)
    missing = [shard.name for shard in found if not shard.is_file()]
    if missing:
        raise CheckpointError(
            f"{file} needs {len(found)} files, and {len(missing)} of them are not there: "
            f"{', '.join(missing[:3])}{', ...' if len(missing) > 3 else ''}",
            hint="put them beside it",
        )
    return found


def _joined(file: Path, read: Callable[[_Format, Path], Any]) -> dict[str, dict[str, Any]]:
    """What `read` gives for each shard, in the order of the index."""
    joined = {}
    for shard, names in _shards(file).items():
        kind = _kind(shard)
        if kind == "index":
            raise CheckpointError(f"{file} names another index: {shard.name}")
        tensors = read(_FORMATS[kind], shard).get("", {})
        for name in names:
            if name not in tensors:
                raise CheckpointError(f"{file}: {name!r} is not in {shard.name}", hint=_AGAIN)
            joined[name] = tensors[name]
    return {"": joined}


class _Format(NamedTuple):
    """How a kind of file is read: each place in it with its tensors."""

    read: Callable[[Path], Mapping[str, Mapping[str, TensorSpec]]]
    values: Callable[[Path], Mapping[str, Mapping[str, Tensor]]]


_FORMATS = {
    "torch": _Format(_read_torch, _torch_values),
    "torch before 1.6": _Format(_read_torch, _torch_values),
    "safetensors": _Format(_read_safetensors, _safetensors_values),
    "index": _Format(
        lambda file: _joined(file, lambda format, shard: format.read(shard)),
        lambda file: _joined(file, lambda format, shard: format.values(shard)),
    ),
}
