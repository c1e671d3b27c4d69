"""The frames around stages and blocks: how far each reaches, and its title."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from resnet_inspect.views.figures.figure import Frame
from resnet_inspect.views.figures.layout.places import FORK, FRAME, FRAME_TITLE, Places
from resnet_inspect.views.figures.lettering import SMALL, clipped, width_of
from resnet_inspect.views.figures.shapes import Rectangle, Shape, Words


def frames(places: Places) -> Iterator[Shape]:
    """The frames around stages, and on those the frames around blocks."""
    inner: list[tuple[Frame, tuple[float, float, float, float]]] = []
    outer: list[Shape] = []
    drawn: list[Shape] = []
    numbered = enumerate(places.figure.frames)
    for number, frame in sorted(numbered, key=lambda item: not item[1].inner):
        within = [found for other, found in inner if set(other.boxes) <= set(frame.boxes)]
        begin, low, end, high = _hull(places, frame, within)
        inner.append((frame, (begin, low, end, high)))
        (x, y), (right, bottom) = places.at(begin, low), places.at(end, high)
        role = "block frame" if frame.inner else "stage frame"
        radius = 8.0 if frame.inner else 12.0
        shape = Rectangle(x, y, right - x, bottom - y, role, radius, frame=number)
        if frame.inner:
            # The main path runs through a frame that is on it.
            room = -low - 14 if places.down and low < 0 else right - x - 16
            title = _fitted(frame.title, room)
            words = Words(x + 8, y + 14, title, "muted", SMALL, "start", bold=True, frame=number)
            drawn += [shape, words]
        elif places.down:
            middle = (y + bottom) / 2 + 4
            outer += [shape, Words(x - 10, middle, frame.title, anchor="end", bold=True)]
        else:
            outer += [shape, Words(x, y - 8, frame.title, anchor="start", bold=True)]
    yield from outer
    yield from drawn


def _hull(
    places: Places, frame: Frame, within: Sequence[tuple[float, float, float, float]]
) -> tuple[float, float, float, float]:
    """Begin and end along the main path, lowest and highest across, of a frame."""
    held = set(frame.boxes)
    parts = list(within)
    for box in frame.boxes:
        along, across = places.extent(box)
        at, side = places.along[box], places.across[box]
        begin = at - along / 2
        row = places.paths.row[box]
        if row == min(places.paths.row[b] for b in held):
            begin = places.starts[row] - places.turns[row] - FORK / 2
        parts.append((begin, side - across / 2, at + along / 2, side + across / 2))
    for number, track in places.track.items():
        link = places.figure.links[number]
        if link.target in held and (link.source in held or link.shortcut):
            at = places.along[link.target]
            parts.append((at, track, at, track + places.label(link)[1] + 4))
    begins, lows, ends, highs = zip(*parts, strict=True)
    title = FRAME_TITLE if frame.inner else 0.0
    pad = FRAME / 2 if frame.inner else FRAME
    before, above = (title, 0.0) if places.down else (0.0, title)
    return (
        min(begins) - pad - before, min(lows) - pad - above, max(ends) + pad, max(highs) + pad
    )  # fmt: skip


def _fitted(title: str, room: float) -> str:
    """The end of a title, as much as there is room for."""
    for most in range(len(title), 0, -1):
        found = clipped(title, most)
        if width_of(found, SMALL, bold=True) <= room:
            return found
    return ""
