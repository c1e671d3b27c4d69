"""The lessons of the stem and the head: what comes before the blocks and after them."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from resnet_inspect.analysis.structure import net_effect
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import (
    AdaptivePool,
    Linear,
    Pool,
    Reduce,
)
from resnet_inspect.views.figures import drawings
from resnet_inspect.views.lessons import amounts, field, page
from resnet_inspect.views.lessons.page import Section, section
from resnet_inspect.views.tables.rows.line import Line
from resnet_inspect.views.tables.rows.sections import sections as lines_of
from resnet_inspect.views.words import text
from resnet_inspect.views.words.ops import op_text


def sections(survey: Survey, end: str, width: int, ascii: bool) -> tuple[Section, ...]:
    """The sections of the stem's or head's lesson; none if the network has none."""
    line = next((line for line in lines_of(survey, blocks=False) if line.kind == end), None)
    if line is None:
        return ()
    _, last = line.spans[0]
    does = _stem(survey, line) if line.kind == "stem" else _head(survey, line)
    sees = [] if line.output is None else field.sees(survey, line.output)
    return page.filled(
        section(
            "what it does",
            does,
            *((page.STAGES,) if line.kind == "stem" else ()),
            drawing=drawings.way(survey, width, page.HEIGHT, last, ascii),
        ),
        section("its cost", amounts.of_spans(survey, line.spans)),
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
    maps = net_effect.map_of(survey, line.input), net_effect.map_of(survey, line.output)
    positions = [0 if one is None else prod(one.sizes) for one in maps]
    if positions[0] > positions[1] > 0:
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
    made_of_one = prod(trace.spec(pool.outputs[0]).shape[1:]) if pool.outputs else 0
    if len(shape) < 3 or not shape[1] == linear.op.in_features == made_of_one:
        return
    if prod(shape[2:]) == 1:
        return
    made = linear.op.out_features
    yield (
        f"{pool.path} makes one number of each of the {shape[1]} maps, so {linear.path} needs"
        f" {shape[1]}·{made} = {text.integer(shape[1] * made)} weights. On the maps themselves it"
        f" would need {'·'.join(map(str, shape[1:]))}·{made} ="
        f" {text.integer(prod(shape[1:]) * made)}, and take one size of image only."
    )
