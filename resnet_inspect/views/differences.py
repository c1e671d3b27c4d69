"""Two networks side by side, as a table, and in words how they differ.

Left stands before right everywhere: "3×3 → 1×1" in a cell, "3×3 against 1×1" in a sentence. The
rows that are no subtotal sum to the totals, on either side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from resnet_inspect.analysis.anatomy import Block, Stage
from resnet_inspect.analysis.difference import (
    Change,
    Difference,
    Entry,
    Figure,
    Kind,
    Role,
    Section,
)
from resnet_inspect.analysis.survey import Amounts, Survey
from resnet_inspect.errors import UnknownName
from resnet_inspect.traces.model import Call
from resnet_inspect.traces.ops import Conv, Op, Window, window_of
from resnet_inspect.views import build, text, totals
from resnet_inspect.views.columns import COLUMNS, op_name
from resnet_inspect.views.effects import factor, factors
from resnet_inspect.views.layers import made_of
from resnet_inspect.views.lines import Line
from resnet_inspect.views.sections import block_line, call_line, sections, stage_line
from resnet_inspect.views.selection import Selection, kind_of
from resnet_inspect.views.table import (
    EMPTY,
    NO_CALLS,
    Align,
    Cell,
    Heading,
    Row,
    Table,
    Total,
    Value,
)

MARKS: dict[Kind, str] = {"same": "=", "changed": "~", "only left": "-", "only right": "+"}
"""What stands before a row."""

SHOWN = (
    "path", "change", "op", "window", "output_shape", "left_parameters", "right_parameters",
    "parameters_difference", "left_macs", "right_macs", "macs_difference", "note",
)  # fmt: skip

_PAIRED = (
    "path", "op", "class_name", "kernel_size", "stride", "padding", "dilation", "groups",
    "in_channels", "out_channels", "bias", "input_shape", "output_shape", "dtype", "parameters",
    "trainable", "macs", "receptive_field", "jump", "shortcut", "nth",
)  # fmt: skip
"""Columns that there are once for each side, with the cells of the other views."""

_ENDS: tuple[Role, ...] = ("stem", "head")
_MOST = 8


def _heading(key: str, title: str, worth: int, align: Align = "left") -> Heading:
    return Heading(key, title, align, worth)


_SIDED = tuple(
    _heading(f"{side}_{key}", f"{side} {COLUMNS[key].title}", worth, COLUMNS[key].align)
    for key in _PAIRED
    for side, worth in (("left", 6), ("right", 6))
)

HEADINGS: dict[str, Heading] = {
    heading.key: heading
    for heading in (
        _heading("path", "layer", 0),
        _heading("change", "±", 0),
        _heading("kind", "kind", 70),
        _heading("stage", "stage", 50, "right"),
        _heading("lane", "lane", 50),
        _heading("itself", "itself", 50),
        _heading("op", "op", 2),
        _heading("window", "window", 4),
        _heading("input_shape", "input", 8),
        _heading("output_shape", "output", 7),
        *_SIDED,
        _heading("parameters_difference", "params ±", 3, "right"),
        _heading("macs_difference", "MACs ±", 5, "right"),
        _heading("repeat", "repeat", 50, "right"),
        _heading("level", "level", 50, "right"),
        _heading("subtotal", "subtotal", 50),
        _heading("note", "what changed", 1),
    )
}
"""Every column of this view by key."""


def view(
    difference: Difference, selection: Selection | None = None, *, unfold: bool = False
) -> Table:
    """Sections and their steps, side by side; `everything`, `only`, `match`, `stage` apply.

    A section that is the same on both sides, or only on one, is a single row unless `unfold`. A
    step that the default selection leaves out is shown all the same if it is news: changed itself,
    or there on one side only while the layers around it are on both.
    """
    selection = selection or Selection()
    selection.check()
    shown = selection.columns or SHOWN
    for key in shown:
        if key not in HEADINGS:
            raise UnknownName("column", key, HEADINGS, see=f"known: {', '.join(HEADINGS)}")
    rows = _Rows(difference, selection, unfold=unfold)
    left, right = difference.left, difference.right
    return Table(
        model=text.visible(f"{left.trace.model_name} against {right.trace.model_name}"),
        view="differences",
        title=text.visible(_title(left, right)),
        columns=tuple(HEADINGS.values()),
        shown=tuple(shown),
        rows=tuple(rows.found),
        totals=_totals(difference),
        remarks=(*summary(difference), *_remarks(difference)),
        provenance=_provenance(difference),
    )


def _title(left: Survey, right: Survey) -> str:
    """Both titles in one, what is the same in both only once."""
    parts = [build.title(survey.trace).split(" · ") for survey in (left, right)]
    if len(parts[0]) != len(parts[1]):
        return " against ".join(" · ".join(part) for part in parts)
    named, *rest = (f"{a} against {b}" if a != b else a for a, b in zip(*parts, strict=True))
    if parts[0][0] == parts[1][0]:
        named = f"{named} against {parts[1][0]}"
    return " · ".join((named, *rest))


def _provenance(difference: Difference) -> tuple[tuple[str, Value], ...]:
    """Where both traces come from; a key for each side, pairs as text."""
    found: list[tuple[str, Value]] = []
    for side, survey in (("left", difference.left), ("right", difference.right)):
        source = survey.trace.provenance
        texts: dict[str, Value] = {
            "arguments": tuple(f"{name}={value}" for name, value in source.arguments),
            "versions": tuple(f"{name} {number}" for name, number in source.versions),
        }
        for key, value in build.provenance(source):
            found.append((f"{side}_{key}", texts.get(key, value)))
    return tuple(found)


def _remarks(difference: Difference) -> list[str]:
    """What must be known of either network, as its own views say it."""
    nothing = Selection()
    left, right = (totals.view(s, nothing).remarks for s in (difference.left, difference.right))
    return [
        *(f"both: {remark}" for remark in left if remark in right),
        *(f"left: {remark}" for remark in left if remark not in right),
        *(f"right: {remark}" for remark in right if remark not in left),
    ]


# Totals ------------------------------------------------------------------------------------------


def _totals(difference: Difference) -> tuple[Total, ...]:
    """Every figure with both values, the difference and the ratio: (left, right, right - left, ...)

    A value that there is none of is None.
    """
    found = []
    for key, (label, left, right) in _written(difference).items():
        figure = difference.figure[key]
        written = left if left == right else f"{left} → {right}"
        if left != right:
            written += _ratio(figure)
        values = (_plain(figure.left), _plain(figure.right))
        found.append(Total(key, label, Cell((*values, figure.difference, figure.ratio), written)))
    return tuple(found)


def _written(difference: Difference) -> dict[str, tuple[str, str, str]]:
    """Label and both texts of every figure, as the totals of the networks write them."""
    sides = [
        {total.key: total for total in build.totals(survey)}
        for survey in (difference.left, difference.right)
    ]
    found = {}
    for figure in difference.figures:
        key = figure.key
        if key in sides[0]:
            a, b = sides[0][key], sides[1][key]
            found[key] = (a.label, a.cell.text, b.cell.text)
        else:
            found[key] = (key, text.integer(figure.left), text.integer(figure.right))
    return found


def _plain(value: Any) -> Value:
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    plain: Value = float(value) if isinstance(value, Fraction) else value
    return plain


def _ratio(figure: Figure) -> str:
    """In brackets, "(×1.17)"; the difference where that rounds to one."""
    if figure.ratio is None or not figure.ratio:
        return ""
    written = f"{figure.ratio:.2f}"
    if written == "1.00":
        return f" ({_signed(figure.difference)})"
    return f" (×{written if figure.ratio >= 0.1 else f'{figure.ratio:.2g}'})"


def _signed(number: int | float | None) -> str:
    if not number:
        return "" if number is None else "0"
    return f"{number:+,}"


# Rows --------------------------------------------------------------------------------------------

_Pair = tuple[Line | None, Line | None]


class _Rows:
    """The rows of a difference, with what they leave out as the last."""

    def __init__(self, difference: Difference, selection: Selection, *, unfold: bool) -> None:
        self.surveys = (difference.left, difference.right)
        self.selection = selection
        self.unfold = unfold
        self.strict = bool(selection.only or selection.match)
        self.found: list[Row] = []
        self.summed = [Amounts(), Amounts()]
        self.hidden: list[Entry] = []
        self.ends = [
            {line.kind: line for line in sections(survey, blocks=False)} for survey in self.surveys
        ]
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
        folded = not self.unfold and section.kind != "changed"
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
            news = entry.itself and (entry.kind == "changed" or entry.kind not in alone)
            if self._is_selected(entry) or (news and not self.strict):
                lines = tuple(
                    None if index is None else call_line(survey, survey.trace.calls[index])
                    for survey, index in zip(self.surveys, (entry.left, entry.right), strict=True)
                )
                kind = next(line.kind for line in lines if line is not None)
                self._row(kind, level, entry.kind, (lines[0], lines[1]), section, entry)
            else:
                self.hidden.append(entry)

    def _is_selected(self, entry: Entry) -> bool:
        return any(
            index is not None and self.selection.takes(survey.trace, survey.trace.calls[index])
            for survey, index in zip(self.surveys, (entry.left, entry.right), strict=True)
        )

    def _lines(self, section: Section) -> _Pair:
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
        lines: _Pair,
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
        cells = self._cells(lines)
        if note is None:
            assert section is not None
            note = _entry_note(entry) if entry else _section_note(section)
        cells["change"] = Cell(change, MARKS[change])
        cells["kind"] = _word(kind)
        number = section.number if section else 0
        cells["stage"] = Cell(number, str(number)) if number else EMPTY
        cells["lane"] = _word(entry.lane if entry else "")
        if entry:
            cells["itself"] = _flag(entry.itself)
        cells["repeat"] = Cell(1, "1")
        cells["level"] = Cell(level, str(level))
        cells["subtotal"] = _flag(subtotal)
        cells["note"] = _word(text.visible(note))
        ops = [line.op for line in lines if line is not None]
        op = kind_of(ops[0]) if entry and ops and ops[0] is not None else ""
        filled = tuple(cells.get(key, EMPTY) for key in HEADINGS)
        spans = [line.spans[0] if line and line.spans else NO_CALLS for line in lines]
        row = Row(kind, level, subtotal, filled, op, span=spans[0], other=spans[1])
        self.found.append(row)

    def _cells(self, lines: _Pair) -> dict[str, Cell]:
        cells: dict[str, Cell] = {}
        for side, survey, line in zip(("left", "right"), self.surveys, lines, strict=True):
            for key in _PAIRED:
                cell = EMPTY if line is None else COLUMNS[key].cell(survey, line)
                cells[f"{side}_{key}"] = cell
        for key in ("path", "op", "input_shape", "output_shape"):
            cells[key] = _both(lines, (cells[f"left_{key}"].text, cells[f"right_{key}"].text))
        windows = [
            window(line.op) if line and line.op and not line.block and not line.stage else ""
            for line in lines
        ]
        cells["window"] = _both(lines, (windows[0], windows[1]))
        mine, theirs = (line.amounts if line else Amounts() for line in lines)
        more = theirs.parameters - mine.parameters
        cells["parameters_difference"] = Cell(more, _signed(more))
        if mine.uncounted or theirs.uncounted:
            cells["macs_difference"] = Cell(None, text.NOT_KNOWN)
        else:
            more = theirs.macs - mine.macs
            sign = "+" if more > 0 else "-" if more < 0 else ""
            cells["macs_difference"] = Cell(more, sign + text.quantity(abs(more)))
        return cells

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


def _word(written: str) -> Cell:
    return Cell(written, written) if written else EMPTY


def _flag(value: bool) -> Cell:
    return Cell(value, "yes" if value else "no")


def _both(lines: _Pair, written: tuple[str, str]) -> Cell:
    """Both texts in one, where they differ; the only one where one side has no line."""
    left, right = written
    if lines[0] is None or left == right:
        return _word(right)
    if lines[1] is None:
        return _word(left)
    return _word(f"{left or 'none'} → {right or 'none'}")


def window(op: Op) -> str:
    """A window in one cell: "7×7 stride 2 pad 3", without what is as by default."""
    found = window_of(op)
    if found is None:
        return ""
    parts = [text.sizes(found.kernel_size)]
    for word, sizes, usual in (
        ("stride", found.stride, 1), ("pad", found.padding, 0), ("dilation", found.dilation, 1),
    ):  # fmt: skip
        if word == "pad" and found.padding_after not in (None, found.padding):
            parts.append(f"pad {text.padding(found.padding, found.padding_after)}")
        elif any(size != usual for size in sizes):
            parts.append(f"{word} {_uniform(sizes)}")
    if isinstance(op, Conv) and op.groups != 1:
        parts.append(f"groups {op.groups}")
    return " ".join(parts)


def _uniform(sizes: Any) -> str:
    """Sizes as one number where they are equal: "899"."""
    if isinstance(sizes, tuple) and sizes:
        return text.plain(sizes[0]) if len(set(sizes)) == 1 else text.sizes(sizes)
    return str(sizes)


# What changed, in words --------------------------------------------------------------------------

_WORDS = {
    "kernel_size": "kernel",
    "padding_after": "padding after",
    "ceil_mode": "rounding up",
    "in_channels": "in channels",
    "out_channels": "out channels",
    "output_padding": "output padding",
    "output_size": "output size",
    "num_features": "features",
    "in_features": "in features",
    "out_features": "out features",
    "embed_dim": "width",
    "key_dim": "key width",
    "value_dim": "value width",
    "batch_first": "batch first",
    "dim": "dimension",
    "in_place": "in place",
    "input_shape": "input",
    "output_shape": "output",
    "input_dtype": "input dtype",
    "output_dtype": "output dtype",
    "macs": "MACs",
    "failure": "forward pass:",
}
"""What parts are called where their own names would not do."""

_FACTORS: dict[str, Callable[[Any], str]] = {"planes": factor, "dimensions": factors}

_WRITTEN: dict[type, Callable[[Any], str]] = {
    bool: lambda value: "yes" if value else "no",
    int: text.integer,
    str: str,
    type(None): lambda value: "none",
}


def value_text(part: str, value: Any) -> str:
    """One side of a change as text."""
    if part == "op":
        return op_name(value)
    if part in {"planes", "dimensions"}:
        return text.NOT_KNOWN if value is None else _FACTORS[part](value)
    if part == "failure":
        return "complete" if value is None else str(value)
    if part == "kernel_size":
        return text.sizes(value)
    if part in {"input_shape", "output_shape"}:
        return " + ".join(map(text.shape, dict.fromkeys(value))) or "nothing"
    if isinstance(value, tuple):
        if all(isinstance(item, str) for item in value):
            return ", ".join(dict.fromkeys(value)) or "nothing"
        return (
            _uniform(tuple("any" if i is None else i for i in value))
            if _whole(value)
            else ("×".join("any" if i is None else str(i) for i in value) or "none")
        )
    return _WRITTEN.get(type(value), str)(value)


def _whole(value: tuple[Any, ...]) -> bool:
    return bool(value) and all(isinstance(item, int) for item in value)


def change_text(change: Change, between: str = "against") -> str:
    """What changed from what to what: "stride 2 against 1", or with an arrow between."""
    word = "" if change.part == "op" else f"{_WORDS.get(change.part, change.part)} "
    left, right = (value_text(change.part, v) for v in (change.left, change.right))
    return f"{word}{left} {between} {right}"


def _entry_note(entry: Entry) -> str:
    if entry.kind in {"only left", "only right"}:
        return f"{entry.kind}"
    own = [change for change in entry.changes if not change.follows]
    if own:
        return ", ".join(change_text(change, "→") for change in own)
    return "follows what it takes" if entry.changes else ""


def _section_note(section: Section) -> str:
    """What a section is, or how its two sides differ as a whole."""
    if section.left is None or section.right is None:
        part = section.left or section.right
        assert part is not None
        of = part.of
        if isinstance(of, Block):
            return f"{section.kind}: {of.shortcut_name} shortcut"
        if isinstance(of, Stage):
            return f"{section.kind}: {text.count(len(of.blocks), 'block')}"
        return section.kind
    mine, theirs = section.left.of, section.right.of
    if isinstance(mine, Block) and isinstance(theirs, Block):
        return f"{_arrow(mine.shortcut_name, theirs.shortcut_name)} shortcut"
    if isinstance(mine, Stage) and isinstance(theirs, Stage):
        did = (section.left.effect, section.right.effect)
        words = []
        for of_what in ("planes", "dimensions") if any(did) else ():
            sides = (value_text(of_what, effect and getattr(effect, of_what)) for effect in did)
            words.append(f"{of_what} {_arrow(*sides)}")
        count = _arrow(str(len(mine.blocks)), str(len(theirs.blocks)))
        return ", ".join((f"{count} {'block' if count == '1' else 'blocks'}", *words))
    return ""


def _arrow(left: str, right: str) -> str:
    return left if left == right else f"{left or '?'} → {right or '?'}"


def _against(left: str, right: str) -> str:
    return f"{left or 'none'} against {right or 'none'}"


def listed(words: Iterable[str]) -> str:
    """Words as a list in a sentence: "a, b and c"."""
    *first, last = list(words) or [""]
    return f"{', '.join(first)} and {last}" if first else last


# The summary -------------------------------------------------------------------------------------


def summary(difference: Difference) -> tuple[str, ...]:
    """How two networks differ, a fact a line; "no difference" where they do not."""
    if difference.equal:
        names = sum(_path(difference, e, 0) != _path(difference, e, 1) for e in difference.entries)
        alike = "no difference"
        if names:
            alike += f" but the names of {text.count(names, 'step')}"
        return (alike,)
    found: list[str] = [
        *(change_text(change) for change in difference.changes if not change.follows),
        *_depths(difference),
        *_kinds(difference),
        *_effects(difference),
        *_planes(difference),
        *_shortcuts(difference),
        *_edited(difference),
        *_figures(difference, _TOLD),
    ]
    if not found:
        found.extend(_figures(difference, tuple(difference.figure)))
    if not found:
        changed = sum(entry.kind != "same" for entry in difference.entries)
        found.append(f"other tensors in {text.count(changed, 'step')}")
    found.extend(_alike(difference))
    return tuple(text.visible(line) for line in found)


def _path(difference: Difference, entry: Entry, side: int) -> str:
    index = (entry.left, entry.right)[side]
    trace = (difference.left, difference.right)[side].trace
    return "" if index is None else trace.calls[index].path


def _stages(difference: Difference) -> list[Section]:
    return [section for section in difference.sections if section.role == "stage"]


def _numbers(survey: Survey) -> list[str]:
    return [str(len(stage.blocks)) for stage in survey.anatomy.stages]


def _depths(difference: Difference) -> Iterator[str]:
    """Blocks per stage."""
    left, right = _numbers(difference.left), _numbers(difference.right)
    if left != right:
        yield f"blocks per stage: {_against(', '.join(left), ', '.join(right))}"


def _kinds_of(survey: Survey) -> dict[tuple[str, int], None]:
    """Kinds of block with their number of convolutions, in order of appearance."""
    calls = survey.trace.calls
    return dict.fromkeys(
        (block.kind, sum(isinstance(calls[step].op, Conv) for step in block.branch))
        for block in survey.anatomy.blocks
    )


def _kinds(difference: Difference) -> Iterator[str]:
    """Basic blocks or bottlenecks, and of how many convolutions."""
    if not _stages(difference):
        return
    left, right = _kinds_of(difference.left), _kinds_of(difference.right)
    if set(left) != set(right):
        counted = iter([" convolution"])

        def written(kinds: Iterable[tuple[str, int]]) -> str:
            parts = []
            for kind, number in kinds:
                noun = next(counted, "")
                plural = "s" if noun and number != 1 else ""
                parts.append(f"{kind} ({number}{noun}{plural})")
            return listed(parts)

        mine = written(left)
        yield f"blocks: {_against(mine, written(right))}"
        return
    yield from _grouped(
        (f"{change.left} against {change.right}", _held_by(block))
        for stage in _stages(difference)
        for block in stage.sections
        for change in block.changes
        if change.part == "kind"
    )


def _held_by(section: Section) -> str:
    part = section.left or section.right
    return "" if part is None else part.path


def _grouped(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Every (words, place) as "stages 2 and 3: words", those with the same words together."""
    places: dict[str, list[str]] = {}
    for words, place in pairs:
        places.setdefault(words, []).append(place)
    return [f"{_places(where)}: {words}" for words, where in places.items()]


