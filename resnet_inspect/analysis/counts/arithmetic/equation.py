"""One equation with its numbers put in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Equation:
    """One equation: what it is of, the left side with the numbers put in, and its value."""

    what: str
    """"height, width", "weight", "parameters", "MACs"."""
    working: str
    """⌊(224 + 2·3 − 1·(7−1) − 1) / 2⌋ + 1"""
    value: int
    note: str = ""
    """What the working leaves unsaid: that a last window is left out, that weights are tied."""

    @property
    def text(self) -> str:
        """The whole equation: "64·3·7·7 = 9,408"; only the value where there is nothing to do."""
        if self.working.replace(",", "") == str(self.value):
            return f"{self.value:,}"
        return f"{self.working} = {self.value:,}"


def product(sizes: Sequence[int]) -> str:
    """A product that is left as it is: "64·3·7·7"; "1" of nothing."""
    return "·".join(map(str, sizes)) or "1"
