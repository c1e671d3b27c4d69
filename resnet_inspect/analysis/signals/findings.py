"""What signals say, as values: at the add of a block, along the depth; and measures of a flow.

A number is None where it does not apply: no floating tensor, no gradient, no block.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, sqrt

from resnet_inspect.traces.signals import Flow


@dataclass(frozen=True, slots=True)
class AtAdd:
    """What meets at the add of a block: standard deviations of branch and shortcut."""

    branch: float
    shortcut: float

    @property
    def share(self) -> float | None:
        """The branch's part of the sum of both variances; None where nothing varies."""
        whole = hypot(self.branch, self.shortcut)
        return (self.branch / whole) ** 2 if whole else None


@dataclass(frozen=True, slots=True)
class Point:
    """A layer with weights along the depth of a network."""

    call: int
    path: str
    flow: Flow


@dataclass(frozen=True, slots=True)
class Growth:
    """How the gradient changes from the last of the main path's convolutions to the first."""

    first: Point
    last: Point
    ratio: float
    """Root mean square at the first over that at the last; 0 where nothing arrives."""


@dataclass(frozen=True, slots=True)
class Broken:
    """The first call that gives what is not finite."""

    call: int
    nonfinite: int
    given: tuple[str, ...]
    """Paths of what went in and was measured as finite; () where nothing else is known."""
    largest: float | None
    """The largest magnitude of what went in, as far as it is known."""
    is_all_known: bool = True
    """Whether all that went in was measured."""


def root_mean_square(flow: Flow) -> float | None:
    """Of the output itself."""
    if flow.mean is None or flow.std is None:
        return None
    return hypot(flow.std, flow.mean)


def gradient_rms(flow: Flow) -> float | None:
    """Root mean square of the gradient at the output."""
    if flow.gradient_norm is None or not flow.elements:
        return None
    return flow.gradient_norm / sqrt(flow.elements)