def _places(where: Sequence[str]) -> str:
    if all(place.isdigit() for place in where):
        return f"stage{'s' if len(where) > 1 else ''} {listed(where)}"
    return listed(where) if len(where) <= 4 else text.count(len(where), "block")


def _effects(difference: Difference) -> Iterator[str]:
    """What each stage did, where the networks do not do the same."""
    found = []
    for stage in _stages(difference):
        words = [
            change_text(change) for change in stage.changes
            if change.part in {"planes", "dimensions"}
        ]  # fmt: skip
        if words:
            found.append((", ".join(words), str(stage.number)))
    yield from _grouped(found)


def _planes(difference: Difference) -> Iterator[str]:
    """Channels after each stage."""
    channels = [
        [s.trace.activations[stage.output].tensor.shape[1] for stage in s.anatomy.stages]
        for s in (difference.left, difference.right)
    ]
    if not _stages(difference) or channels[0] == channels[1]:
        return
    words = [", ".join(map(str, row)) for row in channels]
    ratios = {Fraction(b, a) for a, b in zip(*channels, strict=False) if a}
    times = ""
    if len(ratios) == 1 and len(channels[0]) == len(channels[1]) > 1:
        times = f" ({_times(ratios.pop())})"
    yield f"planes after each stage: {_against(*words)}{times}"


