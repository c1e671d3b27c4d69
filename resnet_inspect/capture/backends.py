"""Where the forward pass runs. To add a device, write a class and put it into `BACKENDS`."""

from __future__ import annotations

from typing import Protocol

import torch

from resnet_inspect.errors import MissingDevice, UnknownName


class Backend(Protocol):
    """One kind of device."""

    def device(self, index: int | None) -> torch.device:
        """The device with this index, or the usual one for None.

        Raises `MissingDevice` if this machine has none.
        """


class Meta:
    """Shapes without numbers: no weight and no activation takes memory."""

    def device(self, index: int | None) -> torch.device:
        """The meta device; there is one."""
        return torch.device("meta")


class Cpu:
    """The processor; always there."""

    def device(self, index: int | None) -> torch.device:
        """The CPU; torch knows one."""
        return torch.device("cpu")


class Cuda:
    """An NVIDIA or AMD graphics card."""

    def device(self, index: int | None) -> torch.device:
        """The card with this index, or the current one."""
        if not torch.cuda.is_available():
            raise MissingDevice(
                "no CUDA device can be used here",
                hint="cpu is always there, and meta gives the same shapes without any device",
            )
        count = torch.cuda.device_count()
        if index is not None and index >= count:
            raise MissingDevice(
                f"there is no cuda:{index}: this machine has {count} CUDA device(s)",
                hint=f"the last one is cuda:{count - 1}",
            )
        return torch.device("cuda", index if index is not None else torch.cuda.current_device())


class Mps:
    """The graphics processor of an Apple machine."""

    def device(self, index: int | None) -> torch.device:
        """The graphics processor; there is one."""
        if not torch.backends.mps.is_available():
            raise MissingDevice(
                "no MPS device can be used here",
                hint="cpu is always there, and meta gives the same shapes without any device",
            )
        return torch.device("mps", 0)


BACKENDS: dict[str, Backend] = {"meta": Meta(), "cpu": Cpu(), "cuda": Cuda(), "mps": Mps()}


def resolve(name: str) -> torch.device:
    """The device that "meta", "cpu", "cuda", "cuda:1" or "mps" names."""
    kind, _, index = name.partition(":")
    backend = BACKENDS.get(kind)
    numbered = kind == "cuda"
    if backend is None or (index and not (numbered and index.isdecimal())):
        raise UnknownName("device", name, BACKENDS, see="known: meta, cpu, cuda, cuda:N, mps")
    return backend.device(int(index) if index else None)
