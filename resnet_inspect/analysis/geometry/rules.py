"""The rule of each op: what the elements that it makes see, from what those that it takes see.

A trace is walked once. Positions begin at the network's inputs: which of their dimensions hold
some is seen from the first window that slides over them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from math import gcd, prod
from typing import Any

from resnet_inspect.analysis.geometry import reshapes
from resnet_inspect.analysis.geometry.layout import NONE, Layout, held, other
from resnet_inspect.analysis.geometry.state import (
    Everything,
    Lost,
    NotKnown,
    Seen,
    State,
    joined,
    mixed,
    nothing,
    one_axis,
    out_of_order,
    slid,
)
from resnet_inspect.analysis.geometry.windows import PIXELS, Windows
from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import (
    Activate,
    AdaptivePool,
    Attention,
    Conv,
    Create,
    Elementwise,
    Join,
    Linear,
    MatMul,
    Norm,
    Pool,
    Reduce,
    Resample,
    Reshape,
)
from resnet_inspect.traces.tensors import Shape

Given = Sequence[State]
Known = State | Lost


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
        if isinstance(op, Reshape) and op.name in reshapes.LIKE_ANOTHER:
            given = given[:1]
        states: list[State] = []
        for state in given:
            if isinstance(state, Lost):
                return state
            states.append(state)
        if not any(state.sees for state in states):
            return nothing(shape, self.count)
        rule = _RULES.get(type(op))
        if rule is None:
            return Lost(call.path)
        before = [self.trace.activations[port.activation].tensor.shape for port in call.inputs]
        return rule(call, op, states, before, shape)

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
            return reshapes.part(call.path, call.op, state, before, sizes, place)
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


# The rules. Each takes the call, its op, what it is given (states and shapes), and the shape made.


def _conv(call: Call, op: Conv, given: Given, before: Sequence[Shape], shape: Shape) -> Known:
    window, state = op.window, given[0]
    count = len(window.kernel_size)
    channels = len(state.layout) - count - 1
    if channels < 0 or len(shape) != len(state.layout):
        return Lost(call.path)
    gate = ""
    for more in given[1:]:
        if call.module is not None and more.sees:
            return Lost(call.path)  # the offsets of a deformable convolution
        if more.sees:  # weights that are computed from the map
            if not _is_gate(more):
                return Lost(call.path)
            gate = call.path
    if not op.groups == op.in_channels == op.out_channels:  # a depthwise one mixes none
        state = mixed(state, channels, call.path, shape[channels])
    for i in range(count):
        place, size = channels + 1 + i, shape[channels + 1 + i]
        k, s, p, d = (
            window.kernel_size[i], window.stride[i], window.padding[i], window.dilation[i],
        )  # fmt: skip
        if op.transposed:
            state = _raised(state, place, call.path, size, k, s, p, d)
        else:
            state = slid(state, place, call.path, size, -p, k, d, s)
    return state._replace(gate=state.gate or gate)


def _raised(
    state: State, place: int, call: str, size: int, k: int, s: int, p: int, d: int
) -> State:
    """Behind a transposed convolution: input i reaches the outputs s·i − p + d·t for t below k."""

    def taken(element: int) -> list[int]:
        found = [(element + p - d * t) // s for t in range(k) if (element + p - d * t) % s == 0]
        return found or [(element + p) // s]

    return through(state, place, call, size, s, 1, taken)


def through(
    state: State,
    place: int,
    call: str,
    size: int,
    period: int,
    advance: int,
    taken: Callable[[int], Sequence[int]],
    *,
    keeps_start: bool = False,
) -> State:
    """Behind what makes the elements along a dimension from several each, in periods."""
    if not held(state.layout[place]):
        return state.replaced(place, other(size))
    ready = one_axis(state, place)
    if ready is None:
        return out_of_order(state, place, call, size)
    ((_, axis, _),) = ready.layout[place]
    one = ready.seen[axis]
    made: Seen = one
    if isinstance(one, Windows):
        windows = one.through(period, advance, taken)
        if windows is None:
            return out_of_order(state, place, call, size)
        if keeps_start:
            windows = Windows(
                windows.begin, windows.end, windows.advance, one.start - windows.begin[0]
            )
        made = windows
    elif one is not None:
        jump = Fraction(one.jump) * advance / period
        plainly = int(jump) if jump.denominator == 1 else jump
        made = Everything(plainly) if isinstance(one, Everything) else NotKnown(one.lost, plainly)
    seen = (*ready.seen[:axis], made, *ready.seen[axis + 1 :])
    return ready._replace(seen=seen).replaced(place, ((size, axis, 1),))


def _pool(call: Call, op: Pool, given: Given, before: Sequence[Shape], shape: Shape) -> Known:
    window, state = op.window, given[0]
    count = len(window.kernel_size)
    first = len(state.layout) - count
    if first < 0 or len(shape) != len(state.layout):
        return Lost(call.path)
    sizes = before[0][first:]
    takes_all = all(k >= i for k, i in zip(window.kernel_size, sizes, strict=True))
    for i in range(count):
        place, size = first + i, shape[first + i]
        if takes_all and set(shape[first:]) == {1}:
            state = mixed(state, place, call.path, size)
        else:
            state = slid(
                state, place, call.path, size, -window.padding[i], window.kernel_size[i],
                window.dilation[i], window.stride[i],
            )  # fmt: skip
    return state


def _adaptive(
    call: Call, op: AdaptivePool, given: Given, before: Sequence[Shape], shape: Shape
) -> Known:
    state = given[0]
    first = len(state.layout) - len(op.output_size)
    if first < 0 or len(shape) != len(state.layout):
        return Lost(call.path)
    return _averaged(state, first, call.path, before[0], shape)


def _averaged(state: State, first: int, call: str, before: Shape, shape: Shape) -> State:
    for place in range(first, len(shape)):
        size, made = before[place], shape[place]
        if made == 1:
            state = mixed(state, place, call, 1)
        elif made and size % made == 0:
            step = size // made
            state = slid(state, place, call, made, 0, step, 1, step)
        else:  # windows of several sizes
            state = out_of_order(state, place, call, made)
    return state


def _linear(call: Call, op: Linear, given: Given, before: Sequence[Shape], shape: Shape) -> Known:
    if (len(given) > 1 and any(more.sees for more in given[1:])) or not shape:
        return Lost(call.path)
    if len(given[0].layout) != len(shape):
        return Lost(call.path)
    return mixed(given[0], len(shape) - 1, call.path, shape[-1])


_BY_POSITION = {"group", "instance", "evo", "filter response"}
"""Norms whose statistics are of all positions."""


def _norm(call: Call, op: Norm, given: Given, before: Sequence[Shape], shape: Shape) -> Known:
    state = given[0]
    if len(state.layout) != len(shape) or any(more.sees for more in given[1:]):
        return Lost(call.path)
    if op.kind == "local response":
        return state
    rank = len(shape)
    if op.kind == "batch" or (op.kind == "instance" and op.of_input is False):
        over: Sequence[int] = [p for p in range(rank) if p != 1] if op.of_input else ()
    elif op.kind in _BY_POSITION:
        over = range(1, rank)
    elif op.dims is not None:
        over = [place % rank for place in op.dims if -rank <= place < rank]
    else:
        over = _normalised(op.num_features, shape, state.layout)
    if any(held(state.layout[place]) for place in over) and not state.statistics:
        return state._replace(statistics=call.path)
    return state


def _normalised(features: int, shape: Shape, layout: Layout) -> Sequence[int]:
    """The dimensions of which a layer norm has that many elements: the last, or the channels.

    Where both have, those that hold no positions.
    """
    fitting = [
        tuple(range(first, len(shape)))
        for first in range(len(shape) - 1, 0, -1)
        if prod(shape[first:]) == features
    ]
    if len(shape) > 2 and shape[1] == features:
        fitting.append((1,))
    free = [over for over in fitting if not any(held(layout[place]) for place in over)]
    return (free or fitting or [tuple(range(1, len(shape)))])[0]


_TOGETHER = {
    "softmax", "log_softmax", "logsoftmax", "softmin", "softmax2d", "normalize", "gumbel_softmax",
}  # fmt: skip
"""Activations of which each element depends on those beside it."""


def _activate(
    call: Call, op: Activate, given: Given, before: Sequence[Shape], shape: Shape
) -> Known:
    state = given[0]
    if any(more.sees for more in given[1:]):
        return _elementwise(call, Elementwise(op.name), given, before, shape)
    if shape != before[0]:  # glu: one half gates the other
        places = [p for p, (a, b) in enumerate(zip(before[0], shape, strict=False)) if a != b]
        if len(shape) != len(before[0]) or len(places) != 1 or held(state.layout[places[0]]):
            return Lost(call.path)
        return state.replaced(places[0], other(shape[places[0]]))
    if op.name not in _TOGETHER:
        return state
    rank = len(shape)
    dims = (rank - 3,) if op.name == "softmax2d" else op.dims
    if dims is None:
        is_clear = all(isinstance(one, Everything) for one in state.seen)
        return state if is_clear or not any(map(held, state.layout)) else Lost(call.path)
    for place in dims:
        state = mixed(state, place % rank, call.path)
    return state


def _is_gate(state: State) -> bool:
    """Whether a tensor sees all of the map and has no positions of its own."""
    seen = [one for one in state.seen if one is not None]
    if not seen or not all(isinstance(one, Everything) for one in seen):
        return False
    return not any(length > 1 and axis != NONE for d in state.layout for length, axis, _ in d)


def _elementwise(
    call: Call, op: Elementwise, given: Given, before: Sequence[Shape], shape: Shape
) -> Known:
    if op.name == "one_hot":
        return given[0]._replace(layout=(*given[0].layout, other(shape[-1])))
    if op.name == "setitem":
        if any(more.sees for more in given[1:]):
            return Lost(call.path)
        return given[0]
    if op.name == "identity":  # one of several is handed on
        same = [one for one, of in zip(given, before, strict=True) if of == shape]
        return same[0] if len(same) == 1 else Lost(call.path)
    if len(given) == 1 and len(given[0].layout) == len(shape) and before[0] == shape:
        return given[0]
    gate = ""
    if op.name in {"mul", "div"} and len(given) > 1:
        gates = [state for state in given if _is_gate(state)]
        carried = [state for state in given if not _is_gate(state)]
        is_scaled = op.name == "mul" or carried[:1] == list(given[:1])
        if gates and is_scaled and any(state.sees for state in carried):
            count = len(given[0].seen)
            gate = call.path
            given = [s if not _is_gate(s) else s._replace(seen=(None,) * count) for s in given]
    made = joined(given, shape, call.path)
    if gate and isinstance(made, State) and not made.gate:
        return made._replace(gate=gate)
    return made


def _join(call: Call, op: Join, given: Given, before: Sequence[Shape], shape: Shape) -> Known:
    rank = len(shape)
    if op.name == "stack":
        given = [s._replace(layout=(*s.layout[: op.dim], (), *s.layout[op.dim :])) for s in given]
    if not 0 <= op.dim < rank or any(len(s.layout) != rank for s in given):
        return Lost(call.path)
    along = {axis for s in given for axis in held(s.layout[op.dim])}
    if len(given) == 1 and op.name != "stack":
        return given[0]
    if along:
        given = [out_of_order(s, op.dim, call.path, 1) for s in given]
        given = [s.replaced(op.dim, ()) for s in given]
        narrow = joined(given, (*shape[: op.dim], 1, *shape[op.dim + 1 :]), call.path)
        if isinstance(narrow, Lost):
            return narrow
        return narrow.replaced(
            op.dim, ((shape[op.dim], min(along), 0), *((1, a, 0) for a in sorted(along)[1:]))
        )
    given = [s.replaced(op.dim, ()) for s in given]
    made = joined(given, (*shape[: op.dim], 1, *shape[op.dim + 1 :]), call.path)
    return made if isinstance(made, Lost) else made.replaced(op.dim, other(shape[op.dim]))


_NOT_BY_PLACE = {
    "roi_align", "roi_pool", "ps_roi_align", "ps_roi_pool", "grid_sample", "affine_grid",
    "max_unpool1d", "max_unpool2d", "max_unpool3d", "maxunpool1d", "maxunpool2d", "maxunpool3d",
    "fractional_max_pool2d", "fractionalmaxpool2d", "fractionalmaxpool3d",
    "lp_pool1d", "lp_pool2d", "lp_pool3d",
}  # fmt: skip
"""Where these look is a matter of values, of chance, or not recorded."""

_REACH = {"nearest": 0, "nearest-exact": 0, "bicubic": 2}
"""How many elements an interpolated one takes to each side; one for all others."""


def _resample(
    call: Call, op: Resample, given: Given, before: Sequence[Shape], shape: Shape
) -> Known:
    state = given[0]
    rank = len(shape)
    if len(state.layout) != rank or op.name in _NOT_BY_PLACE or any(s.sees for s in given[1:]):
        return Lost(call.path)
    if op.name == "area":
        return _averaged(state, 2, call.path, before[0], shape)
    shuffles = "shuffle" in op.name
    first = rank - 2 if shuffles else 2
    if shuffles and rank < 3:
        return Lost(call.path)
    if shuffles:
        state = mixed(state, rank - 3, call.path, shape[rank - 3])
    for place in range(first, rank):
        size, made = before[0][place], shape[place]
        if "unshuffle" in op.name:
            step = size // max(made, 1)
            state = slid(state, place, call.path, made, 0, step, 1, step)
        elif size and made and (size != made or (_REACH.get(op.name, 1) and op.antialias)):
            state = _interpolated(state, place, call.path, size, made, op)
    return state


def _interpolated(state: State, place: int, call: str, size: int, made: int, op: Resample) -> State:
    """Behind an interpolation of `size` elements to `made`."""
    shared = gcd(size, made)
    period, advance = made // shared, size // shared
    reach = _REACH.get(op.name, 1)
    is_even = 1 in (period, advance)
    slack = 0 if is_even else 1  # the factor that was asked for may be another than the sizes'

    def taken(p: int) -> Sequence[int]:
        at = Fraction(p * advance, period)
        if reach == 0:
            exact = op.name == "nearest-exact"
            on = (at + Fraction(advance, 2 * period) if exact else at).__floor__()
            return range(on - slack, on + slack + 1)
        scale = Fraction(advance, period)
        low = high = at + (scale - 1) / 2
        if op.align_corners:
            low, high = at + min(scale - 1, Fraction(0)), at + max(scale - 1, Fraction(0))
        if op.antialias and scale > 1:
            wide = scale * reach
            return range((low - wide).__floor__(), (high + wide).__floor__() + 2)
        return range(low.__floor__() - reach + 1 - slack, high.__floor__() + reach + slack + 1)

    return through(state, place, call, made, period, advance, taken, keeps_start=True)


def _reduce(call: Call, op: Reduce, given: Given, before: Sequence[Shape], shape: Shape) -> Known:
    state = given[0]
    if len(given) > 1:  # the larger of two, where it is no reduction
        same = all(len(s) <= len(shape) for s in before)
        if op.name in {"max", "min"} and same and max(map(prod, before)) <= prod(shape):
            return joined(given, shape, call.path)
        return Lost(call.path)
    if op.name in {"nms", "batched_nms", "searchsorted"}:
        return Lost(call.path)
    if op.dims is None and not any(map(held, state.layout)):
        return _featureless(state, shape)
    found = reshapes.reduced(op.dims, before[0], shape, state.layout)
    if found is None:
        return Lost(call.path)
    dims, keeps = found
    by_value = op.name in {"cumsum", "cumprod", "topk", "kthvalue", "median", "mode", "quantile"}
    if by_value and any(held(state.layout[place]) for place in dims):
        return Lost(call.path)
    for place in dims:
        state = mixed(state, place, call.path, shape[place] if keeps else 1)
    if keeps:
        return state
    return state._replace(layout=tuple(d for p, d in enumerate(state.layout) if p not in dims))


def _featureless(state: State, shape: Shape) -> State:
    return state._replace(layout=tuple(map(other, shape)))


def _reshape(call: Call, op: Reshape, given: Given, before: Sequence[Shape], shape: Shape) -> Known:
    return reshapes.reshaped(call.path, op, given, before[0], shape)


def _matmul(call: Call, op: MatMul, given: Given, before: Sequence[Shape], shape: Shape) -> Known:
    path = call.path
    if op.name == "scaled_dot_product_attention" and len(given) >= 3:
        return _attended(given, len(shape) - 2, shape, path)
    if op.name not in {"matmul", "mm", "bmm"} or min(len(s.layout) for s in given) < 2:
        if any(held(d) for s in given for d in s.layout):
            return Lost(path)
        return joined([_featureless(s, shape) for s in given], shape, path)
    sides: list[State] = []
    for port, state in zip(call.inputs, given, strict=True):
        rank = len(state.layout)
        right = port.label in {"1", "other", "mat2"}
        place = rank - 2 if right else rank - 1
        sides.append(mixed(state, place, path, 1))
    return joined([*sides, nothing(shape, len(given[0].seen))], shape, path)


def _attended(given: Given, tokens: int, shape: Shape, call: str) -> Known:
    """Behind attention: each query sees what all keys and values of its group do."""
    count = len(given[0].seen)
    if any(len(s.layout) != len(shape) for s in given[:3]):
        return Lost(call)
    features = len(shape) - 1
    query = mixed(mixed(given[0], features, call, 1), tokens, call)
    others = []
    for state in given[1:3]:
        state = mixed(mixed(state, features, call, 1), tokens, call)
        others.append(state.replaced(tokens, ()))
    made = joined([query, *others], (*shape[:-1], 1), call)
    if any(more.sees for more in given[3:]):
        seen = tuple(one and Everything(one.jump) for one in query.seen)
        if not isinstance(made, State) or made.seen != seen:
            return Lost(call)
    if isinstance(made, Lost):
        return made
    assert len(made.seen) == count
    return made.replaced(features, other(shape[-1]))


def _attention(
    call: Call, op: Attention, given: Given, before: Sequence[Shape], shape: Shape
) -> Known:
    rank = len(shape)
    if rank not in (2, 3) or any(len(s.layout) != rank for s in given[:3]):
        return Lost(call.path)
    tokens = 1 if op.batch_first and rank == 3 else 0
    query, *others = given[:3]
    return _attended(
        [query, *(others or [query, query])][:3] + list(given[3:]), tokens, shape, call.path
    )


def _create(call: Call, op: Create, given: Given, before: Sequence[Shape], shape: Shape) -> Known:
    return joined(given, shape, call.path)


_RULES: dict[type, Callable[[Call, Any, Given, Sequence[Shape], Shape], Known]] = {
    Conv: _conv,
    Pool: _pool,
    AdaptivePool: _adaptive,
    Norm: _norm,
    Linear: _linear,
    Attention: _attention,
    MatMul: _matmul,
    Activate: _activate,
    Elementwise: _elementwise,
    Join: _join,
    Resample: _resample,
    Reshape: _reshape,
    Reduce: _reduce,
    Create: _create,
}
"""Every op that has one; behind any other the field is lost."""
