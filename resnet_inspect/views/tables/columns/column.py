"""What a column is: its key, title and meaning, how its value is read and how it is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.tables.rows.line import Line
from resnet_inspect.views.tables.table import EMPTY, Align, Cell, Heading
from resnet_inspect.views.words import text
from resnet_inspect.views.words.text import Value


@dataclass(frozen=True, slots=True)
class Column:
    """A column: how to read its value, and how to write it."""

    key: str
    title: str
    meaning: str
    """One line for `--columns help` and the documentation, with the unit."""
    read: Callable[[Survey, Line], Any]
    """The value; None where the column does not apply."""
    write: Callable[[Any], str] = str
    align: Align = "left"
    worth: int = 50

    def cell(self, survey: Survey, line: Line) -> Cell:
        """The cell of a line in this column."""
        value = self.read(survey, line)
        if value is None:
            return EMPTY
        if not isinstance(value, Cell):
            value = Cell(_as_value(value), self.write(value))
        return Cell(value.value, text.visible(value.text))

    @property
    def heading(self) -> Heading:
        """What a table carries of it."""
        return Heading(self.key, self.title, self.align, self.worth, meaning=self.meaning)


def _as_value(value: Any) -> Value:
    """A value as plain data: no fraction, no list."""
    if type(value) is Fraction:  # isinstance asks an abstract base class, at every cell
        return float(value)
    if isinstance(value, tuple | list):
        return tuple(_as_value(item) for item in value)
    plain: Value = value
    return plain


def yes(value: bool) -> str:
    """How a column of flags is written."""
    return "yes" if value else "no"
