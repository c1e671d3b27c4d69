"""What stands on the two paths of a residual sum, before they part and behind the add."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resnet_inspect.analysis.structure.anatomy import Block
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Activate, Elementwise, Norm, Op
from resnet_inspect.views.figures.drawings.pen import wrapped
from resnet_inspect.views.words import text
from resnet_inspect.views.words.ops import op_name, op_pieces
from resnet_inspect.views.words.text import map_shape, one_cell_each


@dataclass(frozen=True, slots=True)
class _Node:
    """A layer and what follows it on its map, and the shape that comes out."""

    rows: tuple[tuple[str, ...], ...]
    """What must begin a new line; the pieces of a row share lines where there is room."""
    shape: str

    def need(self) -> int:
        """The width of its longest piece."""
        return max(len(piece) for row in self.rows for piece in row)

    def lines(self, limit: int) -> list[str]:
        """Its rows, no line longer than `limit`."""
        return [line for row in self.rows for line in wrapped(row, limit)]


@dataclass(frozen=True, slots=True)
class Path:
    """One of the two paths from the fork to the add."""

    nodes: tuple[_Node, ...]
    shape: str
    """What it brings to the add."""
    name: str = ""
    """Written beside the line where no layer is: "identity"."""

    def need(self, frame: int) -> int:
        """The least width of its column, with boxes that take `frame` cells."""
        layers = max((node.need() + frame for node in self.nodes), default=0)
        labels = max((len(node.shape) for node in self.nodes), default=0)
        return max(layers, labels, len(self.shape), len(self.name), 1)


def path_of(
    trace: Trace, steps: Sequence[int], fork: int, end: int, name: str, ascii: bool
) -> Path:
    """The path of these steps from a fork to an end, with a node for each layer."""
    chain = _chain(trace, steps, fork, end)
    nodes: list[_Node] = []
    rows: list[tuple[str, ...]] = []
    followers: list[str] = []
    shape = ""
    has_main = False
    aside = 0
    on_chain = set(chain)
    before_main = bool(chain) and _follows(trace.calls[chain[0]].op)
    """Whether norm and nonlinearity come before the layer (pre-activation)."""

    def close() -> None:
        nonlocal rows, followers, has_main
        if followers:
            rows.append(tuple(followers))
        if rows:
            nodes.append(_Node(tuple(rows), shape))
        rows, followers, has_main = [], [], False

    for step in steps:
        if step not in on_chain:
            aside += 1
            continue
        call = trace.calls[step]
        pieces = op_pieces(call.op)
        if aside:
            pieces[0] += f" ← {text.count(aside, 'step')}"
            aside = 0
        made = shape_of(trace, call.outputs[0].activation, ascii)
        follows = _follows(call.op) and (not rows or made == shape or before_main)
        if follows:
            if before_main and has_main:
                close()
            if pieces != ["identity"]:
                followers += pieces
        else:
            if has_main or (not before_main and (rows or followers)):
                close()
            if followers:
                rows.append(tuple(followers))
                followers = []
            rows.append(tuple(pieces))
            has_main = True
        shape = made
    close()
    if aside:
        nodes.append(_Node(((text.count(aside, "step"),),), shape_of(trace, end, ascii)))
    if len(nodes) > 1 and before_main and not _has_layer(trace, chain, nodes):
        nodes[-2:] = [_Node((*nodes[-2].rows, *nodes[-1].rows), nodes[-1].shape)]
    return Path(tuple(nodes), shape_of(trace, end, ascii), name)


def _has_layer(trace: Trace, chain: Sequence[int], nodes: Sequence[_Node]) -> bool:
    """Whether the last node holds more than what follows a layer."""
    return len(nodes[-1].rows) > 1 or not _follows(trace.calls[chain[-1]].op)


def _follows(op: Op) -> bool:
    """Whether an op works on a map as it is, so that it is drawn with the layer before it."""
    return isinstance(op, Norm | Activate | Elementwise)


def _chain(trace: Trace, steps: Sequence[int], fork: int, end: int) -> list[int]:
    """The steps that every way from `fork` to `end` takes.

    In the order of execution no tensor jumps over such a step: none is made before it, by what
    depends on the fork, and taken after it.
    """
    place = {fork: -1}
    for number, step in enumerate(steps):
        call = trace.calls[step]
        if any(port.activation in place for port in call.inputs):
            for port in call.outputs:
                place.setdefault(port.activation, number)
    reach: dict[int, int] = {}
    for number, step in enumerate(steps):
        for port in trace.calls[step].inputs:
            if port.activation in place:
                reach[port.activation] = number
    reach[end] = len(steps)
    furthest = reach.get(fork, -1)
    made_at: dict[int, list[int]] = {}
    for activation, number in place.items():
        made_at.setdefault(number, []).append(activation)
    found = []
    for number, step in enumerate(steps):
        made = made_at.get(number, [])
        if furthest <= number and made:
            found.append(step)
        furthest = max([furthest, *(reach.get(activation, -1) for activation in made)])
    return found


def shape_of(trace: Trace, activation: int, ascii: bool) -> str:
    """The shape of a map, without its batch dimension."""
    return map_shape(trace.activations[activation].tensor.shape, ascii=ascii)


def before_fork(trace: Trace, block: Block) -> list[str]:
    """What is applied to the input before the paths part (a shared pre-activation)."""
    names: list[str] = []
    activation = block.fork
    while activation != block.input:
        step = trace.producer.get(activation)
        if step is None or step < block.first or not trace.calls[step].inputs:
            break
        names.append(one_cell_each(op_name(trace.calls[step].op)))
        activation = trace.calls[step].inputs[0].activation
    return names[::-1]


def after_add(trace: Trace, block: Block) -> list[str]:
    """What is applied to the sum: relu."""
    names: list[str] = []
    activation = block.output
    while True:
        step = trace.producer.get(activation)
        if step is None or step <= block.add or not trace.calls[step].inputs:
            return names[::-1]
        names.append(one_cell_each(op_name(trace.calls[step].op)))
        activation = trace.calls[step].inputs[0].activation
