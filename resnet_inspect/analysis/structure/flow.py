"""The data flow between the steps of a network, with its dominator tree.

Forks are found in it: the nearest tensor through which every way to an add must pass. For steps in
execution order one pass builds it.
"""

from __future__ import annotations

from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Create

ROOT = -1
"""What stands before every tensor that nothing has made."""


class Flow:
    """The data flow between steps, with its dominator tree.

    What is computed from weights or from nothing (a standardised kernel, a scale in another shape,
    an identity matrix) is no part of it: it would seem a way around every fork.
    """

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.maker: dict[int, int] = {}
        self.parent: dict[int, int] = {}
        self.depth: dict[int, int] = {ROOT: 0}
        self.constants: set[int] = set()
        for index in trace.steps:
            call = trace.calls[index]
            taken = {port.activation for port in call.inputs} - self.constants
            if not taken:
                self.constants.update(port.activation for port in call.outputs)
            node = ROOT
            for i, activation in enumerate(taken):
                self._reach(activation)
                node = activation if i == 0 else self.meet(node, activation)
            for port in call.outputs:
                if port.activation not in self.parent:
                    self.maker[port.activation] = index
                    self.parent[port.activation] = node
                    self.depth[port.activation] = self.depth[node] + 1

    def _reach(self, activation: int) -> None:
        if activation not in self.parent:
            self.parent[activation] = ROOT
            self.depth[activation] = 1

    def meet(self, a: int, b: int) -> int:
        """The nearest tensor through which all ways to both `a` and `b` pass."""
        while a != b:
            if self.depth[a] >= self.depth[b]:
                a = self.parent[a]
            else:
                b = self.parent[b]
        return a

    def between(self, fork: int, end: int) -> tuple[int, ...]:
        """The steps on the ways from `fork` to `end`, in order."""
        found: set[int] = set()
        waiting = [end]
        while waiting:
            activation = waiting.pop()
            step = self.maker.get(activation)
            if activation == fork or step is None or step in found:
                continue
            if activation in self.constants and not self._is_created(step):
                continue
            found.add(step)
            waiting.extend(port.activation for port in self.trace.calls[step].inputs)
        return tuple(sorted(found))

    def _is_created(self, step: int) -> bool:
        """Whether a step makes a tensor of nothing; what weights give has no part in a way."""
        return isinstance(self.trace.calls[step].op, Create)

    def chain(self, fork: int, end: int) -> tuple[int, ...]:
        """The steps that every way from `fork` to `end` takes, in order."""
        found = []
        while end not in (fork, ROOT):
            step = self.maker.get(end)
            if step is not None:
                found.append(step)
            end = self.parent[end]
        return tuple(reversed(found))