def _times(ratio: Fraction) -> str:
    if ratio.denominator == 1:
        return f"×{ratio.numerator}"
    return f"÷{ratio.denominator}" if ratio.numerator == 1 else f"×{float(ratio):.3g}"


def _shortcuts(difference: Difference) -> Iterator[str]:
    """Identities and projections of each stage, where not as many are projections."""
    found = []
    for stage in _stages(difference):
        if stage.left is None or stage.right is None:
            continue
        counts = [_shortcuts_of(part.of) for part in (stage.left, stage.right)]
        if counts[0][0] != counts[1][0]:
            words = _against(
                _shortcut_words(*counts[0], noun=" shortcut"), _shortcut_words(*counts[1])
            )
            found.append((words, str(stage.number)))
    yield from _grouped(found)


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


# Edits -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Edit:
    """A change of a step itself, and where it stands."""

    label: str
    """The step: its path within its block, or its whole path."""
    where: str
    """The path of its block; "" outside of blocks."""
    side: str
    """"left" or "right" for a step that only this one has."""
    changes: tuple[Change, ...]


def _edited(difference: Difference) -> list[str]:
    """Steps that are other ones, those of like blocks together.

    Blocks of unlike kinds are left to the line that says so: none of their layers is the same.
    """
    lines: list[str] = []
    edits: list[_Edit] = []
    moved: list[tuple[str, str]] = []
    for section in difference.sections:
        if section.role != "stage":
            if section.left is None or section.right is None:
                side = "left" if section.right is None else "right"
                steps = text.count(len(section.entries), "step")
                lines.append(f"{section.role} only on the {side} ({steps})")
            else:
                edits.extend(_edits_of(difference, section.entries, ""))
            continue
        for block in section.sections:
            if block.left is None or block.right is None or _is_rebuilt(difference, block):
                continue
            stride = _moved_stride(difference, block)
            if stride:
                moved.append((stride, block.left.path))
            else:
                edits.extend(_edits_of(difference, block.entries, block.left.path))
    lines.extend(_grouped(moved))
    lines.extend(_edit_lines(edits))
    if len(lines) > _MOST:
        left_out = text.count(len(lines) - _MOST, "further change")
        lines = [*lines[:_MOST], f"{left_out} of single layers"]
    return lines


