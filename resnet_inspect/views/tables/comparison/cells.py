"""The cells of two networks: of a row by its line on the left, on the right, or both; of totals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from resnet_inspect.analysis.counts.amounts import Amounts
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.tables.columns import COLUMNS
from resnet_inspect.views.tables.comparison.headings import KEYS, SIDES
from resnet_inspect.views.tables.rows.line import Line
from resnet_inspect.views.tables.table import EMPTY, Cell, Total
from resnet_inspect.views.words import text
from resnet_inspect.views.words.comparison.totals import signed
from resnet_inspect.views.words.ops import window
from resnet_inspect.views.words.text import Value

Lines = tuple[Line | None, Line | None]
"""What a row stands for on the left and on the right."""


def cell_of(
    surveys: tuple[Survey, Survey], lines: Lines, known: Mapping[str, Cell], place: int
) -> Cell:
    """The cell of a row with these lines in the column at a place; `known` are those by key."""
    key = KEYS[place]
    if key in known:
        return known[key]
    if key in SIDES:
        return _sided(surveys, lines, *SIDES[key])
    if key == "window":
        return _both(lines, (_window(lines[0]), _window(lines[1])))
    if key.endswith("_difference"):
        return _difference(lines, key.removesuffix("_difference"))
    return _both(lines, (_sided(surveys, lines, 0, key).text, _sided(surveys, lines, 1, key).text))


def _sided(surveys: tuple[Survey, Survey], lines: Lines, side: int, key: str) -> Cell:
    line = lines[side]
    return EMPTY if line is None else COLUMNS[key].cell(surveys[side], line)


def _difference(lines: Lines, key: str) -> Cell:
    mine, theirs = (line.amounts if line else Amounts() for line in lines)
    more: int = getattr(theirs, key) - getattr(mine, key)
    if key == "parameters":
        return Cell(more, signed(more))
    if mine.uncounted or theirs.uncounted:
        return Cell(None, text.NOT_KNOWN)
    sign = "+" if more > 0 else "-" if more < 0 else ""
    return Cell(more, sign + text.quantity(abs(more)))


def _window(line: Line | None) -> str:
    return window(line.op) if line and line.op and not line.block and not line.stage else ""


def word(written: str) -> Cell:
    """A text as a cell; the empty cell for none."""
    return Cell(written, written) if written else EMPTY


def flag(value: bool) -> Cell:
    """A yes or no."""
    return Cell(value, "yes" if value else "no")


def _both(lines: Lines, written: tuple[str, str]) -> Cell:
    """Both texts in one, where they differ; the only one where one side has no line."""
    left, right = written
    if lines[0] is None or left == right:
        return word(right)
    if lines[1] is None:
        return word(left)
    return word(f"{left or 'none'} → {right or 'none'}")


def totals_of_both(
    *sides: Iterable[Total],
) -> Iterator[tuple[str, str, tuple[Value, Value], str]]:
    """The totals of either side in pairs: key, label, both values, and both as text.

    A value that one side does not have is None.
    """
    left, right = ({total.key: total for total in side} for side in sides)
    for key in dict.fromkeys((*left, *right)):
        pair = (left.get(key), right.get(key))
        values = (pair[0].cell.value if pair[0] else None, pair[1].cell.value if pair[1] else None)
        first, second = (total.cell.text if total else text.NOT_KNOWN for total in pair)
        label = next(total.label for total in pair if total)
        yield key, label, values, first if first == second else f"{first} → {second}"
