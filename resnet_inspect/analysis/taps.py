"""Taps: the feature maps that a U-Net, an FPN or a detector would take from a network.

For every stride, the last map of that stride that all of the data flows through. A map inside a
branch is none: what comes out of the block is more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod

from resnet_inspect.analysis.geometry.receptive_field import Number, ReceptiveField
from resnet_inspect.analysis.structure import anatomy
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.tensors import Shape

UNET_CHANNELS = (256, 128, 64, 32, 16)
"""Output channels of a U-Net decoder's steps unless others are asked for; the deepest first."""


@dataclass(frozen=True, slots=True)
class Tap:
    """A feature map worth taking."""

    path: str
    """The outermost module whose output it is; the call's path where a function makes it."""
    call: int
    """Index of that call."""
    activation: int
    shape: Shape
    """Batch, channels, then sizes."""
    field: ReceptiveField

    @property
    def stride(self) -> tuple[Number, ...]:
        """Input pixels per element, for each spatial dimension."""
        return self.field.jump

    @property
    def channels(self) -> int:
        """Planes of the map."""
        return self.shape[1]


@dataclass(frozen=True, slots=True)
class Misfit:
    """A spatial dimension of the input that the deepest tap's stride does not divide."""

    dimension: int
    """Counted from 0: height, width."""
    size: int
    """The input's size there."""
    sizes: tuple[int, ...]
    """What the taps have there, the shallowest first."""
    nearest: tuple[int, ...]
    """The nearest sizes that divide, below (if there is one) and above."""
    misses: tuple[tuple[int, int], ...]
    """Where upsampling by the strides' ratio misses: (what it gives, what the next tap has)."""


@dataclass(frozen=True, slots=True)
class DecoderStep:
    """One step up of a U-Net's decoder: upsample, concatenate the skip, two convolutions."""

    upsampled: int
    """Channels that come from below."""
    skip: int
    """Channels of the tap that is concatenated; 0 where there is none at that stride."""
    out: int
    """Channels that the convolutions give."""
    factor: tuple[Number, ...]
    """Upsampling factor for each spatial dimension."""

    @property
    def inputs(self) -> int:
        """Input channels of the first convolution."""
        return self.upsampled + self.skip


def find(survey: Survey) -> tuple[Tap, ...]:
    """The taps of a network, the shallowest first; () where no feature map is left at the end."""
    trace = survey.trace
    end = survey.last_feature_map
    if end is None:
        return ()
    last_of: dict[tuple[Number, ...], int] = {}
    for activation in anatomy.trunk(trace, survey.anatomy, end):
        field = survey.receptive_fields.get(activation)
        shape = trace.activations[activation].tensor.shape
        if field is None or field.whole or not field.is_map or len(shape) != len(field.jump) + 2:
            continue
        last_of[field.jump] = activation
    found = sorted(last_of.items(), key=lambda item: prod(item[0]))
    return tuple(_tap(survey, activation) for jump, activation in found if prod(jump) > 1)


def _tap(survey: Survey, activation: int) -> Tap:
    trace = survey.trace
    call = next(
        call
        for call in trace.calls[1:]
        if any(port.activation == activation for port in call.outputs)
    )
    shape = trace.activations[activation].tensor.shape
    return Tap(call.path, call.index, activation, shape, survey.receptive_fields[activation])


def misfits(survey: Survey, taps: Sequence[Tap]) -> tuple[Misfit, ...]:
    """The dimensions of the input whose size the taps' strides do not divide."""
    if not taps or not survey.trace.inputs:
        return ()
    image = survey.trace.spec(survey.trace.inputs[0]).shape[2:]
    found = []
    for dimension, size in enumerate(image[: len(taps[-1].stride)]):
        strides = [Fraction(tap.stride[dimension]) for tap in taps]
        sizes = (size, *(tap.shape[dimension + 2] for tap in taps))
        misses = []
        for deeper in range(1, len(sizes)):
            before = strides[deeper - 2] if deeper > 1 else Fraction(1)
            upsampled = int(sizes[deeper] * strides[deeper - 1] / before)
            if upsampled != sizes[deeper - 1]:
                misses.append((upsampled, sizes[deeper - 1]))
        if not misses:
            continue
        deepest = strides[-1]
        below, above = (int(size // deepest * deepest), int(-(-size // deepest) * deepest))
        nearest = tuple(n for n in dict.fromkeys((below, above)) if n > 0 and n != size)
        found.append(Misfit(dimension, size, sizes[1:], nearest, tuple(misses)))
    return tuple(found)


def unet(taps: Sequence[Tap], channels: Sequence[int] = UNET_CHANNELS) -> tuple[DecoderStep, ...]:
    """The decoder of a U-Net over these taps: from the deepest map back to the input's size.

    The last step has no skip: no tap has the input's own stride.
    """
    steps: list[DecoderStep] = []
    below = taps[-1].channels if taps else 0
    for place in range(len(taps) - 1, -1, -1):
        skip = taps[place - 1] if place else None
        above = skip.stride if skip else (1,) * len(taps[place].stride)
        factor = tuple(
            _whole(Fraction(b) / a) for b, a in zip(taps[place].stride, above, strict=True)
        )
        number = len(steps)
        out = channels[number] if number < len(channels) else channels[-1]
        steps.append(DecoderStep(below, skip.channels if skip else 0, out, factor))
        below = out
    return tuple(steps)


def _whole(number: Fraction) -> Number:
    return int(number) if number.denominator == 1 else number
