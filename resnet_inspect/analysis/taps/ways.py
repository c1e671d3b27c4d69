"""The way down to a network's deepest map, and the maps that it makes on its way back up.

A map is on the way up if something deeper is before it: what a decoder or an FPN makes. A network
whose branches of several resolutions are mixed again and again (HRNet) has no way back: its deepest
maps come after the mixtures, and the last map of each branch is on the way down.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property

from resnet_inspect.analysis.structure.residual.data_flow import ROOT, Flow
from resnet_inspect.analysis.structure.residual.layers import is_weighted, is_wide
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.analysis.taps import outputs
from resnet_inspect.analysis.taps.maps import Map, Maps
from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import (
    Activate,
    AdaptivePool,
    Conv,
    Join,
    MatMul,
    Norm,
    Resample,
    Reshape,
    same_values,
)

NOTHING = Fraction(0)


class Ways:
    """The maps of a network, with what is before each."""

    def __init__(self, survey: Survey, maps: Maps) -> None:
        self.survey, self.trace, self.maps = survey, survey.trace, maps
        blocks = survey.anatomy.blocks
        every = [one for block in blocks for one in (block, *block.again)]
        inside = {step for block in every for step in (*block.branch, *block.bypass)}
        self.deepest: dict[int, Fraction] = {}
        """For each tensor the deepest level of what is before it, and of itself."""
        self.mixed: set[int] = set()
        """Tensors that come from a map on the way up, or are one."""
        self.worked: set[int] = set()
        """Maps of a level that a layer has looked around on, and tokens; a pooled one is only
        smaller."""
        self.weighted: set[int] = set()
        """Tensors behind a layer with weights."""
        self.candidates: list[Map] = []
        """Maps outside of residual blocks, behind a layer with weights, in order."""
        self.rises: list[tuple[Map, Map]] = []
        """Where a larger map is made of a smaller one: (before, after), in order."""
        for step in self.trace.steps:
            self._take(self.trace.calls[step], step in inside)

    def _take(self, call: Call, inside: bool) -> None:
        taken = [port.activation for port in call.inputs]
        deepest = max((self.deepest.get(a, NOTHING) for a in taken), default=NOTHING)
        weighted = is_weighted(call.op) or any(a in self.weighted for a in taken)
        mixed = any(a in self.mixed for a in taken)
        for port in call.outputs:
            activation = port.activation
            made = self.maps.at.get(activation)
            self.deepest[activation] = max(deepest, self.deepest.get(activation, NOTHING))
            if weighted:
                self.weighted.add(activation)
            if made is None or activation not in self.trace.producer:  # it gives the input back
                if mixed:
                    self.mixed.add(activation)
                if _looks_around(call) or any(a in self.worked for a in taken):
                    self.worked.add(activation)
                continue
            alike = [a for a in taken if a in self.maps.at and self.maps.at[a].level == made.level]
            tokens = set(taken) - self.maps.at.keys() if isinstance(call.op, Reshape) else ()
            if _looks_around(call) or any(a in self.worked for a in (*alike, *tokens)):
                self.worked.add(activation)
            if not inside and activation in self.worked:
                self.deepest[activation] = max(self.deepest[activation], made.level)
            up = not inside and made.level < self.deepest[activation]
            if up or mixed:
                self.mixed.add(activation)
            if inside or not weighted:
                continue
            before = [self.maps.at[a] for a in taken if a in self.worked and a in self.maps.at]
            smaller = [one for one in before if one.level > made.level]
            if smaller and made.activation not in self.answers:
                self.rises.append((max(smaller, key=lambda one: one.level), made))
            if not _is_handed_on(self.trace, call) and not self.is_of_queries(call):
                self.candidates.append(made)

    def is_of_queries(self, call: Call) -> bool:
        """Whether a product says of each position how alike it is to something that is no map."""
        taken = {port.activation in self.maps.at for port in call.inputs}
        return isinstance(call.op, MatMul) and taken == {True, False}

    @cached_property
    def mixes(self) -> bool:
        """Whether its deepest maps come after mixtures of several resolutions."""
        levels = [self.deepest[one.activation] for one in self.candidates]
        pure = [
            self.deepest[o.activation] for o in self.candidates if o.activation not in self.mixed
        ]
        return max(levels, default=NOTHING) > max(pure, default=NOTHING)

    def before_resampling(self, last: Map) -> Map:
        """A map before the 1×1 convolution, if it is one, that narrows it to be enlarged."""
        takers = self.trace.consumers.get(last.activation, ())
        is_enlarged = takers and all(
            isinstance(self.trace.calls[step].op, Resample) for step in takers
        )
        return self.wide(last) if is_enlarged else last

    def wide(self, turn: Map) -> Map:
        """A map before the 1×1 convolution, if it is one, that fits its channels to a decoder's.

        One with a norm or a nonlinearity behind it does so if it narrows one map, and not several
        that are put together for it.
        """
        call = bare = self.maker(turn.activation)
        while isinstance(call.op, Norm | Activate) and call.inputs[0].activation in self.maps.at:
            call = self.maker(call.inputs[0].activation)
        before = self.maps.at.get(call.inputs[0].activation) if call.inputs else None
        if not isinstance(call.op, Conv) or is_wide(call.op) or before is None:
            return turn
        joined = isinstance(self.maker(before.activation).op, Join)
        fits = call is bare or (not joined and before.planes > turn.planes)
        return before if fits and before.stride == turn.stride else turn

    def maker(self, activation: int) -> Call:
        """The step that makes a tensor; the network's own call of what it is given."""
        return outputs.maker(self.trace, activation)

    def before(self, end: int) -> list[Map]:
        """The maps that this tensor is made of, with it if it is one, in order."""
        waiting, found = [end], {end}
        while waiting:
            step = self.trace.producer.get(waiting.pop())
            for port in self.trace.calls[step].inputs if step is not None else ():
                if port.activation not in found:
                    found.add(port.activation)
                    waiting.append(port.activation)
        return [one for one in self.candidates if one.activation in found]

    @cached_property
    def answers(self) -> set[int]:
        """What the network returns, and the scores that it makes that of."""
        return outputs.find(self.trace, self.maps)

    @cached_property
    def _flow(self) -> Flow:
        blocks = self.survey.anatomy.blocks
        every = (one for block in blocks for one in (block, *block.again))
        return Flow.of(self.trace, {block.add: block.fork for block in every})

    def trunk(self, end: int) -> list[Map]:
        """The maps that all of the data flows through on its way to this tensor, in order."""
        own = {one.activation: one for one in self.candidates}
        return [own[a] for a in (end, *self.behind(end)) if a in own][::-1]

    def behind(self, end: int) -> Iterator[int]:
        """The tensors that all of the data flows through on its way to this one, the last first."""
        parent = self._flow.parent
        while (end := parent.get(end, ROOT)) != ROOT:
            yield end

    def together(self) -> Iterator[dict[int, Map]]:
        """The maps that a call of a module gives together, or takes: one of each level, by port."""
        gives = (self.maps.together(call.outputs, 2) for call in self._containers())
        takes = (self.maps.together(call.inputs, 3) for call in self._containers())
        for found in (*gives, *takes):
            if found:
                yield found

    def _containers(self) -> list[Call]:
        """Calls of modules by the time they end."""
        ends = self.trace.last_descendant
        calls = [call for call in self.trace.calls[1:] if call.module is not None]
        return sorted(calls, key=lambda call: (ends[call.index], -call.index))


def _looks_around(call: Call) -> bool:
    """Whether a layer takes more than one position, or mixes features in another way."""
    return is_weighted(call.op) and (not isinstance(call.op, Conv) or is_wide(call.op))


def _is_handed_on(trace: Trace, call: Call) -> bool:
    """Whether a call only cuts, pads, repeats, hands on or pools to a given size what it is given.

    A stage that ends with a dropout gives what that hands on.
    """
    if isinstance(call.op, AdaptivePool):
        return True
    if same_values(call.op):
        return not _is_what_a_caller_gives(trace, call)
    given = [trace.spec(port).elements for port in call.inputs[:1]]
    made = [trace.spec(port).elements for port in call.outputs]
    return isinstance(call.op, Reshape) and (call.op.name == "pad" or given != made)


def _is_what_a_caller_gives(trace: Trace, call: Call) -> bool:
    """Whether a module around a call, other than the network, gives what the call does."""
    made, parent = {port.activation for port in call.outputs}, call.parent
    while parent:
        caller = trace.calls[parent]
        if any(port.activation in made for port in caller.outputs):
            return True
        parent = caller.parent
    return False