def _is_rebuilt(difference: Difference, block: Section) -> bool:
    if any(change.part == "kind" for change in block.changes):
        return True
    sides = zip((difference.left, difference.right), (block.left, block.right), strict=True)
    counts = [
        sum(isinstance(survey.trace.calls[step].op, Conv) for step in part.of.branch)
        for survey, part in sides
        if part is not None and isinstance(part.of, Block)
    ]
    return len(set(counts)) > 1


def _edits_of(difference: Difference, entries: Iterable[Entry], where: str) -> Iterator[_Edit]:
    for entry in entries:
        if not entry.itself:
            continue
        side = 1 if entry.left is None else 0
        path = _path(difference, entry, side)
        if where and path.startswith(where):
            path = path[len(where) :].lstrip(".") or path
        label = path.lstrip(":")
        if entry.kind in {"only left", "only right"}:
            yield _Edit(label, where, entry.kind.removeprefix("only "), ())
        else:
            yield _Edit(label, where, "", tuple(c for c in entry.changes if not c.follows))


def _edit_lines(edits: Sequence[_Edit]) -> list[str]:
    changed: dict[tuple[object, ...], list[_Edit]] = {}
    alone: dict[tuple[str, str], list[str]] = {}
    for i, edit in enumerate(edits):
        if edit.side:
            alone.setdefault((edit.label, edit.side), []).append(edit.where)
        else:
            steps = tuple((change.part, _step_of(change)) for change in edit.changes)
            key = (edit.label if edit.where else i, steps)
            changed.setdefault(key, []).append(edit)
    lines = []
    for group in changed.values():
        words = []
        for alike in zip(*(edit.changes for edit in group), strict=True):
            ratio = _step_of(alike[0])
            if len({(change.left, change.right) for change in alike}) == 1:
                words.append(change_text(alike[0]))
            elif isinstance(ratio, Fraction):
                words.append(f"{_WORDS.get(alike[0].part, alike[0].part)} {_times(ratio)}")
        lines.append(f"{group[0].label}: {', '.join(words)}{_in([e.where for e in group])}")
    together: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (label, side), where in alone.items():
        together.setdefault((side, tuple(where)), []).append(label)
    for (side, places), labels in together.items():
        named = listed(labels) if len(labels) <= 6 else text.count(len(labels), "step")
        lines.append(f"{named} only on the {side}{_in(places)}")
    return lines


