"""How drawings write a shape and a layer, and end a line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_ASCII = str.maketrans(
    {
        **dict.fromkeys("╭╮┌┐┬", "."),
        **dict.fromkeys("╰╯└┘┴", "'"),
        **dict.fromkeys("─", "-"),
        **dict.fromkeys("│├┤", "|"),
        "⊕": "+", "×": "x", "·": ".", "…": "~", "█": "#", "▲": "^", "▶": ">", "◂": "<", "▸": ">",
        "✗": "!", "∝": "~", "←": "<", "□": "?",
        **dict.fromkeys("▁▂▃", "."),
        **dict.fromkeys("▄▅", ":"),
        **dict.fromkeys("▆▇", "#"),
    }
)  # fmt: skip


def finished(lines: Iterable[str], width: int, ascii: bool) -> list[str]:
    """A drawing as it is given away: no line wider than `width`, and in ASCII where asked."""
    found = []
    for line in lines:
        if ascii:
            line = line.translate(_ASCII).encode("ascii", "replace").decode("ascii")
        found.append(line[: max(width, 0)].rstrip())
    return found


def clipped(piece: str, limit: int) -> str:
    """A piece of text in at most `limit` cells."""
    return piece if len(piece) <= limit else f"{piece[: max(0, limit - 1)]}…"


def wrapped(pieces: Sequence[str], limit: int) -> list[str]:
    """Pieces with commas between them, in lines no longer than `limit`."""
    if any(len(piece) > limit for piece in pieces):
        pieces = [part for piece in pieces for part in piece.split(", ")]
    lines: list[str] = []
    for piece in pieces:
        if lines and len(lines[-1]) + 2 + len(piece) <= limit:
            lines[-1] += f", {piece}"
        else:
            lines.append(clipped(piece, limit))
    return lines
