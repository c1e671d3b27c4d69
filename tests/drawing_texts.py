"""The lines of a drawing, as they are written in a test."""

from __future__ import annotations

from textwrap import dedent

WIDTHS = (24, 30, 40, 60, 100)


def drawn(text: str) -> list[str]:
    return dedent(text).strip("\n").split("\n")
