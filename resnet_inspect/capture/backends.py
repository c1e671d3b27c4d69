"""Where the forward pass runs. To add a device, write a class and put it into `BACKENDS`.

Torch is imported only where a device is asked for, so that help and choices can name them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from resnet_inspect.errors import MissingDevice, UnknownName

if TYPE_CHECKING:
    import torch


class Backend(Protocol):
    """One kind of device."""

    about: str
    """What it is, where one is chosen; "" if its name says it."""
    numbered: bool
    """Whether a machine may have several, told apart by a number: "cuda:1"."""

    def device(self, index: int | None) -> torch.device:
        """The device with this index, or the usual one for None.

        Raises `MissingDevice` if this machine has none.
        """


class Meta:
    """Shapes without numbers: no weight and no activation takes memory."""

    about = "shapes without numbers; no memory"
    numbered = False

    def device(self, index: int | None) -> torch.device:
        """The meta device; there is one."""
        import torch

        return torch.device("meta")


class Cpu:
    """The processor; always there."""

    about = ""
    numbered = False

    def device(self, index: int | None) -> torch.device:
        """The CPU; torch knows one."""
        import torch

        return torch.device("cpu")


class Cuda:
    """An NVIDIA or AMD graphics card."""

    about = "an NVIDIA or AMD card"
    numbered = True

    def device(self, index: int | None) -> torch.device:
        """The card with this index, or the current one."""
        import torch

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

    about = "Apple's graphics"
    numbered = False

    def device(self, index: int | None) -> torch.device:
        """The graphics processor; there is one."""
        import torch

        if not torch.backends.mps.is_available():
            raise MissingDevice(
                "no MPS device can be used here",
                hint="cpu is always there, and meta gives the same shapes without any device",
            )
        return torch.device("mps", 0)


BACKENDS: dict[str, Backend] = {"meta": Meta(), "cpu": Cpu(), "cuda": Cuda(), "mps": Mps()}


def written(number: str = "1") -> tuple[str, ...]:
    """How devices are written, those that have numbers also with one: "cuda", "cuda:1"."""
    return tuple(
        name
        for kind, backend in BACKENDS.items()
        for name in ((kind, f"{kind}:{number}") if backend.numbered else (kind,))
    )


def resolve(name: str) -> torch.device:
    """The device that "meta", "cpu", "cuda", "cuda:1" or "mps" names."""
    kind, _, index = name.partition(":")
    backend = BACKENDS.get(kind)
    if backend is None or (index and not (backend.numbered and index.isdecimal())):
        raise UnknownName("device", name, BACKENDS, see=f"known: {', '.join(written('N'))}")
    return backend.device(int(index) if index else None)
