"""Drawings in lines of text: a block's two paths, the tensor's way, what one element sees.

Every function takes the width that it may use and never writes a wider line; where little room is
left it draws more simply. With `ascii` no other characters are used. A shape in a drawing is
without its batch dimension, and a square map is short: 256×56².
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log2
from unicodedata import category, east_asian_width

from resnet_inspect.analysis.anatomy import Block
from resnet_inspect.analysis.receptive_field import ReceptiveField
from resnet_inspect.analysis.survey import Survey
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import (
    Activate,
    AdaptivePool,
    Conv,
    Create,
    Elementwise,
    Linear,
    Norm,
    Op,
    Pool,
    Reshape,
)
from resnet_inspect.traces.tensors import Shape
from resnet_inspect.views import text
from resnet_inspect.views.columns import op_name

_ASCII = str.maketrans(
    {
        **dict.fromkeys("╭╮┌┐┬", "."),
        **dict.fromkeys("╰╯└┘┴", "'"),
        **dict.fromkeys("─", "-"),
        **dict.fromkeys("│├┤", "|"),
        "⊕": "+", "×": "x", "·": ".", "…": "~", "█": "#", "▲": "^", "▶": ">", "◂": "<", "▸": ">",
        "✗": "!", "∝": "~", "←": "<", "□": "?",
        **dict.fromkeys("▁▂▃", "."),
        **dict.fromkeys("▄▅", ":"),
        **dict.fromkeys("▆▇", "#"),
    }
)  # fmt: skip
_EIGHTHS = " ▁▂▃▄▅▆▇█"


def map_shape(sizes: Shape, *, ascii: bool = False) -> str:
    """A shape as drawings write it: without its batch dimension, a square or cube as a power.

    256×56², 64×8×56², 1000; in ASCII 256x56x56.
    """
    inner = sizes[1:] if len(sizes) > 1 else sizes
    if ascii:
        return text.shape(inner).replace("×", "x")
    for power, sign in ((3, "³"), (2, "²")):
        if len(inner) > power and len(set(inner[-power:])) == 1:
            return text.shape(inner[: -power + 1]) + sign
    return text.shape(inner)


def op_text(op: Op) -> str:
    """A layer in a few characters: 3×3/2, 128; max pool 3×3/2; avg pool to 1×1; batch norm."""
    return ", ".join(_op_pieces(op))


def _op_pieces(op: Op) -> list[str]:
    match op:
        case Conv(window=window, out_channels=channels, groups=groups):
            head = f"{text.window(window.kernel_size, window.stride)}, {channels}"
            if op.transposed:
                head = f"transpose {head}"
            pieces = [head]
            if groups > 1:
                alone = groups == op.in_channels
                pieces.append("depthwise" if alone else text.count(groups, "group"))
            if set(window.dilation) != {1}:
                pieces.append(f"dilation {text.alike(window.dilation)}")
            return pieces
        case Pool(window=window):
            return [op_name(op), text.window(window.kernel_size, window.stride)]
        case AdaptivePool(output_size=wanted):
            sizes = "×".join("as is" if size is None else str(size) for size in wanted)
            return [op_name(op), f"to {sizes}"]
        case Linear(out_features=features):
            return [f"linear, {features}"]
        case _:
            return [_one_cell_each(op_name(op))]


def _one_cell_each(name: str) -> str:
    """A name in which every character takes one cell of a terminal."""
    return "".join(
        "□" if east_asian_width(c) in "WF" or category(c) in {"Mn", "Me", "Cf"} else c
        for c in text.visible(name)
    )


def _finished(lines: Iterable[str], width: int, ascii: bool) -> list[str]:
    found = []
    for line in lines:
        if ascii:
            line = line.translate(_ASCII).encode("ascii", "replace").decode("ascii")
        found.append(line[: max(width, 0)].rstrip())
    return found


# A residual block.


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
    """The two paths of a residual block side by side, from its input to its output.

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
    return _finished(lines, width, ascii)


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
        pieces = _op_pieces(call.op)
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
        names.append(_one_cell_each(op_name(trace.calls[step].op)))
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
        names.append(_one_cell_each(op_name(trace.calls[step].op)))
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
    labels = [_clipped(node.shape, limit) for node in path.nodes]
    last = _clipped(path.shape, limit)
    name = _clipped(path.name, limit)
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
            lines.append(_clipped(piece, limit))
    return lines


