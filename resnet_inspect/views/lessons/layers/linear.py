"""What a linear layer does, and what else multiplies matrices: attention, a product."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import (
    Attention,
    Linear,
    MatMul,
    Recurrent,
)
from resnet_inspect.views.lessons.page import Reading
from resnet_inspect.views.words import text


def linear(trace: Trace, call: Call, op: Linear) -> Iterator[str | Reading]:
    """A fully connected layer."""
    yield (
        f"A fully connected layer: each of its {text.integer(op.out_features)} outputs is a"
        f" weighted sum of all {text.integer(op.in_features)} inputs."
    )
    given = trace.spec(call.inputs[0]).shape if call.inputs else ()
    if len(given) > 2:
        yield "It does so at every position of the dimensions before the last."


def attention(trace: Trace, call: Call, op: Attention) -> Iterator[str | Reading]:
    """Attention with several heads."""
    yield (
        f"Attention with {text.count(op.heads, 'head')} of {op.embed_dim // max(op.heads, 1)}"
        " features: each position takes a weighted mean of the others, with weights that are"
        " computed from the positions themselves."
    )


def recurrent(trace: Trace, call: Call, op: Recurrent) -> Iterator[str | Reading]:
    """A recurrent layer."""
    sums = {
        1: "a weighted sum",
        3: "three weighted sums (two gates and a candidate)",
        4: "four weighted sums (three gates and a candidate)",
    }
    yield (
        f"A recurrent layer: each step makes {sums[op.gates]} of its input and of the state of the"
        f" step before, for each of its {text.integer(op.hidden_size)} features."
    )
    if op.projection:
        yield f"The state is then projected to {text.count(op.projection, 'feature')}."
    if op.layers > 1:
        yield f"It has {op.layers} layers; each takes what the one before it gives."
    if op.bidirectional:
        yield "It runs over the sequence both ways, with weights of their own."


def matmul(trace: Trace, call: Call, op: MatMul) -> Iterator[str | Reading]:
    """A product without weights."""
    yield f"A product of two tensors that are both computed: {op.name}."
