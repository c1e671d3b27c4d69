"""Pictures of the screen: what of them is compared, and how a difference is told."""

from __future__ import annotations

import difflib
import html
import re
from collections import defaultdict
from importlib.metadata import version


def made_with() -> str:
    """The versions that decide how a picture looks, as an SVG comment."""
    minor = {name: ".".join(version(name).split(".")[:2]) for name in ("rich", "textual")}
    return f"<!-- {', '.join(f'{name} {number}' for name, number in minor.items())} -->"


def settled(svg: str) -> str:
    """Without the identifier that is drawn at random for each picture, and without web fonts."""
    svg = re.sub(r"terminal-\d+", "terminal", svg)
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


def lines_of(svg: str) -> list[str]:
    """The text of a picture, line by line."""
    lines: dict[float, list[tuple[float, str]]] = defaultdict(list)
    piece = re.compile(r'<text [^>]*?x="([\d.]+)" y="([\d.]+)"[^>]*?>(.*?)</text>', re.DOTALL)
    for x, y, written in piece.findall(svg):
        lines[float(y)].append((float(x), html.unescape(written).replace("\xa0", " ")))
    return ["".join(part for _, part in sorted(lines[y])).rstrip() for y in sorted(lines)]


def difference(before: str, now: str) -> str:
    """In which lines of text two pictures differ, or that only their colours or styles do."""
    lines = difflib.unified_diff(lines_of(before), lines_of(now), "kept", "now", lineterm="", n=0)
    return "\n".join(lines) or "the text is the same; its place, colours or styles differ"
