"""The two paths of a residual block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resnet_inspect.analysis.structure.anatomy import Block
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Activate, Elementwise, Norm, Op
from resnet_inspect.views.figures.drawings.pen import clipped, finished
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
        return [line for row in self.rows for line in _wrapped(row, limit)]


@dataclass(frozen=True, slots=True)
class _Path:
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


def block(survey: Survey, block: Block, width: int, ascii: bool = False) -> list[str]:
    """The two paths of each sum of a block, one sum below the other."""
    found: list[str] = []
    for part in block.parts:
        found += [*([""] if found else []), *_sum(survey, part, width, ascii)]
    return found


def _sum(survey: Survey, block: Block, width: int, ascii: bool) -> list[str]:
    """The two paths of a residual sum side by side, from its input to its output.

    The branch is on the left and the shortcut on the right; a box holds a layer with what is
    applied to its map, an edge carries the shape that runs along it. Steps beside the chain (the
    gate of a squeeze-and-excitation) are counted where they join it: "mul ← 5 steps". Boxes go
    where `width` has no room for them.
    """
    trace = survey.trace
    ends = [port.activation for port in trace.calls[block.add].inputs]
    by_step = {port.activation: step for step in (*block.branch, *block.bypass)
               for port in trace.calls[step].outputs}  # fmt: skip
    in_branch = set(block.branch)
    ends.sort(key=lambda end: by_step.get(end, -1) not in in_branch)
    branch = _path(trace, block.branch, block.fork, ends[0], "", ascii)
    bypass = _path(trace, block.bypass, block.fork, ends[-1], block.shortcut, ascii)
    frame = 4
    if branch.need(frame) + 2 + bypass.need(frame if bypass.nodes else 0) > width:
        frame = 0
    left, right, gap = _columns(branch, bypass, frame, width)
    lead = _before_fork(trace, block)
    middle = (left.axis + left.width + gap + right.axis) // 2
    lines = [_centred(_shape_of(trace, block.input, ascii), middle)]
    if lead:
        lines += [_centred("│", middle), _centred(", ".join(lead), middle)]
        lines += [_centred("│", middle), _centred(_shape_of(trace, block.fork, ascii), middle)]
    lines.append(_crossing("┌┴┐", left.axis, middle, left.width + gap + right.axis))
    lines += [f"{a:<{left.width + gap}}{b}" for a, b in _side_by_side(left, right)]
    lines.append(_crossing("└⊕┘", left.axis, middle, left.width + gap + right.axis))
    after = _after_add(trace, block)
    if after:
        limit = max(1, min(2 * middle + 1, width))
        lines += [_centred("│", middle)]
        lines += [_centred(line, middle) for line in _wrapped(after, limit)]
    lines += [_centred("│", middle), _centred(_shape_of(trace, block.output, ascii), middle)]
    return finished(lines, width, ascii)


def _path(trace: Trace, steps: Sequence[int], fork: int, end: int, name: str, ascii: bool) -> _Path:
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
        made = _shape_of(trace, call.outputs[0].activation, ascii)
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
        nodes.append(_Node(((text.count(aside, "step"),),), _shape_of(trace, end, ascii)))
    if len(nodes) > 1 and before_main and not _has_layer(trace, chain, nodes):
        nodes[-2:] = [_Node((*nodes[-2].rows, *nodes[-1].rows), nodes[-1].shape)]
    return _Path(tuple(nodes), _shape_of(trace, end, ascii), name)


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


def _shape_of(trace: Trace, activation: int, ascii: bool) -> str:
    return map_shape(trace.activations[activation].tensor.shape, ascii=ascii)


def _before_fork(trace: Trace, block: Block) -> list[str]:
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


def _after_add(trace: Trace, block: Block) -> list[str]:
    """What is applied to the sum: relu."""
    names: list[str] = []
    activation = block.output
    while True:
        step = trace.producer.get(activation)
        if step is None or step <= block.add or not trace.calls[step].inputs:
            return names[::-1]
        names.append(one_cell_each(op_name(trace.calls[step].op)))
        activation = trace.calls[step].inputs[0].activation


@dataclass(frozen=True, slots=True)
class _Column:
    """A path laid out: rows of one width, and the shape it brings to the add."""

    rows: tuple[str, ...]
    last: str
    width: int
    axis: int
    name: str


def _columns(branch: _Path, bypass: _Path, frame: int, width: int) -> tuple[_Column, _Column, int]:
    """Both columns and the gap between them, together no wider than `width` if that can be."""
    frames = (frame if branch.nodes else 0, frame if bypass.nodes else 0)
    needs = [branch.need(frames[0]), bypass.need(frames[1])]
    extra = width - 2 - sum(needs)
    if extra < 0:  # nothing fits: the longer of both is cut first
        most = max(1, width - 2 - min(needs[0], needs[1], (width - 2) // 2))
        limits = [min(need, most) for need in needs]
    else:
        to_left = extra if not bypass.nodes else extra // 2
        limits = [needs[0] + to_left, needs[1] + extra - to_left]
    columns = [
        _column(path, max(1, min(limit - own, 22)), own, limit)
        for path, limit, own in zip((branch, bypass), limits, frames, strict=True)
    ]
    room = width - columns[0].width - columns[1].width
    return columns[0], columns[1], max(1, min(4, room))


def _column(path: _Path, content: int, frame: int, limit: int) -> _Column:
    boxes = [node.lines(content) for node in path.nodes]
    inner = max((len(line) for lines in boxes for line in lines), default=0)
    labels = [clipped(node.shape, limit) for node in path.nodes]
    last = clipped(path.shape, limit)
    name = clipped(path.name, limit)
    width = max(inner + frame, *map(len, labels), len(last), 1)
    if not path.nodes or len(path.nodes) < 2:
        width = max(width, len(name))
    if width % 2 == 0 and width < limit:
        width += 1  # a middle of its own
    axis = width // 2
    rows: list[str] = []
    for number, lines in enumerate(boxes):
        if number:
            label = _at(labels[number - 1], axis, width)
            rows += [label] if frame else [_at("│", axis, width), label, _at("│", axis, width)]
        if frame:
            left, right = "─" * (axis - 1), "─" * (width - axis - 2)
            rows.append(f"╭{left}┴{right}╮")
            rows += [f"│{_at(line, axis - 1, width - 2)}│" for line in lines]
            rows.append(f"╰{left}┬{right}╯")
        else:
            rows += [_at(line, axis, width) for line in lines]
    if rows and not frame:
        rows.append(_at("│", axis, width))
    return _Column(tuple(rows), last, width, axis, name)


def _side_by_side(left: _Column, right: _Column) -> list[tuple[str, str]]:
    """The rows of both columns, the shorter one made as long by its line going on."""
    height = max(1, len(left.rows), len(right.rows))
    filled = []
    for column in (left, right):
        rows = list(column.rows)
        rest = [_at("│", column.axis, column.width)] * (height - len(rows))
        middle = len(rest) // 2
        room = len(rest) > 2 or (rest and not rows)
        if column.name and room and len(column.name) <= column.width:
            rest[middle] = _at(column.name, column.axis, column.width)
        filled.append([*rows, *rest, _at(column.last, column.axis, column.width)])
    return list(zip(*filled, strict=True))


def _at(piece: str, axis: int, width: int) -> str:
    """A piece centred on an axis of a column, moved as far as it must to fit in."""
    start = max(0, min(axis - len(piece) // 2, width - len(piece)))
    return f"{' ' * start}{piece}".ljust(width)


def _centred(piece: str, axis: int) -> str:
    return " " * max(0, axis - len(piece) // 2) + piece


def _crossing(corners: str, left: int, middle: int, right: int) -> str:
    before, after = "─" * (middle - left - 1), "─" * (right - middle - 1)
    return " " * left + corners[0] + before + corners[1] + after + corners[2]


def _wrapped(pieces: Sequence[str], limit: int) -> list[str]:
    """Pieces with commas between them, in lines no longer than `limit`."""
    if any(len(piece) > limit for piece in pieces):
        pieces = [part for piece in pieces for part in piece.split(", ")]
    lines: list[str] = []
    for piece in pieces:
        if lines and len(lines[-1]) + 2 + len(piece) <= limit:
            lines[-1] += f", {piece}"
        else:
            lines.append(clipped(piece, limit))
    return lines
