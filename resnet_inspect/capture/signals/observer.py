"""Watches one step of a network: reductions of each call's output and its gradient.

Everything is reduced on the device when it is made, since what a call gives may be changed in place
by the next one, and brought to the host in one transfer. No tensor of the network is kept.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from math import isfinite
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from resnet_inspect.capture.members import named_tensors
from resnet_inspect.capture.signals.reductions import (
    NUMBERS,
    is_measurable,
    norm_of,
    on_host,
    reduced,
    sampled,
    unseen,
)
from resnet_inspect.traces.signals import Flow, Signals, Weight


class Observer:
    """Reduces what the calls of one step give, and the gradients that come back to it.

    `observe` is for a `Recorder`; the backward pass is the caller's to make, inside `watching`.
    """

    def __init__(self) -> None:
        self._slots: dict[int, int] = {}
        self._elements: list[int] = []
        self._numbers: list[Tensor] = []
        self._gradients: dict[int, Tensor] = {}
        self._last: tuple[Callable[[], Any], int, int] | None = None
        self._weights: dict[str, tuple[int, bool]] = {}
        self._norms: list[Tensor] = []
        self._weight_gradients: dict[str, Tensor] = {}
        self._handles: list[RemovableHandle] = []
        self._before: dict[str, tuple[Tensor, Tensor]] = {}
        self._updates: dict[str, Tensor] = {}

    def watch(self, model: nn.Module) -> None:
        """Take the norms of its parameters now, and those of their gradients when they come."""
        with unseen():
            for name, parameter in named_tensors(model, "_parameters"):
                if not is_measurable(parameter):
                    continue
                self._weights[name] = parameter.numel(), parameter.requires_grad
                self._norms.append(norm_of(parameter.detach()))
                if parameter.requires_grad and parameter.is_leaf:
                    hook = partial(_accumulated, self._weight_gradients, name)
                    handle = parameter.register_post_accumulate_grad_hook(hook)  # type: ignore[no-untyped-call]
                    self._handles.append(handle)

    def sample(self, model: nn.Module) -> None:
        """Keep some elements of each trainable parameter, for `compare`."""
        with unseen():
            for name, parameter in named_tensors(model, "_parameters"):
                if parameter.requires_grad and is_measurable(parameter):
                    own = parameter.detach()
                    self._before[name] = own, sampled(own).clone()

    def compare(self) -> None:
        """By how much each parameter has changed since `sample`; later changes do not count."""
        with unseen():
            for name, (own, before) in self._before.items():
                change, norm = norm_of(sampled(own) - before), norm_of(before)
                self._updates[name] = change / norm
        self._before.clear()

    @property
    def has_come(self) -> bool:
        """Whether a backward pass has brought a gradient."""
        return bool(self._gradients or self._weight_gradients)

    def leave(self) -> None:
        """Take the hooks off the parameters; those on tensors go with their tensors."""
        while self._handles:
            self._handles.pop().remove()

    @contextmanager
    def watching(self, model: nn.Module) -> Iterator[None]:
        """`watch` until the end of this context."""
        try:
            self.watch(model)
            yield
        finally:
            self.leave()

    def observe(self, call: int, tensors: Sequence[Tensor]) -> None:
        """Reduce the first floating tensor that a call gives."""
        made = next((tensor for tensor in tensors if is_measurable(tensor)), None)
        if made is None:
            return
        if self._last is not None:  # a container gives what its last call gave
            last, version, slot = self._last
            if last() is made and version == made._version:
                self._slots[call] = slot
                return
        slot = self._slots[call] = len(self._numbers)
        has_gradient = made.requires_grad and torch.is_grad_enabled()
        with unseen():
            self._elements.append(made.numel())
            self._numbers.append(reduced(made.detach()))
            if has_gradient:
                hook = partial(_arrived, self._gradients, slot)
                made.register_hook(hook)  # type: ignore[no-untyped-call]
        self._last = weakref.ref(made), made._version, slot

    def signals(self, calls: int, *, step: int = 0, loss: Any = None, name: str = "") -> Signals:
        """All of it so far, on the host; `loss` is what the backward pass started from, by name."""
        name = name or ("its own" if self._gradients else "")
        there = [
            *self._norms,
            *self._gradients.values(),
            *self._weight_gradients.values(),
            *self._updates.values(),
        ]
        with unseen():
            numbers = iter(on_host([*self._numbers, *there]))
        rows = [[next(numbers) for _ in range(NUMBERS)] for _ in self._numbers]
        norms = dict(zip(self._weights, numbers, strict=False))
        came = dict(zip(self._gradients, numbers, strict=False))
        weighed = dict(zip(self._weight_gradients, numbers, strict=False))
        updates = dict(zip(self._updates, numbers, strict=False))
        flows: list[Flow | None] = [None] * calls
        for call, slot in self._slots.items():
            if call < calls:
                flows[call] = _flow(self._elements[slot], rows[slot], came.get(slot))
        weights = tuple(
            Weight(
                path,
                elements,
                _finite(norms[path]),
                _finite(weighed.get(path)),
                trainable,
                _finite(updates.get(path)),
            )
            for path, (elements, trainable) in self._weights.items()
        )
        value = None if loss is None else _finite(float(loss))
        return Signals(step, value, name, tuple(flows), weights)


def _flow(elements: int, numbers: Sequence[float], gradient: float | None) -> Flow:
    mean, variance, largest, zeros, nonfinite, mean_squared, channel_variance = numbers
    return Flow(
        elements=elements,
        mean=_finite(mean),
        std=_finite(variance**0.5 if variance >= 0 else variance),
        largest=_finite(largest),
        zeros=round(zeros),
        nonfinite=round(nonfinite),
        channel_mean_squared=_finite(mean_squared),
        channel_variance=_finite(channel_variance),
        gradient_norm=_finite(gradient),
        gradient_nonfinite=gradient is not None and not isfinite(gradient),
    )


def _finite(number: float | None) -> float | None:
    return number if number is not None and isfinite(number) else None


def _arrived(gradients: dict[int, Tensor], slot: int, gradient: Tensor) -> None:
    """Autograd has the gradient of a call's output; it must not hold what holds it."""
    with unseen():
        if gradient.layout == torch.strided:
            gradients[slot] = norm_of(gradient)


def _accumulated(gradients: dict[str, Tensor], name: str, parameter: Tensor) -> None:
    """A parameter has its gradient, together with what it had before."""
    gradient = parameter.grad
    with unseen():
        if gradient is not None and gradient.layout == torch.strided:
            gradients[name] = norm_of(gradient)
