"""The steps of one network beside their analyses, and what their weights did over all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from statistics import median

from resnet_inspect.analysis.signals.signal import Signal
from resnet_inspect.analysis.structure.survey import Spans, Survey
from resnet_inspect.traces.signals import Signals


@dataclass(frozen=True)
class Run:
    """The steps of one network beside their analyses."""

    survey: Survey
    steps: tuple[Signals, ...]
    _read_in: dict[Spans, tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def signals(self) -> tuple[Signal, ...]:
        """Each step with its analyses."""
        return tuple(Signal(self.survey, one, self._read_in) for one in self.steps)

    @cached_property
    def update_ratios(self) -> dict[str, float]:
        """The median change of each parameter in a step, as a part of its norm, where known."""
        found: dict[str, list[float]] = {}
        for step in self.steps:
            for weight in step.weights:
                if weight.trainable and weight.update_ratio is not None:
                    found.setdefault(weight.path, []).append(weight.update_ratio)
        return {path: median(ratios) for path, ratios in found.items()}

    @cached_property
    def still(self) -> tuple[str, ...]:
        """Parameters that could be trained and changed in no step, where others did."""
        changed = {
            weight.path for step in self.steps for weight in step.weights if weight.update_ratio
        }
        return tuple(path for path in self.update_ratios if path not in changed) if changed else ()
