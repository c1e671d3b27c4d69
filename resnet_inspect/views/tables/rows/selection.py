"""Which calls of a trace a view shows."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import BadInput, UnknownName
from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import Op, Resample
from resnet_inspect.views.words.ops import KINDS, kind_of, op_name

_ALWAYS = {"conv", "pool", "linear", "attention", "matmul", "unknown"}
_MAPS_ONLY = {"add", "join", "resample"}


@dataclass(frozen=True, slots=True)
class Selection:
    """What to show. The default is the tutorials' selection: conv, pool, add, linear."""

    everything: bool = False
    """Norms, activations and every other step too."""
    only: tuple[str, ...] = ()
    """Only these kinds of step; or steps of these names, as the column `op` has them."""
    match: str | None = None
    """Only paths that this glob matches."""
    where: str | None = None
    """Only rows that this line of the filter language asks for."""
    stage: int | None = None
    """Only this stage."""
    depth: int | None = None
    """Modules deeper than this are summed up in the row of the module that holds them."""
    fold: bool = False
    """One for a run of identical blocks."""
    columns: tuple[str, ...] = ()
    """Keys of the columns to show, in order; none for the view's own."""

    def check(self, *traces: Trace) -> None:
        """Raise if this can be asked of no trace; or of none of these."""
        names = [name for name in self.only if name not in KINDS] if traces else []
        if names:
            known = {op_name(call.op): None for trace in traces for call in trace.calls}
            for name in names:
                if name not in known:
                    there = list(dict.fromkeys((*KINDS, *known)))
                    see = f"known here: {', '.join(there)}"
                    raise UnknownName("kind of layer", name, there, see=see)
        if self.depth is not None and self.depth < 0:
            raise BadInput(f"depth {self.depth}: it counts from 0, the network itself")

    def check_for(self, survey: Survey) -> None:
        """Raise if this cannot be asked of that trace."""
        self.check(survey.trace)
        numbers = [stage.number for stage in survey.anatomy.stages]
        if self.stage is not None and self.stage not in numbers:
            there = f"the stages are {numbers[0]} to {numbers[-1]}" if numbers else "it has none"
            raise BadInput(f"there is no stage {self.stage}", hint=there)

    def takes_section(self, path: str, stage: int | None) -> bool:
        """Whether a stem, stage, block or head is shown in the views that have nothing smaller."""
        if self.stage is not None and stage != self.stage:
            return False
        return self.match is None or fnmatchcase(path, self.match)

    def names(self, op: Op) -> bool:
        """Whether `only` names this op, by its kind or its name."""
        return kind_of(op) in self.only or op_name(op) in self.only

    def takes(self, trace: Trace, call: Call) -> bool:
        """Whether a step is shown, as far as its kind and path go."""
        if self.match is not None and not fnmatchcase(call.path, self.match):
            return False
        if self.only:
            return self.names(call.op)
        kind = kind_of(call.op)
        if self.everything or self.match is not None or self.where is not None:
            return True
        if trace.failure is not None and trace.failure.call == call.index:
            return True
        return kind in _ALWAYS or (kind in _MAPS_ONLY and _is_of_maps(trace, call))


def _is_of_maps(trace: Trace, call: Call) -> bool:
    """Whether a step joins or resizes feature maps, and not boxes or positions."""
    ports = (*call.inputs, *call.outputs)
    ranks = {len(trace.spec(port).shape) for port in ports}
    return len(call.inputs) >= (1 if isinstance(call.op, Resample) else 2) and min(ranks) >= 4
