"""What changed between things that are paired: two networks, two sections, two steps.

A change that follows from what a layer is given (its input shape, the channels it takes, the
counts that result) is told apart from a change of the layer itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

from resnet_inspect.analysis.comparison.difference import Change, Part
from resnet_inspect.analysis.comparison.items import Item, Side
from resnet_inspect.analysis.comparison.pairing import Pairing
from resnet_inspect.analysis.counts.amounts import Amounts
from resnet_inspect.analysis.structure.anatomy import Block, Stage
from resnet_inspect.traces.model import Call
from resnet_inspect.traces.ops import Conv, Elementwise, Op, configuration, window_of
from resnet_inspect.traces.tensors import Port


def of_networks(pairs: Pairing) -> Iterator[Change]:
    """What is not the same of the networks as a whole: what they are given and return."""
    mine, theirs = pairs.left.trace, pairs.right.trace
    for part, a, b in (
        ("input", mine.inputs, theirs.inputs), ("output", mine.outputs, theirs.outputs),
    ):  # fmt: skip
        shapes = pairs.left.shapes(a), pairs.right.shapes(b)
        given = part == "input"
        if shapes[0] != shapes[1]:
            yield Change(f"{part}_shape", *shapes, not given)
        dtypes = pairs.left.dtypes(a), pairs.right.dtypes(b)
        if dtypes[0] != dtypes[1]:
            yield Change(f"{part}_dtype", *dtypes, not given)
    crossed = _crossed(pairs, mine.outputs, theirs.outputs, sort=False)
    if crossed is not None:
        yield Change("returns", *crossed)
    errors = [
        None if t.failure is None else f"{t.failure.error}: {t.failure.message}"
        for t in (mine, theirs)
    ]
    if errors[0] != errors[1]:
        yield Change("failure", errors[0], errors[1])


def of_sections(left: Part, right: Part) -> Iterator[Change]:
    """What is not the same of two stages or blocks as a whole; it follows from their steps."""
    mine, theirs = left.of, right.of
    if isinstance(mine, Block) and isinstance(theirs, Block):
        parts: tuple[tuple[str, object, object], ...] = (
            ("kind", mine.kind, theirs.kind),
            ("shortcut", mine.shortcut, theirs.shortcut),
        )
    elif isinstance(mine, Stage) and isinstance(theirs, Stage):
        did, does = left.effect, right.effect
        parts = (
            ("blocks", len(mine.blocks), len(theirs.blocks)),
            ("planes", did and did.planes, does and does.planes),
            ("dimensions", did and did.dimensions, does and does.dimensions),
        )
    else:
        parts = ()
    return (Change(part, a, b, True) for part, a, b in parts if a != b)


def of_steps(
    pairs: Pairing, left: Item, right: Item, mine: Amounts, theirs: Amounts
) -> Iterator[Change]:
    """What is not the same of two steps with these amounts."""
    a: Call = left.of
    b: Call = right.of
    changed = False
    if left.keys[0] != right.keys[0]:
        given = pairs.left.shapes(a.inputs), pairs.right.shapes(b.inputs)
        for part, x, y in _op_parts(a.op, b.op):
            follows = given[0] != given[1] and _is_taken(part, a.op, b.op)
            changed = True
            yield Change(part, x, y, follows)
        if given[0] != given[1]:
            changed = True
            yield Change("input_shape", *given, len(given[0]) == len(given[1]))
        made = pairs.left.shapes(a.outputs), pairs.right.shapes(b.outputs)
        if made[0] != made[1]:
            yield Change("output_shape", *made, changed)
            changed = True
        took = pairs.left.dtypes(a.inputs), pairs.right.dtypes(b.inputs)
        gave = pairs.left.dtypes(a.outputs), pairs.right.dtypes(b.outputs)
        if gave[0] != gave[1] and len(gave[0]) == len(gave[1]):
            yield Change("dtype", *gave, took[0] != took[1])
            changed = True
        elif took[0] != took[1] and len(took[0]) == len(took[1]):
            yield Change("dtype", *took, True)
            changed = True
    wires = _crossed(pairs, a.inputs, b.inputs, sort=isinstance(a.op, Elementwise))
    if wires is not None:
        yield Change("takes", *wires)
    if mine.parameters != theirs.parameters:
        yield Change("parameters", mine.parameters, theirs.parameters, changed)
    elif mine.trainable != theirs.trainable:
        yield Change("trainable", mine.trainable, theirs.trainable)
    known = [None if amounts.uncounted else amounts.macs for amounts in (mine, theirs)]
    if known[0] != known[1]:
        yield Change("macs", known[0], known[1], changed)


def _crossed(
    pairs: Pairing, left: Sequence[Port], right: Sequence[Port], *, sort: bool
) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The paths of what made these tensors, if all are paired and not with each other."""
    makers = [pairs.left.maker(port) for port in left]
    others = [pairs.right.maker(port) for port in right]
    if len(makers) != len(others):
        return None
    seen = [m if m is None or m < 0 else pairs.partner.get(m) for m in makers]
    alone = any(s is None and m is not None for s, m in zip(seen, makers, strict=True))
    if alone or any(o is not None and o >= 0 and o not in pairs.paired for o in others):
        return None
    if sort:
        order = [sorted(x, key=lambda n: (n is None, n)) for x in (seen, others)]
    else:
        order = [seen, others]
    if order[0] == order[1]:
        return None
    return (_names(pairs.left, makers), _names(pairs.right, others))


def _names(side: Side, makers: Sequence[int | None]) -> tuple[str, ...]:
    return tuple(
        "outside" if m is None else "input" if m < 0 else side.trace.calls[m].path for m in makers
    )


_TAKEN = frozenset({"in_channels", "in_features", "num_features"})
"""What an op is configured with only because its input is as it is."""


def _op_parts(a: Op, b: Op) -> list[tuple[str, object, object]]:
    """What differs in the configuration of two ops, field by field."""
    a, b = configuration(a), configuration(b)
    if a == b:
        return []
    found: list[tuple[str, object, object]] = []
    kinds = ("name", "kind", "transposed")
    if type(a) is not type(b) or any(getattr(a, k, None) != getattr(b, k, None) for k in kinds):
        found.append(("op", a, b))
    mine, theirs = window_of(a), window_of(b)
    if mine is not None and theirs is not None:
        found.extend(_field_parts(mine, theirs))
    if type(a) is type(b):
        parts = _field_parts(a, b)
        found.extend(part for part in parts if part[0] not in {"window", *kinds})
    return found or [("op", a, b)]


def _field_parts(a: Any, b: Any) -> Iterator[tuple[str, object, object]]:
    for part in (field.name for field in fields(a)):
        x, y = getattr(a, part), getattr(b, part)
        if x != y and not (part != "kernel_size" and _only_longer(x, y)):
            yield part, x, y


def _only_longer(x: object, y: object) -> bool:
    """Whether sizes say the same for another number of dimensions; the kernel tells of that."""
    if not isinstance(x, tuple) or not isinstance(y, tuple):
        return False
    return bool(x and y) and len(x) != len(y) and len({*x, *y}) == 1


def _is_taken(part: str, a: Op, b: Op) -> bool:
    """Whether a part of the configuration is only what the input asks for."""
    if part in _TAKEN:
        return True
    depthwise = all(
        isinstance(op, Conv) and op.groups == op.in_channels == op.out_channels for op in (a, b)
    )
    return depthwise and part in {"groups", "out_channels"}