def _clipped(piece: str, limit: int) -> str:
    return piece if len(piece) <= limit else f"{piece[: max(0, limit - 1)]}…"


# The tensor's way.


@dataclass(frozen=True, slots=True)
class _Place:
    """A place on the way: what a section of the network gives."""

    name: str
    short: str
    channels: int
    extent: int
    """Height of its map; 1 where it has none."""
    first: int
    last: int
    """The calls that lead to it; none for the input."""
    shape: Shape

    def labels(self, ascii: bool) -> tuple[str, str]:
        """Channels and size of the map apart: 64 and 56²."""
        whole = map_shape(self.shape, ascii=ascii)
        cross = "x" if ascii else "×"
        channels, _, rest = whole.partition(cross)
        return channels, rest


def way(
    survey: Survey, width: int, height: int, place: int | None = None, ascii: bool = False
) -> list[str]:
    """The tensor's way from input to classifier: a bar for what each section gives.

    Bar width ∝ log C (channels: 3 to 2048 would not fit a linear scale), bar height ∝ H; both are
    to scale among the bars, and the least bar is one column wide and an eighth of a line high. The
    bar of the section that holds the call `place` has ▲ under it and its name in brackets. Where
    the labels have no room under the bars there is a line for each section, its bar as thick as H;
    where `height` has no room for these either, one line with all bars. Networks without stages
    are divided where the height of their maps changes. No more than `height` lines.
    """
    places = _places(survey)
    if not places or height < 1 or width < 1:
        return []
    marked = _marked(places, place)
    lines = (
        _as_columns(places, width, height, marked, ascii)
        or _as_lines(places, width, height, marked, ascii)
        or [_as_ribbon(places, width, marked, ascii)]
    )
    return _finished(lines, width, ascii)


def _places(survey: Survey) -> list[_Place]:
    trace = survey.trace
    calls = len(trace.calls) - 1
    found = []
    if trace.inputs:
        found.append(_a_place(trace, "input", "in", trace.inputs[0].activation, 0, -1))
    stages = survey.anatomy.stages
    if not stages:
        return [*found, *_divided(trace)]
    reached = 0
    if trace.steps[0] < stages[0].first:
        found.append(_a_place(trace, "stem", "stem", stages[0].input, 1, stages[0].first - 1))
        reached = stages[0].first - 1
    for stage in stages:
        name, short = f"stage {stage.number}", f"{stage.number}"
        found.append(_a_place(trace, name, short, stage.output, reached + 1, stage.last))
        reached = stage.last
    if trace.outputs and trace.steps[-1] > reached:
        end = trace.outputs[0].activation
        found.append(_a_place(trace, "head", "head", end, reached + 1, calls))
    return found


def _divided(trace: Trace) -> list[_Place]:
    """A network without stages: what stands at the end of each run of maps of one height."""
    runs: list[tuple[int, int]] = []
    for step in trace.steps:
        call = trace.calls[step]
        if not call.outputs or isinstance(call.op, Create):
            continue
        made = call.outputs[0].activation
        sizes = trace.activations[made].tensor.shape
        if isinstance(call.op, Reshape) and len(sizes) < 3 and runs:
            continue  # the same elements, laid out for the classifier
        before = trace.activations[runs[-1][1]].tensor.shape if runs else None
        if before is not None and _extent(before) == _extent(sizes) and len(before) == len(sizes):
            runs[-1] = (step, made)
        else:
            runs.append((step, made))
    found: list[_Place] = []
    reached = 0
    for number, (step, made) in enumerate(runs, start=1):
        last = len(trace.calls) - 1 if number == len(runs) else step
        call = trace.calls[step]
        name = _one_cell_each(call.path)
        found.append(_a_place(trace, name, str(number), made, reached + 1, last))
        reached = step
    return found


