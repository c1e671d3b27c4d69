"""The tensor's way through the network, to scale."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.figures.drawings.pen import finished
from resnet_inspect.views.figures.drawings.places import Place, places_of
from resnet_inspect.views.words.text import map_shape

_EIGHTHS = " ▁▂▃▄▅▆▇█"


def way(
    survey: Survey, width: int, height: int, place: int | None = None, ascii: bool = False
) -> list[str]:
    """The tensor's way from input to classifier: a bar for what each section gives.

    Bar width ∝ log C (channels: 3 to 2048 would not fit a linear scale), bar height ∝ H; both are
    to scale among the bars, and the least bar is one column wide and an eighth of a line high. The
    bar of the section that holds the call `place` has ▲ under it and its name in brackets. Where
    the labels have no room under the bars there is a line for each section, its bar as thick as H;
    where `height` has no room for these either, one line with all bars. Networks without stages
    are divided where the height of their maps changes. No more than `height` lines.
    """
    places = places_of(survey)
    if not places or height < 1 or width < 1:
        return []
    marked = _marked(places, place)
    lines = (
        _as_columns(places, width, height, marked, ascii)
        or _as_lines(places, width, height, marked, ascii)
        or [_as_ribbon(places, width, marked, ascii)]
    )
    return finished(lines, width, ascii)


def _marked(places: Sequence[Place], place: int | None) -> int | None:
    """Which place is that of a call; None for the network itself."""
    if not place:
        return None
    return next((i for i, p in enumerate(places) if p.first <= place <= p.last), None)


def _bar(place: Place, scale: float) -> int:
    return max(1, round(log2(max(2, place.channels)) * scale))


def _as_columns(
    places: Sequence[Place], width: int, height: int, marked: int | None, ascii: bool
) -> list[str]:
    """Bars that stand on one line with their labels under them; [] where these have no room."""
    labels = [place.labels(ascii) for place in places]
    cross = "x" if ascii else "×"
    one_line = [f"{c}{cross}{rest}" if rest else c for c, rest in labels]
    short = [place.short for place in places]
    full = [place.name if len(place.name) <= 8 else place.short for place in places]
    for rows, names in (
        ([one_line], full), ([one_line], short), ([[c for c, _ in labels],
        [f"{cross}{rest}" if rest else "" for _, rest in labels]], short),
    ):  # fmt: skip
        names = [f"[{name}]" if i == marked else name for i, name in enumerate(names)]
        under = [*rows, names]
        least = [max(len(row[i]) for row in under) for i in range(len(places))]
        if sum(least) + len(places) - 1 <= width:
            break
    else:
        return []
    tall = height - len(under) - 2  # the line of the mark and the legend
    if tall < 2:
        return []
    scale, slots = 4.0, least
    while scale > 0.1:
        slots = [max(n, _bar(p, scale)) for n, p in zip(least, places, strict=True)]
        if sum(slots) + len(places) - 1 <= width:
            break
        scale -= 0.05
    gap = 2 if sum(slots) + 2 * (len(places) - 1) <= width else 1
    top = max(place.extent for place in places) or 1
    lines = []
    for row in range(tall, 0, -1):
        parts = []
        for place, slot in zip(places, slots, strict=True):
            eighths = max(1, round(place.extent / top * tall * 8))
            fill = _EIGHTHS[max(0, min(8, eighths - 8 * (row - 1)))]
            parts.append((fill * _bar(place, scale)).center(slot))
        lines.append((" " * gap).join(parts))
    mark = ["▲" if i == marked else "" for i in range(len(places))]
    for row_of_labels in (*([mark] if marked is not None else []), *under):
        cells = [label.center(n) for label, n in zip(row_of_labels, slots, strict=True)]
        lines.append((" " * gap).join(cells))
    return [*lines, *_legend(width)]


def _legend(width: int) -> list[str]:
    for legend in ("bar width ∝ log channels, bar height ∝ H", "width ∝ log C, height ∝ H"):
        if len(legend) <= width:
            return [legend]
    return []


def _as_lines(
    places: Sequence[Place], width: int, height: int, marked: int | None, ascii: bool
) -> list[str]:
    """A line for each place: its name, its shape, a bar as thick as H; [] if it does not fit."""
    shapes = [map_shape(place.shape, ascii=ascii) for place in places]
    room = max(map(len, shapes))
    names = [place.name for place in places]
    wide = max(map(len, names))
    if 2 + wide + 1 + room + 1 + 4 > width:
        wide = min(wide, max(max(len(p.short) for p in places), width - room - 8))
        names = [
            p.name if len(p.name) <= wide else p.short if len(p.short) <= wide else ""
            for p in places
        ]
    bars = width - 2 - wide - 1 - room - 1
    if bars < 2 or len(places) > height:
        return []
    scale = min(4.0, bars / max(log2(max(2, place.channels)) for place in places))
    lines = []
    for i, (place, name, label) in enumerate(zip(places, names, shapes, strict=True)):
        sign = "▶" if i == marked else " "
        bar = _thickness(place, places) * min(bars, _bar(place, scale))
        lines.append(f"{sign} {name:<{wide}} {label:>{room}} {bar}")
    legend = "bar ∝ log C, thickness ∝ H"
    return [*lines, legend] if len(lines) < height and len(legend) <= width else lines


def _as_ribbon(places: Sequence[Place], width: int, marked: int | None, ascii: bool) -> str:
    """All bars in one line, in front of it the shape of the marked place."""
    label = ""
    if marked is not None:
        label = f"{map_shape(places[marked].shape, ascii=ascii)} "
        label = label if len(label) + 4 * len(places) <= width else ""
    gaps = len(places) - 1 + (marked is not None)
    room = max(1, width - len(label) - gaps)
    scale = min(4.0, room / sum(log2(max(2, place.channels)) for place in places))
    bars = [_thickness(place, places) * max(1, int(log2(max(2, place.channels)) * scale))
            for place in places]  # fmt: skip
    if marked is not None:
        bars[marked] = f"▶{bars[marked]}"
    return label + " ".join(bars)


def _thickness(place: Place, places: Sequence[Place]) -> str:
    top = max(other.extent for other in places) or 1
    return _EIGHTHS[max(1, min(8, round(8 * place.extent / top)))]
