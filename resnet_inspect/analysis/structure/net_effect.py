"""What a stage did to its feature map: by which factors its planes and dimensions changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod

from resnet_inspect.analysis.geometry.receptive_field import Number
from resnet_inspect.analysis.structure.anatomy import Stage
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import (
    Activate,
    Attention,
    Conv,
    Elementwise,
    Join,
    Linear,
    Norm,
    Pool,
    Reshape,
)
from resnet_inspect.traces.tensors import Shape


@dataclass(frozen=True, slots=True)
class Factor:
    """How a number changed, so that equal changes are equal: 64 to 256 and 1 to 4 are (1, 4).

    Only where neither number divides the other are they kept as they are: (64, 96).
    """

    before: Number
    after: Number

    @classmethod
    def of(cls, before: Number, after: Number) -> Factor:
        """The factor between two numbers."""
        if before == after:
            return cls(1, 1)
        if before and after % before == 0:
            return cls(1, after // before)
        if after and before % after == 0:
            return cls(before // after, 1)
        return cls(before, after)


UNCHANGED = Factor(1, 1)


@dataclass(frozen=True, slots=True)
class NetEffect:
    """What happened to a feature map on its way through a part of the network."""

    planes: Factor
    """Of its channels."""
    dimensions: tuple[Factor, ...]
    """Of its height, width, ...; one for all where they are equal; of the number of positions where
    they are not apart, as in tokens."""
    of_positions: bool = False
    """Whether it is of the number of positions."""


@dataclass(frozen=True, slots=True)
class Map:
    """A feature map in whatever order: its channels and its sizes."""

    channels: int
    sizes: tuple[int, ...]
    jump: tuple[Number, ...] = ()
    in_a_row: bool = False
    """Whether the positions of several axes are in one dimension: tokens."""


def net_effect(
    before: Shape, after: Shape, jump: Sequence[Number] = (), jump_before: Sequence[Number] = ()
) -> NetEffect | None:
    """The net effect from one shape to another, channels second; None where one is no map."""
    if len(before) < 3 or len(before) != len(after):
        return None
    return _between(
        Map(before[1], before[2:], tuple(jump_before)), Map(after[1], after[2:], tuple(jump))
    )


def of_stage(survey: Survey, stage: Stage) -> NetEffect | None:
    """The net effect of a stage, from its input to its output."""
    before, after = map_of(survey, stage.input), map_of(survey, stage.output)
    return None if before is None or after is None else _between(before, after)


def _between(before: Map, after: Map) -> NetEffect:
    """The net effect from one map to another.

    The change of the dimensions is that of the strides where these are known and explain the
    sizes, since an odd size does not divide.
    """
    planes = Factor.of(before.channels, after.channels)
    if before.in_a_row or after.in_a_row:
        positions = Factor.of(prod(before.sizes), prod(after.sizes))
        return NetEffect(planes, (positions,), of_positions=True)
    factors = [Factor.of(i, o) for i, o in zip(before.sizes, after.sizes, strict=True)]
    if len(after.jump) == len(before.jump) == len(factors):
        strides = [
            Fraction(new) / Fraction(old) for old, new in zip(before.jump, after.jump, strict=True)
        ]
        sizes = zip(before.sizes, strides, after.sizes, strict=True)
        if all(abs(size / stride - made) < 1 for size, stride, made in sizes):
            factors = [Factor.of(i, o) for i, o in zip(after.jump, before.jump, strict=True)]
    if len(set(factors)) == 1:
        factors = factors[:1]
    return NetEffect(planes, tuple(factors))


def map_of(survey: Survey, activation: int) -> Map | None:
    """A tensor as a map; None where it is not known which of its dimensions are the channels."""
    shape = survey.trace.activations[activation].tensor.shape
    if len(shape) < 3:
        return None
    axes = survey.axes or len(shape) - 2
    field = survey.receptive_fields.get(activation)
    place = None
    if field is not None and len(field.dimensions) == len(shape) - 2:
        place = next((i for i in range(1, len(shape)) if i not in field.dimensions), None)
    place = place or _place_of_channels(survey.trace, activation)
    if len(shape) - 2 > axes or (place is None and len(shape) - 2 != axes):
        return None
    place = place or 1
    sizes = tuple(size for i, size in enumerate(shape) if i not in (0, place))
    jump = field.jump if field is not None else ()
    return Map(shape[place], sizes, jump, in_a_row=len(sizes) < axes)


def _place_of_channels(trace: Trace, activation: int) -> int | None:
    """The dimension of a tensor that is as long as the nearest layer before it gives channels."""
    shape = trace.activations[activation].tensor.shape
    waiting = [trace.producer.get(activation, -1)]
    for _ in range(_FAR):
        step = max(waiting, default=-1)
        if step < 0:
            return None
        waiting = [one for one in waiting if one != step]
        call = trace.calls[step]
        if isinstance(call.op, Attention):
            return len(shape) - 1
        if isinstance(call.op, Conv | Linear | Norm):
            made = (
                call.op.out_channels if isinstance(call.op, Conv)
                else call.op.out_features if isinstance(call.op, Linear)
                else call.op.num_features
            )  # fmt: skip
            places = [i for i in (1, len(shape) - 1) if shape[i] == made]
            return places[0 if isinstance(call.op, Conv) else -1] if places else None
        if isinstance(call.op, Elementwise | Activate | Reshape | Pool | Join):
            waiting += [trace.producer.get(port.activation, -1) for port in call.inputs]
    return None


_FAR = 30
"""How many calls back a layer is looked for."""
