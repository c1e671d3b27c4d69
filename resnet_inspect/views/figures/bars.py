"""Parameters, MACs and activation memory of each stage, as bars of one picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from resnet_inspect.analysis.counts.amounts import Amounts
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import UsageError
from resnet_inspect.views.figures.lettering import SMALL, TITLE, clipped, width_of
from resnet_inspect.views.figures.shapes import Picture, Rectangle, Shape, Words
from resnet_inspect.views.tables.rows.sections import sections
from resnet_inspect.views.words import text

MOST_BARS = 60
_ROW, _BAR, _LENGTH, _GAP, _MARGIN = 26.0, 14.0, 150.0, 28.0, 24.0


@dataclass(frozen=True, slots=True)
class _Measure:
    title: str
    of: Callable[[Amounts], int]
    written: Callable[[int], str]


_MEASURES = (
    _Measure("parameters", lambda held: held.parameters, text.quantity),
    _Measure("MACs", lambda held: held.macs, text.quantity),
    _Measure("activations", lambda held: held.activation_bytes, text.nbytes),
)


def by_stage(survey: Survey) -> Picture:
    """Stem, stages and head (or the outermost modules), each with a bar for every measure.

    The longest bar of a measure is that of its largest part; beside each is its share. Raises
    `UsageError` where there would be more than can be read.
    """
    rows = [
        (clipped(line.path or line.kind, 24), line.amounts)
        for line in sections(survey, blocks=False)
    ]
    rest = survey.whole
    for _, held in rows:
        rest = rest - held
    if any(measure.of(rest) for measure in _MEASURES):
        rows.append(("other" if rows else "all", rest))
    if len(rows) > MOST_BARS:
        raise UsageError(f"{len(rows):,} bars cannot be read (at most {MOST_BARS})")
    names = max((width_of(name) for name, _ in rows), default=0.0)
    figures = [
        [f"{m.written(m.of(held))} · {_share(m.of(held), m.of(survey.whole))}" for _, held in rows]
        for m in _MEASURES
    ]
    panel = _LENGTH + 8 + max((width_of(f, SMALL) for fs in figures for f in fs), default=0.0)
    top = _MARGIN + TITLE + 40
    width = 2 * _MARGIN + names + len(_MEASURES) * (panel + _GAP)
    title = (
        f"{survey.trace.model_name} by stage"
        if survey.anatomy.stages
        else (f"{survey.trace.model_name} by module")
    )
    shapes: list[Shape] = [
        Words(width / 2, _MARGIN + TITLE - 3, clipped(title, 60), size=TITLE, bold=True)
    ]
    for number, (name, _) in enumerate(rows):
        y = top + number * _ROW + _BAR - 2
        shapes.append(Words(_MARGIN + names, y, name, anchor="end"))
    for place, measure in enumerate(_MEASURES):
        left = _MARGIN + names + _GAP / 2 + place * (panel + _GAP)
        whole = measure.of(survey.whole)
        head = f"{measure.title}: {measure.written(whole)}"
        shapes.append(Words(left, top - 14, head, anchor="start", bold=True))
        most = max((measure.of(held) for _, held in rows), default=0)
        for number, (_, held) in enumerate(rows):
            y = top + number * _ROW
            length = _LENGTH * measure.of(held) / most if most else 0.0
            shapes.append(Rectangle(left, y, _LENGTH, _BAR, "track", 3.0))
            if length:
                shapes.append(
                    Rectangle(left, y, max(length, 1.5), _BAR, "bar", min(3.0, length / 2))
                )
            words = figures[place][number]
            shapes.append(Words(left + _LENGTH + 8, y + _BAR - 3, words, "muted", SMALL, "start"))
    description = ", ".join(f"{m.title} {m.written(m.of(survey.whole))}" for m in _MEASURES)
    height = top + len(rows) * _ROW + _MARGIN
    return Picture(text.visible(title), description, width, height, tuple(shapes))


def _share(part: int, whole: int) -> str:
    return text.share(part / whole) if whole else "0%"
