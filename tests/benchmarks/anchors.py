"""How the gradient changes from the last convolution to the first, over seeds.

    python tests/benchmarks/anchors.py [--seeds N] [--write] [WORD ...]

For each network the root mean square of the gradient at the first convolution's output over that at
the last one's, for a batch of 32 images of noise at 32×32 in training mode. Weights, noise and
labels are those of the seed. Ratios multiply, so their mean is the geometric one, and its standard
error is a factor. Words choose the networks whose rows contain them; --write puts the table into
docs/signal.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from pathlib import Path
from statistics import fmean, stdev

from speed_page import PAGE, show, versioned

from resnet_inspect import pipeline
from resnet_inspect.analysis.signals.signal import Signal
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.words.signals import number

_LINE = "resnet:basic:{0},{0},{0}:width=16,stem=cifar,shortcut={1},norm=none,init=default"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A network, and what plain autograd once gave for it with one seed."""

    name: str
    norm: str
    model: str
    expected: float

    @property
    def line(self) -> str:
        """How the table names it."""
        return f"{self.name} | {self.norm}"


ANCHORS = (
    Anchor("plain-20", "batch, He", "paper:cifar_plain20", 17),
    Anchor("plain-56", "batch, He", "paper:cifar_plain56", 1.2e4),
    Anchor("resnet-56", "batch, He", "paper:cifar_resnet56", 19),
    Anchor("resnet-110", "batch, He", "paper:cifar_resnet110", 48),
    Anchor("plain-20", "none, default", _LINE.format(3, "none"), 4.5e-8),
    Anchor("plain-56", "none, default", _LINE.format(9, "none"), 4e-22),
    Anchor("resnet-56", "none, default", _LINE.format(9, "A"), 0.25),
)


def growth(model: str, seed: int) -> float:
    """First over last. Raises ValueError where no gradient came to one of them."""
    trace, (signals,) = pipeline.signal(model, (32, 3, 32, 32), mode="train", seed=seed)
    found = Signal(Survey(trace), signals).growth
    if found is None:
        raise ValueError(f"{model} has no gradient at its convolutions with seed {seed}")
    return found.ratio


@dataclass(frozen=True, slots=True)
class Spread:
    """Positive numbers of several seeds, as their logarithms spread."""

    ratios: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The geometric one."""
        return exp(fmean(map(log, self.ratios)))

    @property
    def deviation(self) -> float:
        """Standard deviation of the logarithms, of a single seed from the mean."""
        return stdev(map(log, self.ratios))

    @property
    def error(self) -> float:
        """Standard error of the mean, as a factor."""
        return exp(self.deviation / sqrt(len(self.ratios)))

    def deviations_of(self, one: float) -> float:
        """How far a number of another seed is from the mean, in deviations of their difference."""
        return abs(log(one / self.mean)) / (self.deviation * sqrt(1 + 1 / len(self.ratios)))


def lines(anchors: Iterable[Anchor], seeds: int) -> Iterator[str]:
    """The table, each line as soon as it is known."""
    yield f"Seeds 0 to {seeds - 1}, on a CPU with {versioned('torch')}."
    yield ""
    yield "| network | norm, initialisation | mean of the ratios | its error | lowest | highest |"
    yield "| :-- | :-- | --: | --: | --: | --: |"
    for anchor in anchors:
        spread = Spread(tuple(growth(anchor.model, seed) for seed in range(seeds)))
        low, high = min(spread.ratios), max(spread.ratios)
        yield (
            f"| {anchor.line} | {number(spread.mean)} | ×/÷ {spread.error:.2f}"
            f" | {number(low)} | {number(high)} |"
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the rows that were asked for, and write them if all are."""
    parser = argparse.ArgumentParser(description="Print how the gradient changes, over seeds.")
    parser.add_argument("--seeds", type=int, default=5, help="how many, two or more")
    parser.add_argument("words", nargs="*", help="only rows that contain one of these")
    parser.add_argument("--write", action="store_true", help="put the table into docs/signal.md")
    asked = parser.parse_args(arguments)
    if asked.seeds < 2:
        parser.error("one seed has no spread")
    if asked.words and asked.write:
        parser.error("--write takes every row, so no words")
    chosen = [
        one for one in ANCHORS if not asked.words or any(word in one.line for word in asked.words)
    ]
    page: Path = PAGE.with_name("signal.md")
    show(lines(chosen, asked.seeds), "anchors" if asked.write else None, page)


if __name__ == "__main__":
    main()
