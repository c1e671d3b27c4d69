"""Numbers for tensors and their storages, and what stays of them: their shape.

Nothing here keeps a tensor alive: tensors are known by weak reference, storages by torch's own weak
count.
"""

from __future__ import annotations

import weakref

import torch
from torch import Tensor
from torch._C import _functorch
from torch.multiprocessing.reductions import StorageWeakRef

from resnet_inspect.traces.tensors import Activation, TensorSpec


class Tensors:
    """Numbers for tensors and their storages, without keeping either alive."""

    def __init__(self) -> None:
        self.activations: list[Activation] = []
        self._known: dict[int, tuple[weakref.ref[Tensor], int]] = {}
        self._storages: dict[int, tuple[StorageWeakRef, int]] = {}
        self._storage_count = 0
        self._last_inside: dict[int, int] = {}
        """The last tensor on a storage, where that was inside a transform, by the storage."""

    def number(self, tensor: Tensor) -> int:
        """The number of a tensor; a new one if it has not been seen."""
        known = self.known(tensor)
        return self._new(tensor) if known is None else known

    def known(self, tensor: Tensor) -> int | None:
        """The number of a tensor; None if it has not been seen."""
        known = self._known.get(id(tensor))
        return known[1] if known is not None and known[0]() is tensor else None

    def across(self, tensor: Tensor) -> int | None:
        """The tensor on the other side of a transform's border that an unseen one shows; or None.

        Inside, the one that the transform was given; outside, the last one on its memory, if that
        was inside.
        """
        if self.known(tensor) is not None:
            return None
        if is_wrapped(tensor):
            return self.known(_functorch.get_unwrapped(tensor))
        try:
            storage = self._storages.get(tensor.untyped_storage()._cdata)
        except (NotImplementedError, RuntimeError):  # sparse and nested tensors have none
            return None
        return None if storage is None else self._last_inside.get(storage[1])

    def made(self, tensor: Tensor, taken: frozenset[int]) -> int:
        """The number of a result; a new one too if it is an input that was handed on or changed."""
        number = self.number(tensor)
        return self._new(tensor) if number in taken else number

    def _new(self, tensor: Tensor) -> int:
        number = len(self.activations)
        storage = self._storage(tensor)
        self.activations.append(Activation(spec_of(tensor), storage))
        if is_wrapped(tensor):
            self._last_inside[storage] = number
        else:
            self._last_inside.pop(storage, None)
        self._known[id(tensor)] = (weakref.ref(tensor), number)
        return number

    def _storage(self, tensor: Tensor) -> int:
        try:
            storage = value_of(tensor).untyped_storage()
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
    shape = tuple(map(int, tensor.values().shape if tensor.is_nested else tensor.shape))
    return TensorSpec(shape, dtype, tensor.element_size(), mapped_over(tensor))


def is_wrapped(tensor: Tensor) -> bool:
    """Whether a transform of `torch.func` (vmap, grad) shows its code this tensor for another."""
    return _functorch.is_functorch_wrapped_tensor(tensor)


def value_of(tensor: Tensor) -> Tensor:
    """The tensor inside those of the transforms of `torch.func`; itself outside of them."""
    while is_wrapped(tensor):
        tensor = _functorch.get_unwrapped(tensor)
    return tensor


def mapped_over(tensor: Tensor) -> int:
    """How many tensors of its shape a tensor inside `vmap` stands for; 1 outside of it."""
    mapped = 1
    while is_wrapped(tensor):
        dim = _functorch.maybe_get_bdim(tensor)
        tensor = _functorch.get_unwrapped(tensor)
        mapped *= int(tensor.shape[dim]) if dim >= 0 else 1
    return mapped


def version_of(tensor: Tensor) -> int | None:
    """How often a tensor was changed in place; None where torch does not count."""
    try:
        return value_of(tensor)._version
    except RuntimeError:  # inference tensors
        return None
