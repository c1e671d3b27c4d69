"""What one element sees of the input, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_inspect.analysis.geometry.receptive_field import ReceptiveField
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.words import fields, text


def sees(survey: Survey, activation: int) -> Iterator[str]:
    """How much of the input one element sees, how far its neighbour is, where the first begins."""
    field = survey.receptive_fields.get(activation)
    if field is None:
        lost = survey.fields.lost.get(activation)
        if lost is not None:
            yield f"How much of the input one output element sees is not known: {fields.why(lost)}."
        return
    if field.whole:
        yield "One output element sees the whole input."
    elif field.statistics or field.gate:
        yield (
            f"By its windows one output element sees {text.sizes(field.size)} of the input: its"
            f" receptive field, as the literature counts it. {fields.through(field)} each element"
            " depends on all of the map."
        )
        yield from _beyond(survey, field)
    else:
        size = text.sizes(field.size)
        yield f"One output element sees {size} of the input: its receptive field."
        yield from _beyond(survey, field)
    if field.seam:
        yield fields.beside(field)
    if field.jump:
        jump = text.alike(field.jump)
        unit = "element" if jump == "1" else "elements"
        yield f"Its neighbour's field begins {jump} input {unit} further on: the jump."
    if field.start and min(field.start) < 0:
        yield (
            f"The first element's field begins at {text.alike(field.start)}: that far before the"
            " edge of the input."
        )


def _beyond(survey: Survey, field: ReceptiveField) -> Iterator[str]:
    trace = survey.trace
    given = trace.spec(trace.inputs[0]).shape[-len(field.size) :] if trace.inputs else ()
    if len(given) == len(field.size) and all(
        size > of for size, of in zip(field.size, given, strict=True)
    ):
        yield (
            f"That is more than the {text.shape(given)} there are: the field reaches over the"
            " border, where there is only padding."
        )


def growth(survey: Survey, before: int, after: int) -> Iterator[str]:
    """How the receptive field and the jump grew from one tensor to another."""
    first, last = survey.receptive_fields.get(before), survey.receptive_fields.get(after)
    if first is None or last is None or first.whole or last.whole:
        yield from sees(survey, after)
        return
    is_flagged = last.statistics or last.gate
    yield (
        f"{'By its windows one' if is_flagged else 'One'} element sees {text.sizes(first.size)} of"
        f" the input before and {text.sizes(last.size)} after."
    )
    if (last.statistics, last.gate) != (first.statistics, first.gate):
        yield f"{fields.through(last)} each element depends on all of the map."
    if last.seam != first.seam:
        yield fields.beside(last)
    yield from _beyond(survey, last)
    if not first.jump or not last.jump:
        return
    if first.jump == last.jump:
        yield f"The jump stays {text.alike(last.jump)}."
    else:
        yield f"The jump goes from {text.alike(first.jump)} to {text.alike(last.jump)}."
