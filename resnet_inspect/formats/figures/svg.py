"""A picture as SVG: shapes with plain attributes, fonts of the reader's machine, no script.

Colours are attributes of each shape, since not every program that takes SVG reads style sheets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import hypot
from xml.sax.saxutils import escape

from resnet_inspect.views.figures.shapes import (
    DEGREES,
    Line,
    Picture,
    Point,
    Rectangle,
    Shape,
    Words,
)

FONTS = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"

_INK = {
    "light": {"page": "#ffffff", "ink": "#1d2126", "muted": "#5b6470", "line": "#59626e",
              "shortcut": "#c05f08", "shortcut text": "#a35005",
              "stage frame": "#f4f6f9", "block frame": "#eaeef4", "edge": "#d3d9e1"},
    "dark": {"page": "#14171b", "ink": "#e6e9ed", "muted": "#a0a9b5", "line": "#97a1ad",
             "shortcut": "#f0934a", "shortcut text": "#f5ab70",
             "stage frame": "#1b2026", "block frame": "#232a32", "edge": "#39424d"},
}  # fmt: skip
_FILLS = {
    "light": {"conv": "#dfeafb", "pool": "#d9f1ef", "norm": "#eceef1", "activation": "#efe4fa",
              "add": "#fdeada", "linear": "#dff3e4", "unknown": "#fbe0e0", "stage": "#dfeafb",
              "module": "#eceef1", "end": "#ffffff", "other": "#eceef1"},
    "dark": {"conv": "#1c3253", "pool": "#143d3a", "norm": "#2b3138", "activation": "#35254a",
             "add": "#46290f", "linear": "#1b3d26", "unknown": "#4d1f1f", "stage": "#1c3253",
             "module": "#2b3138", "end": "#14171b", "other": "#2b3138"},
}  # fmt: skip
_STROKES = {
    "light": {"conv": "#2b6cd4", "pool": "#0b8f86", "norm": "#8a94a2", "activation": "#9151d6",
              "add": "#d3690a", "linear": "#2b9348", "unknown": "#cf2b2b", "stage": "#2b6cd4",
              "module": "#8a94a2", "end": "#8a94a2", "other": "#8a94a2"},
    "dark": {"conv": "#5b9bff", "pool": "#35bdb2", "norm": "#828c99", "activation": "#b98af0",
             "add": "#f0934a", "linear": "#5cc178", "unknown": "#ff7070", "stage": "#5b9bff",
             "module": "#828c99", "end": "#828c99", "other": "#828c99"},
}  # fmt: skip

_HEAT = {"light": ("#f4f6f9", "#174a9c"), "dark": ("#1b2026", "#7fb2ff")}
"""The colours of the least and the most."""

Palette = Mapping[str, str]
"""Colours by role; "fill ROLE" and "stroke ROLE" for boxes."""


def _heat(theme: str) -> Iterator[tuple[str, str]]:
    """A colour for each degree of heat, and black or white for what is written on it."""
    low, high = (bytes.fromhex(colour[1:]) for colour in _HEAT[theme])
    for degree in range(DEGREES):
        part = degree / (DEGREES - 1)
        mixed = bytes(round(a + (b - a) * part) for a, b in zip(low, high, strict=True))
        yield f"fill heat {degree}", f"#{mixed.hex()}"
        yield f"stroke heat {degree}", "none"
        yield f"on heat {degree}", "#000000" if _luminance(mixed) > 0.179 else "#ffffff"


def _luminance(colour: bytes) -> float:
    """How light a colour is, as WCAG has it; at 0.179 black and white stand out alike."""
    parts = [value / 255 for value in colour]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


THEMES: dict[str, Palette] = {
    theme: {
        **_INK[theme],
        **{f"fill {role}": colour for role, colour in _FILLS[theme].items()},
        **{f"stroke {role}": colour for role, colour in _STROKES[theme].items()},
        "fill stage frame": _INK[theme]["stage frame"],
        "stroke stage frame": _INK[theme]["edge"],
        "fill block frame": _INK[theme]["block frame"],
        "stroke block frame": _INK[theme]["edge"],
        "fill bar": _STROKES[theme]["conv"],
        "stroke bar": "none",
        "fill track": _INK[theme]["block frame"],
        "stroke track": "none",
        **dict(_heat(theme)),
    }
    for theme in ("light", "dark")
}
"""The colours of each theme."""

_CORNER = 16.0
_HEAD = 7.0


def render(picture: Picture, theme: str | None = None) -> str:
    """The picture as a file of its own."""
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + element(picture, THEMES[theme or "light"])


def element(picture: Picture, palette: Palette) -> str:
    """The `svg` element alone, in the colours of a palette."""
    width, height = _number(picture.width), _number(picture.height)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}" role="img" font-family="{FONTS}">',
        f"<title>{_text(picture.title)}</title>",
        f"<desc>{_text(picture.description)}</desc>",
        f'<rect width="{width}" height="{height}" fill="{palette["page"]}"/>',
        *(_shape(shape, palette) for shape in picture.shapes),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _shape(shape: Shape, palette: Palette) -> str:
    match shape:
        case Rectangle():
            return _rectangle(shape, palette)
        case Line():
            return _line(shape, palette)
        case Words():
            return _words(shape, palette)


def _rectangle(shape: Rectangle, palette: Palette) -> str:
    place = " ".join(
        f'{name}="{_number(value)}"'
        for name, value in (("x", shape.x), ("y", shape.y), ("width", shape.width),
                            ("height", shape.height), ("rx", shape.radius))
    )  # fmt: skip
    colours = f'fill="{palette[f"fill {shape.role}"]}" stroke="{palette[f"stroke {shape.role}"]}"'
    key = "" if shape.node is None else f' data-node="{shape.node}"'
    tip = f"<title>{_text(shape.tip)}</title>" if shape.tip else ""
    return f"<rect {place} {colours}{key}>{tip}</rect>"


def _line(shape: Line, palette: Palette) -> str:
    key = "" if shape.link is None else f' data-link="{shape.link}"'
    colour = palette[shape.role]
    head = f'<path d="{arrow_head(shape)}" fill="{colour}"/>' if shape.arrow else ""
    return (
        f'<g{key}><path d="{way(shape)}" fill="none" stroke="{colour}" stroke-width="1.4"/>'
        f"{head}</g>"
    )


def way(shape: Line) -> str:
    """The path of a line, up to its head."""
    points = list(shape.points)
    if shape.arrow:
        (x, y), (dx, dy) = points[-1], _direction(shape)
        points[-1] = (x - dx * 0.8, y - dy * 0.8)
    return _way(points, _CORNER if shape.rounded else 0.0)


def arrow_head(shape: Line) -> str:
    """The path of a line's head; "" if it has none."""
    if not shape.arrow:
        return ""
    (x, y), (dx, dy) = shape.points[-1], _direction(shape)
    corners = ((x, y), (x - dx - dy / 2, y - dy + dx / 2), (x - dx + dy / 2, y - dy - dx / 2))
    return "M" + "L".join(f"{_number(a)} {_number(b)}" for a, b in corners) + "Z"