def _step_of(change: Change) -> object:
    """The ratio of two counts, else both values: what is equal for like changes."""
    a, b = change.left, change.right
    if type(a) is int and type(b) is int and a > 0 and b > 0 and change.part.startswith("out_"):
        return Fraction(b, a)
    return (a, b)


def _in(where: Sequence[str]) -> str:
    places = [place for place in dict.fromkeys(where) if place]
    if not places:
        return ""
    return f" in {listed(places) if len(places) <= 4 else text.count(len(places), 'block')}"


def _moved_stride(difference: Difference, block: Section) -> str:
    """What is said where all that changed is which convolution of a branch has the stride."""
    changed = [entry for entry in block.entries if entry.itself]
    branch = all(entry.lane == "branch" and entry.kind == "changed" for entry in changed)
    if len(changed) != 2 or not branch:
        return ""
    if any([c.part for c in e.changes if not c.follows] != ["stride"] for e in changed):
        return ""
    strided: list[tuple[str, Call]] = []
    for side, survey in enumerate((difference.left, difference.right)):
        calls = [
            survey.trace.calls[index]
            for entry in changed
            for index in ((entry.left, entry.right)[side],)
            if index is not None
        ]
        windows = [(call, w) for call in calls if (w := window_of(call.op)) is not None]
        found = [(call, w) for call, w in windows if any(size != 1 for size in w.stride)]
        if len(found) != 1:
            return ""
        call, chosen = found[0]
        strided.append((_uniform(chosen.stride), call))
    (stride, mine), (other, theirs) = strided
    if stride != other or mine.path == theirs.path:
        return ""
    words = [
        f"{text.sizes(_window(call).kernel_size)} ({call.path.rpartition('.')[2]})"
        for call in (mine, theirs)
    ]
    versions = ""
    of = None if block.left is None else block.left.of
    if isinstance(of, Block) and of.kind == "bottleneck":
        first = changed[0]
        if _is_one(mine) < _is_one(theirs) and theirs.index == first.right:
            versions = ", v1.5 against v1"
        elif _is_one(theirs) < _is_one(mine) and mine.index == first.left:
            versions = ", v1 against v1.5"
    return f"the stride of {stride} stands on the {words[0]} against the {words[1]}{versions}"


