"""How the blocks and stages of two networks differ, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from resnet_inspect.analysis.comparison.difference import Difference, Section
from resnet_inspect.analysis.structure.anatomy import Block, Stage
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import Conv, Linear
from resnet_inspect.views.words import text
from resnet_inspect.views.words.comparison.changes import change_text
from resnet_inspect.views.words.comparison.sides import against, grouped, listed
from resnet_inspect.views.words.comparison.totals import times_of


def stages_of(difference: Difference) -> list[Section]:
    """The sections that are stages."""
    return [section for section in difference.sections if section.role == "stage"]


def numbers_of_blocks(survey: Survey) -> list[str]:
    """How many blocks each stage has."""
    return [str(len(stage.blocks)) for stage in survey.anatomy.stages]


def depths(difference: Difference) -> Iterator[str]:
    """Blocks per stage."""
    left, right = numbers_of_blocks(difference.left), numbers_of_blocks(difference.right)
    if left != right:
        yield f"blocks per stage: {against(', '.join(left), ', '.join(right))}"


def kinds_of(survey: Survey) -> dict[tuple[str, int, int], None]:
    """Kinds of block with their number of convolutions, in order of appearance.

    What computes a gate is counted apart: its convolutions and linear layers.
    """
    calls, of_gates = survey.trace.calls, survey.of_gates

    def numbers(block: Block) -> tuple[int, int]:
        ops = [(calls[step].op, step in of_gates) for step in block.branch]
        return (
            sum(isinstance(op, Conv) and not is_gate for op, is_gate in ops),
            sum(isinstance(op, Conv | Linear) and is_gate for op, is_gate in ops),
        )

    return dict.fromkeys((block.kind, *numbers(block)) for block in survey.anatomy.blocks)


def kinds(difference: Difference) -> Iterator[str]:
    """Basic blocks or bottlenecks, and of how many convolutions."""
    if not stages_of(difference):
        return
    left, right = kinds_of(difference.left), kinds_of(difference.right)
    if set(left) != set(right):
        counted = iter([" convolution"])

        def written(kinds: Iterable[tuple[str, int, int]]) -> str:
            parts = []
            for kind, number, in_gate in kinds:
                noun = next(counted, "")
                plural = "s" if noun and number != 1 else ""
                gate = f", {in_gate} for a gate" if in_gate else ""
                parts.append(f"{kind} ({number}{noun}{plural}{gate})")
            return listed(parts)

        mine = written(left)
        yield f"blocks: {against(mine, written(right))}"
        return
    yield from grouped(
        (f"{change.left} against {change.right}", _held_by(block))
        for stage in stages_of(difference)
        for block in stage.sections
        for change in block.changes
        if change.part == "kind"
    )


def _held_by(section: Section) -> str:
    part = section.left or section.right
    return "" if part is None else part.path


def effects(difference: Difference) -> Iterator[str]:
    """What each stage did, where the networks do not do the same."""
    found = []
    for stage in stages_of(difference):
        words = [
            change_text(change) for change in stage.changes
            if change.part in {"planes", "dimensions"}
        ]  # fmt: skip
        if words:
            found.append((", ".join(words), str(stage.number)))
    yield from grouped(found)


def planes(difference: Difference) -> Iterator[str]:
    """Channels after each stage."""
    channels = [
        [s.trace.activations[stage.output].tensor.shape[1] for stage in s.anatomy.stages]
        for s in (difference.left, difference.right)
    ]
    if not stages_of(difference) or channels[0] == channels[1]:
        return
    words = [", ".join(map(str, row)) for row in channels]
    ratios = {Fraction(b, a) for a, b in zip(*channels, strict=False) if a}
    times = ""
    if len(ratios) == 1 and len(channels[0]) == len(channels[1]) > 1:
        times = f" ({times_of(ratios.pop())})"
    yield f"planes after each stage: {against(*words)}{times}"


def shortcuts(difference: Difference) -> Iterator[str]:
    """Identities and projections of each stage, where not as many are projections."""
    found = []
    for stage in stages_of(difference):
        if stage.left is None or stage.right is None:
            continue
        counts = [_shortcuts_of(part.of) for part in (stage.left, stage.right)]
        if counts[0][0] != counts[1][0]:
            words = against(
                _shortcut_words(*counts[0], noun=" shortcut"), _shortcut_words(*counts[1])
            )
            found.append((words, str(stage.number)))
    yield from grouped(found)


def _shortcuts_of(stage: object) -> tuple[int, int]:
    assert isinstance(stage, Stage)
    projections = sum(block.shortcut == "projection" for block in stage.blocks)
    return projections, len(stage.blocks) - projections


def _shortcut_words(projections: int, identities: int, noun: str = "") -> str:
    """How many of which: "3 identity shortcuts", "1 projection and 2 identities"."""
    one = not (projections and identities)
    if noun and one:
        kind, number = ("projection", projections) if projections else ("identity", identities)
        return text.count(number, f"{kind}{noun}")
    parts = [(projections, "projection"), (identities, "identity")]
    return listed(text.count(number, word) for number, word in parts if number)
