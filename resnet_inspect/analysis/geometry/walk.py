"""A walk along the steps of a trace: what the elements that each makes see, by its rule.

A trace is walked once. Positions begin at the network's inputs: which of their dimensions hold
some is seen from the first window that slides over them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from resnet_inspect.analysis.geometry.layout import Layout, held, other
from resnet_inspect.analysis.geometry.rules import RULES
from resnet_inspect.analysis.geometry.rules.reshapes import LIKE_ANOTHER, part
from resnet_inspect.analysis.geometry.state import Known, Lost, Seen, State, nothing
from resnet_inspect.analysis.geometry.windows import PIXELS
from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import (
    Activate,
    AdaptivePool,
    Attention,
    Conv,
    Create,
    Elementwise,
    Linear,
    Norm,
    Pool,
    Reduce,
    Reshape,
)
from resnet_inspect.traces.tensors import Shape


class Walk:
    """One walk along the steps of a trace."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        places = _positions(trace)
        self.has_positions = bool(places)
        """Whether the input has positions at all; a vector of features has none."""
        self.starts: dict[int, State] = {}
        self.extents: tuple[int, ...] = ()
        """Sizes of the input along its axes."""
        ports = {port.activation: trace.spec(port).shape for port in trace.inputs}
        count = max(map(len, places.values()), default=1)
        for activation, shape in ports.items():
            own = places.get(activation, ())
            if not places and len(shape) > 1:
                own = (1,)
            if len(own) != count:
                self.starts[activation] = nothing(shape, count)
                continue
            self.extents = self.extents or tuple(shape[place] for place in own)
            self.starts[activation] = _begun(shape, own)
        self.count = count

    def states(self) -> Iterator[tuple[int, Known]]:
        """Each activation with what is known of its elements, in order."""
        found: dict[int, Known] = dict(self.starts)
        yield from found.items()
        trace = self.trace
        for index in trace.steps:
            call = trace.calls[index]
            if not call.outputs:
                continue
            given = []
            for port in call.inputs:
                state = found.get(port.activation)
                if state is None:
                    state = found[port.activation] = self._outside(port.activation, call)
                    yield port.activation, state
                given.append(state)
            made = self._step(call, given)
            for place, port in enumerate(call.outputs):
                if port.activation in found:
                    continue
                its = made
                if place and not isinstance(its, Lost):
                    its = self._also(call, place, given, its)
                found[port.activation] = its
                yield port.activation, its

        for call in trace.calls:
            for port in call.outputs:
                if port.activation not in found:
                    found[port.activation] = state = self._outside(port.activation, call)
                    yield port.activation, state

    def _outside(self, activation: int, call: Call) -> Known:
        """Of a tensor that no recorded call made: one number is a constant, of others who knows."""
        shape = self.trace.activations[activation].tensor.shape
        return nothing(shape, self.count) if prod(shape) <= 1 else Lost(call.path, True)

    def _step(self, call: Call, given: Sequence[Known], place: int = 0) -> Known:
        shape = self.trace.activations[call.outputs[place].activation].tensor.shape
        op = call.op
        if isinstance(op, Create) and op.name not in _DRAWN:
            return nothing(shape, self.count)
        if isinstance(op, Reshape) and op.name in LIKE_ANOTHER:
            given = given[:1]
        states: list[State] = []
        for state in given:
            if isinstance(state, Lost):
                return state
            states.append(state)
        if not any(state.sees for state in states):
            return nothing(shape, self.count)
        rule = RULES.get(type(op))
        if rule is None:
            return Lost(call.path)
        before = [self.trace.activations[port.activation].tensor.shape for port in call.inputs]
        made = rule(call, op, states, before, shape)
        if isinstance(made, Lost):
            return made
        summary = isinstance(op, Reduce | Pool | AdaptivePool) or (
            isinstance(op, Elementwise | Reshape) and all(s.summary for s in states if s.sees)
        )
        return made if made.summary == summary else made._replace(summary=summary)

    def _also(self, call: Call, place: int, given: Sequence[Known], first: State) -> Known:
        """The state of an output that is not the first of its call."""
        shape = self.trace.activations[call.outputs[place].activation].tensor.shape
        if isinstance(call.op, Reshape):
            sizes = [self.trace.activations[port.activation].tensor.shape for port in call.outputs]
            state = given[0] if given else Lost(call.path)
            if isinstance(state, Lost):
                return state
            if not state.sees:
                return nothing(shape, self.count)
            before = self.trace.activations[call.inputs[0].activation].tensor.shape
            return part(call.path, call.op, state, before, sizes, place)
        by_place = Norm | Activate | Elementwise | Reduce | Pool | AdaptivePool
        made = self.trace.activations[call.outputs[0].activation].tensor.shape
        if isinstance(call.op, by_place) and shape == made:
            return first
        return first if not first.sees and len(first.layout) == len(shape) else Lost(call.path)


