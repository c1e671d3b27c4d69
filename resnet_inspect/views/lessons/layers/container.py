"""The lesson of a module that only calls others."""

from __future__ import annotations

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Call
from resnet_inspect.views.figures import drawings
from resnet_inspect.views.lessons import amounts, field, page
from resnet_inspect.views.lessons.layers import place
from resnet_inspect.views.lessons.layers.shape import from_to
from resnet_inspect.views.lessons.page import Section, section
from resnet_inspect.views.words import text


def sections(survey: Survey, call: Call, width: int, ascii: bool) -> tuple[Section, ...]:
    """The sections of its lesson; drawings take at most `width` columns."""
    trace = survey.trace
    last = trace.last_descendant[call.index]
    steps = trace.steps_within(call.index + 1, last)
    inner = len(trace.children[call.index])
    does = [f"It computes nothing itself: it makes {text.count(inner, 'call')}."]
    if inner != len(steps):
        does.append(f"In all {text.count(len(steps), 'step')} lie within it.")
    if call.inputs and call.outputs:
        does.append(from_to(trace, call))
    sees = [
        line
        for port in call.outputs[:1]
        for line in (
            field.growth(survey, call.inputs[0].activation, port.activation)
            if call.inputs
            else field.sees(survey, port.activation)
        )
    ]
    drawing = drawings.field(survey, call.index, width, ascii) if call.outputs else ()
    return page.filled(
        section("what it does", does),
        section("its cost", amounts.costs(survey, survey.amounts(call.index, last))),
        section("what one element sees", sees, page.RECEPTIVE_FIELD, drawing=drawing),
        section("its place", place.sentences(survey, call)),
    )
