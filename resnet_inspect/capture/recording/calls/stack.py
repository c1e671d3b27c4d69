"""The calls of one forward: which run inside which, and all that were begun, in order.

Each tensor gets a number when it is produced, and what a call takes is noted when it begins, so the
edges between calls come for free. No tensor is kept alive (`tensors`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from torch import Tensor

from resnet_inspect.capture.recording.calls.checkpoints import Begun, begun
from resnet_inspect.capture.recording.calls.tensors import Tensors
from resnet_inspect.traces.model import Call, Checkpoint
from resnet_inspect.traces.ops import Op, Reshape
from resnet_inspect.traces.tensors import Activation, Port

Observe = Callable[[int, Sequence[Tensor]], None]
"""Told the index of a call that ends, and the tensors that it gives."""

TRANSFORM = "vmap"
"""The step between the tensors of a transform and those outside of it."""


@dataclass(slots=True)
class OpenCall:
    """A call while it is being recorded."""

    index: int
    path: str
    module: str | None
    nth: int
    parent: int | None
    op: Op
    opaque: bool
    inputs: tuple[Port, ...] = ()
    reads: tuple[str, ...] = ()
    outputs: tuple[Port, ...] = ()
    checkpoints: tuple[Checkpoint, ...] = ()
    begun: Begun = ()
    """The checkpoints around the calls that it has just made."""
    made_calls: bool = False
    past_hooks: bool = False
    taken: frozenset[int] = field(default_factory=frozenset)

    def take(self, inputs: Sequence[Port], reads: Sequence[str]) -> None:
        """Note what it was given: tensors, and what modules hold, by names."""
        self.inputs = tuple(inputs)
        self.reads = tuple(reads)
        self.taken = frozenset(port.activation for port in inputs)

    def close(self) -> Call:
        """What was recorded of it."""
        return Call(
            self.index, self.path, self.module, self.nth, self.parent, self.op,
            self.inputs, self.outputs, self.reads, self.past_hooks, self.checkpoints,
        )  # fmt: skip


class CallStack:
    """The calls that run, the innermost last, and all that were begun.

    `held` are the tensors that modules hold, with their full names, by id. `observe` is told what
    each call has made, before anything else is done with it.
    """

    def __init__(
        self, held: Mapping[int, tuple[Tensor, str]], observe: Observe | None = None
    ) -> None:
        self._held = held
        self._observe = observe
        self._calls: list[OpenCall] = []
        self._open: list[OpenCall] = []
        self._opaque = 0
        self._raised: int | None = None
        self._counts: dict[str, int] = {}
        self._tensors = Tensors()

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls recorded so far; those still open have no outputs."""
        return tuple(call.close() for call in self._calls)

    @property
    def activations(self) -> tuple[Activation, ...]:
        """Every tensor value seen so far."""
        return tuple(self._tensors.activations)

    @property
    def failed_at(self) -> int | None:
        """Index of the innermost call that was running when the forward raised."""
        if self._raised is not None:
            return self._raised
        return self._open[-1].index if self._open else None

    @property
    def innermost(self) -> OpenCall | None:
        """The call that runs, inside of all others."""
        return self._open[-1] if self._open else None

    @property
    def is_opaque(self) -> bool:
        """Whether one of those that run is one step of the trace, whatever it calls."""
        return self._opaque > 0

    def of_module(self, path: str) -> OpenCall | None:
        """The innermost of those that run which is of this module."""
        return next((call for call in reversed(self._open) if call.module == path), None)

    def begin(
        self,
        path: str,
        module: str | None,
        op: Op,
        given: Sequence[tuple[str, Tensor]],
        *,
        opaque: bool,
    ) -> OpenCall:
        """Record that a call begins, inside the one that runs."""
        self._raised = None
        self.cross([tensor for _, tensor in given])
        parent = self.innermost
        if parent is not None:
            parent.made_calls = True
        call = OpenCall(
            index=len(self._calls),
            path=path,
            module=module,
            nth=self._count(path),
            parent=None if parent is None else parent.index,
            op=op,
            opaque=opaque,
        )
        if parent is not None:
            parent.begun = begun(parent.begun, call.index, is_module=module is not None)
            call.checkpoints = parent.checkpoints + tuple(one for _, one in parent.begun)
        self.take(call, given)
        self._calls.append(call)
        self._open.append(call)
        self._opaque += opaque
        return call

    def _count(self, path: str) -> int:
        """Which call of its path this one is, from 1."""
        nth = self._counts[path] = self._counts.get(path, 0) + 1
        return nth

    def take(self, call: OpenCall, given: Sequence[tuple[str, Tensor]]) -> None:
        """Note what a call was given: the tensors, and the names of what modules hold."""
        inputs = []
        reads = []
        for label, tensor in given:
            held = self._held.get(id(tensor))
            if held is not None:
                reads.append(held[1])
            else:
                inputs.append(Port(label, self._tensors.number(tensor)))
        call.take(inputs, reads)

    def cross(self, tensors: Sequence[Tensor]) -> None:
        """Record the steps into a transform of `torch.func` and out of it, which call nothing.

        Their results show what was there before: the same memory, by another shape.
        """
        parent = self.innermost
        if self.is_opaque or parent is None:
            return
        for tensor in tensors:
            before = self._tensors.across(tensor)
            if before is None or id(tensor) in self._held:
                continue
            parent.made_calls = True
            path = f"{parent.path}:{TRANSFORM}"
            op = Reshape(TRANSFORM)
            call = OpenCall(len(self._calls), path, None, self._count(path), parent.index, op, True)
            call.inputs = (Port("", before),)
            call.outputs = (Port("", self._tensors.number(tensor)),)
            self._calls.append(call)

    def leave(self, call: OpenCall) -> None:
        """Close `call` and whatever is still open inside it."""
        while self._open:
            last = self._open.pop()
            self._opaque -= last.opaque
            last.begun = ()
            if last is call:
                return

    def fail(self, call: OpenCall) -> None:
        """Close a call that raised."""
        self.leave(call)
        self._raised = call.index

    def take_back(self, call: OpenCall) -> bool:
        """Have a call that was left not be recorded; false if another has begun since."""
        if self._calls[-1] is not call:
            return False
        self._calls.pop()
        self._counts[call.path] -= 1
        return True

    def give(
        self, call: OpenCall, made: Sequence[tuple[str, Tensor]], *, works_itself: bool = True
    ) -> None:
        """Note what a call has made; what it hands on is new too, if it works itself."""
        taken = call.taken if works_itself else frozenset[int]()
        call.outputs = tuple(
            Port(label, self._tensors.made(tensor, taken)) for label, tensor in made
        )
        if self._observe is not None:
            self._observe(call.index, [tensor for _, tensor in made])
