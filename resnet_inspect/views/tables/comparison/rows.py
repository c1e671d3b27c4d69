"""The rows of two networks side by side, and what they leave out as the last."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial

from resnet_inspect.analysis.comparison.difference import Difference, Entry, Kind, Section
from resnet_inspect.analysis.counts.amounts import Amounts
from resnet_inspect.analysis.structure.anatomy import Block, Stage
from resnet_inspect.analysis.structure.survey import Spans
from resnet_inspect.views.tables import assembly
from resnet_inspect.views.tables.comparison.cells import Lines, cell_of, flag, word
from resnet_inspect.views.tables.comparison.headings import HEADINGS
from resnet_inspect.views.tables.rows.line import Line
from resnet_inspect.views.tables.rows.sections import block_line, call_line, sections, stage_line
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import EMPTY, NO_CALLS, Cell, Cells, Row, Table
from resnet_inspect.views.tables.trace.layers import made_of
from resnet_inspect.views.words import text
from resnet_inspect.views.words.comparison.changes import entry_note, section_note
from resnet_inspect.views.words.ops import kind_of

Notable = Callable[[Section | Entry], bool]
"""Whether a section or step is to be shown though it has not changed."""

MARKS: dict[Kind, str] = {"same": "=", "changed": "~", "only left": "-", "only right": "+"}
"""What stands before a row."""

_Steps = tuple[int | None, int | None]


class Rows:
    """The rows of a difference, with what they leave out as the last."""

    def __init__(
        self,
        difference: Difference,
        selection: Selection,
        is_notable: Notable,
        beside: assembly.Widen,
        *,
        unfold: bool,
        brief: bool,
    ) -> None:
        self.surveys = (difference.left, difference.right)
        self.selection = selection
        self.is_notable = is_notable
        self.unfold = unfold
        self.brief = brief
        self.strict = bool(selection.only or selection.match or selection.where)
        self.found: list[Row] = []
        self.summed = [Amounts(), Amounts()]
        self.hidden: list[Entry] = []
        self.ends = [
            {line.kind: line for line in sections(survey, blocks=False)} for survey in self.surveys
        ]
        self.asked_for = self._asked_for(difference, beside)
        for section in difference.sections:
            if selection.stage is None or section.number == selection.stage:
                self._section(section, 0)
            else:
                self.hidden.extend(section.every_entry())
        self._rest()

    def _section(self, section: Section, level: int) -> None:
        if section.role == "steps":
            self._entries(section, level)
            return
        opens = section.kind == "changed" or any(map(self._has_notable, section.inside))
        if self.brief and level and section.kind == "same" and not self._has_notable(section):
            self.hidden.extend(section.every_entry())
            return
        folded = not self.unfold and (not opens or section.kind.startswith("only"))
        if folded and not self.strict:
            self._row(section.role, level, section.kind, self._lines(section), section)
            return
        place = len(self.found)
        self._entries(section, level + 1)
        for inner in section.sections:
            self._section(inner, level + 1)
        if len(self.found) > place:
            below = self.found[place:]
            del self.found[place:]
            self._row(
                section.role, level, section.kind, self._lines(section), section, subtotal=True
            )
            self.found.extend(below)
        elif not self.strict:
            held = len(list(section.every_entry()))
            del self.hidden[len(self.hidden) - held :]
            self._row(section.role, level, section.kind, self._lines(section), section)

    def _entries(self, section: Section, level: int) -> None:
        alone = {e.kind for e in section.entries if self._is_selected(e)}
        for entry in section.entries:
            if self.brief and entry.kind == "same" and not self.is_notable(entry):
                self.hidden.append(entry)
                continue
            news = entry.itself and (entry.kind == "changed" or entry.kind not in alone)
            news = news or self.is_notable(entry)
            if self._is_selected(entry) or (news and not self.strict):
                self._entry(section, entry, level)
            else:
                self.hidden.append(entry)

    def _has_notable(self, part: Section | Entry) -> bool:
        """Whether a step or section, or anything in it, is notable."""
        inside = part.inside if isinstance(part, Section) else ()
        return self.is_notable(part) or any(map(self._has_notable, inside))

    def _entry(self, section: Section, entry: Entry, level: int) -> None:
        lines = tuple(
            None if index is None else call_line(survey, survey.trace.calls[index])
            for survey, index in zip(self.surveys, (entry.left, entry.right), strict=True)
        )
        kind = next(line.kind for line in lines if line is not None)
        self._row(kind, level, entry.kind, (lines[0], lines[1]), section, entry)

    def _asked_for(self, difference: Difference, beside: assembly.Widen) -> set[_Steps] | None:
        """The steps that the filter asks for; None without one."""
        if self.selection.where is None:
            return None
        entries = list(_entries_of(difference.sections))
        for section, entry in entries:
            self._entry(section, entry, 0)
        rows, self.found, self.summed = tuple(self.found), [], [Amounts(), Amounts()]
        made = beside(Table("", "differences", "", tuple(HEADINGS.values()), (), rows, (), (), ()))
        found = (entries[at][1] for at in assembly.places_of(self.selection.where, made))
        return {(entry.left, entry.right) for entry in found}

    def _is_selected(self, entry: Entry) -> bool:
        if self.asked_for is not None and (entry.left, entry.right) not in self.asked_for:
            return False
        return any(
            index is not None and self.selection.takes(survey.trace, survey.trace.calls[index])
            for survey, index in zip(self.surveys, (entry.left, entry.right), strict=True)
        )

    def _lines(self, section: Section) -> Lines:
        lines: list[Line | None] = []
        for survey, ends, part in zip(
            self.surveys, self.ends, (section.left, section.right), strict=True
        ):
            line: Line | None = None
            if part is not None and isinstance(part.of, Stage):
                line = stage_line(survey, part.of)
            elif part is not None and isinstance(part.of, Block):
                line = block_line(survey, part.of)
            elif part is not None:
                line = ends.get(section.role) or Line(section.role, 0, path="")
            lines.append(
                None if line is None or part is None else replace(line, amounts=part.amounts)
            )
        return lines[0], lines[1]

    def _row(
        self,
        kind: str,
        level: int,
        change: Kind,
        lines: Lines,
        section: Section | None,
        entry: Entry | None = None,
        *,
        subtotal: bool = False,
        note: str | None = None,
    ) -> None:
        """Append a row; of a section if there is no entry, of what is left out if neither."""
        if not subtotal:
            for i, line in enumerate(lines):
                if line is not None:
                    self.summed[i] = self.summed[i] + line.amounts
        if note is None:
            assert section is not None
            note = entry_note(entry) if entry else section_note(section)
        number = section.number if section else 0
        known = {
            "change": Cell(change, MARKS[change]),
            "kind": word(kind),
            "stage": Cell(number, str(number)) if number else EMPTY,
            "lane": word(entry.lane if entry else ""),
            "itself": flag(entry.itself) if entry else EMPTY,
            "repeat": Cell(1, "1"),
            "level": Cell(level, str(level)),
            "subtotal": flag(subtotal),
            "note": word(text.visible(note)),
        }
        ops = [line.op for line in lines if line is not None]
        op = kind_of(ops[0]) if entry and ops and ops[0] is not None else ""
        cells = Cells(len(HEADINGS), partial(cell_of, self.surveys, lines, known))
        spans = [line.spans if line else () for line in lines]
        other = spans[1][0] if spans[1] else NO_CALLS
        self.found.append(Row(kind, level, subtotal, cells, op, spans[0], other))

    def _rest(self) -> None:
        """The row of what no other row holds, if anything is left out."""
        lines = []
        notes = []
        for i, survey in enumerate(self.surveys):
            indexes = [e.left if i == 0 else e.right for e in self.hidden]
            calls = [survey.trace.calls[index] for index in indexes if index is not None]
            used = sum(survey.parameters[call.index].total for call in calls)
            amounts = survey.whole - self.summed[i]
            lines.append(Line("rest", 0, amounts=amounts))
            notes.append(made_of(calls, max(amounts.parameters - used, 0)))
        if not self.hidden and all(line.amounts == Amounts() for line in lines):
            return
        note = notes[0] if notes[0] == notes[1] else f"{notes[0] or 'none'} → {notes[1] or 'none'}"
        kind: Kind = "changed" if any(e.kind != "same" for e in self.hidden) else "same"
        if notes[0] != notes[1]:
            kind = "changed"
        self._row("rest", 0, kind, (lines[0], lines[1]), None, note=note)


def _entries_of(parts: Iterable[Section]) -> Iterator[tuple[Section, Entry]]:
    """Every step of these sections, and of those in them, with the one that holds it."""
    for section in parts:
        for entry in section.entries:
            yield section, entry
        yield from _entries_of(section.sections)


def calls_of(row: Row, side: int) -> Spans:
    """The calls that a row stands for on the left (0) or the right (1)."""
    if side == 0:
        return row.spans
    return () if row.other == NO_CALLS else (row.other,)
