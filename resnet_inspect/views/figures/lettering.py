"""Sizes of letters, how wide a text is in them, and what is left of one that is too long."""

from __future__ import annotations

from unicodedata import combining, east_asian_width

from resnet_inspect.views.words import text

TEXT, SMALL, TITLE = 12.0, 10.5, 17.0
"""Sizes of letters."""
_LONGEST = 34
"""Characters of a row; the whole of a longer name is in the tip."""


def width_of(written: str, size: float = TEXT, *, bold: bool = False) -> float:
    """How wide a text is at most, in the fonts that systems have for sans serif."""
    widths = sum(map(_letter, written))
    return widths * size * (1.08 if bold else 1.0)


def _letter(letter: str) -> float:
    if combining(letter):
        return 0.0
    if letter in " .,:;|!'`ijl/()[]I·²³":
        return 0.4
    if letter in "mwMW@%—…" or east_asian_width(letter) in "WF":
        return 1.0
    if letter.isupper() or letter in "+×÷<>=~#&_":
        return 0.75
    return 0.62 if letter.isascii() else 0.75


def clipped(written: str, most: int = _LONGEST, *, keep_end: bool = True) -> str:
    """A name with no more than so many characters, of which the last say most about a path."""
    written = text.visible(written)
    if len(written) <= most:
        return written
    return f"…{written[1 - most :]}" if keep_end else f"{written[: most - 1]}…"
