"""What a linear layer does, and what else multiplies matrices: attention, a product."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import (
    Attention,
    Linear,
    MatMul,
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


def matmul(trace: Trace, call: Call, op: MatMul) -> Iterator[str | Reading]:
    """A product without weights."""
    yield f"A product of two tensors that are both computed: {op.name}."
