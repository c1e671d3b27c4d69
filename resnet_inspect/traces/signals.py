"""Signals: what flowed through a traced network in one step, forward and backward, as a value.

They are kept beside the trace and refer to its calls by index. Only what was measured of tensors is
here; variances at adds, shares and growth are computed in `resnet_inspect.analysis.signals`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import LATER

SIGNALS_VERSION = 1

LOSSES = ("", "its own", "cross-entropy", "mean-square")


@dataclass(frozen=True, slots=True)
class Flow:
    """What a call gave, its first floating tensor, when it was made.

    A number that is not finite is None; `nonfinite` counts the elements that are to blame.
    """

    elements: int
    mean: float | None
    std: float | None
    """Standard deviation over all elements, not corrected for their number."""
    largest: float | None
    """The largest magnitude."""
    zeros: int
    """Elements that are exactly zero."""
    nonfinite: int
    """Elements that are NaN or infinite."""
    channel_mean_squared: float | None = None
    """Mean over the channels of the square of each one's mean; None without channels."""
    channel_variance: float | None = None
    """Mean over the channels of each one's variance; None without channels."""
    gradient_norm: float | None = None
    """Euclidean norm of the loss's gradient at it; None if none came there, or not finite."""
    gradient_nonfinite: bool = False
    """Whether a gradient came that is NaN or infinite."""
    gradient_passes: int = field(default=1, metadata=LATER)
    """Backward passes that brought a gradient, where there were several: what they brought together
    is not known."""


@dataclass(frozen=True, slots=True)
class Weight:
    """A parameter, and the gradient that the step gave it."""

    path: str
    elements: int
    norm: float | None
    """Euclidean norm, before the step; None if it is not finite."""
    gradient_norm: float | None
    """That of its gradient; None if it got none, or it is not finite."""
    trainable: bool = True
    update_ratio: float | None = None
    """By how much it changed until the next forward, as a part of its norm, over at most 16,384 of
    its elements evenly spread; None where nobody looked, or they do not tell."""
    gradient_nonfinite: bool = field(default=False, metadata=LATER)
    """Whether a gradient came that is NaN or infinite."""


@dataclass(frozen=True, slots=True)
class Signals:
    """One step of a network: a forward, and a backward if there was one."""

    step: int
    """Which step of a training run, from 0."""
    loss: float | None
    """The number that the backward pass started from, if it is known; None if it is not finite."""
    loss_name: str
    """One of `LOSSES`; "" without a backward pass."""
    flows: tuple[Flow | None, ...]
    """For each call; None where it gave no floating tensor."""
    weights: tuple[Weight, ...]
    """In the order of the network's parameters, each once."""
    is_whole: bool = field(default=True, metadata=LATER)
    """Whether each backward pass that began has come to its end; one that raises does not."""


Watched = tuple[Trace, tuple[Signals, ...]]
"""The steps of one network, in order, with the trace whose calls they are of."""


def mismatch(trace: Trace, steps: Sequence[Signals]) -> str | None:
    """What shows that these are no signals of that trace; None if nothing does."""
    if not steps:
        return "there is no step"
    if any(len(one.flows) != len(trace.calls) for one in steps):
        return "a step has another number of calls than the trace"
    if any(one.loss_name not in LOSSES for one in steps):
        return "a step has a loss that is not known"
    for one in steps:
        if any(flow is not None and _cannot_be(flow) for flow in one.flows):
            return "a call has a negative spread, or more zeros than elements"
        measured = (x for w in one.weights for x in (w.norm, w.gradient_norm, w.update_ratio))
        if _is_negative(*measured):
            return "a parameter has a negative norm"
    return None


def _cannot_be(flow: Flow) -> bool:
    return max(flow.zeros, flow.nonfinite) > flow.elements or _is_negative(
        flow.std,
        flow.largest,
        flow.channel_mean_squared,
        flow.channel_variance,
        flow.gradient_norm,
    )


def _is_negative(*numbers: float | None) -> bool:
    return any(number is not None and number < 0 for number in numbers)
