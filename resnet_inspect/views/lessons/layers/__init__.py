"""The lesson of one call: what its op does, and the arithmetic behind its numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from resnet_inspect.analysis import failure
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import (
    Activate,
    AdaptivePool,
    Attention,
    Container,
    Conv,
    Create,
    Elementwise,
    Join,
    Linear,
    MatMul,
    Norm,
    Pool,
    Recurrent,
    Reduce,
    Resample,
    Reshape,
    Unknown,
)
from resnet_inspect.views.figures import drawings
from resnet_inspect.views.lessons import page
from resnet_inspect.views.lessons.layers import (
    container,
    convolution,
    elementwise,
    field,
    linear,
    norm,
    parameters,
    place,
    pool,
    reshape,
    shape,
    unknown,
    work,
)
from resnet_inspect.views.lessons.page import Reading, Section, section

Teach = Callable[[Trace, Call, Any], Iterator[str | Reading]]
"""What says what an op does, from a trace, its call and itself; and where more is written."""

LESSONS: dict[type, Teach] = {
    Conv: convolution.convolution,
    Pool: pool.pool,
    AdaptivePool: pool.adaptive_pool,
    Norm: norm.norm,
    Linear: linear.linear,
    Attention: linear.attention,
    Recurrent: linear.recurrent,
    MatMul: linear.matmul,
    Activate: elementwise.activation,
    Elementwise: elementwise.elementwise,
    Join: reshape.join,
    Reshape: reshape.reshape,
    Reduce: reshape.reduce,
    Resample: reshape.resample,
    Create: reshape.create,
    Unknown: unknown.unknown,
}
"""What teaches each type of op; a container computes nothing and has a lesson of its own."""


def sections(survey: Survey, index: int, width: int, ascii: bool) -> tuple[Section, ...]:
    """The sections of the lesson of the call with this index.

    Drawings take at most `width` columns.
    """
    trace = survey.trace
    call = trace.calls[index]
    if isinstance(call.op, Container):
        return container.sections(survey, call, width, ascii)
    return page.filled(
        section("what it does", _does(trace, call)),
        section("its shape", shape.sentences(trace, call)),
        section("its parameters", parameters.sentences(survey, call)),
        section("its work and memory", (*work.sentences(survey, call), *work.memory(survey, call))),
        section(
            "what one element sees",
            field.sentences(survey, call),
            page.RECEPTIVE_FIELD,
            drawing=drawings.field(survey, index, width, ascii),
        ),
        section("its place", place.sentences(survey, call), *place.readings(survey, call)),
    )


def _does(trace: Trace, call: Call) -> Iterator[str | Reading]:
    if trace.failure is not None and trace.failure.call == call.index:
        yield f"The forward pass raised here: {failure.sentence(trace)}."
    yield from LESSONS[type(call.op)](trace, call, call.op)
