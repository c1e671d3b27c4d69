"""What is shown of an attribution: for each image panels beside each other, and rows of gates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from resnet_inspect.traces.attribution import (
    METHODS,
    Attributed,
    Attribution,
    Box,
    Grid,
    Layer,
    Position,
)
from resnet_inspect.views.words import attribution as words
from resnet_inspect.views.words import text

_MANY = 1000
"""Of so many numbers the largest are outliers."""
_OUTLIERS = 0.005


Point = tuple[float, float]
"""Down and across, as parts of the image."""


@dataclass(frozen=True, slots=True)
class Lattice:
    """Where the positions of a map lie."""

    first: Point
    step: Point

    def at(self, position: Position) -> Point:
        """Where one of them lies."""
        (y, x), (down, across) = self.first, self.step
        return y + position[0] * down, x + position[1] * across


@dataclass(frozen=True, slots=True)
class Panel:
    """An image with what is laid over it."""

    key: str
    title: str
    captions: tuple[str, ...]
    heat: Grid = ()
    """From -1 to 1, in a grid over the whole image; () for the image alone."""
    lattice: Lattice | None = None
    """Where its numbers lie, if they are of a map whose positions overlap; None for squares."""
    box: Box | None = None
    """What a position sees."""
    position: Point | None = None
    """Where the position is."""


@dataclass(frozen=True, slots=True)
class Strip:
    """A row of weights, from 0 to 1 of the largest."""

    title: str
    caption: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is shown of one image."""

    image: Attributed
    title: str
    caption: str
    panels: tuple[Panel, ...]
    strips: tuple[Strip, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of all images."""

    title: str
    sheets: tuple[Sheet, ...]
    notes: tuple[str, ...]


def shown(of: Attribution) -> Shown:
    """All of an attribution, as it is laid out by every format."""
    sheets = tuple(_sheet(of, image) for image in of.images)
    return Shown(words.title(of), sheets, tuple(map(text.visible, of.notes)))


def _sheet(of: Attribution, image: Attributed) -> Sheet:
    strips = tuple(
        Strip(text.visible(gate.path), words.gate(gate), _parts(gate.values[0]))
        for gate in image.gates
        if gate.kind != "positions"
    )
    caption = words.scored(image, of.classes)
    return Sheet(image, words.name(image), caption, tuple(_panels(of, image)), strips)


def _panels(of: Attribution, image: Attributed) -> Iterator[Panel]:
    yield Panel("image", "image", (text.shape((image.height, image.width)),))
    layer = of.layer
    lattice = None if layer is None else _lattice(layer, image)
    for heat in image.heats:
        captions = tuple(words.heat(heat, layer))
        under = lattice if heat.method == "gradcam" else None
        values = scaled(heat.values)
        if heat.method == "shapley":
            values = _by_pixel(values, image)
        yield Panel(heat.method, METHODS[heat.method], captions, values, under)
    if image.seen is not None and layer is not None and lattice is not None:
        yield Panel(
            "field", "receptive field", tuple(words.seen(image.seen, layer)),
            scaled(image.seen.effective), box=image.seen.box,
            position=lattice.at(image.seen.position),
        )  # fmt: skip
    for number, gate in enumerate(image.gates):
        if gate.kind == "positions":
            title = f"gate {text.visible(gate.path)}"
            under = _even(len(gate.values), len(gate.values[0]))
            yield Panel(f"gate-{number}", title, (words.gate(gate),), scaled(gate.values), under)


def _by_pixel(regions: Grid, image: Attributed) -> Grid:
    """What each pixel's region has."""
    rows = [tuple(row[x * len(row) // image.width] for x in range(image.width)) for row in regions]
    return tuple(rows[y * len(rows) // image.height] for y in range(image.height))


def _lattice(layer: Layer, image: Attributed) -> Lattice:
    """Each position in the middle of what it sees, where that is known."""
    if not layer.centre:
        return _even(*layer.size)
    (y, x), (down, across) = layer.centre, layer.jump
    height, width = image.height, image.width
    return Lattice((y / height, x / width), (down / height, across / width))


def _even(rows: int, columns: int) -> Lattice:
    """Positions that share the image among them."""
    return Lattice((0.5 / rows, 0.5 / columns), (1 / rows, 1 / columns))


def scaled(values: Grid) -> Grid:
    """Numbers as parts of the largest magnitude, from -1 to 1; of many, but for outliers."""
    sizes = sorted(abs(value) for row in values for value in row)
    last = len(sizes) - 1
    largest = sizes[last - round(last * _OUTLIERS) if len(sizes) > _MANY else last] or sizes[last]
    if not largest:
        return values
    return tuple(tuple(max(-1.0, min(1.0, value / largest)) for value in row) for row in values)


def _parts(values: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(max(value, 0.0) for value in scaled((values,))[0])
