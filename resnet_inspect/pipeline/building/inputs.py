"""The shapes of a network's inputs, known before it is built and without torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resnet_inspect.errors import BadInput
from resnet_inspect.pipeline.run import of_weights
from resnet_inspect.sources import Subject, source, subject
from resnet_inspect.sources.catalogue import NAMED

if TYPE_CHECKING:
    from resnet_inspect.capture.inputs import InputSize

USUAL_INPUT = (1, 3, 224, 224)
"""The input shape that is taken where none is given and the source knows none."""


def input_shape(
    name: str,
    *,
    image_size: Sequence[int] | None = None,
    batch: int | None = None,
    channels: int | None = None,
    arguments: Mapping[str, Any] | None = None,
) -> tuple[int, ...]:
    """A network's default input shape with its image size, batch or channels replaced.

    The channels are those that the arguments of its builder ask for, unless others are given. It
    is `USUAL_INPUT` where the source knows none. torch is imported only for a source whose networks
    are not in the catalogue.
    """
    known = NAMED.get(name)
    chosen = subject(name)
    default = known.input if known else source(chosen.source).default_input(chosen.name)
    if channels is None:
        channels = channels_of(chosen, arguments or {})
    return Partial(image_size, batch, channels).of(default or USUAL_INPUT)


def channels_of(chosen: Subject, arguments: Mapping[str, Any]) -> int | None:
    """The channels of the images that a builder is asked for; None where it is not."""
    from resnet_inspect.sources.candidates import ARGUMENTS

    names = ARGUMENTS.get(chosen.source)
    asked = arguments.get(names.channels) if names else None
    return asked if type(asked) is int and asked > 0 else None


def takes_a_list(chosen: Subject) -> bool:
    """Whether a network takes its images as a list."""
    known = NAMED.get(chosen.written)
    return known is not None and known.family == "detection"


def one_shape(size: InputSize) -> tuple[int, ...]:
    """The shape of the only input; raises `BadInput` for several, or without channels."""
    if isinstance(size, Mapping) or not all(isinstance(item, int) for item in size):
        raise BadInput("this network takes one input shape", hint="for example 1,3,224,224")
    shape = tuple(item for item in size if isinstance(item, int))
    if len(shape) < 2:
        raise BadInput(f"an input shape needs a batch size and channels, not only {shape}")
    return shape


@dataclass(frozen=True, slots=True)
class Partial:
    """What is asked of an input whose shape follows from the network."""

    image_size: Sequence[int] | None = None
    batch: int | None = None
    channels: int | None = None

    def of(self, default: Sequence[int]) -> tuple[int, ...]:
        """A shape with its image size, batch or channels replaced."""
        shape = list(default)
        if self.image_size is not None and len(shape) >= 2 + len(self.image_size):
            shape[-len(self.image_size) :] = self.image_size
        if self.batch is not None:
            shape[0] = self.batch
        if self.channels is not None:
            shape[1] = self.channels
        return tuple(shape)


def input_from(
    name: str | None, arguments: Mapping[str, Any] | None = None, **parts: Any
) -> tuple[int, ...] | Partial:
    """The input with these parts: as `input_shape` says, or, where that is not yet known, so far.

    It is not known of your own code, and of the network that weights are of, which has no name yet.
    """
    if name is None or subject(name).source == "code":
        return Partial(**parts)
    return input_shape(name, arguments=arguments, **parts)


def known_input(
    chosen: Subject, weights: str | Path | None
) -> tuple[tuple[int, ...] | None, tuple[str, ...]]:
    """The input shape where none is given, if it is known: that of the run that wrote the weights.

    Also what is to be said of it.
    """
    record = of_weights(weights)
    if record is not None and weights is not None:
        shape = record.images.shape
        said = f"as in the run {Path(weights).parent}: images of {'×'.join(map(str, shape))}"
        return (1, *shape), (said,)
    name = chosen.written
    if name in NAMED:
        return NAMED[name].input, ()
    return source(chosen.source).default_input(chosen.name), ()
