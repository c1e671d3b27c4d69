"""Text in the cells of a terminal: how many it takes, and how it is cut, wrapped and filled."""

from __future__ import annotations

import textwrap
import unicodedata

_BAR = 6
_EIGHTHS = " ▏▎▍▌▋▊▉"
_FIRST_COMBINING = "\u0300"
"""Every letter before it takes one cell."""


def cells(written: str) -> int:
    """How many cells of a terminal a text takes: Chinese letters two, accents on others none."""
    if written.isascii() or max(written) < _FIRST_COMBINING:  # × and · are one cell each
        return len(written)
    return sum(
        2 if unicodedata.east_asian_width(c) in "WF" else not unicodedata.combining(c)
        for c in written
    )


def cut(written: str, width: int | None) -> str:
    """Text that fits; what is cut off is marked."""
    if width is None or cells(written) <= width:
        return written
    kept = written[: max(width - 1, 0)]
    while kept and cells(kept) > width - 1:
        kept = kept[:-1]
    return kept + "…"


def cut_path(written: str, width: int) -> str:
    """A path that fits, with its indentation and its end."""
    if cells(written) <= width:
        return written
    indent = written[: min(len(written) - len(written.lstrip()), width // 2)]
    return indent + cut(written[::-1], width - len(indent))[::-1]


def wrapped(written: str, width: int | None, indent: int) -> list[str]:
    """Text in lines that fit, all but the first indented."""
    if width is None or cells(written) <= width:
        return [written]
    blanks = " " * indent
    lines = textwrap.wrap(written, width, subsequent_indent=blanks)
    if any(cells(line) > width for line in lines):
        return textwrap.wrap(written, width // 2, subsequent_indent=blanks)
    return lines


def bar(part: float | None, length: int = _BAR, *, ascii: bool = False) -> str:
    """A bar for a part of the whole, in eighths of a character; any part above 0 shows.

    In ASCII it is of whole characters, and what is less than half a one does not show.
    """
    if not part:
        return " " * length
    if ascii:
        return ("#" * round(part * length)).ljust(length)
    eighths = max(1, round(min(part, 1.0) * length * 8))
    whole, left = divmod(eighths, 8)
    return ("█" * whole + (_EIGHTHS[left] if left else "")).ljust(length)


def aligned(written: str, width: int, align: str) -> str:
    """Text with blanks to `width` cells, at its left for "right"."""
    blanks = " " * (width - cells(written))
    return blanks + written if align == "right" else written + blanks
