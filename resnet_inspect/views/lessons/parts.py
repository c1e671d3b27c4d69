"""The lessons of the large parts: a stage, the stem, the head, the whole network."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from resnet_inspect.analysis.failure import sentence as raised
from resnet_inspect.analysis.structure import depth
from resnet_inspect.analysis.structure.anatomy import Block, Stage
from resnet_inspect.analysis.structure.net_effect import Factor, of_stage
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import (
    AdaptivePool,
    Conv,
    Linear,
    Pool,
    Reduce,
    same_values,
    window_of,
)
from resnet_inspect.views.figures import drawings
from resnet_inspect.views.lessons import amounts, blocks, page
from resnet_inspect.views.lessons.page import Section, section, sentence
from resnet_inspect.views.tables.columns import COLUMNS
from resnet_inspect.views.tables.rows.line import Line
from resnet_inspect.views.tables.rows.sections import sections as lines_of
from resnet_inspect.views.words import net_effect, text
from resnet_inspect.views.words.ops import op_text

_HEIGHT = 14
"""Lines that a drawing of the tensor's way may take."""


# A stage.


def of_a_stage(survey: Survey, stage: Stage, width: int, ascii: bool) -> tuple[Section, ...]:
    """The sections of a stage's lesson."""
    return page.filled(
        section(
            "what it did",
            _did(survey, stage),
            page.STAGES,
            drawing=drawings.way(survey, width, _HEIGHT, stage.last, ascii),
        ),
        section("its blocks", _blocks(survey, stage), page.SHORTCUT_OPTIONS),
        section("its cost", _cost(survey, stage)),
        section(
            "what one element sees",
            amounts.growth(survey, stage.input, stage.output),
            page.RECEPTIVE_FIELD,
        ),
    )


def _did(survey: Survey, stage: Stage) -> Iterator[str]:
    tensors = survey.trace.activations
    before, after = tensors[stage.input].tensor.shape, tensors[stage.output].tensor.shape
    found = of_stage(survey, stage)
    change = f"{text.shape(before)} becomes {text.shape(after)}"
    yield sentence(f"{net_effect.effect(found)}: {change}" if found else change)
    if found and found.planes == Factor(1, 2) and found.dimensions == (Factor(2, 1),):
        if len(before) == 4:
            yield (
                "A convolution from twice as many planes to twice as many has four times the"
                " weights, at a quarter of the positions: its work stays the same."
            )
        yield from _same_work(survey, stage)


def _same_work(survey: Survey, stage: Stage) -> Iterator[str]:
    """Two convolutions, one in the stage before and one here, that take equally many."""
    place = survey.anatomy.stages.index(stage)
    if place == 0:
        return
    both = [_last_wide(survey, s) for s in (survey.anatomy.stages[place - 1], stage)]
    if None in both:
        return
    before, here = (survey.trace.calls[step] for step in both if step is not None)
    counted = survey.macs[here.index]
    if counted and counted == survey.macs[before.index]:
        yield (
            f"{before.path} and {here.path} both take {text.integer(counted)} multiply-accumulates."
        )


def _last_wide(survey: Survey, stage: Stage) -> int | None:
    """The last wide convolution on the branch of a stage's last block."""
    for step in reversed(stage.blocks[-1].branch):
        op = survey.trace.calls[step].op
        if isinstance(op, Conv) and prod(op.window.kernel_size) > 1:
            return step
    return None


def _blocks(survey: Survey, stage: Stage) -> Iterator[str]:
    kinds = [block.kind for block in stage.blocks]
    each = f"{kinds[0]} " if len(set(kinds)) == 1 else ""
    yield f"It has {text.count(len(stage.blocks), f'{each}block')}."
    first = stage.blocks[0]
    yield (
        f"The first, {blocks.name(survey, first)}, has {blocks.a_shortcut(first)}."
        f" {blocks.why(survey, first)}"
    )
    strided = _strided(survey, first)
    if strided:
        there = page.listed([survey.trace.calls[step].path for step in strided])
        yield f"It strides, in {there}."
    rest = stage.blocks[1:]
    if not rest:
        return
    shape = text.shape(survey.trace.activations[stage.output].tensor.shape)
    identities = sum(block.shortcut == "identity" for block in rest)
    others = "The other one takes" if len(rest) == 1 else f"The other {len(rest)} take"
    yield f"{others} and give{'s' * (len(rest) == 1)} {shape}; {_of_those(identities, len(rest))}."


def _of_those(identities: int, many: int) -> str:
    if identities == many:
        return "their shortcuts are identities" if many > 1 else "its shortcut is an identity"
    projections = many - identities
    return f"{identities} with identity and {projections} with projection shortcuts"


