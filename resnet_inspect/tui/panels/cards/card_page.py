"""A card written in lines of text, with where in them the entries stand that lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from textual.content import Content

from resnet_inspect.formats.text.cells import aligned, cells
from resnet_inspect.views.cards.card import Entry, Section
from resnet_inspect.views.cards.subjects import Subject

_IN_DRAWINGS = (
    (re.compile(r"⊕|\badd\b|\bidentity\b|\bprojection\b|zero-padded"), "$ink-add"),
    (re.compile(r"\b(batch|layer|group|instance) norm\b|\b(re|ge|si)lu\d?\b"), "$ink-muted"),
    (re.compile(r"\b(max|avg|average) pool\b"), "$ink-pool"),
    (re.compile(r"[▁▂▃▄▅▆▇█]+"), "$ink-bar"),
)
"""What stands in drawings, and in which colour."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where on a page an entry stands that leads somewhere."""

    line: int
    start: int
    end: int
    """The first cell after it."""
    target: int
    """Its number among the targets."""


class CardPage:
    """Lines of text with the entries in them that can be followed."""

    def __init__(self, width: int, chosen: int | None, ascii: bool) -> None:
        self.width = width
        self.chosen = chosen
        """Which of the targets is marked."""
        self.arrow, self.mark = ("> ", "* ") if ascii else ("→ ", "▶ ")
        self.lines: list[Content] = []
        self.targets: list[Subject] = []
        self.spots: list[Spot] = []

    def write(self, lines: Iterable[str], style: str = "") -> None:
        """Write these lines as they are."""
        self.lines += [Content(line).stylize(style) if style else Content(line) for line in lines]

    def list_entries(self, section: Section) -> None:
        """Write a heading, its drawing, and a line for each entry with its label on the left."""
        self.write(["", section.heading] if section.heading else [""], "bold $ink-accent")
        self.lines += map(coloured, section.drawing)
        longest = max((cells(entry.label) for entry in section.entries), default=0)
        words = (cells(word) for entry in section.entries for word in entry.label.split())
        labels = min(longest, max(self.width * 2 // 5, *words, 0)) if longest else 0
        for entry in section.entries:
            names = wrapped(entry.label, labels) if labels else [""]
            start = labels + 2 if labels else 0
            text, style = self._written(entry)
            parts = wrapped(text, max(8, self.width - start))
            names += [""] * (len(parts) - len(names))
            parts += [""] * (len(names) - len(parts))
            for name, part in zip(names, parts, strict=True):
                self._spot(entry, start, part)
                self.lines.append(
                    Content.assemble((aligned(name, start, "left"), "$ink-muted"), (part, style))
                )

    def set_entries(self, section: Section, labels: int) -> None:
        """Write the heading on the left and the entries beside it, as many to a line as fit."""
        self.lines += map(coloured, section.drawing)
        heading = section.heading.ljust(max(labels - 2, 0)) + "  " if labels else ""
        line, blank = Content(heading).stylize("bold $ink-accent"), Content(" " * labels)
        start = len(heading)
        for entry in section.entries:
            label = f"{entry.label} " if entry.label not in ("", section.heading) else ""
            text, style = self._written(entry)
            gap = "   " if line.cell_length > start else ""
            if gap and line.cell_length + cells(gap + label + text) > self.width:
                self.lines.append(line)
                line, gap, start = blank, "", labels
            line = Content.assemble(line, gap, (label, "$ink-muted"))
            first, *others = wrapped(text, max(8, self.width - line.cell_length))
            self._spot(entry, line.cell_length, first)
            line = Content.assemble(line, (first, style))
            for part in others:
                self.lines.append(line)
                self._spot(entry, labels, part)
                line = Content.assemble(blank, (part, style))
        if section.entries:
            self.lines.append(line)

    def _written(self, entry: Entry) -> tuple[str, str]:
        """The text of an entry; one that leads somewhere has an arrow, and a mark if chosen."""
        if entry.target is None:
            return entry.text, ""
        self.targets.append(entry.target)
        if self.chosen == len(self.targets) - 1:
            return self.mark + entry.text, "bold reverse"
        return self.arrow + entry.text, "underline"

    def _spot(self, entry: Entry, start: int, part: str) -> None:
        if entry.target is not None and part:
            target = len(self.targets) - 1
            self.spots.append(Spot(len(self.lines), start, start + cells(part), target))


def coloured(line: str) -> Content:
    """A line of a drawing, in the colours that the table has for what it names."""
    content = Content(line)
    for words, style in _IN_DRAWINGS:
        for found in words.finditer(line):
            content = content.stylize(style, *found.span())
    return content


def wrapped(written: str, width: int) -> list[str]:
    """Lines of at most `width` cells, broken at blanks where possible, or else behind a dot."""
    lines: list[str] = []
    for paragraph in written.split("\n"):
        line = paragraph
        while cells(line) > width:
            most = _fitting(line, width)
            at = line.rfind(" ", 0, most + 1)
            fits = cells(line[at + 1 :].partition(" ")[0]) <= width
            if at <= 0 or (at <= most // 3 and not fits):
                dot = line.rfind(".", 0, most) + 1
                at = dot if dot > most // 3 else most
            lines.append(line[:at].rstrip())
            line = line[at:].lstrip()
        lines.append(line)
    return lines


def _fitting(line: str, width: int) -> int:
    """How many of the first characters of a line that is too long fit into so many cells."""
    most = min(width, len(line))
    while cells(line[:most]) > width:
        most -= 1
    return most
