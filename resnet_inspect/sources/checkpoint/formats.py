"""The formats of weights: which one a file has, by its first bytes, and what reads it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from resnet_inspect.errors import CheckpointError
from resnet_inspect.sources.checkpoint import index, safetensors
from resnet_inspect.sources.checkpoint.contents import AGAIN, Contents
from resnet_inspect.sources.checkpoint.safetensors import LARGEST_HEADER
from resnet_inspect.sources.checkpoint.torch_files import read_pickles, read_zip

_NOT_WEIGHTS = (
    (b"version https://git-lfs", "is a Git LFS pointer, not the weights", "git lfs pull"),
    (b"<", "is a web page, not weights", "the download gave an error page; try it again"),
    (b"\x1f\x8b", "is compressed with gzip", "gunzip it first"),
    (b"\x89HDF", "is HDF5, as Keras writes it", "PyTorch and safetensors files are read"),
)
"""First bytes of what is often found under the name of a checkpoint; what it is; the way on."""


def kind_of(file: Path) -> str:
    """The format of a file, a key of `FORMATS`; raises `CheckpointError` for one of none."""
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
        raise CheckpointError(f"{file} is empty", hint=AGAIN)
    if start[8:9] == b"{" and int.from_bytes(start[:8], "little") <= LARGEST_HEADER:
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


def _read_index(file: Path) -> Contents:
    def read_shard(shard: Path) -> Contents:
        kind = kind_of(shard)
        if kind == "index":
            raise CheckpointError(f"{file} names another index: {shard.name}")
        return FORMATS[kind](shard)

    return index.read(file, read_shard)


FORMATS: dict[str, Callable[[Path], Contents]] = {
    "torch": read_zip,
    "torch before 1.6": read_pickles,
    "safetensors": safetensors.read,
    "index": _read_index,
}
"""How a kind of file is read."""
