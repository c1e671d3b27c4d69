"""A network becomes a trace: by its name, or as a module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from resnet_inspect.errors import BadInput, ForwardInterrupted, UnknownName
from resnet_inspect.inspection import Inspection
from resnet_inspect.pipeline.building.networks import Order, Tell, import_torch, silent
from resnet_inspect.pipeline.locks import input_of
from resnet_inspect.pipeline.tracing.cache import entry_of, ran_no_other_code
from resnet_inspect.sources import subject, surroundings

if TYPE_CHECKING:
    from torch import nn

    from resnet_inspect.capture.inputs import InputSize
    from resnet_inspect.capture.recording.forward import Mode

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
        from resnet_inspect.pipeline.identity.recognition import network_of_weights

        model, arguments, told_from = network_of_weights(weights, arguments, tell)
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
    import_torch(tell)
    from resnet_inspect.pipeline.tracing import forwards
    from resnet_inspect.pipeline.tracing.forward_errors import as_forward_error

    try:
        with as_forward_error(by_name=isinstance(model, str)):
            if not isinstance(model, str):
                traced = forwards.of_module(
                    model, input_size, inputs, device, dtype, mode, tell, call
                )
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
                named = forwards.of_named if order.open is None else forwards.of_guessed
                made = named(order, device or "meta")
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
