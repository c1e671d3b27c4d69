"""The machine that a network is measured on: its clock, its name, and what it does at best."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch

from resnet_inspect.traces.timing import Ceiling, Machine


class Clock:
    """Marks on the device's own line of time.

    On a CUDA device they are events in the stream of the caller, which autograd's threads use for
    the backward pass as well. An MPS event has the time at which the host was told of it: two with
    little between them come in either order, and then torch raises. There, as on the CPU, a mark is
    the host's time, once the device has done what was asked of it.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        # An event would take the stream of the current device, which need not be this one.
        self._stream = torch.cuda.current_stream(device) if device.type == "cuda" else None

    def mark(self) -> Any:
        """Now: on a graphics card, when it has done what was asked of it before this."""
        if self._stream is None:
            self.wait()
            return time.perf_counter_ns()
        event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        event.record(self._stream)
        return event

    def wait(self) -> None:
        """Until the device has done all that was asked of it."""
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        elif self._device.type == "mps":
            torch.mps.synchronize()

    def between(self, marks: Sequence[Any]) -> list[int]:
        """Nanoseconds from each mark to the next."""
        if self._stream is None:
            return [later - earlier for earlier, later in pairwise(marks)]
        self.wait()
        return [round(earlier.elapsed_time(later) * 1e6) for earlier, later in pairwise(marks)]


def machine_of(device: torch.device) -> Machine:
    """What is to be known of the machine, to read its times by."""
    return Machine(
        device=str(device),
        name=_name(device),
        system=f"{platform.system()} {platform.machine()}",
        cores=os.cpu_count() or 1,
        threads=torch.get_num_threads(),
        torch_version=torch.__version__,
    )


def _name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if platform.system() == "Darwin":  # Apple names processor and graphics alike
        named = getattr(torch.backends.mps, "get_name", platform.processor)
        return str(named())
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return (names or [platform.processor() or platform.machine()])[0]


_TIMES = 5
"""How often a ceiling is tried; the best counts."""


def matmul_ceiling(clock: Clock, device: torch.device, dtype: torch.dtype) -> Ceiling:
    """A square matrix product, of random numbers: ones take less power and run faster."""

    def work(size: int) -> Ceiling:
        random = torch.Generator(device).manual_seed(0)
        left, right = (
            torch.randn(size, size, generator=random, dtype=dtype, device=device) for _ in range(2)
        )
        made = torch.empty_like(left)
        return Ceiling(2 * size**3, _best(clock, lambda: torch.mm(left, right, out=made)))

    return as_large_as_fits(work, 1024 if device.type == "cpu" else 8192)


def copy_ceiling(clock: Clock, device: torch.device) -> Ceiling:
    """A copy of many bytes, each read once and written once."""

    def work(size: int) -> Ceiling:
        source, target = (torch.ones(size, dtype=torch.uint8, device=device) for _ in range(2))
        return Ceiling(2 * size, _best(clock, lambda: target.copy_(source)))

    return as_large_as_fits(work, 2**26 if device.type == "cpu" else 2**29)


def as_large_as_fits(work: Callable[[int], Ceiling], size: int) -> Ceiling:
    """The work of that size; of half of it, and so on, where the network has left no memory."""
    while True:
        try:
            return work(size)
        except RuntimeError:  # CPU and MPS have no kind of their own for too little memory
            if size <= 512:
                raise
        size //= 2


def _best(clock: Clock, work: Callable[[], Any]) -> tuple[int, ...]:
    with torch.no_grad():
        work()
        clock.wait()
        marks = [clock.mark()]
        for _ in range(_TIMES):
            work()
            marks.append(clock.mark())
    return tuple(clock.between(marks))
