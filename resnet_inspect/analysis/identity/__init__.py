"""Which network some weights belong to: names and shapes compared, and what they look like.

- `match`: the tensors of a file against those of a network, as a value that `pairing` makes.
- `alignment`: tensors under other names, by their order.
- `resizing`: the head and the stem that a network would need.
- `likeness`: a residual network told from names and shapes alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from resnet_inspect.analysis.identity.likeness import likeness_of
from resnet_inspect.analysis.identity.likeness.design import Likeness
from resnet_inspect.analysis.identity.match import FITTING, Match, Pair, Status
from resnet_inspect.analysis.identity.pairing import match, parameters
from resnet_inspect.analysis.identity.resizing import resized
from resnet_inspect.traces.tensors import TensorSpec

__all__ = [
    "FITTING",
    "Candidate",
    "Identity",
    "Likeness",
    "Match",
    "Other",
    "Pair",
    "Status",
    "likeness_of",
    "match",
    "parameters",
    "resized",
]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A network that the weights may belong to."""

    name: str
    """As a user names it: "resnet50", "timm:resnet50d"."""
    arguments: tuple[tuple[str, object], ...]
    """For its builder, so that head and stem are those of the file: (("num_classes", 10),)."""
    match: Match


@dataclass(frozen=True, slots=True)
class Other:
    """Other weights in the same file."""

    place: str
    """Keys under which they lie, and the prefix of their names, with dots."""
    tensors: int
    is_alike: bool
    """Whether names and shapes are those of the weights that were identified."""
    best: Candidate | None
    """The network that they are nearest to; None for none."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a file of weights is, as far as names and shapes tell."""

    file: str
    kind: str
    """Its format: "torch", "safetensors", "index"; "state dict" for one in memory."""
    place: str
    """Keys under which the weights lie in the file, with dots; "" at the top."""
    others: tuple[Other, ...]
    """Other weights in the same file."""
    tensors: Mapping[str, TensorSpec]
    likeness: Likeness | None
    candidates: tuple[Candidate, ...]
    """The best first; of those that fit alike, the commonest."""
    beside: tuple[str, ...] = ()
    """Classes and functions that the file names beside weights; none was looked up or called."""

    @property
    def equals(self) -> tuple[Candidate, ...]:
        """Those that the best cannot be told from: every shape fits them as well."""
        best = self.candidates[0]
        return tuple(
            one
            for one in self.candidates[1:]
            if one.match.rank == best.match.rank and one.match.counts == best.match.counts
        )
