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

_ALIKE = ("shape", "dtype", "device")
"""What samples of a parameter have in common, if one can be taken from the other."""


class Observer:
    """Reduces what the calls of one step give, and the gradients that come back to it.

    `observe` is for a `Recorder`; the backward pass is the caller's to make, inside `watching`.
    """

    def __init__(self) -> None:
        self._slots: dict[int, int] = {}
        self._elements: list[int] = []
        self._numbers: list[Tensor] = []
        self._gradients: dict[int, list[Tensor]] = {}
        self._passes: dict[int, bool] = {}
        self._hooks: list[weakref.ref[Any]] = []
        self._last: tuple[Callable[[], Any], int, int] | None = None
        self._weights: dict[str, tuple[int, bool]] = {}
        self._norms: list[Tensor] = []
        self._weight_gradients: dict[str, Tensor] = {}
        self._handles: list[RemovableHandle] = []
        self._before: dict[str, tuple[Tensor, int]] = {}
        self._updates: dict[str, Tensor] = {}

    def watch(self, model: nn.Module) -> None:
        """Take the norms of its parameters now, and those of their gradients when they come."""
        with unseen():
            for name, parameter in named_tensors(model, "_parameters"):
                if not is_measurable(parameter):
                    continue
                self._weights[name] = parameter.numel(), parameter.requires_grad
                self._norms.append(norm_of(parameter.detach()))
                if not parameter.requires_grad:
                    continue
                if parameter.is_leaf:
                    hook = partial(_accumulated, self._weight_gradients, self._passes, name)
                    handle = parameter.register_post_accumulate_grad_hook(hook)  # type: ignore[no-untyped-call]
                else:  # another computation made it, as `torch.func.functional_call` lets it
                    keep = partial(_keep, self._weight_gradients, self._passes, name)
                    handle = parameter.register_hook(keep)  # type: ignore[no-untyped-call]
                self._handles.append(handle)

    def sample(self, model: nn.Module) -> None:
        """Keep some elements of each trainable parameter, for `compare`."""
        with unseen():
            for name, parameter in named_tensors(model, "_parameters"):
                if parameter.requires_grad and is_measurable(parameter):
                    self._before[name] = sampled(parameter.detach()).clone(), parameter._version

    def compare(self, model: nn.Module) -> None:
        """By how much each parameter has changed since `sample`; later changes do not count.

        Not of one that has other elements now, or that was written to where the sample has none.
        """
        with unseen():
            for name, parameter in named_tensors(model, "_parameters"):
                before, version = self._before.pop(name, (None, 0))
                if before is None or not is_measurable(parameter):
                    continue
                now = sampled(parameter.detach())
                if any(getattr(now, of) != getattr(before, of) for of in _ALIKE):
                    continue
                ratio = norm_of(now - before) / norm_of(before)
                if now.numel() < parameter.numel() and parameter._version != version:
                    ratio = torch.where(ratio == 0, torch.nan, ratio)
                self._updates[name] = ratio
        self._before.clear()

    @property
    def has_come(self) -> bool:
        """Whether a backward pass has brought a gradient."""
        return bool(self._gradients or self._weight_gradients)

    @property
    def may_come(self) -> bool:
        """Whether the graph of what it has seen is still there to go back through."""
        return any(hook() is not None for hook in self._hooks)

    def leave(self) -> None:
        """Take all hooks off."""
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
                hook = partial(_arrived, self._gradients, self._passes, slot)
                if made.grad_fn is not None:  # what computes nothing outlives its step
                    self._hooks.append(weakref.ref(hook))
                self._handles.append(made.register_hook(hook))  # type: ignore[no-untyped-call]
        self._last = weakref.ref(made), made._version, slot

    def signals(self, calls: int, *, step: int = 0, loss: Any = None, name: str = "") -> Signals:
        """All of it so far, on the host; `loss` is what the backward pass started from, by name."""
        name = name or ("its own" if self.has_come else "")
        there = [
            *self._norms,
            *(norms[-1] for norms in self._gradients.values()),
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
                passes = len(self._gradients.get(slot, ()))
                flows[call] = _flow(self._elements[slot], rows[slot], came.get(slot), passes)
        weights = tuple(
            Weight(
                path,
                elements,
                _finite(norms[path]),
                _finite(weighed.get(path)),
                trainable,
                _finite(updates.get(path)),
                not isfinite(weighed.get(path, 0.0)),
            )
            for path, (elements, trainable) in self._weights.items()
        )
        value = None if loss is None else _finite(float(loss))
        is_whole = all(self._passes.values())
        return Signals(step, value, name, tuple(flows), weights, is_whole)


def _flow(elements: int, numbers: Sequence[float], gradient: float | None, passes: int) -> Flow:
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
        gradient_norm=_finite(gradient) if passes == 1 else None,
        gradient_nonfinite=gradient is not None and not isfinite(gradient),
        gradient_passes=max(passes, 1),
    )


def _finite(number: float | None) -> float | None:
    return number if number is not None and isfinite(number) else None


def _arrived(
    gradients: dict[int, list[Tensor]], passes: dict[int, bool], slot: int, gradient: Tensor
) -> None:
    """Autograd has the gradient of a call's output; it must not hold what holds it."""
    found: dict[str, Tensor] = {}
    _keep(found, passes, "", gradient)
    gradients.setdefault(slot, []).extend(found.values())


def _accumulated(
    gradients: dict[str, Tensor], passes: dict[int, bool], name: str, parameter: Tensor
) -> None:
    """A parameter has its gradient, together with what it had before."""
    if parameter.grad is not None:
        _keep(gradients, passes, name, parameter.grad)


def _keep(
    gradients: dict[str, Tensor], passes: dict[int, bool], name: str, gradient: Tensor
) -> None:
    """Keep the norm of a gradient, which may be sparse, and whether its pass comes to its end."""
    number = torch._C._current_graph_task_id()
    if number not in passes:
        passes[number] = False
        torch.autograd.Variable._execution_engine.queue_callback(
            partial(passes.__setitem__, number, True)
        )
    with unseen():
        values = gradient.coalesce().values() if gradient.layout == torch.sparse_coo else gradient
        if is_measurable(values):
            gradients[name] = norm_of(values)
