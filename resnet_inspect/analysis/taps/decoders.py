"""What decoders over the taps take in and give: a U-Net's, an FPN's; and sizes that do not fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from resnet_inspect.analysis.geometry.receptive_field import Number
from resnet_inspect.analysis.geometry.windows import plain
from resnet_inspect.analysis.taps.tap import Tap, Taps

UNET_CHANNELS = (256, 128, 64, 32, 16)
"""Output channels of a U-Net decoder's steps unless others are asked for; the deepest first."""

FPN_CHANNELS = 256
"""Channels of each of an FPN's maps unless others are asked for: Lin et al. 2017, section 3."""

FPN_STRIDE = 4
"""The smallest stride that an FPN takes: it leaves conv1 out for its size, as the paper does."""


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
class UNetStep:
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


@dataclass(frozen=True, slots=True)
class FPNLevel:
    """One level of an FPN: a 1×1 convolution, the level below upsampled and added, a 3×3."""

    tap: Tap
    out: int
    """Channels that both convolutions give."""
    factor: tuple[Number, ...] | None
    """Upsampling factor of the level below; None for the deepest."""

    def weights(self) -> tuple[int, int]:
        """Parameters of the 1×1 and of the 3×3 convolution, each with its bias."""
        window = 3 ** len(self.tap.size)
        return self.tap.channels * self.out + self.out, self.out * self.out * window + self.out


def misfits(found: Taps) -> tuple[Misfit, ...]:
    """The dimensions of the image whose size the strides on the way down do not divide."""
    taps = found.down
    misfit = []
    for dimension, size in enumerate(found.image if taps else ()):
        strides = [Fraction(tap.stride[dimension]) for tap in taps]
        sizes = (size, *(tap.size[dimension] for tap in taps))
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
        misfit.append(Misfit(dimension, size, sizes[1:], nearest, tuple(misses)))
    return tuple(misfit)


def unet(taps: Sequence[Tap], channels: Sequence[int] = UNET_CHANNELS) -> tuple[UNetStep, ...]:
    """The decoder of a U-Net over these taps: from the deepest map back to the input's size.

    The last step has no skip where no tap has the input's own stride.
    """
    steps: list[UNetStep] = []
    skips: list[Tap | None] = [*reversed(taps[:-1])]
    if taps and any(step != 1 for step in taps[0].stride):
        skips.append(None)
    below, strides = (taps[-1].channels, taps[-1].stride) if taps else (0, ())
    for number, skip in enumerate(skips):
        above = skip.stride if skip else (1,) * len(strides)
        out = channels[min(number, len(channels) - 1)]
        steps.append(UNetStep(below, skip.channels if skip else 0, out, _factor(strides, above)))
        below, strides = out, above
    return tuple(steps)


def fpn(taps: Sequence[Tap], channels: int = FPN_CHANNELS) -> tuple[FPNLevel, ...]:
    """The levels of a feature pyramid over these taps, the deepest first.

    It takes strides from 4 on, or all taps where the deepest has less.
    """
    taken = [tap for tap in taps if max(tap.stride) >= FPN_STRIDE] or list(taps)
    levels: list[FPNLevel] = []
    for tap in reversed(taken):
        factor = _factor(levels[-1].tap.stride, tap.stride) if levels else None
        levels.append(FPNLevel(tap, channels, factor))
    return tuple(levels)


def _factor(below: Sequence[Number], above: Sequence[Number]) -> tuple[Number, ...]:
    return tuple(plain(Fraction(b) / a) for b, a in zip(below, above, strict=True))
