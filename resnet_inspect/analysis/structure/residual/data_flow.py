"""The data flow between the steps of a network, with the dominator tree of the maps it carries.

Forks are found in it: the nearest tensor through which both ways to a sum carry their map. For
steps in execution order one pass builds it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from heapq import heappop, heappush

from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Create

ROOT = -1
"""What stands before every tensor that nothing has made."""


class Flow:
    """The data flow between steps, with its dominator tree; steps are added in execution order.

    What is computed from weights or from nothing (a standardised kernel, a scale in another shape,
    an identity matrix) is no part of it: it would seem a way around every fork. Where a step takes
    a map and something smaller that comes another way (an embedding, a mask, a condition), the
    map is what is carried.
    """

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.maker: dict[int, int] = {}
        self.parent: dict[int, int] = {}
        self.depth: dict[int, int] = {ROOT: 0}
        self.further: dict[int, int] = {ROOT: ROOT}
        """For each tensor one far above it in the tree, so that climbing takes few steps."""
        self.constants: set[int] = set()

    @classmethod
    def of(cls, trace: Trace, forks: Mapping[int, int]) -> Flow:
        """The flow of a whole trace; `forks` are where blocks part, by the step that adds."""
        flow = cls(trace)
        for index in trace.steps:
            flow.take(index)
            if index in forks:
                flow.join(index, forks[index])
        return flow

    def take(self, index: int) -> None:
        """Add the next step."""
        call = self.trace.calls[index]
        taken = {port.activation for port in call.inputs} - self.constants
        if not taken:
            self.constants.update(port.activation for port in call.outputs)
        for activation in taken:
            self._reach(activation)
        node = self._meet_of(taken)
        if node == ROOT and len(taken) > 1:
            node = self._meet_of(self._largest(taken))
        for port in call.outputs:
            if port.activation not in self.parent:
                self.maker[port.activation] = index
                self._hang(port.activation, node)

    def join(self, index: int, fork: int) -> None:
        """Hang what a sum gives under the fork of its two ways, whatever else its branch took."""
        for port in self.trace.calls[index].outputs:
            if self.maker.get(port.activation) == index:
                self._hang(port.activation, fork)

    def _hang(self, activation: int, node: int) -> None:
        self.parent[activation] = node
        self.depth[activation] = self.depth[node] + 1
        # The skew-binary rule of E. W. Myers 1983, "An applicative random-access stack".
        once = self.further[node]
        twice = self.further[once]
        even = self.depth[node] - self.depth[once] == self.depth[once] - self.depth[twice]
        self.further[activation] = twice if even else node

    def _reach(self, activation: int) -> None:
        if activation not in self.parent:
            self._hang(activation, ROOT)

    def _meet_of(self, activations: Collection[int]) -> int:
        node = ROOT
        for i, activation in enumerate(activations):
            node = activation if i == 0 else self.meet(node, activation)
        return node

    def _largest(self, activations: Collection[int]) -> list[int]:
        sizes = {a: self.trace.activations[a].tensor.elements for a in activations}
        return [a for a, size in sizes.items() if size == max(sizes.values())]

    def meet(self, a: int, b: int) -> int:
        """The nearest tensor through which all ways to both `a` and `b` pass."""
        depth = min(self.depth[a], self.depth[b])
        a, b = self._above(a, depth), self._above(b, depth)
        while a != b:
            if self.further[a] == self.further[b]:
                a, b = self.parent[a], self.parent[b]
            else:
                a, b = self.further[a], self.further[b]
        return a

    def _above(self, activation: int, depth: int) -> int:
        """The tensor at this depth of the tree that all ways to another one pass."""
        while self.depth[activation] > depth:
            further = self.further[activation]
            near = self.depth[further] < depth
            activation = self.parent[activation] if near else further
        return activation

    def passes(self, through: int, end: int) -> bool:
        """Whether every way to `end` passes `through`, which may be `end` itself."""
        return self._above(end, self.depth[through]) == through

    def below(self, fork: int, end: int) -> int:
        """The tensor right below one in the tree through which all ways to another one pass.

        It is that other one itself if nothing is between them, or if it is not below.
        """
        found = self._above(end, self.depth[fork] + 1)
        return found if self.parent.get(found) == fork else end

    def reaches(self, start: int, end: int) -> bool:
        """Whether data flows from one tensor to another, which may be the same."""
        return self._first_reached((start,), end) == start

    def fork(self, a: int, b: int) -> int:
        """The nearest tensor that all of one way passes and that the other comes from; or ROOT.

        The first way is the shortcut's, which takes nothing else; the branch may, so that it is
        enough if what the fork carries arrives at its end.
        """
        earlier, later = sorted((a, b), key=self._made)
        if self.passes(earlier, later) or self.reaches(earlier, later):
            return earlier
        floor = self.meet(a, b)
        found = (
            self._first_reached(self._dominators(end, floor), other)
            for end, other in ((a, b), (b, a))
        )
        return max((*found, floor), key=self._made)

    def _dominators(self, end: int, floor: int) -> tuple[int, ...]:
        found = []
        while end not in (floor, ROOT):
            found.append(end)
            end = self.parent[end]
        return tuple(found)

    def _first_reached(self, wanted: tuple[int, ...], end: int) -> int:
        """The first of these tensors, the latest first, from which data flows to `end`."""
        waiting = [(-self._made(end), end)]
        seen = {end}
        for goal in wanted:
            made = self._made(goal)
            while waiting and -waiting[0][0] > made:
                _, activation = heappop(waiting)
                step = self.maker.get(activation)
                if step is None:
                    continue
                for port in self.trace.calls[step].inputs:
                    if port.activation not in seen and port.activation not in self.constants:
                        seen.add(port.activation)
                        heappush(waiting, (-self._made(port.activation), port.activation))
            if goal in seen:
                return goal
        return ROOT

    def _made(self, activation: int) -> int:
        """The step that made a tensor; before all others what no step made."""
        return self.maker.get(activation, -1 if activation != ROOT else -2)

    def between(self, fork: int, end: int) -> tuple[int, ...]:
        """The steps on the ways from `fork` to `end`, in order, with what else they take.

        Of what does not come through the fork, only what is made after it.
        """
        found: set[int] = set()
        waiting = [end]
        made = self._made(fork)
        while waiting:
            activation = waiting.pop()
            step = self.maker.get(activation)
            if activation == fork or step is None or step in found:
                continue
            if not self._is_created(step) and (step <= made or activation in self.constants):
                continue
            found.add(step)
            waiting.extend(port.activation for port in self.trace.calls[step].inputs)
        return tuple(sorted(found))

    def carrying(self, fork: int, way: Collection[int]) -> tuple[int, ...]:
        """Those of these steps that what the fork gives comes to, in order."""
        reached = {fork}
        found = []
        for step in sorted(way):
            call = self.trace.calls[step]
            if any(port.activation in reached for port in call.inputs):
                found.append(step)
                reached.update(port.activation for port in call.outputs)
        return tuple(found)

    def takes_only(self, fork: int, way: Collection[int]) -> bool:
        """Whether these steps take nothing but the fork, what they make, and constants."""
        known = {fork}
        for step in sorted(way):
            call = self.trace.calls[step]
            if any(p.activation not in known | self.constants for p in call.inputs):
                return False
            known.update(port.activation for port in call.outputs)
        return True

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
