"""What rows are called where they stand below one another, and what a section says of itself."""

from __future__ import annotations

from resnet_inspect.views.tables.table import Row, Table
from resnet_inspect.views.words import text

SECTIONS = frozenset({"stage", "block", "stem", "head", "rest"})
"""Kinds of rows that say what they are in words, across the columns that they leave empty."""


def row_names(table: Table) -> dict[int, str]:
    """What stands for the path of a row, by its identity.

    That of `layer1.0.conv1` under `layer1.0` is `conv1`, also where these stand for several
    (`layer1.1 ×2`); the paths of sections are whole.
    """
    names = {}
    above: list[tuple[int, str]] = []
    for row in table.rows:
        while above and above[-1][0] >= row.level:
            above.pop()
        path = table.cell(row, "path").text
        of = next((of for _, of in reversed(above) if path.startswith((f"{of}.", f"{of}:"))), "")
        names[id(row)] = path[len(of) + 1 :] if of and row.kind not in SECTIONS else path
        above.append((row.level, text.visible(str(table.cell(row, "path").value))))
    return names


def section_words(table: Table, row: Row, path: str = "") -> list[str]:
    """What a section says of itself, indented, the fullest version first; its path may be given."""
    written, op, note = (table.cell(row, key).text for key in ("path", "op", "note"))
    path = path or written
    if row.kind == "stage":
        name = op if path == op else f"{op} ({path})"
        effect = note.rpartition("; ")[2]
        said = ((name, note), (op, note), (op, effect), (op, effect.partition(", ")[0]), (op, ""))
        return [" · ".join(filter(None, parts)) for parts in said]
    name = "  " * row.level + path
    described = ", ".join(part for part in (op, note) if part)
    brief = note.removesuffix(" shortcut")
    return [*(f"{name}  {words}".rstrip() for words in (described, note, brief)), name]
