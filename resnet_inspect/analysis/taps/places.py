"""Where a tensor can be had from outside: what a call of a module gives, or takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import Activate, Elementwise, Norm


@dataclass(frozen=True, slots=True)
class Place:
    """One tensor among what a call of a module gives or takes."""

    side: Literal["output", "input"]
    path: str
    """The module's; "" for the network itself."""
    nth: int
    """Which call of it, from 1."""
    label: str
    """Where it stands in what is given or taken: "" for the only one."""
    alone: bool
    """Whether the call gives or takes no other tensor."""


def name_of(trace: Trace, activation: int) -> tuple[str, int]:
    """What a tensor is called, and the index of the call it is called by.

    The outermost module that gives it and nothing else; else the outermost that gives it, with the
    tensor's place in what that gives; else the function that makes it. No two have one name.
    """
    found = output_of(trace, activation)
    if found is not None and found.alone:
        call = trace.calls[trace.calls_at[found.path][found.nth - 1]]
        return _counted(call), call.index
    maker = trace.calls[trace.producer[activation]]
    if found is not None:
        return f"{found.path}[{found.label}]", trace.calls_at[found.path][found.nth - 1]
    label = next(port.label for port in maker.outputs if port.activation == activation)
    return _counted(maker) + (f"[{label}]" if len(maker.outputs) > 1 else ""), maker.index


def _counted(call: Call) -> str:
    return call.path if call.nth == 1 else f"{call.path} #{call.nth}"


def output_of(trace: Trace, activation: int) -> Place | None:
    """The outermost module that gives a tensor alone, or else the outermost that gives it."""
    givers = [
        call
        for call in trace.calls[1:]
        if call.module is not None and any(p.activation == activation for p in call.outputs)
    ]
    alone = [call for call in givers if len({port.activation for port in call.outputs}) == 1]
    call = next(iter(alone or givers), None)
    return None if call is None else _place(call, activation, "output")


def place_of(trace: Trace, activation: int) -> Place | None:
    """Where a hook finds a tensor; None where only functions give and take it."""
    found = output_of(trace, activation)
    if found is not None:
        return found
    for call in trace.calls[1:]:
        if call.module is not None and any(p.activation == activation for p in call.inputs):
            return _place(call, activation, "input")
    if any(port.activation == activation for port in trace.outputs):
        return _place(trace.calls[0], activation, "output")
    return None


def _place(call: Call, activation: int, side: Literal["output", "input"]) -> Place:
    ports = call.outputs if side == "output" else call.inputs
    label = next(port.label for port in ports if port.activation == activation)
    return Place(side, call.path, call.nth, label, len({port.activation for port in ports}) == 1)


def is_overwritten(trace: Trace, activation: int) -> bool:
    """Whether a later call writes into its memory, so that who keeps it finds another tensor."""
    return any(
        getattr(trace.calls[step].op, "in_place", False)
        for step in trace.consumers.get(activation, ())
    )


def layer_before(trace: Trace, activation: int) -> Place | None:
    """The module that gives a map, or gives what functions of each element make it of."""
    while True:
        found = output_of(trace, activation)
        step = trace.producer.get(activation)
        if found is not None and found.alone:
            return found
        if step is None:
            return None
        call = trace.calls[step]
        if not isinstance(call.op, Activate | Norm | Elementwise) or len(call.inputs) != 1:
            return None
        activation = call.inputs[0].activation
