"""What was taken for what at the end of a run, by heat."""

from __future__ import annotations

from math import ceil

from resnet_inspect.errors import UsageError
from resnet_inspect.traces.run import Confusion
from resnet_inspect.views.figures.dimensions import MARGIN
from resnet_inspect.views.figures.lettering import SMALL, clipped, width_of
from resnet_inspect.views.figures.shapes import DEGREES, Picture, Rectangle, Shape, Words
from resnet_inspect.views.words import text

_MOST_CLASSES = 40


def picture(found: Confusion, classes: tuple[str, ...]) -> Picture:
    """For each true class what it was taken for, as parts of it by heat and as numbers.

    Raises `UsageError` for more classes than can be read.
    """
    if len(classes) > _MOST_CLASSES:
        raise UsageError(f"{len(classes)} classes cannot be read in a picture (at most 40)")
    names = [clipped(text.visible(name), 16) for name in classes]
    beside = max(width_of(name) for name in names) + 8
    cell = 30.0 if len(names) <= 20 else 18.0
    left, top = MARGIN + 20 + beside, MARGIN + 44
    side = cell * len(names)
    shapes: list[Shape] = [
        Words(left + side / 2, MARGIN + 12, "taken for", "muted"),
        Words(left - 8, top - 8, "true", "muted", SMALL, "end"),
    ]
    for true, row in enumerate(found.counts):
        y, whole = top + true * cell, sum(row)
        shapes.append(Words(left - 8, y + cell / 2 + 4, names[true], anchor="end"))
        head = clipped(names[true], 4)
        shapes.append(Words(left + (true + 0.5) * cell, top - 8, head, "muted", SMALL))
        for taken, count in enumerate(row):
            degree = ceil(count / whole * (DEGREES - 1)) if whole else 0
            tip = f"{names[true]} taken for {names[taken]}: {count} of {whole}"
            x = left + taken * cell
            shapes.append(Rectangle(x, y, cell - 1, cell - 1, f"heat {degree}", tip=tip))
            if count and true != taken and cell > 20:
                place = (x + cell / 2, y + cell / 2 + 4)
                shapes.append(Words(*place, str(count), f"on heat {degree}", SMALL))
    width = max(left + side + MARGIN, 240)
    return Picture(
        "confusion matrix", f"after epoch {found.epoch}, of what is held out", width,
        top + side + MARGIN, tuple(shapes),
    )  # fmt: skip
