"""The names of columns, however they are spelled."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Protocol


class Named(Protocol):
    """A column or heading: what a filter can name."""

    @property
    def key(self) -> str:
        """Its name in JSON, CSV and `--columns`."""

    @property
    def title(self) -> str:
        """Its name above a column."""


SHORT_NAMES = {
    "k": "kernel_size",
    "s": "stride",
    "p": "padding",
    "d": "dilation",
    "g": "groups",
    "in": "input_shape",
    "out": "output_shape",
    "param": "parameters",
    "memory": "activation_bytes_distinct",
    "rf": "receptive_field",
    "name": "path",
    "type": "class_name",
}
"""What people call a column, beside its key and title."""


class Names:
    """The names of columns, however they are spelled."""

    def __init__(self, columns: Iterable[Named]) -> None:
        self._keys: dict[str, str] = {}
        self._spelled: list[str] = []
        named = [(column.key, column.title) for column in columns]
        for key, _ in named:
            self._add(key, key)
        for key, title in named:
            self._add(title, key)
        for short, key in SHORT_NAMES.items():
            if any(key == known for known, _ in named):
                self._add(short, key)
        spaced = sorted((t for _, t in named if " " in t), key=len, reverse=True)
        self.titles = tuple(spaced)
        """Titles of more than one word, the longest first."""

    def _add(self, spelled: str, key: str) -> None:
        if self._keys.setdefault(_bare(spelled), key) == key:
            self._spelled.append(spelled)

    def key(self, spelled: str) -> str | None:
        """The key of a column, from any spelling of it."""
        return self._keys.get(_bare(spelled))

    def unknown(self, spelled: str) -> str:
        """That there is no such column, and which name is nearest."""
        bare = {_bare(name): name for name in reversed(self._spelled)}
        close = difflib.get_close_matches(_bare(spelled), bare, n=1, cutoff=0.5)
        hint = f": did you mean {bare[close[0]]}?" if close else ""
        return f"no column '{spelled}'{hint}"


def _bare(name: str) -> str:
    """A name without what people spell differently: case, spaces, underscores and hyphens."""
    return re.sub(r"[\s_-]+", "", name).casefold()
