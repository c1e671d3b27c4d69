"""An answer that is a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

from resnet_inspect.errors import MissingDependency, UnknownName
from resnet_inspect.files import write_all
from resnet_inspect.formats import FORMATS, format_of
from resnet_inspect.formats import render as write_format
from resnet_inspect.views.tables.table import Table
from resnet_inspect.views.words.text import Value

Rows = tuple[dict[str, Value], ...]
"""Rows as plain values by column key, the same as in the JSON format."""


@dataclass(frozen=True, eq=False, repr=False)
class Shown(Table):
    """A table that shows itself: printed it is text, in a notebook a piece of HTML."""

    @classmethod
    def of(cls, table: Table) -> Shown:
        """The same table."""
        return cls(**{field.name: getattr(table, field.name) for field in fields(table)})

    def __str__(self) -> str:
        return write_format(self, "text")

    def __repr__(self) -> str:
        return f"<Table: {self.view} of {self.title}>"

    def _repr_html_(self) -> str:
        from resnet_inspect.formats.html import fragment

        return fragment(self)


@dataclass(frozen=True, repr=False)
class Answer:
    """A table that can be asked, shown and written down. In a notebook it is a table.

    It has the length of its rows, and gives them one after the other.
    """

    table: Table

    def __post_init__(self) -> None:
        """Let the table show itself too."""
        object.__setattr__(self, "table", Shown.of(self.table))

    @cached_property
    def rows(self) -> Rows:
        """A dict for every row, by column key: integers, strings and tuples, unrounded."""
        return tuple(self.table.values(row) for row in self.table.rows)

    @property
    def summary(self) -> tuple[str, ...]:
        """What the rows come to, a sentence each; () where the rows are the whole answer."""
        return self.table.summary

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader must know, a sentence each: why a figure is partial, what was lost."""
        return self.table.remarks

    def __len__(self) -> int:
        return len(self.table.rows)

    def __iter__(self) -> Iterator[dict[str, Value]]:
        return iter(self.rows)

    def render(self, format: str = "text") -> str:
        """The answer in a format of `FORMATS`: "text", "md", "csv", ...

        Raises `UnknownName` for a format that is not there.
        """
        if format not in FORMATS:
            raise UnknownName("format", format, FORMATS, see=f"known: {', '.join(FORMATS)}")
        return write_format(self.table, format)

    def to_text(self) -> str:
        """Plain text at its natural width."""
        return self.render("text")

    def to_markdown(self) -> str:
        """A Markdown table."""
        return self.render("md")

    def to_csv(self) -> str:
        """Comma-separated values, numbers unrounded."""
        return self.render("csv")

    def to_json(self) -> str:
        """JSON with every column."""
        return self.render("json")

    def to_html(self) -> str:
        """One HTML page that needs nothing else."""
        return self.render("html")

    def to_latex(self) -> str:
        """A LaTeX table."""
        return self.render("latex")

    def to_pandas(self) -> Any:
        """A `pandas.DataFrame` of the rows; raises `MissingDependency` where pandas is not."""
        return frame(self.rows)

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write it in the format of the file's suffix, at once or not at all.

        Raises `UnknownName` for another suffix, `OutputError` if the file exists and is not to be
        overwritten, or cannot be written.
        """
        format = format_of(Path(path))
        write_all({Path(path): self.render(format)}, overwrite=overwrite)

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.table.title}>"

    def _repr_html_(self) -> str:
        """The table as a piece of HTML, for notebooks."""
        from resnet_inspect.formats.html import fragment

        return fragment(self.table)


def frame(rows: Rows) -> Any:
    """Rows as a `pandas.DataFrame`; raises `MissingDependency` where pandas is not."""
    try:
        pandas = import_module("pandas")
    except ImportError as error:
        raise MissingDependency("pandas is not here", hint="pip install pandas") from error
    return pandas.DataFrame(list(rows))
