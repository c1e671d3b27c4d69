"""Phrases for two sides, and for the places where they differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from resnet_inspect.analysis.comparison.difference import Difference, Entry, Section
from resnet_inspect.views.words import text


def against(left: str, right: str) -> str:
    """Both sides in a sentence."""
    return f"{left or 'none'} against {right or 'none'}"


def listed(words: Iterable[str]) -> str:
    """Words as a list in a sentence: "a, b and c"."""
    *first, last = list(words) or [""]
    return f"{', '.join(first)} and {last}" if first else last


def of_sides(left: Sequence[str], right: Sequence[str]) -> list[str]:
    """Remarks on both networks, those that both have once."""
    return [
        *(f"both: {remark}" for remark in left if remark in right),
        *(f"left: {remark}" for remark in left if remark not in right),
        *(f"right: {remark}" for remark in right if remark not in left),
    ]


def part_label(difference: Difference, part: Section | Entry) -> str:
    """A part of the network in a sentence: "stage 2", "the head", the path of a step."""
    if isinstance(part, Section):
        return f"stage {part.number}" if part.role == "stage" else f"the {part.role}"
    if part.left is not None:
        return difference.left.trace.calls[part.left].path
    assert part.right is not None
    return difference.right.trace.calls[part.right].path


def grouped(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Every (words, place) as "stages 2 and 3: words", those with the same words together."""
    places: dict[str, list[str]] = {}
    for words, place in pairs:
        places.setdefault(words, []).append(place)
    return [f"{_places(where)}: {words}" for words, where in places.items()]


def _places(where: Sequence[str]) -> str:
    if all(place.isdigit() for place in where):
        return f"stage{'s' if len(where) > 1 else ''} {listed(where)}"
    return listed(where) if len(where) <= 4 else text.count(len(where), "block")
