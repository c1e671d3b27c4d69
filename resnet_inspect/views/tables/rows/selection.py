"""Which calls of a trace a view shows."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import BadInput, UnknownName
from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import (
    Resample,
)
from resnet_inspect.views.words.ops import KINDS, kind_of

_ALWAYS = {"conv", "pool", "linear", "attention", "matmul", "unknown"}
_MAPS_ONLY = {"add", "join", "resample"}


@dataclass(frozen=True, slots=True)
class Selection:
    """What to show. The default is the tutorials' selection: conv, pool, add, linear."""

    everything: bool = False
    """Norms, activations and every other step too."""
    only: tuple[str, ...] = ()
    """Only these kinds of step."""
    match: str | None = None
    """Only paths that this glob matches."""
    stage: int | None = None
    """Only this stage."""
    depth: int | None = None
    """Modules deeper than this are summed up in the row of the module that holds them."""
    fold: bool = False
    """One for a run of identical blocks."""
    columns: tuple[str, ...] = ()
    """Keys of the columns to show, in order; none for the view's own."""

    def check(self) -> None:
        """Raise if this can be asked of no trace."""
        for kind in self.only:
            if kind not in KINDS:
                raise UnknownName("kind of layer", kind, KINDS, see=f"known: {', '.join(KINDS)}")
        if self.depth is not None and self.depth < 0:
            raise BadInput(f"depth {self.depth}: it counts from 0, the network itself")

    def check_for(self, survey: Survey) -> None:
        """Raise if this cannot be asked of that trace."""
        self.check()
        numbers = [stage.number for stage in survey.anatomy.stages]
        if self.stage is not None and self.stage not in numbers:
            there = f"the stages are {numbers[0]} to {numbers[-1]}" if numbers else "it has none"
            raise BadInput(f"there is no stage {self.stage}", hint=there)

    def takes_section(self, path: str, stage: int | None) -> bool:
        """Whether a stem, stage, block or head is shown in the views that have nothing smaller."""
        if self.stage is not None and stage != self.stage:
            return False
        return self.match is None or fnmatchcase(path, self.match)

    def takes(self, trace: Trace, call: Call) -> bool:
        """Whether a step is shown, as far as its kind and path go."""
        if self.match is not None and not fnmatchcase(call.path, self.match):
            return False
        kind = kind_of(call.op)
        if self.only:
            return kind in self.only
        if self.everything or self.match is not None:
            return True
        if trace.failure is not None and trace.failure.call == call.index:
            return True
        return kind in _ALWAYS or (kind in _MAPS_ONLY and _is_of_maps(trace, call))


def _is_of_maps(trace: Trace, call: Call) -> bool:
    """Whether a step joins or resizes feature maps, and not boxes or positions."""
    ports = (*call.inputs, *call.outputs)
    ranks = {len(trace.spec(port).shape) for port in ports}
    return len(call.inputs) >= (1 if isinstance(call.op, Resample) else 2) and min(ranks) >= 4
