"""An attribution in characters: half blocks of two pixels where there are colours, else shades."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from textwrap import wrap
from typing import NamedTuple

from resnet_inspect.formats.attributions import drawing
from resnet_inspect.traces.attribution import Attributed, Attribution
from resnet_inspect.views.attribution import Panel, Sheet, shown


class Piece(NamedTuple):
    """Some characters in one colour, on another."""

    text: str
    colour: drawing.Colour | None = None
    ground: drawing.Colour | None = None


Line = tuple[Piece, ...]

_WIDEST, _NARROWEST, _GAP = 32, 16, 2
_SHADES = " ░▒▓█"
_AGAINST = " --=="
_BARS = "▁▂▃▄▅▆▇█"


def render(of: Attribution, width: int = 100) -> str:
    """All of it without colours."""
    return "\n".join("".join(p.text for p in line).rstrip() for line in lines(of, width)) + "\n"


def lines(of: Attribution, width: int, *, coloured: bool = False) -> Iterator[Line]:
    """All of it, in lines that are no wider."""
    page = shown(of)
    yield (Piece(page.title),)
    for sheet in page.sheets:
        yield ()
        yield (Piece(sheet.title),)
        yield (Piece(sheet.caption),)
        yield ()
        yield from _panels(sheet, width, coloured)
        yield from _strips(sheet, width)
    for note in page.notes:
        yield from ((Piece(part),) for part in wrap(f"note: {note}", width))


def _panels(sheet: Sheet, width: int, coloured: bool) -> Iterator[Line]:
    panels = [panel for panel in sheet.panels if coloured or panel.heat]
    columns = min(_WIDEST, max(_NARROWEST, (width - _GAP * (len(panels) - 1)) // len(panels)))
    abreast = max(1, (width + _GAP) // (columns + _GAP))
    for first in range(0, len(panels), abreast):
        row = panels[first : first + abreast]
        blocks = [_block(panel, sheet.image, columns, coloured) for panel in row]
        for parts in zip_longest(*blocks, fillvalue=(Piece(" " * columns),)):
            line: list[Piece] = []
            for part in parts:
                line += [Piece(" " * _GAP)] * bool(line) + list(part)
            yield tuple(line)
        yield ()


def _block(panel: Panel, of: Attributed, columns: int, coloured: bool) -> list[Line]:
    rows = max(1, round(columns * of.height / of.width / 2))
    draw = _half_blocks if coloured else _shades
    said = [part for caption in panel.captions for part in wrap(caption, columns)]
    title = panel.title if len(panel.title) <= columns else f"{panel.title[: columns - 1]}…"
    return [
        (Piece(f"{title:<{columns}}"),),
        *draw(panel, of, columns, rows),
        *((Piece(f"{part:<{columns}}"),) for part in said),
    ]


def _half_blocks(panel: Panel, of: Attributed, columns: int, rows: int) -> Iterator[Line]:
    found = drawing.colours(panel, of, (columns, 2 * rows))
    for upper, lower in zip(found[::2], found[1::2], strict=True):
        yield tuple(Piece("▀", *pair) for pair in zip(upper, lower, strict=True))


def _shades(panel: Panel, of: Attributed, columns: int, rows: int) -> Iterator[Line]:
    for row in drawing.strengths(panel, (columns, rows)):
        yield (Piece("".join(map(_shade, row))),)


def _shade(value: float) -> str:
    shades = _SHADES if value >= 0 else _AGAINST
    return shades[min(round(abs(value) * (len(shades) - 1)), len(shades) - 1)]


def _strips(sheet: Sheet, width: int) -> Iterator[Line]:
    longest = max((len(strip.title) for strip in sheet.strips), default=0)
    for strip in sheet.strips:
        bars = _bars(strip.values, min(32, len(strip.values)))
        said = f"{strip.title:<{longest}}  {bars:<32}  {strip.caption}"
        yield (Piece(said[:width]),)
    if sheet.strips:
        yield ()


def _bars(values: Sequence[float], count: int) -> str:
    """Means of neighbours as bars."""
    parts = [values[n * len(values) // count : (n + 1) * len(values) // count]
             for n in range(count)]  # fmt: skip
    means = [sum(part) / len(part) for part in parts]
    return "".join(_BARS[min(int(mean * len(_BARS)), len(_BARS) - 1)] for mean in means)
