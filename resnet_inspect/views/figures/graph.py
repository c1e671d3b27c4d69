"""A graph as a figure: a box for each node, a link for each edge, a frame around each group.

It has no geometry: `views.figures.layout` gives it one; Mermaid and DOT lay it out themselves.
"""

from __future__ import annotations

from resnet_inspect.analysis.structure.anatomy import Block, Stage
from resnet_inspect.analysis.structure.graph import construction
from resnet_inspect.analysis.structure.graph.nodes import Graph, Group, Level
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import UnknownName, UsageError
from resnet_inspect.views.figures.boxes import box_of, stage_title
from resnet_inspect.views.figures.figure import Figure, Frame, Link
from resnet_inspect.views.figures.lettering import clipped
from resnet_inspect.views.words import text
from resnet_inspect.views.words.text import map_shape

MOST_BOXES, MOST_LINKS = 400, 600
"""A figure with more is no longer one that anybody reads."""


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
        tuple(box_of(survey, node) for node in found.nodes),
        links,
        tuple(_frame(found, group) for group in found.groups),
    )


def _is_add(found: Graph, place: int) -> bool:
    return found.nodes[place].kind == "add"


def _shape(survey: Survey, activation: int) -> str:
    return map_shape(survey.trace.activations[activation].tensor.shape)


def _frame(found: Graph, group: Group) -> Frame:
    if group.block is None:
        return Frame(stage_title(group.stage), group.nodes)
    times = [f"×{group.times}"] if group.times > 1 else []
    # A branch has the path of its block as a title.
    if any(found.nodes[place].kind == "branch" for place in group.nodes):
        return Frame(" ".join(times), group.nodes, inner=True)
    within = group.block.path.removeprefix(f"{group.stage.path}.")
    return Frame(" ".join([clipped(within), *times]), group.nodes, inner=True)
