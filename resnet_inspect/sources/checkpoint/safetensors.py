"""safetensors: 8 bytes with the length of a header in JSON, the header, the numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resnet_inspect.errors import CheckpointError
from resnet_inspect.sources.checkpoint.contents import AGAIN, Contents, Placed, Storage
from resnet_inspect.traces.tensors import TensorSpec

if TYPE_CHECKING:
    from torch import Tensor

LARGEST_HEADER = 100_000_000
"""Bytes of JSON that are read; the limit of safetensors itself."""

_DTYPES = {
    "BOOL": ("bool", 1), "U8": ("uint8", 1), "I8": ("int8", 1), "I16": ("int16", 2),
    "U16": ("uint16", 2), "I32": ("int32", 4), "U32": ("uint32", 4), "I64": ("int64", 8),
    "U64": ("uint64", 8), "F16": ("float16", 2), "BF16": ("bfloat16", 2), "F32": ("float32", 4),
    "F64": ("float64", 8), "C64": ("complex64", 8), "F8_E4M3": ("float8_e4m3fn", 1),
    "F8_E5M2": ("float8_e5m2", 1),
}  # fmt: skip
"""Type in a safetensors header -> torch's name and bytes per element."""


def read(file: Path) -> Contents:
    """Every tensor that the header lists, each checked against the size of the file."""
    size = file.stat().st_size
    with file.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if not 2 <= length <= min(size - 8, LARGEST_HEADER):
            raise _lying(file, f"a header of {length:,} bytes cannot be in {size:,}")
        written = read_json(file, stream.read(length))
    if not isinstance(written, dict):
        raise _lying(file, "its header lists no tensors")
    written.pop("__metadata__", None)
    found: dict[str, Placed] = {}
    end = 0
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
        storage = Storage(file, name, 8 + length + first, spec.nbytes)
        found[name] = Placed(spec, storage)
        end = last
    if 8 + length + end != size:
        raise CheckpointError(
            f"{file} is truncated or damaged: its header declares {end:,} bytes of weights, "
            f"{size - 8 - length:,} are there",
            hint=AGAIN,
        )
    return Contents({"": found})


def _first_byte(item: tuple[str, Any]) -> int:
    """Where an entry of a header begins; entries that do not say so come first, to be refused."""
    match item[1]:
        case {"data_offsets": [int(first), int()]}:
            return first
    return -1


def _lying(file: Path, why: str) -> CheckpointError:
    return CheckpointError(f"{file} is no sound safetensors file: {why}", hint=AGAIN)


def read_json(file: Path, written: bytes) -> Any:
    """The JSON of a file; raises `CheckpointError` if it is none."""
    try:
        return json.loads(written)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{file} is truncated or damaged: no JSON", hint=AGAIN) from error


def dumps(tensors: Mapping[str, Tensor]) -> bytes:
    """A whole file with these tensors, the widest types first so that each lies where it may.

    Raises `CheckpointError` for a type that the format has not.
    """
    codes = {dtype: code for code, (dtype, _) in _DTYPES.items()}
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    parts = []
    end = 0
    for name, tensor in sorted(tensors.items(), key=lambda item: -item[1].element_size()):
        code = codes.get(str(tensor.dtype).removeprefix("torch."))
        if code is None:
            raise CheckpointError(f"{name!r} is {tensor.dtype}, which safetensors has no place for")
        parts.append(_numbers(tensor))
        place = [end, end + len(parts[-1])]
        header[name] = {"dtype": code, "shape": list(tensor.shape), "data_offsets": place}
        end = place[1]
    written = json.dumps(header, ensure_ascii=False).encode()
    written += b" " * (-len(written) % 8)
    return b"".join([len(written).to_bytes(8, "little"), written, *parts])


def _numbers(tensor: Tensor) -> bytes:
    import torch

    flat = tensor.detach().contiguous().reshape(-1)
    return flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b""
