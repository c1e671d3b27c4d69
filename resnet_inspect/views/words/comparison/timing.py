"""Which of two measured networks is faster, by how much, and where, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_inspect.analysis.comparison.difference import Section
from resnet_inspect.analysis.comparison.timing import Direction, TimeDifference, TimingComparison
from resnet_inspect.analysis.structure.anatomy import Block
from resnet_inspect.analysis.timing import Timing
from resnet_inspect.views.words import text
from resnet_inspect.views.words.comparison.sides import against, listed, part_label
from resnet_inspect.views.words.timing import BETWEEN

SIDES = ("left", "right")
_MOST = 3
"""How many parts of the network are named."""


def conclusions(found: TimingComparison) -> Iterator[str]:
    """Which network is faster, by how much, and where, a fact a line."""
    left, right = found.sides
    if left is None or right is None:
        yield f"only the {SIDES[left is None]} was measured: there is no time to compare it with"
        return
    yield from _unlike(left, right)
    for direction in found.directions:
        whole = found.whole(direction)
        if whole.left is None or whole.right is None:
            continue
        yield _faster(direction, whole)
        yield from _where(found, direction)
    rates = left.samples_rate, right.samples_rate
    if left.batch != right.batch and rates[0] and rates[1]:
        both = against(*(f"{rate:,.1f}" for rate in rates))
        yield f"samples/s: {both} ({text.times(rates[1] / rates[0])})"


def _unlike(left: Timing, right: Timing) -> Iterator[str]:
    """In one line, what was not the same when they were measured."""
    machines = _machine(left), _machine(right)
    pairs = zip((*machines[0], *_settings(left)), (*machines[1], *_settings(right)), strict=True)
    differ = [against(mine, theirs) for mine, theirs in pairs if mine != theirs]
    if differ:
        are = "not measured alike"
        if machines[0] != machines[1]:
            are = "the times are of different machines"
        yield f"{are}: {', '.join(differ)}"


def _machine(speed: Timing) -> tuple[str, ...]:
    machine = speed.measured.machine
    return machine.name, machine.device, machine.system


def _settings(speed: Timing) -> tuple[str, ...]:
    measured = speed.measured
    return (
        text.count(measured.machine.threads, "thread"),
        f"torch {measured.machine.torch_version}",
        *_input(speed),
        f"channels {'last' if measured.channels_last else 'first'}",
        speed.survey.trace.provenance.mode,
        "with gradients" if measured.backward else "without gradients",
    )


def _input(speed: Timing) -> tuple[str, str]:
    """Shape and element type of the first input."""
    trace = speed.survey.trace
    spec = trace.spec(trace.inputs[0]) if trace.inputs else None
    return ("no input", "") if spec is None else (text.shape(spec.shape), spec.dtype)


def _faster(direction: Direction, whole: TimeDifference) -> str:
    assert whole.left is not None
    assert whole.right is not None
    assert whole.seconds is not None
    both = against(text.seconds(whole.left.seconds), text.seconds(whole.right.seconds))
    if whole.runs < 2:
        return f"{direction} {both}: a single run does not say what runs differ by"
    if not whole.is_certain:
        return f"{direction} {both}: less than the runs differ by"
    faster = "right" if whole.seconds < 0 else "left"
    times = [whole.left.seconds, whole.right.seconds]
    factor = f", ×{max(times) / min(times):.2f}" if min(times) else ""
    return (
        f"{direction} {both}: the {faster} is faster, by {text.seconds(abs(whole.seconds))}{factor}"
    )


def _where(found: TimingComparison, direction: Direction) -> Iterator[str]:
    """Which stages, and then which blocks, take another time on the right."""
    parts = [
        (part_label(found.difference, part), found.of(part, direction)) for part in found.parts
    ]
    parts.append((BETWEEN, found.rest(direction)))
    blocks = [
        (_block_label(block, place), found.of(block, direction))
        for section in found.difference.sections
        for place, block in enumerate(section.sections, 1)
    ]
    # Of the parts it is known with hooks alone, so that they may tell what the whole does not.
    way = direction if found.whole(direction).is_certain else f"{direction} with hooks"
    for noun, every in (("", parts), (", by block", blocks)):
        words = []
        for more, sign in (("more", 1), ("less", -1)):
            own = [
                (label, abs(times.seconds))
                for label, times in every
                if found.matters(times, direction) and times.seconds and times.seconds * sign > 0
            ]
            own.sort(key=lambda one: -one[1])
            named = [f"{text.seconds(seconds)} {more} in {label}" for label, seconds in own[:_MOST]]
            if len(own) > _MOST:
                rest = sum(seconds for _, seconds in own[_MOST:])
                others = text.count(len(own) - _MOST, "other")
                named.append(f"{text.seconds(rest)} {more} in {others}")
            words += [listed(named)] if named else []
        if words:
            yield f"{way}{noun}: the right takes {'; '.join(words)}"


def _block_label(block: Section, place: int) -> str:
    """The module that is a block; where none is, its place in its stage."""
    held = block.left or block.right
    if held is not None and isinstance(held.of, Block) and held.of.call is not None:
        return held.path
    return f"block {place} of stage {block.number}"
