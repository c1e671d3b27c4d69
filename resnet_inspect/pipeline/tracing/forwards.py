"""One forward of a network: with an input that is guessed, or on the CPU, where need be."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from resnet_inspect.errors import BadInput
from resnet_inspect.pipeline.building.networks import Order, Tell, silent
from resnet_inspect.traces.model import Trace

if TYPE_CHECKING:
    import torch
    from torch import nn

    from resnet_inspect.capture.inputs import InputSize
    from resnet_inspect.capture.recording.forward import Mode


def of_named(order: Order, device_name: str) -> Trace:
    """What a network that is built by its name does; on the CPU where meta cannot run it."""
    from resnet_inspect.capture import backends

    def on(device: torch.device, notes: tuple[str, ...] = ()) -> Trace:
        built = order.on(device)
        order.tell(f"running {order.chosen.name} on {device}")
        return order.captured(replace(built, notes=(*notes, *built.notes)), device)

    return _on_another_if_need_be(on, backends.resolve(device_name))


_SMALLER = ((32, 32), (28, 28), (64, 64))
"""Sizes of images that a network may have been made for, if the usual one is too large."""


def of_guessed(order: Order, device_name: str) -> Trace:
    """What a network does with the usual input or, if it refuses that, one that fits its layers.

    Where neither fits, it is said if a smaller image does, or what else the forward asks for.
    """
    from resnet_inspect.capture import backends
    from resnet_inspect.capture.inputs import fitting_shape
    from resnet_inspect.capture.recording.failure import ForwardRaised

    part = order.open
    assert part is not None
    try:
        return of_named(order, device_name)
    except ForwardRaised as first:
        raised = first
    if raised.asked is not None:
        raise raised from raised.__cause__
    model = order.on(backends.resolve("meta")).model
    shape = fitting_shape(model)
    if shape is not None and part.of(shape) != order.size:
        order = order.guessing(part.of(shape), part, ", which fits its layers")
        try:
            return of_named(order, device_name)
        except ForwardRaised as second:
            raised = second
    for small in _SMALLER if part.image_size is None and len(shape or ()) == 4 else ():
        smaller = replace(part, image_size=small).of(shape or ())
        with suppress(Exception):
            of_named(replace(order, size=smaller, tell=silent), "meta")
            raised.hint = f"with --image-size {small[0]} it runs"
            break
    raise raised from raised.__cause__


def _on_another_if_need_be(
    on: Callable[[torch.device, tuple[str, ...]], Trace], device: torch.device
) -> Trace:
    """What a forward on a device is; on the CPU, with a note, if the device is meta and cannot.

    Where a forward raises on meta for another reason than shapes, it may be that meta is to blame.
    The CPU knows; if it raises there too, what was raised first is raised.
    """
    from resnet_inspect.capture import backends
    from resnet_inspect.capture.recording.failure import (
        ForwardRaised,
        MetaCannotRun,
        is_of_no_shape,
    )

    cpu = backends.resolve("cpu")
    try:
        return on(device, ())
    except MetaCannotRun as error:
        note = f"traced on the CPU: meta cannot run {error}"
    except ForwardRaised as raised:
        cause = raised.__cause__
        if device.type != "meta" or not is_of_no_shape(cause) or _weighs(raised.trace) > _HEAVY:
            raise
        note = f"traced on the CPU: on meta it raises {type(cause).__name__}"
        try:
            traced = on(cpu, (note,))
        except Exception:
            raise raised from cause
        warnings.warn(note, stacklevel=_callers_level())
        return traced
    warnings.warn(note, stacklevel=_callers_level())
    return on(cpu, (note,))


def _callers_level() -> int:
    """The `stacklevel` at which what calls this warns the caller of the package."""
    frame, level = sys._getframe(1), 1
    while frame.f_back and str(frame.f_globals.get("__name__")).startswith("resnet_inspect."):
        frame, level = frame.f_back, level + 1
    return level


_HEAVY = 2**31
"""Bytes of parameters above which no network is brought to the CPU on a mere suspicion."""


def _weighs(trace: Trace) -> int:
    held = (parameter for module in trace.modules for parameter in module.parameters)
    return sum(parameter.tensor.nbytes for parameter in held)


def of_module(
    model: nn.Module,
    size: InputSize | None,
    inputs: Any,
    device_name: str | None,
    dtype_name: str | None,
    mode: Mode,
    tell: Tell,
    call: str,
) -> Trace:
    """What a module does, on made inputs of this size or on those that are given."""
    from torch import nn

    from resnet_inspect.capture import backends
    from resnet_inspect.capture.inputs import make_arguments, read_dtype
    from resnet_inspect.capture.members import floating_dtype, home
    from resnet_inspect.capture.methods import method_of
    from resnet_inspect.capture.recording.failure import MetaCannotRun
    from resnet_inspect.capture.recording.forward import capture
    from resnet_inspect.capture.signatures import as_taken
    from resnet_inspect.capture.wrappers import runnable

    model = runnable(model)
    if not isinstance(model, nn.Module):
        raise BadInput(f"trace takes a name or an nn.Module, not a {type(model).__name__}")
    device = backends.resolve(device_name) if device_name else home(model)
    if (size is None) == (inputs is None):
        raise BadInput(
            "a model needs either input_size or inputs", hint="input_size=(1, 3, 224, 224)"
        )
    dtype = read_dtype(dtype_name) if dtype_name else floating_dtype(model)

    def arguments_on(where: torch.device) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if size is not None:
            return as_taken(method_of(model, call), *make_arguments(size, dtype, where))
        if isinstance(inputs, Mapping):
            return as_taken(method_of(model, call), (), dict(inputs))
        return (inputs if isinstance(inputs, tuple) else (inputs,)), {}

    def on(where: torch.device, notes: tuple[str, ...] = ()) -> Trace:
        tell(f"running {type(model).__name__} on {where}")
        args, kwargs = arguments_on(where)
        return capture(model, args, kwargs, device=where, mode=mode, notes=notes, call=call)

    if inputs is None:
        return _on_another_if_need_be(on, device)
    try:
        return on(device)
    except MetaCannotRun as error:
        raise BadInput(f"meta cannot run {error}", hint="give inputs on the CPU") from error
