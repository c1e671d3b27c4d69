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
    Position,
)
from resnet_inspect.views.words import attribution as words
from resnet_inspect.views.words import text

_MANY = 1000
"""Of so many numbers the largest are outliers."""
_OUTLIERS = 0.005


@dataclass(frozen=True, slots=True)
class Panel:
    """An image with what is laid over it."""

    key: str
    title: str
    captions: tuple[str, ...]
    heat: Grid = ()
    """From -1 to 1, in a grid over the whole image; () for the image alone."""
    smooth: bool = False
    """Whether the numbers are of a map whose positions overlap in the image."""
    box: Box | None = None
    """What a position sees."""
    position: Position | None = None
    """The position itself, of so many as `positions` says."""
    positions: Position = (1, 1)


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
    caption = words.scored(image)
    return Sheet(image, words.name(image), caption, tuple(_panels(of, image)), strips)


def _panels(of: Attribution, image: Attributed) -> Iterator[Panel]:
    yield Panel("image", "image", (text.shape((image.height, image.width)),))
    layer = of.layer
    for heat in image.heats:
        captions = tuple(words.heat(heat, layer))
        is_map = heat.method == "gradcam"
        yield Panel(heat.method, METHODS[heat.method], captions, scaled(heat.values), is_map)
    if image.seen is not None and layer is not None:
        yield Panel(
            "field", "receptive field", tuple(words.seen(image.seen, layer)),
            scaled(image.seen.effective), box=image.seen.box, position=image.seen.position,
            positions=layer.size,
        )  # fmt: skip
    for number, gate in enumerate(image.gates):
        if gate.kind == "positions":
            title = f"gate {text.visible(gate.path)}"
            yield Panel(f"gate-{number}", title, (words.gate(gate),), scaled(gate.values), True)


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
