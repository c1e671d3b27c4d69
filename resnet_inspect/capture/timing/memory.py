"""What tensors hold memory when it is fullest, and who made them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode

from resnet_inspect.capture.recording.calls.tensors import weak
from resnet_inspect.capture.timing.hooks import tensors_of


class Alive(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Sees every storage that is made, by whom, and when it is gone; keeps none alive."""

    def __init__(self, there: Sequence[Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.peak = 0
        self.call = 0
        self.holders: dict[int, int] = {}
        self._running = 0
        self._not_ours = {tensor.untyped_storage()._cdata for tensor in there}
        self._alive: dict[int, tuple[StorageWeakRef, int, int]] = {}
        self._at_most = 0

    def notice(self, owner: int) -> None:
        """From here on it is this call that makes tensors."""
        self._running = owner

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        made = func(*args, **(kwargs or {}))
        for tensor in tensors_of(made):
            try:
                storage = tensor.untyped_storage()
            except (NotImplementedError, RuntimeError):  # sparse and nested tensors have none
                continue
            key = storage._cdata  # not used again while there is a weak reference
            if key in self._not_ours or key in self._alive:
                continue
            reference = weak(storage)
            self._alive[key] = reference, self._running, storage.nbytes()
            self._at_most += storage.nbytes()
            if self._at_most > self.peak:
                self._count()
        return made

    def _count(self) -> None:
        self._alive = {key: one for key, one in self._alive.items() if not _is_gone(one[0])}
        self._at_most = sum(nbytes for _, _, nbytes in self._alive.values())
        if self._at_most <= self.peak:
            return
        self.peak, self.call, self.holders = self._at_most, self._running, {}
        for _, owner, nbytes in self._alive.values():
            self.holders[owner] = self.holders.get(owner, 0) + nbytes


def _is_gone(storage: StorageWeakRef) -> bool:
    return bool(storage.expired())  # type: ignore[no-untyped-call]
