"""What is done to elements one by one: activations, sums, dropout."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import (
    Activate,
    Elementwise,
)
from resnet_inspect.views.lessons.page import Reading
from resnet_inspect.views.words import text


def activation(trace: Trace, call: Call, op: Activate) -> Iterator[str | Reading]:
    """A nonlinearity."""
    if op.name != "relu":
        yield f"It applies {op.name}."
        return
    yield "ReLU: each element stays where it is positive and becomes zero where it is not."
    yield "Without a nonlinearity between them, two convolutions could be made one."


def elementwise(trace: Trace, call: Call, op: Elementwise) -> Iterator[str | Reading]:
    """Arithmetic on elements: a sum, a product, or dropout."""
    if op.name == "add" and len(call.inputs) > 1:
        yield f"It adds {len(call.inputs)} tensors, element by element."
    elif op.name in {"dropout", "drop path"}:
        yield from _drops(trace, call, op.name)
    elif op.name == "identity":
        yield "It hands on its input as it is."
    else:
        tensors = text.count(len(call.inputs), "tensor")
        yield f"Arithmetic on the elements of {tensors}: {op.name}."


def _drops(trace: Trace, call: Call, name: str) -> Iterator[str]:
    module = None if call.module is None else trace.module_at[call.module]
    what = "samples" if name == "drop path" else "parts of its input"
    training = trace.provenance.mode == "train" if module is None else module.training
    if training:
        yield f"In training it drops {what} at random."
    else:
        yield (
            "In eval mode it hands on its input as it is; in training it would drop"
            f" {what} at random."
        )
