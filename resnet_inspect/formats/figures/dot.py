"""A figure as DOT, for Graphviz and what reads its language."""

from __future__ import annotations

from collections.abc import Iterable

from resnet_inspect.formats.figures.svg import FONTS, THEMES
from resnet_inspect.views.figures.figure import Box, Figure, Frame
from resnet_inspect.views.figures.layout import Direction


def render(figure: Figure, direction: Direction = "down", theme: str | None = None) -> str:
    """The figure as a directed graph, each frame a cluster."""
    theme = theme or "light"
    colours = THEMES[theme]
    font = FONTS.partition(",")[0]
    lines = [
        f"digraph {_quoted([figure.title])} {{",
        f"  graph [rankdir={'TB' if direction == 'down' else 'LR'}, labelloc=t, fontname={font},"
        f' bgcolor="{colours["page"]}", fontcolor="{colours["ink"]}",'
        f" label={_quoted([figure.title, figure.caption])}];",
        f'  node [shape=box, style="filled,rounded", fontname={font}, fontsize=11,'
        f' fontcolor="{colours["ink"]}"];',
        f'  edge [fontname={font}, fontsize=10, color="{colours["line"]}",'
        f' fontcolor="{colours["muted"]}"];',
    ]
    for number, box in enumerate(figure.boxes):
        lines.append(f"  n{number} [{_looks(box, theme)}];")
    lines += _clusters(figure, theme)
    for link in figure.links:
        shortcut = f', color="{colours["shortcut"]}"' if link.shortcut else ""
        lines.append(f"  n{link.source} -> n{link.target} [label={_quoted(link.rows)}{shortcut}];")
    return "\n".join([*lines, "}"]) + "\n"


def _looks(box: Box, theme: str) -> str:
    theme = theme or "light"
    colours = THEMES[theme]
    rows = (box.title, *box.rows) if box.title else box.rows
    return (
        f'label={_quoted(rows)}, fillcolor="{colours[f"fill {box.role}"]}",'
        f' color="{colours[f"stroke {box.role}"]}"'
    )


def _clusters(figure: Figure, theme: str) -> list[str]:
    lines: list[str] = []
    inner = [frame for frame in figure.frames if frame.inner]
    for number, frame in enumerate(frame for frame in figure.frames if not frame.inner):
        lines += _opened(f"cluster_{number}", frame, theme)
        for place, held in enumerate(inner):
            if set(held.boxes) <= set(frame.boxes):
                lines += _opened(f"cluster_{number}_{place}", held, theme)
                lines += [*_members(held), "  }"]
        lines += [*_members(frame), "  }"]
    return lines


def _opened(key: str, frame: Frame, theme: str) -> list[str]:
    theme = theme or "light"
    colours = THEMES[theme]
    role = "block frame" if frame.inner else "stage frame"
    return [
        f"  subgraph {key} {{",
        f'    graph [label={_quoted([frame.title])}, labeljust=l, style="filled,rounded",'
        f' color="{colours["edge"]}", fillcolor="{colours[role]}"];',
    ]


def _members(frame: Frame) -> list[str]:
    return ["    " + " ".join(f"n{box};" for box in frame.boxes)]


def _quoted(rows: Iterable[str]) -> str:
    """Rows as one quoted text: no escape of Graphviz, no entity, no end of it in a name."""
    signs = str.maketrans({"\\": "\\\\", '"': '\\"', "&": "&amp;", "\n": " ", "\r": " "})
    return '"' + "\\n".join(row.translate(signs) for row in rows) + '"'
