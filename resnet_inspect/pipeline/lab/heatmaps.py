"""Images go through a network, one after the other: heat maps, what a position sees, gates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum
from pathlib import Path
from typing import TYPE_CHECKING

from resnet_inspect.errors import BadInput, InspectError, WorkFailed
from resnet_inspect.escaping import first_line
from resnet_inspect.pipeline.building.networks import Tell
from resnet_inspect.pipeline.lab.images import ImageNetwork, Scale, how_read, taken
from resnet_inspect.pipeline.tracing.forward_errors import as_forward_error
from resnet_inspect.traces.attribution import (
    METHODS,
    Attributed,
    Attribution,
    Box,
    Grid,
    Heat,
    Position,
    Seen,
    Settings,
)
from resnet_inspect.traces.model import Trace

if TYPE_CHECKING:
    from torch import Tensor

    from resnet_inspect.analysis.attribution import Gated, Looked
    from resnet_inspect.analysis.structure.survey import Survey
    from resnet_inspect.lab.attribution import Subject


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What is to be found out."""

    methods: tuple[str, ...]
    target: int | None
    classes: tuple[str, ...]
    layer: str | None
    position: tuple[int, int] | None
    scale: Scale
    settings: Settings
    tell: Tell


def attribution(
    ready: ImageNetwork, paths: Sequence[Path], asked: Inquiry, notes: tuple[str, ...]
) -> Attribution:
    """All images one after the other, through a network that is left as it was found."""
    from resnet_inspect.analysis.attribution import fused, gated
    from resnet_inspect.analysis.structure.survey import Survey
    from resnet_inspect.capture.images import pixels_of
    from resnet_inspect.lab import attribution as lab
    from resnet_inspect.views.words.text import some

    _, channels, height, width = ready.shape
    pixels = [pixels_of(path, channels, height, width) for path in paths]
    found: list[Attributed] = []
    try:
        with as_forward_error(by_name=True):
            survey = Survey(_traced(ready, taken(ready, pixels[0], asked.scale)))
            looked = _looked(survey, asked)
            gates = gated(survey)
            notes += (*ready.notes, how_read(len(paths), (height, width), asked.scale))
            attends = fused(survey)
            if attends:
                notes += (f"no weights of attention come out of the kernel of {some(attends)}",)
            with lab.lent(ready.network, ready.where) as network:
                for path, image in zip(paths, pixels, strict=True):
                    asked.tell(f"looking at {path.name}")
                    one = lab.Subject(network, taken(ready, image, asked.scale), asked.target)
                    found.append(_attributed(path, image, one, asked, looked, gates))
    except InspectError:
        raise
    except Exception as error:
        raise WorkFailed(f"the attribution raised: {first_line(error)}") from error
    layer = None if looked is None else looked.layer
    name = survey.trace.model_name
    return Attribution(name, tuple(found), layer, asked.settings, notes, asked.classes)


def _attributed(
    path: Path,
    image: Tensor,
    one: Subject,
    asked: Inquiry,
    looked: Looked | None,
    gates: Sequence[Gated],
) -> Attributed:
    """What the score of one image, of C×H×W pixels, rests on."""
    from resnet_inspect.capture.images import rgb

    height, width = image.shape[-2:]
    heats, seen = _found(one, asked, looked, (height, width))
    said = one.scored
    return Attributed(
        name=str(path),
        height=height,
        width=width,
        pixels=rgb(image),
        target=said.target,
        score=said.score,
        probability=said.probability,
        predicted=said.predicted,
        heats=heats,
        seen=seen,
        gates=one.gates(gates),
    )


def _traced(ready: ImageNetwork, image: Tensor) -> Trace:
    from resnet_inspect.capture.recording.forward import capture

    return capture(ready.network, (image,), device=ready.where, **ready.facts)


def _looked(survey: Survey, asked: Inquiry) -> Looked | None:
    """The map that is looked at; None where there is none and none is needed."""
    from resnet_inspect.analysis.attribution import layer_named, usual_layer

    if asked.layer is not None:
        looked = layer_named(survey, asked.layer)
    elif "gradcam" in asked.methods or asked.position is not None:
        looked = usual_layer(survey)
    else:
        try:
            looked = usual_layer(survey)
        except BadInput:  # the other methods need none
            return None
    if asked.position is not None:
        sizes = looked.layer.size
        if not all(0 <= at < size for at, size in zip(asked.position, sizes, strict=True)):
            raise BadInput(
                f"{looked.layer.path} has no position {asked.position[0]},{asked.position[1]}",
                hint=f"0,0 to {sizes[0] - 1},{sizes[1] - 1}",
            )
    return looked


def _found(
    one: Subject, asked: Inquiry, looked: Looked | None, image: tuple[int, int]
) -> tuple[tuple[Heat, ...], Seen | None]:
    """What each method attributes, in the order that was asked for, and what a position sees."""
    from resnet_inspect.analysis.attribution import box

    if not one.has_gradients:
        if asked.position is not None or not {"occlusion", "shapley"}.issuperset(asked.methods):
            raise WorkFailed(
                "no gradient comes back through the network", hint="--method occlusion, shapley"
            )
        looked = None
    cam: Grid = () if looked is None else one.gradcam(looked)
    heats = []
    for method in asked.methods:
        asked.tell(METHODS[method])
        if method == "gradcam":
            heats.append(Heat(method, tuple(tuple(max(v, 0.0) for v in row) for row in cam)))
        else:
            heats.append(one.heat(method, asked.settings))
    if looked is None:
        return tuple(heats), None
    position = asked.position or _highest(cam)
    effective = one.effective(looked, position)
    field = box(looked.field, position, image)
    return tuple(heats), Seen(position, field, effective, _within(effective, field))


def _highest(grid: Grid) -> Position:
    places = ((y, x) for y, row in enumerate(grid) for x in range(len(row)))
    return max(places, key=lambda place: grid[place[0]][place[1]])


def _within(effective: Grid, field: Box | None) -> float | None:
    """The part of a grid that lies in a box."""
    whole = fsum(map(fsum, effective))
    if field is None or not whole:
        return None
    rows = effective[field.top : field.bottom]
    return fsum(fsum(row[field.left : field.right]) for row in rows) / whole
