"""A line: what a row stands for, before its cells are written."""

from __future__ import annotations

from dataclasses import dataclass, field

from resnet_inspect.analysis.anatomy import Block, Stage
from resnet_inspect.analysis.survey import Amounts
from resnet_inspect.traces.model import Call
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