def _begun(shape: Shape, own: Sequence[int]) -> State:
    """The state of an input with positions in these dimensions."""
    layout = tuple(
        ((size, own.index(place), 1),) if place in own else other(size)
        for place, size in enumerate(shape)
    )
    return State(layout, (PIXELS,) * len(own))


def _positions(trace: Trace) -> dict[int, tuple[int, ...]]:
    """Which dimensions of each input hold positions; {} where none of any do.

    Those that the first window slides over; or of tokens, that the first linear layer leaves. Where
    there is neither, those behind the batch and the channels.
    """
    shapes = {port.activation: trace.spec(port).shape for port in trace.inputs}
    usual = {a: tuple(range(2, len(shape))) for a, shape in shapes.items() if len(shape) > 2}
    found = _first_window(trace, shapes)
    if found is not None:
        activation, places = found
        rank = len(shapes[activation])
        alike = {a: places for a, shape in shapes.items() if len(shape) == rank}
        return {a: p for a, p in (usual | alike).items() if len(p) == len(places)}
    longest = max(map(len, usual.values()), default=0)
    return {a: places for a, places in usual.items() if len(places) == longest}


def _first_window(trace: Trace, shapes: dict[int, Shape]) -> tuple[int, tuple[int, ...]] | None:
    """The input that the first window slides over, and its dimensions that this is along."""
    axes = [(a, place) for a, shape in shapes.items() for place in range(len(shape))]
    number = {axis: i for i, axis in enumerate(axes)}
    found: dict[int, State] = {}
    blank: tuple[Seen, ...] = (None,) * len(axes)
    for activation, shape in shapes.items():
        layout: Layout = tuple(((n, number[activation, p], 1),) for p, n in enumerate(shape))
        seen = [PIXELS if a == activation else None for a, _ in axes]
        found[activation] = State(layout, tuple(seen))
    walk = _Bare(trace, found, blank)
    for call, states in walk.taken():
        op = call.op
        if not states or not isinstance(states[0], State):
            continue
        layout = states[0].layout
        slides: Layout
        if isinstance(op, Conv | Pool):
            slides = layout[-len(op.window.kernel_size) :]
        elif isinstance(op, Linear | Attention) and len(layout) == 3:
            slides = layout[1:2] if not isinstance(op, Attention) or op.batch_first else layout[:1]
        else:
            continue
        along = sorted({axes[axis] for dimension in slides for axis in held(dimension)})
        of = {activation for activation, _ in along}
        if len(of) == 1:
            return of.pop(), tuple(place for _, place in along)
    return None


class _Bare(Walk):
    """A walk that starts from states that are given, and stops where its caller does."""

    def __init__(self, trace: Trace, starts: dict[int, State], blank: tuple[Seen, ...]) -> None:
        self.trace = trace
        self.starts = starts
        self.count = len(blank)
        self.has_positions = True
        self.extents = ()

    def taken(self) -> Iterator[tuple[Call, list[Known]]]:
        """Each step with the states that it takes."""
        found: dict[int, Known] = dict(self.starts)
        states = self.states()
        for _ in self.starts:
            next(states)
        for index in self.trace.steps:
            call = self.trace.calls[index]
            wanted = [port.activation for port in call.outputs if port.activation not in found]
            yield call, [found[p.activation] for p in call.inputs if p.activation in found]
            while any(activation not in found for activation in wanted):
                activation, state = next(states)
                found[activation] = state


_DRAWN = {"bernoulli", "normal"}
"""What draws numbers whose distribution is given by a tensor."""