def _strided(survey: Survey, block: Block) -> list[int]:
    steps = sorted((*block.branch, *block.bypass))
    windows = ((step, window_of(survey.trace.calls[step].op)) for step in steps)
    return [step for step, window in windows if window and set(window.stride) != {1}]


def _cost(survey: Survey, stage: Stage) -> Iterator[str]:
    yield from amounts.costs(survey, survey.amounts(stage.first, stage.last))
    if len(stage.blocks) > 1:
        first, last = (
            survey.amounts(block.first, block.last).parameters
            for block in (stage.blocks[0], stage.blocks[-1])
        )
        yield (
            f"Its first block has {text.integer(first)} parameters, its last {text.integer(last)}."
        )


# The stem and the head.


def of_end(survey: Survey, line: Line, width: int, ascii: bool) -> tuple[Section, ...]:
    """The sections of the stem's or head's lesson."""
    first, last = line.spans[0]
    does = _stem(survey, line) if line.kind == "stem" else _head(survey, line)
    sees = [] if line.output is None else amounts.sees(survey, line.output)
    return page.filled(
        section(
            "what it does",
            does,
            *((page.STAGES,) if line.kind == "stem" else ()),
            drawing=drawings.way(survey, width, _HEIGHT, last, ascii),
        ),
        section("its cost", amounts.costs(survey, survey.amounts(first, last))),
        section("what one element sees", sees, page.RECEPTIVE_FIELD),
    )


def _layers(survey: Survey, line: Line) -> str:
    first, last = line.spans[0]
    steps = survey.trace.steps_within(first, last)
    shown = [op_text(survey.trace.calls[step].op) for step in steps[:8]]
    more = [f"{len(steps) - 8} more"] if len(steps) > 8 else []
    return "; ".join([*shown, *more])


def _stem(survey: Survey, line: Line) -> Iterator[str]:
    yield f"What comes before the first block: {_layers(survey, line)}."
    if line.input is None or line.output is None:
        return
    tensors = survey.trace.activations
    before, after = tensors[line.input].tensor.shape, tensors[line.output].tensor.shape
    yield f"It turns {text.shape(before)} into {text.shape(after)}."
    positions = prod(before[2:]), prod(after[2:])
    if len(before) == len(after) > 2 and positions[1] and positions[0] > positions[1]:
        yield (
            f"{text.integer(positions[0])} positions become {text.integer(positions[1])} before any"
            f" block works on them: {positions[0] / positions[1]:.3g} times fewer."
        )


def _head(survey: Survey, line: Line) -> Iterator[str]:
    yield f"What comes after the last block: {_layers(survey, line)}."
    if line.input is not None and line.output is not None:
        tensors = survey.trace.activations
        before, after = tensors[line.input].tensor.shape, tensors[line.output].tensor.shape
        yield f"It turns {text.shape(before)} into {text.shape(after)}."
    yield from _without_pool(survey, line)


def _without_pool(survey: Survey, line: Line) -> Iterator[str]:
    """What the linear layer would need, were the map not pooled to one number for each channel."""
    first, last = line.spans[0]
    trace = survey.trace
    calls = [trace.calls[step] for step in trace.steps_within(first, last)]
    linear = next((call for call in calls if isinstance(call.op, Linear)), None)
    pool = next((c for c in calls if isinstance(c.op, AdaptivePool | Pool | Reduce)), None)
    if linear is None or pool is None or pool.index > linear.index or not pool.inputs:
        return
    assert isinstance(linear.op, Linear)
    shape = trace.spec(pool.inputs[0]).shape
    if len(shape) < 3 or shape[1] != linear.op.in_features or prod(shape[2:]) == 1:
        return
    made = linear.op.out_features
    yield (
        f"{pool.path} makes one number of each of the {shape[1]} maps, so {linear.path} needs"
        f" {shape[1]}·{made} = {text.integer(shape[1] * made)} weights. On the maps themselves it"
        f" would need {'·'.join(map(str, shape[1:]))}·{made} ="
        f" {text.integer(prod(shape[1:]) * made)}, and take one size of image only."
    )


# The network.


def of_network(survey: Survey, width: int, ascii: bool) -> tuple[Section, ...]:
    """The sections of the network's lesson."""
    return page.filled(
        section(
            "its way",
            _way(survey),
            page.STAGES,
            drawing=drawings.way(survey, width, _HEIGHT, None, ascii),
        ),
        section("its depth", _depth(survey), page.STAGES),
        section("its parts", _parts(survey)),
        section("its shortcuts", _shortcuts(survey), page.SHORTCUT_OPTIONS, page.IDENTITY),
        section("its strides", blocks.strides_of_network(survey), page.BOTTLENECK, page.STRIDE),
        section("what one element sees", _sees(survey), page.RECEPTIVE_FIELD),
    )


