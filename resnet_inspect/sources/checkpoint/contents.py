"""What is found in a file of weights: where each tensor lies, and the numbers that are there."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from resnet_inspect.errors import CheckpointError
from resnet_inspect.traces.tensors import TensorSpec

if TYPE_CHECKING:
    from torch import Tensor

AGAIN = "download or copy it again"
SAVE = "save the weights alone: torch.save(model.state_dict(), FILE)"


class Storage(NamedTuple):
    """Numbers in a file, in one piece; several tensors may share them."""

    file: Path
    key: str
    """What the file calls it."""
    start: int
    """Its first byte in the file; -1 where nothing can be read of it but its size."""
    nbytes: int


@dataclass(frozen=True, slots=True)
class Placed:
    """A tensor of a file."""

    spec: TensorSpec
    storage: Storage
    offset: int = 0
    """Its first element in the storage, in elements."""
    stride: tuple[int, ...] | None = None
    """In elements; None where it is contiguous."""

    @property
    def numbers(self) -> Hashable:
        """Where its numbers lie; the same for two names of one tensor."""
        return self.storage, self.offset, self.spec.shape


class Contents(NamedTuple):
    """All weights of a file."""

    places: Mapping[str, Mapping[str, Placed]]
    """Keys that lead to a state dict, with dots -> its tensors by their names."""
    beside: tuple[str, ...] = ()
    """Classes and functions for which `torch.load(weights_only=True)` would refuse the file."""


def values(placed: Mapping[str, Placed]) -> dict[str, Tensor]:
    """The numbers, on the CPU; tensors that share storage in the file share it here.

    Raises `CheckpointError` if they cannot be read.
    """
    import torch

    read: dict[Storage, bytearray] = {}
    found = {}
    for name, one in placed.items():
        storage, spec = one.storage, one.spec
        dtype = getattr(torch, spec.dtype, None)
        if storage.start < 0 or dtype is None or spec.dtype.startswith("q"):
            raise CheckpointError(
                f"{storage.file}: {name!r} is {spec.dtype} of a kind whose numbers are not read",
                hint="its names and shapes are: `resnet-inspect identify`",
            )
        if storage not in read:
            read[storage] = _bytes(storage)
        held = read[storage]
        flat = torch.frombuffer(held, dtype=dtype) if held else torch.empty(0, dtype=dtype)
        try:
            found[name] = (
                flat.reshape(spec.shape)
                if one.stride is None
                else flat.as_strided(spec.shape, one.stride, one.offset)
            )
        except RuntimeError as error:  # more elements than can be counted, all of them one
            raise CheckpointError(f"{storage.file}: {name!r} has an impossible shape") from error
    return found


def _bytes(storage: Storage) -> bytearray:
    try:
        with storage.file.open("rb") as stream:
            stream.seek(storage.start)
            found = bytearray(stream.read(storage.nbytes))
    except OSError as error:
        raise CheckpointError(f"{storage.file}: {error.strerror or error}") from error
    if len(found) < storage.nbytes:
        raise CheckpointError(f"{storage.file} was changed while it was read")
    return found