def _a_place(trace: Trace, name: str, short: str, activation: int, first: int, last: int) -> _Place:
    sizes = trace.activations[activation].tensor.shape
    channels = sizes[1] if len(sizes) > 1 else sizes[0] if sizes else 1
    return _Place(name, short, channels, _extent(sizes), first, last, sizes)


def _extent(sizes: Shape) -> int:
    return sizes[-2] if len(sizes) > 3 else sizes[2] if len(sizes) == 3 else 1


def _marked(places: Sequence[_Place], place: int | None) -> int | None:
    """Which place is that of a call; None for the network itself."""
    if not place:
        return None
    return next((i for i, p in enumerate(places) if p.first <= place <= p.last), None)


def _bar(place: _Place, scale: float) -> int:
    return max(1, round(log2(max(2, place.channels)) * scale))


def _as_columns(
    places: Sequence[_Place], width: int, height: int, marked: int | None, ascii: bool
) -> list[str]:
    """Bars that stand on one line with their labels under them; [] where these have no room."""
    labels = [place.labels(ascii) for place in places]
    cross = "x" if ascii else "×"
    one_line = [f"{c}{cross}{rest}" if rest else c for c, rest in labels]
    short = [place.short for place in places]
    full = [place.name if len(place.name) <= 8 else place.short for place in places]
    for rows, names in (
        ([one_line], full), ([one_line], short), ([[c for c, _ in labels],
        [f"{cross}{rest}" if rest else "" for _, rest in labels]], short),
    ):  # fmt: skip
        names = [f"[{name}]" if i == marked else name for i, name in enumerate(names)]
        under = [*rows, names]
        least = [max(len(row[i]) for row in under) for i in range(len(places))]
        if sum(least) + len(places) - 1 <= width:
            break
    else:
        return []
    tall = height - len(under) - 2  # the line of the mark and the legend
    if tall < 2:
        return []
    scale, slots = 4.0, least
    while scale > 0.1:
        slots = [max(n, _bar(p, scale)) for n, p in zip(least, places, strict=True)]
        if sum(slots) + len(places) - 1 <= width:
            break
        scale -= 0.05
    gap = 2 if sum(slots) + 2 * (len(places) - 1) <= width else 1
    top = max(place.extent for place in places) or 1
    lines = []
    for row in range(tall, 0, -1):
        parts = []
        for place, slot in zip(places, slots, strict=True):
            eighths = max(1, round(place.extent / top * tall * 8))
            fill = _EIGHTHS[max(0, min(8, eighths - 8 * (row - 1)))]
            parts.append((fill * _bar(place, scale)).center(slot))
        lines.append((" " * gap).join(parts))
    mark = ["▲" if i == marked else "" for i in range(len(places))]
    for row_of_labels in (*([mark] if marked is not None else []), *under):
        cells = [label.center(n) for label, n in zip(row_of_labels, slots, strict=True)]
        lines.append((" " * gap).join(cells))
    return [*lines, *_legend(width)]


def _legend(width: int) -> list[str]:
    for legend in ("bar width ∝ log channels, bar height ∝ H", "width ∝ log C, height ∝ H"):
        if len(legend) <= width:
            return [legend]
    return []


def _as_lines(
    places: Sequence[_Place], width: int, height: int, marked: int | None, ascii: bool
) -> list[str]:
    """A line for each place: its name, its shape, a bar as thick as H; [] if it does not fit."""
    shapes = [map_shape(place.shape, ascii=ascii) for place in places]
    room = max(map(len, shapes))
    names = [place.name for place in places]
    wide = max(map(len, names))
    if 2 + wide + 1 + room + 1 + 4 > width:
        wide = min(wide, max(max(len(p.short) for p in places), width - room - 8))
        names = [
            p.name if len(p.name) <= wide else p.short if len(p.short) <= wide else ""
            for p in places
        ]
    bars = width - 2 - wide - 1 - room - 1
    if bars < 2 or len(places) > height:
        return []
    scale = min(4.0, bars / max(log2(max(2, place.channels)) for place in places))
    lines = []
    for i, (place, name, label) in enumerate(zip(places, names, shapes, strict=True)):
        sign = "▶" if i == marked else " "
        bar = _thickness(place, places) * min(bars, _bar(place, scale))
        lines.append(f"{sign} {name:<{wide}} {label:>{room}} {bar}")
    legend = "bar ∝ log C, thickness ∝ H"
    return [*lines, legend] if len(lines) < height and len(legend) <= width else lines


