"""Products with weights and with each other: linear layers, einsums, attention."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_letters

from resnet_inspect.analysis.contractions import factors, place_of
from resnet_inspect.analysis.geometry.layout import held, other
from resnet_inspect.analysis.geometry.motion import mixed
from resnet_inspect.analysis.geometry.rules.gates import scaled
from resnet_inspect.analysis.geometry.rules.reductions import featureless
from resnet_inspect.analysis.geometry.state import (
    Everything,
    Given,
    Known,
    Lost,
    State,
    nothing,
)
from resnet_inspect.analysis.geometry.union import joined
from resnet_inspect.traces.model import Call
from resnet_inspect.traces.ops import Attention, Linear, MatMul
from resnet_inspect.traces.tensors import Shape


def linear(call: Call, op: Linear, given: Given, before: Sequence[Shape], shape: Shape) -> Known:
    """A linear layer mixes all along the last dimension."""
    if (len(given) > 1 and any(more.sees for more in given[1:])) or not shape:
        return Lost(call.path)
    if len(given[0].layout) != len(shape):
        return Lost(call.path)
    return mixed(given[0], len(shape) - 1, call.path, shape[-1])


def matmul(call: Call, op: MatMul, given: Given, before: Sequence[Shape], shape: Shape) -> Known:
    """Products of matrices, in an einsum of any tensors."""
    path = call.path
    if op.name == "scaled_dot_product_attention" and len(given) >= 3:
        return _attended(given, len(shape) - 2, shape, path)
    if op.equation:
        terms, made = factors(op)
        at = [place_of(op, port.label) for port in call.inputs]
        if any(one is None or one >= len(terms) for one in at):
            return Lost(path)
        return _contracted(path, given, [terms[one or 0] for one in at], made, shape)
    if op.name not in {"matmul", "mm", "bmm"} or min(len(s.layout) for s in given) < 2:
        if any(held(d) for s in given for d in s.layout):
            return Lost(path)
        return joined([featureless(s, shape) for s in given], shape, path)
    if any(len(state.layout) > len(shape) for state in given):
        return Lost(path)
    made = ascii_letters[: len(shape)]
    written = []
    for port, state in zip(call.inputs, given, strict=True):
        own = made[len(made) - len(state.layout) :]
        is_right = port.label in {"1", "other", "mat2"}
        written.append(own[:-2] + "Z" + own[-1] if is_right else own[:-1] + "Z")
    return _contracted(path, given, written, made, shape)


def _contracted(call: str, given: Given, terms: Sequence[str], made: str, shape: Shape) -> Known:
    """Behind sums over the letters that the result does not have."""
    if len(made) != len(shape):
        return Lost(call)
    sides = []
    for state, letters in zip(given, terms, strict=True):
        if len(letters) != len(state.layout) or len(set(letters)) != len(letters):
            return Lost(call)
        for place, letter in enumerate(letters):
            if letter not in made:
                state = mixed(state, place, call, 1)
        at = dict(zip(letters, state.layout, strict=True))
        sides.append(state._replace(layout=tuple(at.get(letter, ()) for letter in made)))
    if all(letter in made for letter in "".join(terms)):
        return scaled(call, "mul", [*sides, nothing(shape, len(given[0].seen))], shape)
    return joined([*sides, nothing(shape, len(given[0].seen))], shape, call)


def _attended(given: Given, tokens: int, shape: Shape, call: str) -> Known:
    """Behind attention: each query sees what all keys and values of its group do."""
    count = len(given[0].seen)
    if any(len(s.layout) != len(shape) for s in given[:3]):
        return Lost(call)
    features = len(shape) - 1
    query = mixed(mixed(given[0], features, call, 1), tokens, call)
    others = []
    for state in given[1:3]:
        state = mixed(mixed(state, features, call, 1), tokens, call)
        others.append(state.replaced(tokens, ()))
    made = joined([query, *others], (*shape[:-1], 1), call)
    if any(more.sees for more in given[3:]):
        seen = tuple(one and Everything(one.jump) for one in query.seen)
        if not isinstance(made, State) or made.seen != seen:
            return Lost(call)
    if isinstance(made, Lost):
        return made
    assert len(made.seen) == count
    return made.replaced(features, other(shape[-1]))


def attention(
    call: Call, op: Attention, given: Given, before: Sequence[Shape], shape: Shape
) -> Known:
    """Attention with its projections."""
    rank = len(shape)
    if rank not in (2, 3) or any(len(s.layout) != rank for s in given[:3]):
        return Lost(call.path)
    tokens = 1 if op.batch_first and rank == 3 else 0
    query, *others = given[:3]
    return _attended(
        [query, *(others or [query, query])][:3] + list(given[3:]), tokens, shape, call.path
    )
