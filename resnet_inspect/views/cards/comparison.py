"""Two cards as one: what is said on both sides once, what differs as left → right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from resnet_inspect.views.cards.card import Card, Entry, Section


def pair(left: Card | None, right: Card | None, names: tuple[str, str]) -> Card:
    """The card of a place in two networks; one of them may not have it.

    Entries lead to places of the left network: it is the one that the tree shows.
    """
    if left is None or right is None:
        only, name = (left, names[0]) if left is not None else (right, names[1])
        if only is None:
            return Card("", "", ())
        kept = only.sections if left is not None else tuple(map(_leading_nowhere, only.sections))
        return Card(only.title, f"only in {name}", kept)
    return Card(
        _both(left.title, right.title),
        _both(left.subtitle, right.subtitle),
        tuple(_sections(left.sections, right.sections, names)),
    )


def _sections(
    left: Sequence[Section], right: Sequence[Section], names: tuple[str, str]
) -> Iterator[Section]:
    mine = {section.heading: section for section in left}
    theirs = {section.heading: section for section in right}
    for heading in dict.fromkeys((*mine, *theirs)):
        a, b = mine.get(heading, Section(heading)), theirs.get(heading, Section(heading))
        drawing = a.drawing
        if a.drawing != b.drawing:
            drawing = (*_named(names[0], a.drawing), *_named(names[1], b.drawing))
        yield Section(heading, tuple(_entries(a.entries, b.entries)), drawing)


def _named(name: str, drawing: tuple[str, ...]) -> tuple[str, ...]:
    return (f"{name}:", *drawing) if drawing else ()


def _entries(left: Sequence[Entry], right: Sequence[Entry]) -> Iterator[Entry]:
    """The entries of both sides, matched by their labels in order."""
    mine, theirs = _by_label(left), _by_label(right)
    for key in dict.fromkeys((*mine, *theirs)):
        a, b = mine.get(key), theirs.get(key)
        if a is None:
            assert b is not None
            yield Entry(b.label, f"none → {b.text}")
        elif b is None:
            yield Entry(a.label, f"{a.text} → none", a.target)
        else:
            yield Entry(a.label, _both(a.text, b.text), a.target)


def _by_label(entries: Sequence[Entry]) -> dict[tuple[str, int], Entry]:
    found: dict[tuple[str, int], Entry] = {}
    times: dict[str, int] = {}
    for entry in entries:
        nth = times[entry.label] = times.get(entry.label, 0) + 1
        found[entry.label, nth] = entry
    return found


def _leading_nowhere(section: Section) -> Section:
    entries = tuple(Entry(entry.label, entry.text) for entry in section.entries)
    return Section(section.heading, entries, section.drawing)


def _both(left: str, right: str) -> str:
    return left if left == right else f"{left or 'none'} → {right or 'none'}"
