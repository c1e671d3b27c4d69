"""The two paths of a residual block, drawn side by side."""

from __future__ import annotations

from resnet_inspect.analysis.structure.anatomy import Block
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.figures.drawings.columns import laid_out, side_by_side
from resnet_inspect.views.figures.drawings.paths import after_add, before_fork, path_of, shape_of
from resnet_inspect.views.figures.drawings.pen import finished, wrapped


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
    branch = path_of(trace, block.branch, block.fork, ends[0], "", ascii)
    bypass = path_of(trace, block.bypass, block.fork, ends[-1], block.shortcut, ascii)
    frame = 4
    if branch.need(frame) + 2 + bypass.need(frame if bypass.nodes else 0) > width:
        frame = 0
    left, right, gap = laid_out(branch, bypass, frame, width)
    lead = before_fork(trace, block)
    middle = (left.axis + left.width + gap + right.axis) // 2
    lines = [_centred(shape_of(trace, block.input, ascii), middle)]
    if lead:
        lines += [_centred("│", middle), _centred(", ".join(lead), middle)]
        lines += [_centred("│", middle), _centred(shape_of(trace, block.fork, ascii), middle)]
    lines.append(_crossing("┌┴┐", left.axis, middle, left.width + gap + right.axis))
    lines += [f"{a:<{left.width + gap}}{b}" for a, b in side_by_side(left, right)]
    lines.append(_crossing("└⊕┘", left.axis, middle, left.width + gap + right.axis))
    after = after_add(trace, block)
    if after:
        limit = max(1, min(2 * middle + 1, width))
        lines += [_centred("│", middle)]
        lines += [_centred(line, middle) for line in wrapped(after, limit)]
    lines += [_centred("│", middle), _centred(shape_of(trace, block.output, ascii), middle)]
    return finished(lines, width, ascii)


def _centred(piece: str, axis: int) -> str:
    return " " * max(0, axis - len(piece) // 2) + piece


def _crossing(corners: str, left: int, middle: int, right: int) -> str:
    before, after = "─" * (middle - left - 1), "─" * (right - middle - 1)
    return " " * left + corners[0] + before + corners[1] + after + corners[2]
