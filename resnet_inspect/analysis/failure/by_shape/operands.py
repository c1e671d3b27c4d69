"""Tensors that meet: in elementwise ops, residual adds, joins and products."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_inspect.analysis.failure.by_shape.residual import MUST_BE_EQUAL, residual
from resnet_inspect.analysis.failure.by_shape.words import shown
from resnet_inspect.analysis.failure.facts import INPUT, Diagnosis, Facts, Given
from resnet_inspect.traces.ops import Elementwise, Join, MatMul
from resnet_inspect.traces.tensors import Shape


def elementwise(facts: Facts, op: Elementwise) -> Diagnosis | None:
    """Two shapes that do not broadcast."""
    if len(facts.given) < 2:
        return None
    first, second = facts.given[:2]
    a, b = first.spec.shape, second.spec.shape
    if _broadcast(a, b):
        return None
    finding = f"{shown(a)} and {shown(b)} do not fit"
    if len(a) != len(b):
        return _gate(finding, a, b) or Diagnosis(finding, "give them equally many dimensions")
    if a[0] != b[0] and 1 not in (a[0], b[0]):
        return _batches(facts, (first, second))
    if op.name == "mul" and len(a) == 4:
        scales = [given for given in (first, second) if set(given.spec.shape[2:]) == {1}]
        if len(scales) == 1:
            scaled = b[1] if scales[0] is first else a[1]
            maker = facts.decides_channels(scales[0].activation)
            who = "the gate" if maker is None else facts.named(maker)
            return Diagnosis(
                f"a gate of {scales[0].spec.shape[1]:,} channels meets a map of {scaled:,}",
                f"have {who} give {scaled:,} channels",
            )
    if len(a) < 3:
        return Diagnosis(f"{finding}: {a[-1]:,} features meet {b[-1]:,}", MUST_BE_EQUAL)
    return residual(facts, op, finding)


def _gate(finding: str, a: Shape, b: Shape) -> Diagnosis | None:
    """A vector for each image that meets a map, as in squeeze-and-excitation."""
    vector, map_shape = sorted((a, b), key=len)
    if len(map_shape) < 3 or vector != map_shape[:2] or len(vector) != 2:
        return None
    ones = ", 1" * (len(map_shape) - 2)
    return Diagnosis(
        f"{finding}: the gate has no spatial dimensions",
        f"gate.view({vector[0]}, {vector[1]}{ones}) gives it some",
    )


def _batches(facts: Facts, tensors: Sequence[Given]) -> Diagnosis:
    """Tensors whose first dimensions differ, though each should be the batch."""
    sizes = [given.spec.shape[0] for given in tensors]
    finding = f"batches of {sizes[0]:,} and {sizes[1]:,} meet"
    batch = facts.trace.spec(facts.trace.inputs[0]).shape[:1] if facts.trace.inputs else ()
    for given in tensors:
        call = facts.changes_batch(given.activation)
        if call is not None and given.spec.shape[:1] != batch:
            before, after = (
                facts.trace.spec(port[0]).shape for port in (call.inputs, call.outputs)
            )
            return Diagnosis(
                finding,
                f"{facts.named(call)} makes {shown(after)} of {shown(before)}: have it keep the "
                "first dimension, as flatten(1) does",
            )
    if all(given.maker == INPUT for given in tensors):
        return Diagnosis(finding, "give inputs of the same batch size")
    return Diagnosis(finding, "have both keep the batch of the input")


def join(facts: Facts, op: Join) -> Diagnosis | None:
    """Tensors that differ in a dimension along which they are not joined."""
    shapes = [given.spec.shape for given in facts.given]
    first = shapes[0]
    for place, shape in enumerate(shapes[1:], 1):
        if shape == (0,) and op.name != "stack":
            continue
        if len(shape) != len(first):
            return Diagnosis(
                f"{shown(first)} and {shown(shape)} have not equally many dimensions",
                "bring them to the same number of dimensions first",
            )
        along = set() if op.name == "stack" else {op.dim}
        unlike = [
            i
            for i, pair in enumerate(zip(first, shape, strict=True))
            if pair[0] != pair[1] and i not in along
        ]
        if not unlike:
            continue
        pair = (facts.given[0], facts.given[place])
        if unlike[0] == 0:
            return _batches(facts, pair)
        if unlike[0] == 1:
            axis = "along dimension 1, " if op.dim != 1 else ""
            return Diagnosis(
                f"{shown(first)} and {shown(shape)} differ in their channels",
                f"concatenate {axis}or give both the same channels"
                if op.name != "stack"
                else "stack takes equal shapes; torch.cat joins along a dimension",
            )
        return _unlike_maps(facts, pair, first, shape)
    return None


def _unlike_maps(facts: Facts, pair: Sequence[Given], a: Shape, b: Shape) -> Diagnosis:
    image = facts.trace.spec(facts.trace.inputs[0]).shape[2:] if facts.trace.inputs else ()
    odd = "" if not image else f", or give an image whose sides halve evenly, not {shown(image)}"
    off = max(abs(x - y) for x, y in zip(a[2:], b[2:], strict=True))
    return Diagnosis(
        f"maps of {shown(a[2:])} and {shown(b[2:])} cannot stand side by side",
        f"resize {pair[0].maker} to the other (F.interpolate(x, size=other.shape[2:]))"
        + (odd if off <= max(a[2:]) / 4 else ""),
    )


def matmul(facts: Facts, op: MatMul) -> Diagnosis | None:
    """Columns of the first that are not as many as the rows of the second."""
    if op.name not in {"matmul", "mm", "bmm"} or len(facts.given) < 2:
        return None
    a, b = (given.spec.shape for given in facts.given[:2])
    if min(len(a), len(b)) < 2 or a[-1] == b[-2]:
        return None
    finding = f"{a[-1]:,} columns of the first meet {b[-2]:,} rows of the second"
    if a[-1] == b[-1]:
        return Diagnosis(finding, "transpose the second: b.transpose(-2, -1)")
    if a[-2] == b[-2]:
        return Diagnosis(finding, "transpose the first: a.transpose(-2, -1)")
    return Diagnosis(finding, "they must be equal")


def _broadcast(a: Shape, b: Shape) -> bool:
    return all(x == y or 1 in (x, y) for x, y in zip(reversed(a), reversed(b), strict=False))
