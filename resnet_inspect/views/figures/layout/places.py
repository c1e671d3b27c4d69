"""Where boxes and the tracks of links are: lengths along the main path, and across it."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_inspect.views.figures.figure import Box, Link
from resnet_inspect.views.figures.layout.paths import Paths
from resnet_inspect.views.figures.lettering import SMALL, TEXT, width_of
from resnet_inspect.views.figures.shapes import Point

LINE, SMALL_LINE = 16.0, 14.0
_PAD = 10.0
"""Between a box and its text."""
FORK = 18.0
"""Before a box: room for the lines that leave the main path there."""
_APART = 22.0
"""Between what stands side by side."""
FRAME = 14.0
"""Between a frame and what is in it."""
FRAME_TITLE = 18.0
MARGIN = 24.0


class Places:
    """Where boxes and tracks are: along the main path and across it."""

    def __init__(self, paths: Paths, *, down: bool) -> None:
        self.paths = paths
        self.figure = paths.figure
        self.down = down
        """Whether the main path runs down, and not to the right."""
        self.sizes = [_size(box) for box in self.figure.boxes]
        self.along: dict[int, float] = {}
        """The middle of a box along the main path."""
        self.across: dict[int, float] = {}
        self.track: dict[int, float] = {}
        """Across: where a link runs that is not straight."""
        self.turn: dict[int, float] = {}
        """Along: where such a link leaves for its track."""
        self.starts: list[float] = []
        """Where each row begins."""
        self.turns: list[float] = []
        """How far before a row lines turn off."""
        self.labelled: list[float] = []
        """Where what is written on the main path stands, before each row."""
        self._place()

    def at(self, along: float, across: float) -> Point:
        """A place as a point of the picture."""
        return (across, along) if self.down else (along, across)

    def extent(self, box: int) -> tuple[float, float]:
        """A box's size along the main path and across it."""
        width, height = self.sizes[box]
        return (height, width) if self.down else (width, height)

    def label(self, link: Link) -> tuple[float, float]:
        """The size of what is written on a link, along the main path and across it."""
        width = max((width_of(row, SMALL) for row in link.rows), default=0.0)
        height = SMALL_LINE * len(link.rows)
        return (height, width + 8) if self.down else (width, height + 4)

    def _place(self) -> None:
        paths, links, row_of = self.paths, self.figure.links, self.paths.row
        rows = 1 + max(row_of, default=0)
        thick = [0.0] * rows
        reach = [0.0] * rows
        for box, row in enumerate(row_of):
            thick[row] = max(thick[row], self.extent(box)[0])
        for box in paths.main:
            row = row_of[box]
            reach[row] = max(reach[row], self.extent(box)[1] / 2)
            self.across[box] = 0.0
        self.starts, self.turns, self.labelled = self._gaps(thick)
        starts = self.starts
        for box, row in enumerate(row_of):
            self.along[box] = starts[row] + thick[row] / 2
        for number in paths.straight:
            link = links[number]
            if self.across.get(link.source) == 0.0:
                row = row_of[link.target]
                reach[row] = max(reach[row], 4 + self.label(link)[1])
        for path in paths.beside:
            inner = max(reach[path.first : path.last + 1], default=0.0) + _APART
            labels = max((self.label(links[n])[1] for n in path.links), default=0.0)
            half = max((self.extent(box)[1] / 2 for box in path.boxes), default=4.0)
            middle = inner + half
            outer = middle + max(half, labels + 4)
            for box in path.boxes:
                self.across[box] = middle
            for number in path.links:
                self.track[number] = middle
            for row in range(path.first, path.last + 1):
                reach[row] = max(reach[row], outer)
        for number, link in enumerate(links):
            if number in self.track:
                row = min(row_of[link.source] + 1, rows - 1)
                self.turn[number] = starts[row] - self.turns[row]

    def _gaps(self, thick: Sequence[float]) -> tuple[list[float], list[float], list[float]]:
        """Where each row begins; how far before it lines turn off; where the main one's text is."""
        rows = len(thick)
        main_label, side_label = [0.0] * rows, [0.0] * rows
        for number, link in enumerate(self.figure.links):
            row = self.paths.row[link.target]
            size = self.label(link)[0]
            if number in self.paths.straight:
                main_label[row] = max(main_label[row], size + 6)
        for path in self.paths.beside:
            if path.boxes and path.links:
                first = self.figure.links[path.links[0]]
                row = self.paths.row[path.boxes[0]]
                if first.target == path.boxes[0]:
                    side_label[row] = max(side_label[row], self.label(first)[0])
        opened, closed = [0.0] * (rows + 1), [0.0] * (rows + 1)
        for frame in self.figure.frames:
            held = [self.paths.row[box] for box in frame.boxes]
            title = FRAME_TITLE if frame.inner and self.down else 0.0
            pad = FRAME / 2 if frame.inner else FRAME
            opened[min(held)] += pad + title
            closed[max(held) + 1] += pad
        starts, turns, labelled = [], [], []
        at = 0.0
        for row in range(rows):
            at += closed[row]
            # Beside the main line other lines begin; above it the whole gap is free.
            turning = FORK + side_label[row]
            free = main_label[row] + (0.0 if self.down or opened[row] else turning)
            labelled.append(at + free / 2)
            at += main_label[row] + opened[row] + turning
            turns.append(FORK / 2 + side_label[row])
            starts.append(at)
            at += thick[row]
        return starts, turns, labelled


def text_height(box: Box) -> float:
    """How high the text of a box is."""
    return LINE * len(box.rows) + (SMALL_LINE if box.title else 0.0)


def _size(box: Box) -> tuple[float, float]:
    """Width and height of a box with its text; what is only a sign is a circle."""
    rows = max(width_of(row, TEXT) for row in box.rows)
    title = width_of(box.title, SMALL)
    if box.role == "add":
        return max(26.0, rows + 16), 26.0
    if box.role == "end":
        return rows + 2 * _PAD + 4, 24.0
    return max(120.0, rows + 2 * _PAD, title + 2 * _PAD), text_height(box) + 12
