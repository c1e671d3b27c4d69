"""A figure as Mermaid, which GitHub draws in Markdown; it lays the boxes out itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from resnet_inspect.views.figures.figure import Box, Figure, Frame
from resnet_inspect.views.figures.layout import Direction

_STROKES = {
    "conv": "#2b6cd4", "stage": "#2b6cd4", "pool": "#0b8f86", "linear": "#2b9348",
    "add": "#d3690a", "activation": "#9151d6", "unknown": "#cf2b2b",
}  # fmt: skip
"""Only the borders have a colour: the page's theme, light or dark, chooses the rest."""


def render(figure: Figure, direction: Direction = "down", theme: str | None = None) -> str:
    """The figure as a flow chart; its colours are those of what draws it."""
    lines = [f"%% {_comment(figure.title)}: {_comment(figure.caption)}"]
    lines.append(f"flowchart {'TD' if direction == 'down' else 'LR'}")
    framed: set[int] = set()
    outer = [frame for frame in figure.frames if not frame.inner]
    for number, frame in enumerate(outer):
        lines += _framed(figure, frame, f"s{number}")
        framed.update(frame.boxes)
    for number, box in enumerate(figure.boxes):
        if number not in framed:
            lines.append(f"  {_box(number, box)}")
    for link in figure.links:
        arrow = "-.->" if link.shortcut else "-->"
        lines.append(f"  n{link.source} {arrow}|{_quoted(link.rows)}| n{link.target}")
    for role, colour in _STROKES.items():
        held = [f"n{number}" for number, box in enumerate(figure.boxes) if box.role == role]
        if held:
            lines.append(f"  classDef {role} stroke:{colour},stroke-width:2px")
            lines.append(f"  class {','.join(held)} {role}")
    return "\n".join(lines) + "\n"


def _framed(figure: Figure, frame: Frame, key: str) -> Iterator[str]:
    yield f"  subgraph {key}[{_quoted((frame.title,))}]"
    within: set[int] = set()
    inner = [f for f in figure.frames if f.inner and set(f.boxes) <= set(frame.boxes)]
    for number, held in enumerate(inner):
        yield f"    subgraph {key}b{number}[{_quoted((held.title,))}]"
        yield from (f"      {_box(box, figure.boxes[box])}" for box in held.boxes)
        yield "    end"
        within.update(held.boxes)
    yield from (f"    {_box(box, figure.boxes[box])}" for box in frame.boxes if box not in within)
    yield "  end"


def _box(number: int, box: Box) -> str:
    rows = (box.title, *box.rows) if box.title else box.rows
    left, right = ("([", "])") if box.role in ("add", "end") else ("[", "]")
    return f"n{number}{left}{_quoted(rows)}{right}"


def _quoted(rows: tuple[str, ...]) -> str:
    return '"' + "<br/>".join(map(_escaped, rows)) + '"'


def _escaped(written: str) -> str:
    """Text in which nothing is markup: Mermaid's entity for every sign that could be."""
    found = re.sub(
        r"[^A-Za-z0-9 ,/().:]|\.(?=\s|$)",
        lambda sign: f"#{ord(sign.group())};" if sign.group().isascii() else sign.group(),
        written,
    )
    return found or " "


def _comment(written: str) -> str:
    """Text for a comment, which ends with its line and must hold no directive."""
    return " ".join(written.split()).replace("{", "(").replace("}", ")")