def _as_ribbon(places: Sequence[_Place], width: int, marked: int | None, ascii: bool) -> str:
    """All bars in one line, in front of it the shape of the marked place."""
    label = ""
    if marked is not None:
        label = f"{map_shape(places[marked].shape, ascii=ascii)} "
        label = label if len(label) + 4 * len(places) <= width else ""
    gaps = len(places) - 1 + (marked is not None)
    room = max(1, width - len(label) - gaps)
    scale = min(4.0, room / sum(log2(max(2, place.channels)) for place in places))
    bars = [_thickness(place, places) * max(1, int(log2(max(2, place.channels)) * scale))
            for place in places]  # fmt: skip
    if marked is not None:
        bars[marked] = f"▶{bars[marked]}"
    return label + " ".join(bars)


def _thickness(place: _Place, places: Sequence[_Place]) -> str:
    top = max(other.extent for other in places) or 1
    return _EIGHTHS[max(1, min(8, round(8 * place.extent / top)))]


# The receptive field.


def field(survey: Survey, index: int, width: int, ascii: bool = False) -> list[str]:
    """How much of the input one element of a call's output sees, to scale, and in numbers.

    The dots are the width of the input, the bracket the field, in its middle; arrows stand for
    what reaches over the border. [] where the field is not known.
    """
    trace = survey.trace
    call = trace.calls[index]
    seen = None if not call.outputs else survey.receptive_fields.get(call.outputs[0].activation)
    if seen is None or width < 1:
        return []
    given = trace.spec(trace.inputs[0]).shape if trace.inputs else ()
    dimensions = len(seen.size or seen.jump)
    of = given[-dimensions:] if 0 < dimensions <= len(given) - 1 else ()
    drawn = _bracket(seen, of, width)
    numbers = _in_pixels(seen, of)
    inside = f" {numbers[1]} "
    if len(inside) + 4 <= drawn.count("─"):
        start = drawn.index("─") + (drawn.count("─") - len(inside)) // 2
        drawn = drawn[:start] + inside + drawn[start + len(inside) :]
        numbers = [f"steps {text.alike(seen.jump)} px"] if seen.jump else []
    fitting = [line for line in numbers if len(line) <= width]
    return _finished([drawn, *(fitting or numbers[-1:])[:1]], width, ascii)


def _bracket(seen: ReceptiveField, of: Shape, width: int) -> str:
    part = 1.0 if seen.whole or not of or not of[-1] else float(seen.size[-1]) / of[-1]
    over = part > 1
    room = width - 2 * over
    span = max(1, min(room, round(part * room)))
    bracket = "├" + "─" * (span - 2) + "┤" if span > 1 else "│"
    before = (room - span) // 2
    dots = "·" * before + bracket + "·" * (room - span - before)
    return f"◂{dots}▸" if over else dots


def _in_pixels(seen: ReceptiveField, of: Shape) -> list[str]:
    """The field in words, from the longest way to say it to the shortest."""
    if seen.whole:
        return ["sees the whole input", "the whole input", "all"]
    size, whole = text.alike(seen.size), text.alike(of)
    if of and ("×" in size) != ("×" in whole):
        size, whole = text.sizes(seen.size), text.sizes(of)
    share = f"{size} of {whole} px" if of else f"{size} px"
    step = f", steps {text.alike(seen.jump)} px" if seen.jump else ""
    return [f"sees {share}{step}", share, f"{size} px", size]
