"""Numbers for tensors and their storages, and what stays of them: their shape.

Nothing here keeps a tensor alive: tensors are known by weak reference, storages by torch's own weak
count.
"""

from __future__ import annotations

import weakref

import torch
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef

from resnet_inspect.traces.tensors import Activation, TensorSpec


class Tensors:
    """Numbers for tensors and their storages, without keeping either alive."""

    def __init__(self) -> None:
        self.activations: list[Activation] = []
        self._known: dict[int, tuple[weakref.ref[Tensor], int]] = {}
        self._storages: dict[int, tuple[StorageWeakRef, int]] = {}
        self._storage_count = 0

    def number(self, tensor: Tensor) -> int:
        """The number of a tensor; a new one if it has not been seen."""
        known = self._known.get(id(tensor))
        if known is not None and known[0]() is tensor:
            return known[1]
        return self._new(tensor)

    def made(self, tensor: Tensor, taken: frozenset[int]) -> int:
        """The number of a result; a new one too if it is an input that was handed on or changed."""
        number = self.number(tensor)
        return self._new(tensor) if number in taken else number

    def _new(self, tensor: Tensor) -> int:
        number = len(self.activations)
        self.activations.append(Activation(spec_of(tensor), self._storage(tensor)))
        self._known[id(tensor)] = (weakref.ref(tensor), number)
        return number

    def _storage(self, tensor: Tensor) -> int:
        try:
            storage = tensor.untyped_storage()
        except (NotImplementedError, RuntimeError):  # sparse and nested tensors have none
            self._storage_count += 1
            return self._storage_count - 1
        # The weak reference keeps the address from being used again, not the memory.
        key = storage._cdata
        if key not in self._storages:
            self._storages[key] = (weak(storage), self._storage_count)
            self._storage_count += 1
        return self._storages[key][1]


def weak(storage: torch.UntypedStorage) -> StorageWeakRef:
    """A reference that keeps the address of a storage, and not its memory."""
    return StorageWeakRef(storage)  # type: ignore[no-untyped-call]


def spec_of(tensor: Tensor) -> TensorSpec:
    """Shape and element type of a tensor; of a nested one, the shape of its values in a row."""
    dtype = str(tensor.dtype).removeprefix("torch.")
    shape = tensor.values().shape if tensor.is_nested else tensor.shape
    return TensorSpec(tuple(map(int, shape)), dtype, tensor.element_size())


def version_of(tensor: Tensor) -> int | None:
    """How often a tensor was changed in place; None where torch does not count."""
    try:
        return tensor._version
    except RuntimeError:  # inference tensors
        return None
