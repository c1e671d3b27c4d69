"""A table written down. Every format is `Table -> str` over the same cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from resnet_inspect.errors import UnknownName
from resnet_inspect.views.tables.table import Table


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write a table down."""

    module: str
    """The module that writes it, by a function `render(table) -> str`."""
    suffixes: tuple[str, ...] = ()
    """The suffixes of files that ask for it."""
    rows_alone: bool = False
    """Whether it holds rows for programs and neither title, totals nor remarks."""
    guarded: bool = False
    """Whether text that looks like a formula is made harmless, unless it is asked for raw."""

    def __call__(self, table: Table, raw: bool = False) -> str:
        """The table as text; the module is loaded now."""
        writer: Callable[..., str] = import_module(self.module).render
        return writer(table, raw=raw) if self.guarded else writer(table)


FORMATS: dict[str, Format] = {
    "table": Format("resnet_inspect.formats.terminal"),
    "text": Format("resnet_inspect.formats.plain", (".txt",)),
    "md": Format("resnet_inspect.formats.markdown", (".md", ".markdown")),
    "csv": Format("resnet_inspect.formats.csv", (".csv",), rows_alone=True, guarded=True),
    "json": Format("resnet_inspect.formats.json", (".json",)),
    "html": Format("resnet_inspect.formats.html", (".html", ".htm")),
    "latex": Format("resnet_inspect.formats.latex", (".tex",)),
}
"""Every format by its name; the command line offers these."""


def formats_by_suffix() -> dict[str, str]:
    """The name of the format that a file's suffix asks for."""
    return {suffix: name for name, one in FORMATS.items() for suffix in one.suffixes}


def format_of(path: Path, known: Mapping[str, str] | None = None) -> str:
    """The format that a file's suffix asks for, of those known by suffix: usually of tables.

    Raises `UnknownName` for another suffix.
    """
    known, suffix = known or formats_by_suffix(), path.suffix.lower()
    if suffix not in known:
        raise UnknownName(
            "format", path.suffix or path.name, known, see=f"known: {', '.join(known)}"
        )
    return known[suffix]


def table_suffixes() -> str:
    """The usual suffix of every format that has one: ".txt .md .csv"."""
    return " ".join(one.suffixes[0] for one in FORMATS.values() if one.suffixes)


def render(table: Table, format: str, raw: bool = False) -> str:
    """The table in a format of `FORMATS`; `raw` leaves text in CSV that looks like a formula."""
    return FORMATS[format](table, raw)
