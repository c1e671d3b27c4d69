"""Which tensors of a network are feature maps, and at which stride.

The stride is the jump of the receptive field. Where the network makes a tensor of its own before
its first layer (a detector's batch of images), it is counted from that; of what is no longer a
sample of that batch (a map for each query or box) there are no maps. Where the field is lost (a
deformable convolution), it is told by the sizes, and the map says behind which call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import prod

from resnet_inspect.analysis.geometry import receptive_field
from resnet_inspect.analysis.geometry.receptive_field import Fields, Number, ReceptiveField
from resnet_inspect.analysis.geometry.windows import plain
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Conv, Pool, Unknown, window_of
from resnet_inspect.traces.tensors import Port, Shape


@dataclass(frozen=True, slots=True)
class Map:
    """A tensor whose elements stand in the order of the image's."""

    activation: int
    shape: Shape
    stride: tuple[Number, ...]
    """Pixels per element, for each spatial dimension."""
    places: tuple[int, ...]
    """Its dimensions that hold the positions."""
    field: ReceptiveField | None
    """None where it is not known."""
    lost: str = ""
    """The call behind which positions are not known; then the stride is told by the sizes."""

    @property
    def size(self) -> Shape:
        """Positions along each spatial dimension."""
        return tuple(self.shape[place] for place in self.places)

    @property
    def channels_at(self) -> int:
        """The dimension that holds the channels: 1, or the last where they stand behind."""
        last = len(self.shape) - 1
        return last if self.places[-1] != last else self.places[0] - 1

    @property
    def planes(self) -> int:
        """How many channels it has."""
        return self.shape[self.channels_at]

    @property
    def level(self) -> Fraction:
        """Pixels per element in all dimensions together: what maps are ordered by."""
        return prod((Fraction(step) for step in self.stride), start=Fraction(1))


@dataclass(frozen=True, slots=True)
class Maps:
    """Every map of a network, by activation."""

    origin: int
    """The tensor that strides are counted from: the image."""
    image: Shape
    """Its spatial sizes."""
    at: Mapping[int, Map]
    given: bool
    """Whether the image is an input of the network, and not made by it."""
    unplaced: tuple[int, ...] = ()
    """What layers give of a map's form behind the loss of the field, at a stride not told."""

    def together(self, ports: Sequence[Port], least: int) -> dict[int, Map]:
        """The maps among these tensors, if each has a level of its own; {} for fewer than least."""
        found = {p.activation: self.at[p.activation] for p in ports if p.activation in self.at}
        levels = {one.level for one in found.values()}
        return found if len(levels) == len(found) >= least else {}


def find(survey: Survey) -> Maps | None:
    """The maps of a network; None where no layer slides over an image."""
    trace, fields = survey.trace, survey.fields
    taken = _taken_first(trace)
    if taken is None:
        return None
    inside = fields.lost.get(taken)
    given = taken in fields.found or (inside is not None and not inside.from_outside)
    if given:
        images = (p.activation for p in trace.inputs if _is_image(fields, p.activation))
        origin = next(images, taken)
    else:
        origin = taken
        fields = receptive_field.find(replace(trace, inputs=(Port("", origin),)))
    if not _is_image(fields, origin):
        return None
    shape = trace.activations[origin].tensor.shape
    image = tuple(shape[place] for place in fields.found[origin].dimensions)
    batch = trace.activations[taken].tensor.shape[0]
    found: dict[int, Map] = {}
    for activation, made in enumerate(trace.activations):
        as_map = _map(activation, made.tensor.shape, image, fields)
        if as_map is not None and (as_map.channels_at == 0 or made.tensor.shape[0] <= batch):
            found[activation] = as_map
    calls = (trace.calls[step] for step in trace.steps)
    layers = (call for call in calls if isinstance(call.op, Conv | Pool | Unknown))
    unplaced = [
        port.activation
        for call in layers
        for port in call.outputs
        if port.activation in fields.lost.keys() - found.keys()
        and _is_like_a_map(trace.spec(port).shape, batch, len(image))
    ]
    return Maps(origin, image, found, given, tuple(unplaced))


def _is_like_a_map(shape: Shape, batch: int, dimensions: int) -> bool:
    return len(shape) == dimensions + 2 and shape[0] <= batch and prod(shape[2:]) > 1


def _taken_first(trace: Trace) -> int | None:
    """What the first layer with a window takes."""
    calls = (trace.calls[step] for step in trace.steps)
    return next((c.inputs[0].activation for c in calls if c.inputs and window_of(c.op)), None)


def _is_image(fields: Fields, activation: int) -> bool:
    return activation in fields.found and bool(fields.found[activation].dimensions)


def _map(activation: int, shape: Shape, image: Shape, fields: Fields) -> Map | None:
    field = fields.found.get(activation)
    count = len(image)
    if field is not None:
        places = field.dimensions
        orders = (tuple(range(2, count + 2)), tuple(range(1, count + 1)))
        if len(field.jump) != count or places not in orders or len(shape) - count not in (1, 2):
            return None
        return Map(activation, shape, field.jump, places, field)
    lost = fields.lost.get(activation)
    if lost is None or len(shape) != count + 2:
        return None
    both = [tuple(range(first, first + count)) for first in (2, 1)]
    told = [(places, _by_size(image, tuple(shape[p] for p in places))) for places in both]
    alike = [(places, strides) for places, strides in told if strides and len(set(strides)) == 1]
    for places, strides in alike or told[:1]:
        if strides is not None:
            return Map(activation, shape, strides, places, None, lost.path)
    return None


def _by_size(image: Shape, size: Shape) -> tuple[Number, ...] | None:
    """The strides that make a map of this size of the image; None where a dimension has none."""
    found: list[Number] = []
    for whole, part in zip(image, size, strict=True):
        stride = _ratio(whole, part)
        if stride is None:
            return None
        found.append(stride)
    return tuple(found) if prod(size) > 1 else None


def _ratio(whole: int, part: int) -> Number | None:
    """The stride between two sizes: a power of two up to rounding, or another that is exact."""
    if part < 1 or not whole:
        return None
    if part > whole:
        return plain(Fraction(whole, part)) if part % whole == 0 else None
    powers = (2**n for n in range(whole.bit_length()))
    exact = [whole // part] if whole % part == 0 else []
    return next((k for k in (*powers, *exact) if part in (whole // k, -(-whole // k))), None)