def _window(call: Call) -> Window:
    found = window_of(call.op)
    assert found is not None
    return found


def _is_one(call: Call) -> bool:
    return all(size == 1 for size in _window(call).kernel_size)


# Figures, and what is the same -------------------------------------------------------------------

_TOLD = (
    "convolutions", "parameters", "trainable", "macs", "activation_bytes_distinct",
    "receptive_field", "jump",
)  # fmt: skip


def _figures(difference: Difference, keys: Sequence[str]) -> Iterator[str]:
    """The totals that differ and that people compare."""
    written = _written(difference)
    told = [key for key in keys if key != "trainable" or not _is_all_trainable(difference)]
    for key in told:
        figure = difference.figure[key]
        if figure.left == figure.right:
            continue
        label, left, right = written[key]
        if key in {"receptive_field", "jump"}:
            label = "receptive field" if key == "receptive_field" else "stride of the last map"
            left, right = (
                text.NOT_KNOWN if value is None else _uniform(value)
                for value in (figure.left, figure.right)
            )
        elif key == "activation_bytes_distinct":
            label = "activation memory"
        yield f"{label} {left} against {right}{_ratio(figure)}"


def _is_all_trainable(difference: Difference) -> bool:
    frozen = difference.figure["frozen"]
    return not frozen.left and not frozen.right


