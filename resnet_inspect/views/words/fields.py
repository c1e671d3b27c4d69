"""What stands beside a receptive field: why it is not known, and what it does not count."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_inspect.analysis.geometry.receptive_field import Lost, ReceptiveField
from resnet_inspect.analysis.structure.survey import Survey


def why(lost: Lost) -> str:
    """The call behind which nothing is known, as the end of a sentence."""
    if lost.from_outside:
        return f"no recorded call made a tensor that {lost.path or 'the network'} takes or gives"
    return f"no rule says where {lost.path} looks"


def through(field: ReceptiveField) -> str:
    """Through which calls an element depends on all, as the beginning of a sentence."""
    ways = []
    if field.statistics:
        ways.append(f"the statistics of {field.statistics}")
    if field.gate:
        ways.append(f"the gate of {field.gate}")
    return f"Through {' and '.join(ways)}"


def beside(field: ReceptiveField) -> str:
    """Where an element sees more than the windows; "" where there is no such place."""
    if not field.seam:
        return ""
    return (
        f"Beside the seam of {field.seam}, which puts side by side what was apart, an element sees"
        " on both sides of it."
    )


def remarks(survey: Survey) -> Iterator[str]:
    """What must be said beside the receptive field of the last feature map."""
    end = survey.last_feature_map
    if end is None:
        return
    lost, field = survey.fields.lost.get(end), survey.receptive_fields.get(end)
    if lost is not None and survey.trace.provenance.source == "lock":
        yield f"the receptive field is not known: a lock does not hold where {lost.path} looks"
    elif lost is not None:
        yield f"the receptive field is not known: {why(lost)}"
    elif field is not None and (field.statistics or field.gate) and not field.whole:
        way = through(field)
        yield (
            f"the receptive field is that of the windows; {way[0].lower()}{way[1:]} each element"
            " depends on all of the map"
        )
    if field is not None and field.seam:
        said = beside(field).removesuffix(".")
        yield f"{said[0].lower()}{said[1:]}"
