"""What there is to look at in a network: the map of Grad-CAM, what a position sees, the gates."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod

from resnet_inspect.analysis.geometry.receptive_field import ReceptiveField
from resnet_inspect.analysis.structure.residual import gates
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.analysis.taps import maps, places, pyramid
from resnet_inspect.analysis.taps.places import Place
from resnet_inspect.errors import BadInput, UnknownName
from resnet_inspect.traces.attribution import METHODS, Box, Layer, Position
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Activate, Attention, MatMul
from resnet_inspect.traces.tensors import Shape


@dataclass(frozen=True, slots=True)
class Looked:
    """A feature map, and where it is to be had."""

    layer: Layer
    place: Place
    channels_at: int
    """The dimension that holds the channels."""
    field: ReceptiveField | None


@dataclass(frozen=True, slots=True)
class Gated:
    """A tensor that scales a map, or pools it."""

    call: int
    """The step that makes it."""
    output: int
    """Which of that step's outputs it is."""
    path: str
    """The step that uses it."""
    kind: str
    """What differs in it: "channels", "positions" or "both"; or "attention" over positions."""
    channels_at: int = 0
    """Which dimension holds the channels: 1, with all up to the last two, or the last; of attention
    the one that is weighed."""
    rank: int = 0
    """How many dimensions there are, of a gate those of the product."""
    size: Position = (0, 0)
    """Of attention: the map whose positions it weighs."""


def layer_named(survey: Survey, name: str) -> Looked:
    """The map that a layer gives; "layer1.0.relu #2" is its second call, else it is the last.

    Raises `UnknownName` for a layer that is not called, `BadInput` for one that gives no map.
    """
    trace = survey.trace
    path, _, nth = name.partition(" #")
    calls = trace.calls_at.get(path, ())
    if not path or not calls or (nth and not (nth.isdecimal() and 0 < int(nth) <= len(calls))):
        raise UnknownName("layer", name, trace.calls_at, see="`taps` names those of each stride")
    call = trace.calls[calls[int(nth or len(calls)) - 1]]
    known = maps.find(survey)
    for port in call.outputs:
        one = known.at.get(port.activation) if known is not None else None
        if one is not None and len(one.size) == 2:
            return _looked(survey, one, places.place_of(trace, port.activation), path)
    given = " and ".join("×".join(map(str, trace.spec(port).shape)) for port in call.outputs)
    raise BadInput(f"{name} gives {given or 'nothing'}, which is no feature map")


def usual_layer(survey: Survey) -> Looked:
    """The layer that `taps` names for Grad-CAM.

    Raises `BadInput` where no feature map is left at the end, or no hook could see it.
    """
    taps = pyramid.find(survey)
    if taps.last is None or taps.tokens or len(taps.last.size) != 2:
        others = ", ".join(name for name in METHODS if name != "gradcam")
        raise BadInput(
            "no feature map is left at the end of this network",
            hint=f"--layer, or --method {others}",
        )
    activation = taps.last.activation
    given = places.layer_before(survey.trace, activation)
    place = given or places.place_of(survey.trace, activation)
    return _looked(survey, taps.last.map, place, taps.last_layer or taps.last.path)


def _looked(survey: Survey, one: maps.Map, place: Place | None, path: str) -> Looked:
    if place is None:
        raise BadInput(
            f"the map of {path} is made and taken by functions alone, where no hook sees it",
            hint="--layer",
        )
    field = survey.fields.found.get(one.activation)
    height, width = one.size
    layer = Layer(path, (height, width), one.shape[one.channels_at])
    if field is None:
        lost = survey.fields.lost.get(one.activation)
        unknown = f"behind {lost.path} it is not known" if lost else "it is not known"
        return Looked(replace(layer, unknown=unknown), place, one.channels_at, None)
    if not field.whole and not _moves_evenly(field):
        layer = replace(layer, unknown="what it sees does not move evenly")
    elif not field.whole:
        middles = (start + size / 2 for start, size in zip(field.start, field.size, strict=True))
        size, jump = tuple(map(float, field.size)), tuple(map(float, field.jump))
        layer = replace(layer, field_size=size, centre=tuple(map(float, middles)), jump=jump)
    beyond = tuple(filter(None, (field.statistics, field.gate, field.seam)))
    return Looked(replace(layer, beyond=beyond), place, one.channels_at, field)