def _direction(shape: Line) -> Point:
    """Where a line points at its end, as long as a head is."""
    (bx, by), (x, y) = shape.points[-2:]
    length = hypot(x - bx, y - by) or 1.0
    return (x - bx) / length * _HEAD, (y - by) / length * _HEAD


def _way(points: Sequence[Point], radius: float) -> str:
    """Straight parts, and a curve at each corner if it has a radius."""
    pieces = [f"M{_number(points[0][0])} {_number(points[0][1])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        if not radius:
            pieces.append(f"L{_number(corner[0])} {_number(corner[1])}")
            continue
        into = _towards(corner, before)
        out = _towards(corner, after)
        pieces.append(
            f"L{_number(into[0])} {_number(into[1])}"
            f"Q{_number(corner[0])} {_number(corner[1])} {_number(out[0])} {_number(out[1])}"
        )
    pieces.append(f"L{_number(points[-1][0])} {_number(points[-1][1])}")
    return "".join(pieces)


def _towards(corner: Point, other: Point) -> Point:
    """The point where the curve at a corner begins or ends."""
    length = hypot(other[0] - corner[0], other[1] - corner[1])
    part = min(_CORNER, length / 2) / length if length else 0.0
    return corner[0] + (other[0] - corner[0]) * part, corner[1] + (other[1] - corner[1]) * part


def _words(shape: Words, palette: Palette) -> str:
    bold = ' font-weight="600"' if shape.bold else ""
    keys = "".join(
        f' data-{name}="{key}"'
        for name, key in (("in", shape.node), ("on", shape.link))
        if key is not None
    )
    return (
        f'<text x="{_number(shape.x)}" y="{_number(shape.y)}" font-size="{_number(shape.size)}"'
        f' text-anchor="{shape.anchor}"{bold} fill="{palette[shape.role]}"{keys}>'
        f"{_text(shape.text)}</text>"
    )


def _number(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _text(written: str) -> str:
    """Text that XML can hold: what it forbids is shown as unknown."""
    legal = (c if c in "\n\t" or (c >= " " and not 0xD800 <= ord(c) <= 0xDFFF
             and ord(c) & 0xFFFE != 0xFFFE) else "\ufffd" for c in written)  # fmt: skip
    return escape("".join(legal))
