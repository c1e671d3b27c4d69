"""What an attribution says, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from resnet_inspect.traces.attribution import Attributed, Attribution, Gate, Heat, Layer, Seen
from resnet_inspect.views.words import text
from resnet_inspect.views.words.signals import number

_CLOSE = 0.05
"""The part of a difference by which a sum may miss it before that is said."""


def title(of: Attribution) -> str:
    """The network, and how many images went through it."""
    images = len(of.images)
    rest = "the score of 1 image rests" if images == 1 else f"the scores of {images} images rest"
    return f"{text.visible(of.model_name)}: what {rest} on"


def name(image: Attributed) -> str:
    """The image."""
    return text.visible(image.name)


def scored(image: Attributed, classes: Sequence[str] = ()) -> str:
    """The class that is looked at, its score, and whether the network decides for it."""
    part = "" if image.probability is None else f", {text.share(image.probability)} of the softmax"
    predicted = (
        "the highest"
        if image.target == image.predicted
        else f"{_class(image.predicted, classes)} is highest"
    )
    named = _class(image.target, classes)
    return f"{named}: score {number(image.score)}{part}, {predicted}"


def _class(number: int, names: Sequence[str]) -> str:
    name = text.visible(names[number]) if number < len(names) else ""
    return f"class {number}" + (f" ({name})" if name not in ("", str(number)) else "")


def heat(heat: Heat, layer: Layer | None) -> Iterator[str]:
    """What its numbers are of, and whether they add up."""
    rows, columns = len(heat.values), len(heat.values[0])
    size = text.shape((rows, columns))
    if heat.method == "gradcam" and layer is not None:
        yield f"{size} positions of {text.visible(layer.path)}"
        if not any(map(any, heat.values)):
            yield "nothing there speaks for the class"
    elif heat.method == "shapley":
        yield f"{size} regions"
    elif heat.method == "occlusion":
        yield "by how much the score falls"
    if heat.total is not None and heat.difference is not None:
        yield f"adds up to {number(heat.total)}"
        side = "below" if heat.difference < 0 else "above"
        yield f"the score is {number(abs(heat.difference))} {side} that of the mean image"
        if abs(heat.total - heat.difference) > _CLOSE * abs(heat.difference):
            yield "it does not add up: more --steps"


def seen(seen: Seen, layer: Layer) -> Iterator[str]:
    """What a position sees in theory, and in effect."""
    at = f"position {seen.position[0]},{seen.position[1]} of {text.visible(layer.path)}"
    if seen.box is None:
        yield f"{at}: {text.visible(layer.unknown)}"
    else:
        box = seen.box
        cut = text.shape((box.bottom - box.top, box.right - box.left))
        size = "all" if not layer.field_size else text.sizes([round(n) for n in layer.field_size])
        yield f"{at} sees {size}" + (f", here {cut}" if size not in ("all", cut) else "")
    if seen.within is not None:
        part = "all" if seen.within == 1 else text.share(seen.within)
        yield f"{part} of its gradient lies in there"
    elif not any(map(any, seen.effective)):
        yield "no gradient comes back from it"
    if layer.beyond:
        yield f"through {text.some(map(text.visible, layer.beyond))} it depends on more"


def gate(gate: Gate) -> str:
    """How many weights, and from where to where."""
    values = [value for row in gate.values for value in row]
    sizes = (len(gate.values), len(gate.values[0]))
    what = (
        text.count(prod(sizes), "channel")
        if len(gate.values) == 1 and gate.kind != "positions"
        else f"{text.shape(sizes)} positions"
    )
    mean = " in the mean over positions" if gate.kind == "both" else ""
    return f"{what}{mean}, {number(min(values))} to {number(max(values))}"
