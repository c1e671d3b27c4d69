"""Paths as columns of characters: boxes with shapes between them, side by side."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_inspect.views.figures.drawings.paths import Path
from resnet_inspect.views.figures.drawings.pen import clipped


@dataclass(frozen=True, slots=True)
class _Column:
    """A path laid out: rows of one width, and the shape it brings to the add."""

    rows: tuple[str, ...]
    last: str
    width: int
    axis: int
    name: str


def laid_out(branch: Path, bypass: Path, frame: int, width: int) -> tuple[_Column, _Column, int]:
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


def _column(path: Path, content: int, frame: int, limit: int) -> _Column:
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


def side_by_side(left: _Column, right: _Column) -> list[tuple[str, str]]:
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
