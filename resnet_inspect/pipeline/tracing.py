"""A network becomes a trace: by its name, as a module, or in the user's own program."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from resnet_inspect.errors import BadInput, ForwardInterrupted, UnknownName
from resnet_inspect.inspection import Inspection
from resnet_inspect.pipeline.building.networks import Order, Tell, import_torch, silent
from resnet_inspect.pipeline.cache import entry_of, ran_no_other_code
from resnet_inspect.pipeline.forward_errors import forward_error
from resnet_inspect.pipeline.locks import input_of
from resnet_inspect.sources import subject, surroundings
from resnet_inspect.traces.model import Trace

if TYPE_CHECKING:
    import torch
    from torch import nn

    from resnet_inspect.capture.inputs import InputSize
    from resnet_inspect.capture.recording.forward import Mode
    from resnet_inspect.watched import Watch

MODES = ("eval", "train", "as found")


def trace(
    model: str | nn.Module | None = None,
    input_size: InputSize | None = None,
    *,
    inputs: Any = None,
    device: str | None = None,
    dtype: str | None = None,
    mode: Mode = "eval",
    arguments: Mapping[str, Any] | None = None,
    weights: str | Path | None = None,
    tell: Tell = silent,
    cache: bool = False,
    call: str = "forward",
) -> Inspection:
    """Run a network once and return what every layer did.

    Args:
        model: the name of a variant (`resnet_inspect.variants()` lists them), or of your own
            code, which is run: "model.py:ResNet18", "package.module:factory"; or any
            `nn.Module`, which is left as it was found; None for the network that `weights` are of.
        input_size: shape of the input, batch first: (1, 3, 224, 224); a list of shapes for
            several inputs, a mapping of positions and names to shapes for keyword inputs. A
            shape with a dtype of its own is a pair: ((1, 77), "int64"). A named variant has a
            default; for your own code it is (1, 3, 224, 224), and the trace has a note of it.
        inputs: tensors instead of shapes: one, a tuple of positional ones, or a dict of keyword
            ones; they must be on the device that the model runs on.
        device: "meta" (no memory is used; the default for a named variant), "cpu", "cuda",
            "cuda:1", "mps". The default for a module is where its parameters are.
        dtype: element type of the input, "float32" or "bf16"; a named variant's weights follow
            it. The default is the type of the model's own parameters.
        mode: "eval", "train", or "as found".
        arguments: arguments for the builder of a named variant: {"num_classes": 10}.
        weights: a file of weights for a named network, which must fit it exactly; on meta only
            their shapes are read.
        tell: called with the name of each step that takes time.
        cache: for a named variant on meta, whether to take the trace from the cache, which needs
            no torch, and to keep it there; the trace's provenance says so. In a program of your
            own, torch may have been changed in ways that no key of a cache can know.
        call: the method of the network to run: "forward_features", "encode_image".

    Raises:
        ForwardError: the forward pass raised; its `trace` has the calls up to there.
        ForwardInterrupted: ctrl+c during the forward pass; a KeyboardInterrupt with such a `trace`.
        BuildError: importing or building your own code raised.
        CheckpointError: weights that cannot be read safely, or do not fit.
        UnknownName, BadInput: a name, shape, dtype or argument that cannot be.
        MissingDevice, MissingDependency: a device or package that is not here.

    """
    if mode not in MODES:
        raise UnknownName("mode", mode, MODES, see=f"known: {', '.join(MODES)}")
    if isinstance(input_size, int):
        raise BadInput("input_size is a shape, batch first: (1, 3, 224, 224)")
    notes: tuple[str, ...] = ()
    if model is None:
        if weights is None:
            raise BadInput("which model? `resnet_inspect.variants()` lists those with a name")
        from resnet_inspect.pipeline.identity import recognised

        model, known, told_from = recognised(weights, tell)
        arguments = {**known, **(arguments or {})}
        notes = (told_from,) if told_from else ()
    if isinstance(model, str):
        subject(model)  # a name that is not there is said before torch is imported
        if inputs is not None:
            raise BadInput("a named variant takes input_size, not inputs")
    elif arguments:
        raise BadInput("arguments are for the builder of a named variant; this one is built")
    elif weights is not None:
        raise BadInput("weights are for a network that is named; this one has its own")
    entry = None
    if isinstance(model, str) and cache and weights is None and call == "forward":
        entry = entry_of(model, input_size, device, dtype, mode, arguments or {})
        found = entry.read() if entry else None
        if found is not None:
            return Inspection.of(found)
    tell("importing torch")
    import_torch()
    from resnet_inspect.capture.recording.failure import ForwardRaised

    try:
        if not isinstance(model, str):
            traced = _trace_module(model, input_size, inputs, device, dtype, mode, tell, call)
            return Inspection.of(traced)
        chosen = subject(model)
        with surroundings(chosen):
            order = Order.of(
                chosen,
                input_size,
                mode=mode,
                dtype=dtype,
                arguments=arguments,
                weights=weights,
                tell=tell,
                notes=notes,
                call=call,
            )
            named = _trace_named if order.open is None else _trace_guessing
            made = named(order, device or "meta")
    except ForwardRaised as raised:
        by_name = isinstance(model, str)
        raise forward_error(raised, by_name=by_name) from raised.__cause__
    except ForwardInterrupted as interrupted:
        interrupted.trace = Inspection.of(interrupted.trace)
        raise
    if entry is not None and ran_no_other_code():
        entry.keep(made)
    return Inspection.of(made)


def settled(order: Order) -> Order:
    """The order with an input that the network takes; where nobody knew one, a trace finds it."""
    if order.open is None:
        return order
    name, part = order.chosen.written, order.open
    like: dict[str, Any] = {
        "mode": order.mode, "dtype": order.dtype, "arguments": order.arguments, "call": order.call,
    }  # fmt: skip
    tried = trace(name, cast("InputSize", part), **like)
    return replace(order, size=input_of(tried, name), notes=tried.provenance.notes)


@contextmanager
def watch(
    model: nn.Module,
    *,
    forwards: int | None = 1,
    call: str = "forward",
    signals: bool = False,
    every: int = 1,
) -> Iterator[Watch]:
    """Record what a network does in your own program, when the program calls it.

    No forward is run but the program's own: gradients, mode, weights and random numbers are what
    they would have been, and what it raises is raised. Nothing stays on the model afterwards.

        with ri.watch(model) as w:
            train_step()
        print(w.trace)

    Args:
        model: the network; inside DistributedDataParallel, `torch.compile` or DataParallel on one
            device, the module in it, which runs uncompiled inside the `with`.
        forwards: how many forwards to record, of those that come to their end; None for all.
        call: the method whose calls are recorded, if it is another than the model's forward.
        signals: whether to measure what flows, in the forward and in the program's own backward
            after it: `w.signals`. Numbers are reduced on the device; one transfer for each step.
            Forwards without gradients are then no steps, and are let by.
        every: record the first of every so many forwards; the others run as if unwatched.

    Raises:
        BadInput: no module, or a number of forwards that cannot be.
        UntraceableModel: TorchScript, or DataParallel on several devices.
        MissingDependency: torch is not here.

    """
    import_torch()
    from torch import nn

    from resnet_inspect.capture.recording.watch import watching
    from resnet_inspect.watched import Watch

    if not isinstance(model, nn.Module):
        raise BadInput(f"watch takes the nn.Module that is called, not {model!r}")
    if forwards is not None and forwards < 1:
        raise BadInput(f"{forwards} forwards cannot be recorded; None records all")
    if every < 1:
        raise BadInput(f"every {every} forwards cannot be; 1 records each")
    seen = Watch(type(model).__name__)
    flows = seen.expect if signals else None
    try:
        with watching(model, seen.take, forwards=forwards, call=call, every=every, flows=flows):
            yield seen
    finally:
        seen.settle()


def _trace_named(order: Order, device_name: str) -> Trace:
    from resnet_inspect.capture import backends

    def on(device: torch.device, notes: tuple[str, ...] = ()) -> Trace:
        built = order.on(device)
        order.tell(f"running {order.chosen.name} on {device}")
        return order.captured(replace(built, notes=(*notes, *built.notes)), device)

    return _on_another_if_need_be(on, backends.resolve(device_name))


_SMALLER = ((32, 32), (28, 28), (64, 64))
"""Sizes of images that a network may have been made for, if the usual one is too large."""


def _trace_guessing(order: Order, device_name: str) -> Trace:
    """What a network does with the usual input or, if it refuses that, one that fits its layers.

    Where neither fits, it is said if a smaller image does, or what else the forward asks for.
    """
    from resnet_inspect.capture import backends
    from resnet_inspect.capture.inputs import fitting_shape
    from resnet_inspect.capture.recording.failure import ForwardRaised

    part = order.open
    assert part is not None
    try:
        return _trace_named(order, device_name)
    except ForwardRaised as first:
        raised = first
    if raised.asked is not None:
        raise raised from raised.__cause__
    model = order.on(backends.resolve("meta")).model
    shape = fitting_shape(model)
    if shape is not None and part.of(shape) != order.size:
        order = order.guessing(part.of(shape), part, ", which fits its layers")
        try:
            return _trace_named(order, device_name)
        except ForwardRaised as second:
            raised = second
    for small in _SMALLER if part.image_size is None and len(shape or ()) == 4 else ():
        smaller = replace(part, image_size=small).of(shape or ())
        with suppress(Exception):
            _trace_named(replace(order, size=smaller, tell=silent), "meta")
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
        warnings.warn(note, stacklevel=5)
        return traced
    warnings.warn(note, stacklevel=5)
    return on(cpu, (note,))


_HEAVY = 2**31
"""Bytes of parameters above which no network is brought to the CPU on a mere suspicion."""


def _weighs(trace: Trace) -> int:
    held = (parameter for module in trace.modules for parameter in module.parameters)
    return sum(parameter.tensor.nbytes for parameter in held)


def _trace_module(
    model: nn.Module,
    size: InputSize | None,
    inputs: Any,
    device_name: str | None,
    dtype_name: str | None,
    mode: Mode,
    tell: Tell,
    call: str,
) -> Trace:
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
