"""A line: what a row stands for, before its cells are written."""

from __future__ import annotations

from dataclasses import dataclass, field

from resnet_inspect.analysis.counts.amounts import Amounts
from resnet_inspect.analysis.structure.anatomy import Block, Stage
from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.modules import ModuleSpec
from resnet_inspect.traces.ops import Op


@dataclass(frozen=True, slots=True)
class Line:
    """A run of calls, a module, or what is left over, that becomes one row."""

    kind: str
    level: int
    call: Call | None = None
    module: ModuleSpec | None = None
    stage: Stage | None = None
    block: Block | None = None
    add: Block | None = None
    """The block whose residual add this step is."""
    input: int | None = None
    """Activation that goes in, where no call says it."""
    output: int | None = None
    path: str | None = None
    """Path, where no call says it."""
    note: str = ""
    subtotal: bool = False
    repeat: int = 1
    """How many identical blocks it stands for."""
    spans: tuple[tuple[int, int], ...] = ()
    """First and last index of the runs of calls that it stands for."""
    amounts: Amounts = field(default_factory=Amounts)
    """What it holds and does; for folded blocks, that of one of them."""

    @property
    def op(self) -> Op | None:
        """What its call or module does; None where it stands for several."""
        if self.call is not None:
            return self.call.op
        return None if self.module is None else self.module.op

    def has_raised(self, trace: Trace) -> bool:
        """Whether the forward pass raised in one of its calls, or in its module."""
        if trace.failure is None:
            return False
        failed = trace.failure.call
        if self.module is None:
            return any(first <= failed <= last for first, last in self.spans)
        call = trace.calls[failed]
        while call.module is None and call.parent is not None:
            call = trace.calls[call.parent]
        path = self.module.path
        return not path or call.module == path or (call.module or "").startswith(f"{path}.")