def _moves_evenly(field: ReceptiveField) -> bool:
    return bool(field.start) and all(isinstance(step, int) for step in field.jump)


def box(field: ReceptiveField | None, position: Position, image: Position) -> Box | None:
    """What a position sees of an image, cut at its border; None where that is not known."""
    if field is None:
        return None
    if field.whole:
        return Box(0, 0, *image)
    if not _moves_evenly(field):
        return None
    ends = []
    for at, start, jump, size, pixels in zip(
        position, field.start, field.jump, field.size, image, strict=True
    ):
        first = int(start + at * jump)
        ends.append((min(max(first, 0), pixels), min(max(first + int(size), 0), pixels)))
    (top, bottom), (left, right) = ends
    return Box(top, left, bottom, right)


def gated(survey: Survey) -> tuple[Gated, ...]:
    """What scales maps and is computed from them by layers, and what attention pools them with."""
    known = maps.find(survey)
    return () if known is None else (*_products(survey.trace, known), *_pools(survey.trace, known))


def _products(trace: Trace, known: maps.Maps) -> Iterator[Gated]:
    repeated = gates.repeated(trace)
    for step in trace.steps:
        call = trace.calls[step]
        if not call.outputs:
            continue
        made = call.outputs[0].activation
        shape = trace.activations[made].tensor.shape
        if len(shape) < 4:
            continue
        one = known.at.get(made)
        channels_at = 1 if one is None else one.channels_at
        for activation in sorted(gates.smaller(trace, step, repeated)):
            maker = trace.producer.get(activation)
            if maker is None or not gates.has_layers(trace, {activation}):
                continue
            own = trace.activations[activation].tensor.shape
            kind = _kind(own, shape, channels_at, repeated.get(activation))
            output = [port.activation for port in trace.calls[maker].outputs].index(activation)
            yield Gated(maker, output, call.path, kind, channels_at, len(shape))


def _kind(own: Shape, shape: Shape, channels_at: int, elements: int | None) -> str:
    """What differs in a gate: its channels, its positions, or both."""
    sizes = (1,) * (len(shape) - len(own)) + own
    positions = prod(sizes[-2:] if channels_at == 1 else sizes[1:-1])
    channels = prod(sizes[1:]) // positions
    if elements is not None:  # it was made as large as the map
        return "channels" if elements == channels else "positions" if channels > 1 else "both"
    return "channels" if positions == 1 else "positions" if channels == 1 else "both"


def _pools(trace: Trace, known: maps.Maps) -> Iterator[Gated]:
    """Softmaxes over the positions of the last map before them."""
    before = sorted(number for number, one in known.at.items() if len(one.size) == 2)
    for step in trace.steps:
        call = trace.calls[step]
        op = call.op
        if not (isinstance(op, Activate) and op.name == "softmax" and call.outputs):
            continue
        made = call.outputs[0].activation
        earlier = before[: bisect_left(before, made)]
        if not earlier or op.dims is None or len(op.dims) != 1:
            continue
        height, width = known.at[earlier[-1]].size
        shape = trace.activations[made].tensor.shape
        (along,) = op.dims
        if shape[along] > 1 and shape[along] in (height * width, height * width + 1):
            place, rank = along % len(shape), len(shape)
            yield Gated(step, 0, call.path, "attention", place, rank, (height, width))


def fused(survey: Survey) -> tuple[str, ...]:
    """Paths of the steps whose attention gives no weights, since one kernel does it all."""
    calls = (survey.trace.calls[step] for step in survey.trace.steps)
    return tuple(
        call.path
        for call in calls
        if isinstance(call.op, Attention)
        or (isinstance(call.op, MatMul) and call.op.name == "scaled_dot_product_attention")
    )
