"""Cells, columns and tables: what every format and every panel arranges."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, overload

from resnet_inspect.errors import UnknownName
from resnet_inspect.views.words import text
from resnet_inspect.views.words.text import Value

if TYPE_CHECKING:
    from resnet_inspect.views.figures.shapes import Picture

Align = Literal["left", "right"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A value, and the one text that every reader shows for it."""

    value: Value
    text: str


class Cells(Sequence[Cell]):
    """The cells of a row, each written when it is first asked for.

    A table has every column and shows few: a trace of 100,000 calls opens without writing the
    four million cells that nobody looks at.
    """

    __slots__ = ("_length", "_write", "_written")

    def __init__(self, length: int, write: Callable[[int], Cell]) -> None:
        self._length = length
        self._write = write
        self._written: dict[int, Cell] = {}

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, place: int) -> Cell: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Cell]: ...
    def __getitem__(self, place: int | slice) -> Cell | Sequence[Cell]:
        if isinstance(place, slice):
            return tuple(self[i] for i in range(*place.indices(len(self))))
        place = range(self._length)[place]  # from the end too; raises behind it
        cell = self._written.get(place)
        if cell is None:
            cell = self._written[place] = self._write(place)
        return cell

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))


EMPTY = Cell(None, text.NOTHING)
NO_CALLS = (-1, -1)


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's name, as a table carries it."""

    key: str
    """Its name in JSON, CSV and `--columns`."""
    title: str
    """Its name above a column."""
    align: Align
    worth: int
    """Where space is short the columns with the largest number go first; 0 goes last."""
    below: bool = False
    """Whether it holds words that stand below the table where they have no room in it."""
    meaning: str = ""
    """What it says, for those who choose columns; "" where the title says it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a cell for every column of its table, written when it is first asked for."""

    kind: str
    """"stem", "stage", "block", "head", "module", "layer", "function", "rest", "never called"."""
    level: int
    """Depth of indentation."""
    subtotal: bool
    """Whether rows below it break its numbers down. The others sum to the totals."""
    cells: Sequence[Cell]
    op: str = ""
    """What kind of layer it is, for colours: "conv", "pool", "norm", "add", ..."""
    spans: tuple[tuple[int, int], ...] = ()
    """First and last index of each run of calls that it stands for; in a comparison, on the left.

    Several where it stands for several blocks."""
    other: tuple[int, int] = NO_CALLS
    """In a comparison, the run of calls on the right."""
    raised: bool = False
    """Whether the forward pass raised in it."""

    @property
    def span(self) -> tuple[int, int]:
        """The first of its runs of calls."""
        return self.spans[0] if self.spans else NO_CALLS


@dataclass(frozen=True, slots=True)
class Total:
    """One line of the totals."""

    key: str
    label: str
    cell: Cell


@dataclass(frozen=True)
class Table:
    """A view of a trace: every column, the ones that are shown, rows, totals and remarks."""

    model: str
    view: str
    title: str
    """Model, input, device and versions, in one line."""
    columns: tuple[Heading, ...]
    shown: tuple[str, ...]
    """Keys of the columns that are printed, in order; JSON has them all."""
    rows: tuple[Row, ...]
    totals: tuple[Total, ...]
    remarks: tuple[str, ...]
    """What a reader must know: a partial total, modules never called, a forward that raised."""
    provenance: tuple[tuple[str, Value], ...]
    summary: tuple[str, ...] = ()
    """What the rows come to, a sentence each; it stands before them."""
    figure: Picture | None = None
    """What the rows look like, for a page or a notebook."""

    @cached_property
    def index(self) -> dict[str, int]:
        """The place of each column, by key."""
        return {column.key: i for i, column in enumerate(self.columns)}

    @cached_property
    def shown_columns(self) -> tuple[Heading, ...]:
        """The columns that are printed, in order."""
        return tuple(self.columns[self.index[key]] for key in self.shown)

    def cell(self, row: Row, key: str) -> Cell:
        """The cell of a row in the column with that key."""
        return row.cells[self.index[key]]

    def values(self, row: Row) -> dict[str, Value]:
        """The values of a row in every column, by key."""
        return {
            column.key: cell.value for column, cell in zip(self.columns, row.cells, strict=True)
        }


def listing(
    view: str,
    title: str,
    columns: tuple[Heading, ...],
    rows: Iterable[Sequence[Cell]],
    *,
    model: str = "",
    kind: str = "entry",
    remarks: tuple[str, ...] = (),
    totals: tuple[Total, ...] = (),
    provenance: tuple[tuple[str, Value], ...] = (),
) -> Table:
    """A table of rows that stand for no calls: every column is shown, nothing is a subtotal."""
    return Table(
        model=model,
        view=view,
        title=title,
        columns=columns,
        shown=tuple(column.key for column in columns),
        rows=tuple(Row(kind=kind, level=0, subtotal=False, cells=cells) for cells in rows),
        totals=totals,
        remarks=remarks,
        provenance=provenance,
    )


def check_columns(
    keys: Iterable[str], known: Collection[str], see: str = "`--columns help` lists them all"
) -> None:
    """Raise `UnknownName`, which says where to `see` more, for a key that no column has."""
    for key in keys:
        if key not in known:
            raise UnknownName("column", key, known, see=see)
