"""What a reshape does, and what else changes shapes: joining, reducing, resizing."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import (
    Create,
    Join,
    Reduce,
    Resample,
    Reshape,
)
from resnet_inspect.views.lessons.page import Reading
from resnet_inspect.views.words import text


def join(trace: Trace, call: Call, op: Join) -> Iterator[str | Reading]:
    """A concatenation or a stack."""
    along = "channels" if op.dim == 1 else f"dimension {op.dim}, counted from 0"
    tensors = text.count(len(call.inputs), "tensor")
    verb = "stacks" if op.name == "stack" else "puts"
    yield f"It {verb} {tensors} side by side, along {along}: nothing is added up."


def reshape(trace: Trace, call: Call, op: Reshape) -> Iterator[str | Reading]:
    """The same elements laid out differently, or some of them, or more."""
    if not call.inputs or not call.outputs:
        return
    before, after = trace.spec(call.inputs[0]).elements, trace.spec(call.outputs[0]).elements
    name = op.name.capitalize()
    if op.name == "pad":
        yield f"It pads the map: {text.integer(after - before)} elements are new."
    elif before == after:
        yield f"{name}: the same {text.integer(after)} elements, laid out differently."
    else:
        yield f"{name}: {text.integer(after)} of {text.integer(before)} elements."


def reduce(trace: Trace, call: Call, op: Reduce) -> Iterator[str | Reading]:
    """A mean, a sum or the like over some dimensions."""
    yield f"It makes many elements few: {op.name}."


def resample(trace: Trace, call: Call, op: Resample) -> Iterator[str | Reading]:
    """An interpolation."""
    yield f"It resizes the map without a weight: {op.name}."


def create(trace: Trace, call: Call, op: Create) -> Iterator[str | Reading]:
    """A constant."""
    yield f"It makes a tensor from no other one: {op.name}."
