"""What is written in the box of a node, and what its colour tells."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_inspect.analysis.structure.anatomy import Stage
from resnet_inspect.analysis.structure.graph import nodes
from resnet_inspect.analysis.structure.graph.nodes import Node
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import Op, same_values
from resnet_inspect.views.figures.figure import Box
from resnet_inspect.views.figures.lettering import clipped
from resnet_inspect.views.words import text
from resnet_inspect.views.words.ops import kind_of, op_text

_MOST_ROWS = 6
_ROLES = {
    "conv": "conv", "pool": "pool", "norm": "norm", "activation": "activation", "add": "add",
    "join": "add", "linear": "linear", "matmul": "linear", "attention": "linear",
    "recurrent": "linear",
    "unknown": "unknown",
}  # fmt: skip


def box_of(survey: Survey, node: Node) -> Box:
    """The box of a node: its rows, its title, and all that it stands for as its tip."""
    calls = [survey.trace.calls[step] for step in node.steps]
    tip = "\n".join(
        text.visible(f"{call.path}: {op_text(call.op)}" if call.path else op_text(call.op))
        for call in calls[:40]
    )
    match node.kind:
        case "input" | "output" | "outside":
            return Box("end", (_end(survey, node),), tip=node.label)
        case "stage":
            assert node.stage is not None
            return Box("stage", _stage_rows(survey, node.stage), stage_title(node.stage), tip)
        case "module":
            assert node.call is not None
            call = survey.trace.calls[node.call]
            module = survey.trace.module_at.get(call.path)
            name = module.class_name if module is not None else "module"
            last = survey.trace.last_descendant[call.index]
            held = survey.amounts(call.index, last).parameters
            rows = (clipped(name), f"{text.quantity(held)} parameters")
            return Box("module", rows, clipped(call.path), tip)
        case "add":
            return Box("add", (_sign([call.op for call in calls]),), tip=tip)
    ops = [call.op for call in calls]
    main = [op for op in ops if not nodes.follows(op)]
    role = _ROLES.get(kind_of((main or ops)[0]), "other")
    if role == "add" and node.kind == "layer":
        return Box(role, (_sign(ops),), tip=tip)
    if node.kind in ("branch", "bypass"):
        path = node.block.path if node.block is not None and node.kind == "branch" else ""
        return Box(role, _rows([op_text(op) for op in main or ops]), clipped(path), tip)
    path = calls[0].path if len(calls) == 1 or not main else calls[ops.index(main[0])].path
    return Box(role, _rows(_layer_rows(ops)), clipped(path), tip)


def _sign(ops: Sequence[Op]) -> str:
    """A sum or a concatenation, and what is applied to it: "+  relu", "cat"."""
    sign = "+" if op_text(ops[0]) == "add" else op_text(ops[0])
    applied = ", ".join(op_text(op) for op in ops[1:] if not same_values(op))
    return clipped(f"{sign}  {applied}".rstrip(), keep_end=False)


def _layer_rows(ops: Sequence[Op]) -> list[str]:
    """A row for each layer, and one for what follows it and changes anything."""
    rows: list[str] = []
    following = False
    changing = [op for op in ops if not same_values(op)]
    for op in changing or ops:
        if nodes.follows(op) and following:
            rows[-1] += f", {op_text(op)}"
        else:
            rows.append(op_text(op))
        following = nodes.follows(op)
    return rows


def _rows(rows: Sequence[str]) -> tuple[str, ...]:
    if len(rows) > _MOST_ROWS:
        left = len(rows) - _MOST_ROWS + 1
        rows = [*rows[: _MOST_ROWS - 1], f"… {text.count(left, 'more step')}"]
    return tuple(clipped(row, keep_end=False) for row in rows)


def _end(survey: Survey, node: Node) -> str:
    words = {"input": "input", "output": "output", "outside": "constant"}
    return clipped(f"{words[node.kind]} {node.label}".rstrip())


def _stage_rows(survey: Survey, stage: Stage) -> tuple[str, ...]:
    kinds = {block.kind for block in stage.blocks}
    kind = f"{kinds.pop()} block" if len(kinds) == 1 else "block"
    held = survey.amounts(stage.first, stage.last)
    return (
        text.count(len(stage.blocks), kind),
        f"{text.quantity(held.parameters)} parameters",
        f"{text.quantity(held.macs)} MACs",
    )


def stage_title(stage: Stage) -> str:
    """What a stage is called above its box or its frame."""
    return clipped(stage.path or f"stage {stage.number}")