def _alike(difference: Difference) -> Iterator[str]:
    """One line for what is the same."""
    named = {section.role: section for section in difference.sections}
    figure = difference.figure
    found: list[str] = [end for end in _ENDS[:1] if end in named and named[end].kind == "same"]
    stages = _stages(difference)
    if stages:
        depths = _numbers(difference.left)
        if depths == _numbers(difference.right):
            found.append(f"blocks per stage ({', '.join(depths)})")
        kinds = list(_kinds_of(difference.left))
        if set(kinds) == set(_kinds_of(difference.right)):
            found.append(f"kinds of block ({listed(dict.fromkeys(k for k, _ in kinds))})")
        if not any(
            c.part == "shortcut" for s in stages for b in s.sections for c in b.changes
        ) and (depths == _numbers(difference.right)):
            found.append("shortcuts")
    found.extend(end for end in _ENDS[1:] if end in named and named[end].kind == "same")
    for key, label in (("parameters", "parameters"), ("macs", "MACs")):
        if figure[key].left == figure[key].right:
            found.append(label)
    if figure["receptive_field"].left == figure["receptive_field"].right is not None:
        found.append("receptive field")
    if found:
        single = len(found) == 1 and found[0] in {*_ENDS, "receptive field"}
        yield f"{listed(found)} {'is' if single else 'are'} the same"
