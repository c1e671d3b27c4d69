"""The lines above the layers: stem, stages, blocks, head; modules where nothing is residual."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from resnet_inspect.analysis.counts.amounts import Amounts, summed
from resnet_inspect.analysis.counts.parameters import subtree
from resnet_inspect.analysis.failure import report
from resnet_inspect.analysis.structure import anatomy
from resnet_inspect.analysis.structure.anatomy import Block, Span, Stage
from resnet_inspect.analysis.structure.net_effect import of_stage
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Call
from resnet_inspect.traces.ops import Container
from resnet_inspect.views.tables.rows.line import Line
from resnet_inspect.views.words import net_effect, text


def sections(
    survey: Survey, *, blocks: bool = True, between: bool = False, apart: bool = False
) -> list[Line]:
    """Every section in order, an outer one before those in it; only the outermost if no blocks.

    With `between`, what stands before, between and after the blocks of a stage too; with `apart`,
    what is run several times has a line for each run.
    """
    body = survey.anatomy.body
    if body is None:
        inner = [
            call_line(survey, call)
            for call in survey.trace.calls[1:]
            if isinstance(call.op, Container)
            and survey.trace.children[call.index]
            and (blocks or call.parent == 0)
        ]
        return [*_whole(survey, blocks), *inner]
    stem, head = anatomy.ends(survey.trace, survey.anatomy)
    each = [[span] for span in stem], [[span] for span in head]
    stems, heads = each if apart else ([stem], [head])
    found: list[Line | None] = [_end_line(survey, "stem", spans) for spans in stems]
    for stage in survey.anatomy.stages:
        runs = range(stage.runs) if apart else (None,)
        found += [stage_line(survey, stage, run) for run in runs]
        if blocks:
            lines = [
                block_line(survey, block, run)
                for block in stage.blocks
                for run in (range(block.runs) if apart else (None,))
            ]
            if between:
                lines += [call_line(survey, call) for call in beside_blocks(survey, stage)]
            lines.sort(key=lambda line: line.spans[0])
            found.extend(lines)
    found += [_end_line(survey, "head", spans) for spans in heads]
    complete = [line for line in found if line is not None]
    return [*_whole(survey, blocks), *complete, *_left_open(survey, body[1], blocks)]


def _whole(survey: Survey, blocks: bool) -> list[Line]:
    """The network's own line, above all others, where it is the network's own code that raised."""
    failure = survey.trace.failure
    if failure is None or failure.call != 0 or not blocks:
        return []
    return [call_line(survey, survey.trace.calls[0])]


def _left_open(survey: Survey, after: int, blocks: bool) -> list[Line]:
    """The modules that were running when the forward raised, outermost first; those in no stage."""
    trace = survey.trace
    found: list[Line] = []
    index = None if trace.failure is None else trace.failure.call
    while index is not None and index > after:
        call = trace.calls[index]
        if isinstance(call.op, Container) and trace.children[index]:
            found.insert(0, call_line(survey, call))
        index = call.parent
    return found if blocks else found[:1]


def stage_line(survey: Survey, stage: Stage, run: int | None = None) -> Line:
    """The line of a stage, with its net effect in words; of all its runs, or of one."""
    effect = net_effect.effect(of_stage(survey, stage))
    blocks = text.count(len(stage.blocks), "block") + _times(stage.runs, run)
    chosen = stage.every_run if run is None else stage.every_run[run : run + 1]
    spans = tuple((one.first, one.last) for one in chosen)
    leading = leading_to(survey, stage)
    if leading:
        name = leading[0].path if len(leading) == 1 else text.count(len(leading), "call")
        blocks += f" behind {name}"
    return Line(
        "stage",
        0,
        call=None if chosen[0].call is None else survey.trace.calls[chosen[0].call],
        stage=stage,
        input=chosen[0].input,
        output=chosen[0].output,
        note=f"{blocks}; {effect}" if effect else blocks,
        path=stage.path,
        spans=spans,
        amounts=_sum(survey, spans),
    )


def beside_blocks(survey: Survey, stage: Stage) -> list[Call]:
    """The outermost calls of a stage that are in none of its blocks and hold a step, in order."""
    trace = survey.trace
    found: list[Call] = []
    every = (run for block in stage.blocks for run in block.every_run)
    runs = sorted((run.first, run.last) for run in every if stage.first <= run.first <= stage.last)
    ends = [*(first for first, _ in runs), stage.last + 1]
    begins = [stage.first, *(last + 1 for _, last in runs)]
    for first, end in zip(begins, ends, strict=True):
        index = first
        while index < end:
            last = trace.last_descendant[index]
            if last < end and trace.steps_within(index, last):
                found.append(trace.calls[index])
                index = last
            index += 1
    return found


def _times(runs: int, run: int | None) -> str:
    """How often a part is run, ", run ×2", or which run it is, ", run 1 of 2"; "" for once."""
    if runs == 1:
        return ""
    return f", run ×{runs}" if run is None else f", run {run + 1} of {runs}"


def _sum(survey: Survey, spans: Iterable[tuple[int, int]]) -> Amounts:
    """The amounts of several runs of calls."""
    return summed(survey.amounts(*span) for span in spans)


def leading_to(survey: Survey, stage: Stage) -> list[Call]:
    """The outermost calls that lead from the stage before to the blocks of a stage."""
    if stage.first == stage.blocks[0].first or stage.first == stage.call:
        return []
    return [c for c in beside_blocks(survey, stage) if c.index < stage.blocks[0].first]


def block_line(survey: Survey, block: Block, run: int | None = None) -> Line:
    """The line of a block, with its kind and its shortcut; of all its runs, or of one."""
    chosen = block.every_run if run is None else block.every_run[run : run + 1]
    spans = tuple((one.first, one.last) for one in chosen)
    times = _times(block.runs, run)
    output = chosen[0].output
    stage = survey.anatomy.stage_at(block.first)
    if stage is not None:  # of a block that is unrolled, what the last of its runs there gives
        output = [one for one in chosen if one is chosen[0] or one.last <= stage.last][-1].output
    block = chosen[0] if run is not None else block
    shortcuts = [part.shortcut_name for part in block.parts]
    same = len(set(shortcuts)) == 1
    note = f"{len(shortcuts)} {shortcuts[0]} shortcuts" if same else " and ".join(shortcuts)
    return Line(
        "block",
        1,
        call=None if block.call is None else survey.trace.calls[block.call],
        block=block,
        input=block.input,
        output=output,
        note=(f"{shortcuts[0]} shortcut" if len(shortcuts) == 1 else note) + times,
        path=block.path,
        spans=spans,
        amounts=_sum(survey, spans),
    )


def call_line(survey: Survey, call: Call) -> Line:
    """The line of one call and of all that it calls."""
    last = survey.trace.last_descendant[call.index]
    in_stage = survey.stage_of_add.get(call.index)
    notes = []
    if in_stage is not None:
        notes.append(f"+ {in_stage[1].shortcut_name}")
    if survey.macs[call.index] is None:
        notes.append(getattr(call.op, "reason", "no rule for its multiply-accumulates"))
    held = survey.amounts(call.index, last)
    if call.module is not None and not held.parameters and _has_weights(survey, call.module):
        notes.append("weights counted elsewhere")
    failed = report(survey.trace)
    if failed is not None and failed.call == call.index:
        notes.insert(0, f"raised: {failed.finding}")
    return Line(
        _kind(call),
        0,
        call=call,
        add=in_stage[1] if in_stage else None,
        note="; ".join(notes),
        spans=((call.index, last),),
        amounts=held,
    )


def _kind(call: Call) -> str:
    if call.index == 0:
        return "network"
    if call.module is None:
        return "function"
    return "module" if isinstance(call.op, Container) else "layer"


def _has_weights(survey: Survey, path: str) -> bool:
    modules = subtree(survey.trace, path)
    return any(p.tensor.elements for module in modules for p in module.parameters)


def _end_line(survey: Survey, kind: str, spans: Sequence[Span]) -> Line | None:
    """The line of the stem or head; None if no step is in it."""
    trace = survey.trace
    spans = tuple(span for span in spans if trace.steps_within(*span))
    steps = [step for span in spans for step in trace.steps_within(*span)]
    if not steps or (kind == "head" and trace.failure is not None):
        return None
    stages = survey.anatomy.stages
    before = [run for run in stages[-1].every_run if run.last < spans[0][0]] or stages[-1:]
    after = [run for run in stages[0].every_run if run.first > spans[0][0]] or stages[:1]
    given = trace.inputs[0].activation if trace.inputs else None
    results = [port.activation for port in trace.outputs]
    makers = {a: trace.producer.get(a, -1) for a in results}
    made = next((a for a, i in makers.items() if any(f <= i <= e for f, e in spans)), None)
    note = text.count(len(steps), "step")
    if kind == "head" and len(results) > 1:
        note += f"; 1 of {len(results)} outputs"
    return Line(
        kind,
        0,
        input=given if kind == "stem" else before[-1].output,
        output=after[0].input if kind == "stem" else made,
        path="",
        note=note,
        spans=spans,
        amounts=_sum(survey, spans),
    )
