"""A network with its arguments, to be run in several ways."""

from __future__ import annotations

import gc
from typing import Any

import torch
from torch import Tensor, nn

from resnet_inspect.capture.members import tensors
from resnet_inspect.capture.timing.hooks import Hooks, Notice, Stopwatch, nobody, tensors_of
from resnet_inspect.capture.timing.machine import Clock
from resnet_inspect.capture.timing.memory import Alive
from resnet_inspect.errors import WorkFailed
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.timing import Peak, course


class Subject:
    """A network with its arguments, to be run in several ways."""

    def __init__(
        self,
        model: nn.Module,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        trace: Trace,
        device: torch.device,
    ) -> None:
        self.model = model
        self.args = args
        self.kwargs = kwargs
        self.trace = trace
        self.device = device
        self.clock = Clock(device)
        self._course = course(trace)

    def run(self, *, backward: bool) -> tuple[int, int]:
        """Nanoseconds of a forward and a backward pass without hooks; 0 for one not made."""
        self._before()
        with torch.set_grad_enabled(backward):
            started = self.clock.mark()
            made = self.model(*self.args, **self.kwargs)
            (forward,) = self.clock.between([started, self.clock.mark()])
        if not backward:
            return forward, 0
        loss = _loss(made)
        self.clock.wait()
        started = self.clock.mark()
        loss.backward()  # type: ignore[no-untyped-call]
        return forward, self.clock.between([started, self.clock.mark()])[0]

    def forward_by_call(self, *, with_gradients: bool) -> tuple[int, ...]:
        """Nanoseconds of each call in a forward pass, its callees not included."""
        watch = Stopwatch(self.clock)
        self._before()
        with torch.set_grad_enabled(with_gradients), self._hooked(watch.notice):
            self.model(*self.args, **self.kwargs)
        return watch.by_call(len(self.trace.calls))

    def backward_by_call(self) -> tuple[int, ...]:
        """Nanoseconds of what autograd did for each call."""
        watch = Stopwatch(self.clock)
        self._before()
        with torch.enable_grad(), self._hooked(nobody, watch.notice):
            loss = _loss(self.model(*self.args, **self.kwargs))
        self.clock.wait()
        watch.notice(0)
        loss.backward()  # type: ignore[no-untyped-call]
        watch.notice(0)
        return watch.by_call(len(self.trace.calls))

    def peak(self, *, backward: bool) -> Peak:
        """The fullest moment of one pass, and what the allocator says of another."""
        self._before()
        there = (
            *tensors(self.model),
            *tensors_of(self.args, self.kwargs),
        )
        alive = Alive(there)
        with torch.set_grad_enabled(backward), alive:
            with self._hooked(alive.notice, alive.notice if backward else None):
                made = self.model(*self.args, **self.kwargs)
            if backward:
                alive.notice(0)
                _loss(made).backward()  # type: ignore[no-untyped-call]
        allocated = None
        if self.device.type == "cuda":
            del made
            self._before()  # without the gradients of the pass above
            torch.cuda.reset_peak_memory_stats(self.device)
            self.run(backward=backward)
            allocated = torch.cuda.max_memory_allocated(self.device)
        holders = sorted(alive.holders.items(), key=lambda held: (-held[1], held[0]))
        return Peak(alive.peak, alive.call, tuple(holders), allocated)

    def _before(self) -> None:
        """Throw away what the run before has left; `measure` lets nothing be collected in a run."""
        for tensor in tensors(self.model):
            tensor.grad = None
        gc.collect()
        self.clock.wait()

    def _hooked(self, forward: Notice, backward: Notice | None = None) -> Hooks:
        return Hooks(self.model, self.trace, self._course, forward, backward)


def _loss(made: Any) -> Tensor:
    """The sum of all that a network gives: a number to go back from."""
    sums = [tensor.float().sum() for tensor in tensors_of(made) if tensor.requires_grad]
    if not sums:
        raise WorkFailed("nothing that the network gives has a gradient")
    return torch.stack(sums).sum()


_CHANNELS_LAST = {4: torch.channels_last, 5: torch.channels_last_3d}
"""Layouts by the number of dimensions."""


def channels_last(value: Any) -> Any:
    """A tensor of maps with its channels last; anything else as it is."""
    if isinstance(value, Tensor) and value.dim() in _CHANNELS_LAST:
        return value.to(memory_format=_CHANNELS_LAST[value.dim()])
    return value