def _way(survey: Survey) -> Iterator[str]:
    trace = survey.trace
    if trace.failure is not None:
        yield f"The forward pass raised: {raised(trace)}. What follows is true up to there."
    shapes = [
        page.listed([text.shape(trace.spec(port).shape) for port in ports])
        for ports in (trace.inputs, trace.outputs)
    ]
    if all(shapes):
        yield f"It turns {shapes[0]} into {shapes[1]}."
    stages = survey.anatomy.stages
    if not stages:
        yield "It has no residual block: no sum of a branch and a shortcut was found."
    else:
        many = [str(len(stage.blocks)) for stage in stages]
        of = f" of {page.listed(many)} blocks" if len(many) > 1 else ""
        blocks_ = text.count(len(survey.anatomy.blocks), "residual block")
        yield f"It has {blocks_} in {text.count(len(stages), 'stage')}{of}."
    whole = survey.totals
    yield (
        f"It holds {text.count(whole.parameters.total, 'parameter')} and takes"
        f" {text.integer(whole.macs)} multiply-accumulates for this input."
    )
    if whole.not_counted:
        names = page.listed([name for name, _ in whole.not_counted])
        yield f"Those of {names} are not among them: no rule covers them."


def _depth(survey: Survey) -> Iterator[str]:
    found = depth.of_network(survey)
    if not found.layers:
        return
    counted = page.listed(
        [
            text.count(len(steps), noun)
            for steps, noun in ((found.convolutions, "convolution"), (found.linear, "linear layer"))
            if steps
        ]
    )
    layers = text.count(found.layers, "weighted layer")
    verb = "is" if found.layers == 1 else "are"
    yield (
        f"On the longest way from its input to its output there {verb} {counted}: {layers}, counted"
        " as the names of the ResNets count."
    )
    yield "Norms, pools and activations are not counted."
    if found.gates:
        yield "Nor are layers that compute a gate: it scales a map and is no way of its own."
    if found.projections:
        many = text.count(len(found.projections), "projection")
        verb = "lies on a shortcut" if len(found.projections) == 1 else "lie on shortcuts"
        yield f"{many} {verb} and not on that way."


def _parts(survey: Survey) -> Iterator[str]:
    whole = survey.whole
    lines = (
        lines_of(survey, blocks=False)
        if survey.anatomy.stages
        else [
            Line("layer", 0, call=trace_call, amounts=survey.amounts(index, last))
            for index in survey.trace.children[0][:20]
            for trace_call in (survey.trace.calls[index],)
            for last in (survey.trace.last_descendant[index],)
        ]
    )
    for line in lines:
        held = line.amounts
        if not (held.parameters or held.macs):
            continue
        shares = [
            f"{text.share(part / of)} of the {what}"
            for part, of, what in (
                (held.parameters, whole.parameters, "parameters"),
                (held.macs, whole.macs, "multiply-accumulates"),
            )
            if of
        ]
        name = _name(survey, line)
        effect = f" ({line.note})" if line.stage is not None else ""
        yield f"{name}{effect} has {page.listed(shares)}."


def _name(survey: Survey, line: Line) -> str:
    if line.stage is not None:
        path = f", {line.stage.path}," if line.stage.path else ""
        return f"Stage {line.stage.number}{path}"
    if line.kind in {"stem", "head"}:
        return f"The {line.kind}"
    return COLUMNS["path"].cell(survey, line).text


def _shortcuts(survey: Survey) -> Iterator[str]:
    found = survey.anatomy.blocks
    if not found:
        return
    identities = [block for block in found if block.shortcut == "identity"]
    projections = len(found) - len(identities)
    kinds = [
        text.count(many, f"{kind} shortcut")
        for many, kind in ((len(identities), "identity"), (projections, "projection"))
        if many
    ]
    yield f"It has {page.listed(kinds)}."
    calls = survey.trace.calls
    clean = [b for b in identities if all(same_values(calls[s].op) for s in b.bypass)]
    if not clean:
        return
    yield (
        f"Over {text.count(len(clean), 'identity')} the gradient reaches a block's fork, where"
        " branch and shortcut part, as it was at its sum, whatever the branch's weights are."
    )
    closed = sum(block.output != calls[block.add].outputs[0].activation for block in clean)
    if closed == len(clean):
        yield (
            "Between two blocks it still passes what is applied to each sum, so the way through"
            " several blocks is not wholly free."
        )
    elif not closed:
        yield "Nothing is applied to those sums within their blocks."


def _sees(survey: Survey) -> Iterator[str]:
    end = survey.last_feature_map
    if end is None:
        return
    shape = text.shape(survey.trace.activations[end].tensor.shape)
    yield f"The last feature map is {shape}."
    yield from amounts.sees(survey, end)
