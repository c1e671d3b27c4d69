"""What multi-head attention holds within itself, beside what it takes and gives.

It copies the projected queries, keys and values. Where it gives its scores it makes them one after
another: scaled queries, scores, their softmax. Where it does not, torch computes all in one step
that keeps one number for each query and head.
"""

from __future__ import annotations

from math import prod

from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import Attention


def kept(trace: Trace, call: Call, op: Attention) -> int:
    """Bytes that are saved for the gradient, with the result before its own projection."""
    queries, keys, _ = _positions(trace, call, op)
    made = trace.spec(call.outputs[0]).itemsize
    if not gives_scores(call):
        return ((2 * queries + 2 * keys) * op.embed_dim + op.heads * queries) * made
    return (3 * queries + 2 * keys) * op.embed_dim * made + scores(trace, call, op)


def at_work(trace: Trace, call: Call, op: Attention) -> int:
    """Bytes that are alive at its fullest moment in a forward pass, before its results are made."""
    queries, keys, _ = _positions(trace, call, op)
    copied = 2 * _projected(trace, call, op)  # the projections, and the copies of them
    scaled = (2 * queries + 2 * keys) * op.embed_dim * trace.spec(call.outputs[0]).itemsize
    needed = max(copied, scaled + 2 * scores(trace, call, op))
    return max(0, needed - sum(trace.spec(port).nbytes for port in call.outputs))


def backward(trace: Trace, call: Call, op: Attention) -> int:
    """Bytes of the gradients that are alive within it at the fullest moment of its backward.

    Those of the projections and of the result before its own, or of the scores and their softmax.
    """
    queries, _, _ = _positions(trace, call, op)
    result = queries * op.embed_dim * trace.spec(call.outputs[0]).itemsize
    return max(_projected(trace, call, op) + result, 2 * scores(trace, call, op))


def scores(trace: Trace, call: Call, op: Attention) -> int:
    """Bytes of the scores of all heads; 0 where it does not make them."""
    if not gives_scores(call):
        return 0
    queries, keys, batch = _positions(trace, call, op)
    return op.heads * queries * (keys // max(1, batch)) * trace.spec(call.outputs[0]).itemsize


def gives_scores(call: Call) -> bool:
    """Whether it gives its scores, or their mean over the heads, beside its result."""
    return len(call.outputs) > 1


def _projected(trace: Trace, call: Call, op: Attention) -> int:
    queries, keys, _ = _positions(trace, call, op)
    return (queries + 2 * keys) * op.embed_dim * trace.spec(call.outputs[0]).itemsize


def _positions(trace: Trace, call: Call, op: Attention) -> tuple[int, int, int]:
    """Positions of queries and of keys in all samples, and how many samples there are."""
    given = [trace.spec(port).shape for port in call.inputs[:2]]
    query, key = given[0], given[-1]
    batch = 1 if len(query) < 3 else query[0 if op.batch_first else 1]
    return prod(query[:-1]), prod(key[:-1]) + op.added_keys * batch, batch
