"""Floor 3: a table written down. Every format is `Table -> str` over the same cells."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from resnet_inspect.views.tables.table import Table

FORMATS: dict[str, str] = {
    "table": "terminal",
    "text": "plain",
    "md": "markdown",
    "csv": "csv",
    "json": "json",
    "html": "html",
    "latex": "latex",
}
"""Every format by its name, and the module here that writes it; the command line offers these."""

SUFFIXES: dict[str, str] = {
    ".md": "md",
    ".markdown": "md",
    ".csv": "csv",
    ".json": "json",
    ".html": "html",
    ".htm": "html",
    ".tex": "latex",
    ".txt": "text",
}
"""The format that a file's suffix asks for."""


def render(table: Table, format: str) -> str:
    """The table in a format of `FORMATS`; the module is loaded when it is asked for."""
    module = import_module(f"resnet_inspect.formats.{FORMATS[format]}")
    writer: Callable[[Table], str] = module.render
    return writer(table)
