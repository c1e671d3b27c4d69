"""What a page says, read as a browser reads it."""

from __future__ import annotations

import json
import zlib
from base64 import b64decode
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any


@dataclass
class Cells(HTMLParser):
    """What a page says: the text of its cells, totals, remarks and scripts, and all attributes."""

    head: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    attributes: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: dict[str, list[str]] = field(default_factory=dict)
    stack: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Let the parser turn references into characters, as a browser does."""
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a text for the elements that have one."""
        self.attributes.append((tag, dict(attrs)))
        if tag in {"meta", "link", "input"}:
            return
        self.stack.append(tag)
        self.texts.setdefault(tag, []).append("")
        if tag == "tr" and "tbody" in self.stack:
            self.rows.append([])
        elif tag in {"th", "td"}:
            (self.rows[-1] if "tbody" in self.stack else self.head).append("")

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost element, which must be this one."""
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        """Text belongs to the innermost element."""
        if not self.stack:
            return
        tag = self.stack[-1]
        self.texts[tag][-1] += data
        if tag in {"th", "td"}:
            (self.rows[-1] if "tbody" in self.stack else self.head)[-1] += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every element with that tag."""
        return [attributes for name, attributes in self.attributes if name == tag]


def read(page: str) -> Cells:
    """A page, parsed; every element closed."""
    cells = Cells()
    cells.feed(page)
    cells.close()
    assert not cells.stack
    return cells


def unpacked(cells: Cells, which: int) -> Any:
    """The data of a page that explores: 0 for tables, figures and places, 1 for cards."""
    return json.loads(zlib.decompress(b64decode(cells.texts["script"][which])))
