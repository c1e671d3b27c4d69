"""How the weights of a file fit a network, tensor by tensor, as a value."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from resnet_inspect.traces.tensors import Shape, TensorSpec

Status = Literal["matches", "renamed", "differs", "missing", "extra", "folded", "tied", "outside"]
"""How one tensor of a file stands to a network.

"renamed" has the shape of one that is missing, in the same order; "folded" is of a norm that was
folded into its convolution, or of a quantization; "tied" is a second name for the numbers of a
tensor that matches; "outside" does not lie under the network's prefix, so belongs to what wraps it.
"""
FITTING: tuple[Status, ...] = ("matches", "renamed", "tied", "outside")
"""What does not keep the weights from being those of the network."""
_ASIDE: tuple[Status, ...] = ("folded", "tied", "outside")
"""What is neither for a network nor against it."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One tensor of a file, one of a network, or both."""

    status: Status
    name: str | None
    """What the file calls it."""
    found: TensorSpec | None
    wanted_name: str | None
    """What the network calls it."""
    wanted: Shape | None


@dataclass(frozen=True)
class Match:
    """How the weights of a file fit a network."""

    prefix: str
    """What stands before the network's own names in the file: "", "module.", "model.encoder."."""
    pairs: tuple[Pair, ...]
    """In the order of the network, then what only the file has."""

    @cached_property
    def counts(self) -> Counter[Status]:
        """How many pairs have each status."""
        return Counter(pair.status for pair in self.pairs)

    @property
    def fits(self) -> bool:
        """Whether every tensor of the network is in the file with its shape, and no other is."""
        return self.counts.keys() <= set(FITTING) and self.share > 0

    @property
    def leaves_nothing(self) -> bool:
        """Whether every tensor of the file is explained, though the network has a few more."""
        return not self.counts["differs"] and not self.counts["extra"] and self.share > 0.9

    @property
    def explains(self) -> bool:
        """Whether all convolutions, of file and network, match, and nearly all else."""
        others = self.having("missing", "differs", "extra")
        shapes = (one for p in others for one in (p.found and p.found.shape, p.wanted) if one)
        return self.share > 0.95 and all(len(shape) < 3 for shape in shapes)

    @property
    def lacks_head(self) -> bool:
        """Whether nothing is amiss but that the file has not the network's last layer."""
        missing = self.having("missing")
        if not missing or not self.leaves_nothing:
            return False
        last = next(pair for pair in reversed(self.pairs) if pair.wanted_name).wanted_name or ""
        layer = last.rpartition(".")[0]
        return all((pair.wanted_name or "").rpartition(".")[0] == layer for pair in missing)

    @property
    def share(self) -> float:
        """The part of all tensors, of file and network, that both have with one shape; 0 to 1."""
        both = self.counts["matches"] + self.counts["renamed"]
        every = len(self.pairs) - sum(self.counts[status] for status in _ASIDE)
        return both / every if every else 0.0

    @property
    def rank(self) -> tuple[float, int, int]:
        """Sorts better matches first; of equals, the one with fewer names that differ."""
        return -self.share, self.counts["outside"], self.counts["renamed"]

    def having(self, *statuses: Status) -> tuple[Pair, ...]:
        """The pairs of these statuses."""
        return tuple(pair for pair in self.pairs if pair.status in statuses)
