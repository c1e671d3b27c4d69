"""A graph with its words: what is written in each box, on each edge and above each frame.

It has no geometry: `views.figures.layout` gives it one; Mermaid and DOT lay it out themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resnet_inspect.analysis.structure.anatomy import Block, Stage
from resnet_inspect.analysis.structure.graph import construction, nodes
from resnet_inspect.analysis.structure.graph.nodes import Graph, Group, Level, Node
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import UnknownName, UsageError
from resnet_inspect.traces.ops import Op, same_values
from resnet_inspect.views.words import text
from resnet_inspect.views.words.ops import kind_of, op_text
from resnet_inspect.views.words.text import map_shape

MOST_BOXES, MOST_LINKS = 400, 600
"""A figure with more is no longer one that anybody reads."""
_MOST_ROWS = 6
_LONGEST = 34
"""Characters of a row; the whole of a longer name is in the tip."""

_ROLES = {
    "conv": "conv", "pool": "pool", "norm": "norm", "activation": "activation", "add": "add",
    "join": "add", "linear": "linear", "matmul": "linear", "attention": "linear",
    "recurrent": "linear",
    "unknown": "unknown",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Box:
    """What a node is drawn as."""

    role: str
    """What its colour tells: an op's kind, "stage", "module", "end" or "other"."""
    rows: tuple[str, ...]
    title: str = ""
    """Where it is in the network; "" where the rows say it."""
    tip: str = ""
    """All that it stands for, in full."""


@dataclass(frozen=True, slots=True)
class Link:
    """An edge with what is written on it."""

    source: int
    target: int
    rows: tuple[str, ...]
    shortcut: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """What is drawn around a group."""

    title: str
    boxes: tuple[int, ...]
    inner: bool = False
    """Whether it is a block, within a stage."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Boxes, links between them, frames around them."""

    title: str
    caption: str
    boxes: tuple[Box, ...]
    links: tuple[Link, ...]
    frames: tuple[Frame, ...] = ()


def network(survey: Survey, level: Level = "block", fold: bool = True) -> Figure:
    """The whole network; raises `UsageError` where that would be more than can be read."""
    return with_nodes(survey, level, fold)[1]


def with_nodes(survey: Survey, level: Level, fold: bool = True) -> tuple[Graph, Figure]:
    """The whole network as a graph, and as a figure with a box for each of its nodes."""
    found = construction.of_network(survey.trace, survey.anatomy, level, fold)
    if len(found.nodes) > MOST_BOXES or len(found.edges) > MOST_LINKS:
        coarser = {
            "layer": "--level block, or --block PATH for one block",
            "block": "--level stage, or --block PATH for one block",
        }
        boxes, links = f"{len(found.nodes):,} boxes", text.count(len(found.edges), "line")
        raise UsageError(
            f"a figure of {boxes} and {links} cannot be read",
            hint=coarser.get(level, "the views of `trace` list every step"),
        )
    whole = survey.whole
    given = ", ".join(text.shape(survey.trace.spec(port).shape) for port in survey.trace.inputs)
    partial = " counted" if whole.uncounted else ""
    caption = (
        f"input {given} · {text.quantity(survey.totals.parameters.total)} parameters"
        f" · {text.quantity(whole.macs)} MACs{partial}"
    )
    if survey.trace.failure is not None:
        caption += f" · ends where {survey.trace.failure.error} was raised"
    return found, _figure(survey, found, survey.trace.model_name, caption)


def block_at(survey: Survey, path: str) -> tuple[Stage, Block]:
    """The block at a path, and its stage; raises `UnknownName` if no block is there."""
    stages = survey.anatomy.stages
    known = {block.path: (stage, block) for stage in reversed(stages) for block in stage.blocks}
    if path not in known:
        see = "" if known else f"no residual block was found in {survey.trace.model_name}"
        raise UnknownName("block", path, known, see=see)
    return known[path]


def block(survey: Survey, path: str) -> Figure:
    """The two paths of the block at a path, layer by layer."""
    stage, chosen = block_at(survey, path)
    amounts = survey.amounts(chosen.first, chosen.last)
    caption = (
        f"{chosen.kind} block, {chosen.shortcut} shortcut"
        f" · {text.quantity(amounts.parameters)} parameters · {text.quantity(amounts.macs)} MACs"
    )
    found = construction.of_block(survey.trace, stage, chosen)
    plain = Graph(found.nodes, found.edges)
    return _figure(survey, plain, f"{survey.trace.model_name} {path}", caption)


def _figure(survey: Survey, found: Graph, title: str, caption: str) -> Figure:
    # The word is written once: on the last edge of a shortcut, the one into the add.
    links = tuple(
        Link(
            edge.source,
            edge.target,
            (
                *([edge.shortcut] if edge.shortcut and _is_add(found, edge.target) else []),
                *dict.fromkeys(_shape(survey, activation) for activation in edge.activations),
            ),
            edge.shortcut is not None,
        )
        for edge in found.edges
    )
    return Figure(
        text.visible(title),
        text.visible(caption),
        tuple(_box(survey, node) for node in found.nodes),
        links,
        tuple(_frame(found, group) for group in found.groups),
    )


def _is_add(found: Graph, place: int) -> bool:
    return found.nodes[place].kind == "add"


def _shape(survey: Survey, activation: int) -> str:
    return map_shape(survey.trace.activations[activation].tensor.shape)


def _box(survey: Survey, node: Node) -> Box:
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
            return Box("stage", _stage_rows(survey, node.stage), _stage_title(node.stage), tip)
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


def clipped(written: str, most: int = _LONGEST, *, keep_end: bool = True) -> str:
    """A name with no more than so many characters, of which the last say most about a path."""
    written = text.visible(written)
    if len(written) <= most:
        return written
    return f"…{written[1 - most :]}" if keep_end else f"{written[: most - 1]}…"


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


def _stage_title(stage: Stage) -> str:
    return clipped(stage.path or f"stage {stage.number}")


def _frame(found: Graph, group: Group) -> Frame:
    if group.block is None:
        return Frame(_stage_title(group.stage), group.nodes)
    times = [f"×{group.times}"] if group.times > 1 else []
    # A branch has the path of its block as a title.
    if any(found.nodes[place].kind == "branch" for place in group.nodes):
        return Frame(" ".join(times), group.nodes, inner=True)
    within = group.block.path.removeprefix(f"{group.stage.path}.")
    return Frame(" ".join([clipped(within), *times]), group.nodes, inner=True)
