"""Attributions: which parts of an image a score of a network rests on, as a value.

Positions are counted from the upper left corner, rows first. Pixels are those of the image as the
network takes it, scaled and cropped.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Grid = tuple[tuple[float, ...], ...]
"""Numbers in rows, from the top; all rows have one length."""
Position = tuple[int, int]
"""Row and column."""

METHODS = {
    "gradcam": "Grad-CAM",
    "integrated_gradients": "integrated gradients",
    "occlusion": "occlusion",
    "shapley": "Shapley values of regions",
}
"""What each method is called, by the word that asks for it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How finely the methods look."""

    steps: int = 50
    """Steps of integrated gradients from the mean image to this one."""
    window: int | None = None
    """Side of the square that is occluded, in pixels; None for an eighth of the image."""
    regions: int = 5
    """Rows and columns of regions that Shapley values are of."""
    samples: int = 10
    """Orders in which the regions are uncovered."""
    seed: int = 0
    """Of these orders."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of pixels."""

    top: int
    left: int
    bottom: int
    """The row behind the last."""
    right: int
    """The column behind the last."""


@dataclass(frozen=True, slots=True)
class Layer:
    """The map that Grad-CAM and the receptive field are of."""

    path: str
    size: Position
    """Rows and columns of positions."""
    channels: int
    field_size: tuple[float, ...] = ()
    """What a position sees, in pixels, not cut at the border; () where that is not known, or all
    of the image."""
    centre: tuple[float, ...] = ()
    """The middle of what position 0,0 sees, in pixels from the image's corner; () likewise."""
    jump: tuple[float, ...] = ()
    """Pixels from one position to the next; () likewise."""
    unknown: str = ""
    """Why the field is not known exactly; "" where it is."""
    beyond: tuple[str, ...] = ()
    """Calls through which a position depends on more than its field."""


@dataclass(frozen=True, slots=True)
class Heat:
    """What a method attributes."""

    method: str
    """A key of `METHODS`."""
    values: Grid
    """Of the layer's positions (Grad-CAM, none below 0), of pixels (integrated gradients summed
    over channels, occlusion: by how much the score falls), or of regions (Shapley values)."""
    total: float | None = None
    """The sum over all that was attributed; None for a method whose sum says nothing."""
    difference: float | None = None
    """By how much the score of the image is above that of the mean image: what `total` must be."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one position of the layer sees."""

    position: Position
    box: Box | None
    """Its receptive field, cut at the border; None where that is not known."""
    effective: Grid
    """For each pixel the magnitude of the gradient of the sum of the position's channels, summed
    over the image's channels."""
    within: float | None
    """The part of `effective` that lies in the box; None without a box, or where all is 0."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Weights that the network computed from the image, to scale a map with or to pool it by."""

    path: str
    """The call that uses them."""
    kind: str
    """"channels", "positions", or "both": then the values are means over the positions."""
    values: Grid
    """A row of channels, or the positions."""


@dataclass(frozen=True, slots=True)
class Attributed:
    """What a score of one image rests on."""

    name: str
    height: int
    width: int
    pixels: bytes = field(repr=False)
    """Red, green and blue of each pixel, row by row."""
    target: int
    """The class whose score it is."""
    score: float
    """What the network gives for that class, before any softmax of ours."""
    probability: float | None
    """The softmax of the scores there; None where there is one score alone."""
    predicted: int
    """The class with the highest score."""
    heats: tuple[Heat, ...]
    seen: Seen | None
    """None where the network has no map."""
    gates: tuple[Gate, ...]


@dataclass(frozen=True, slots=True)
class Attribution:
    """What the scores of several images rest on."""

    model_name: str
    images: tuple[Attributed, ...]
    layer: Layer | None
    """None where the network has no map."""
    settings: Settings
    notes: tuple[str, ...]
    """How images were read, and what else was done or assumed."""
    classes: tuple[str, ...] = ()
    """Their names, where a run says them."""
