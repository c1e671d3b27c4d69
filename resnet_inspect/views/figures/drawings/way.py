"""The tensor's way through the network, to scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Create, Reshape
from resnet_inspect.traces.tensors import Shape
from resnet_inspect.views.figures.drawings.pen import finished
from resnet_inspect.views.words.text import map_shape, one_cell_each

_EIGHTHS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class _Place:
    """A place on the way: what a section of the network gives."""

    name: str
    short: str
    channels: int
    extent: int
    """Height of its map; 1 where it has none."""
    first: int
    last: int
    """The calls that lead to it; none for the input."""
    shape: Shape

    def labels(self, ascii: bool) -> tuple[str, str]:
        """Channels and size of the map apart: 64 and 56²."""
        whole = map_shape(self.shape, ascii=ascii)
        cross = "x" if ascii else "×"
        channels, _, rest = whole.partition(cross)
        return channels, rest


def way(
    survey: Survey, width: int, height: int, place: int | None = None, ascii: bool = False
) -> list[str]:
    """The tensor's way from input to classifier: a bar for what each section gives.

    Bar width ∝ log C (channels: 3 to 2048 would not fit a linear scale), bar height ∝ H; both are
    to scale among the bars, and the least bar is one column wide and an eighth of a line high. The
    bar of the section that holds the call `place` has ▲ under it and its name in brackets. Where
    the labels have no room under the bars there is a line for each section, its bar as thick as H;
    where `height` has no room for these either, one line with all bars. Networks without stages
    are divided where the height of their maps changes. No more than `height` lines.
    """
    places = _places(survey)
    if not places or height < 1 or width < 1:
        return []
    marked = _marked(places, place)
    lines = (
        _as_columns(places, width, height, marked, ascii)
        or _as_lines(places, width, height, marked, ascii)
        or [_as_ribbon(places, width, marked, ascii)]
    )
    return finished(lines, width, ascii)


def _places(survey: Survey) -> list[_Place]:
    trace = survey.trace
    calls = len(trace.calls) - 1
    found = []
    if trace.inputs:
        found.append(_a_place(trace, "input", "in", trace.inputs[0].activation, 0, -1))
    stages = survey.anatomy.stages
    if not stages:
        return [*found, *_divided(trace)]
    reached = 0
    if trace.steps[0] < stages[0].first:
        found.append(_a_place(trace, "stem", "stem", stages[0].input, 1, stages[0].first - 1))
        reached = stages[0].first - 1
    for stage in stages:
        name, short = f"stage {stage.number}", f"{stage.number}"
        found.append(_a_place(trace, name, short, stage.output, reached + 1, stage.last))
        reached = stage.last
    if trace.outputs and trace.steps[-1] > reached:
        end = trace.outputs[0].activation
        found.append(_a_place(trace, "head", "head", end, reached + 1, calls))
    return found


def _divided(trace: Trace) -> list[_Place]:
    """A network without stages: what stands at the end of each run of maps of one height."""
    runs: list[tuple[int, int]] = []
    for step in trace.steps:
        call = trace.calls[step]
        if not call.outputs or isinstance(call.op, Create):
            continue
        made = call.outputs[0].activation
        sizes = trace.activations[made].tensor.shape
        if isinstance(call.op, Reshape) and len(sizes) < 3 and runs:
            continue  # the same elements, laid out for the classifier
        before = trace.activations[runs[-1][1]].tensor.shape if runs else None
        if before is not None and _extent(before) == _extent(sizes) and len(before) == len(sizes):
            runs[-1] = (step, made)
        else:
            runs.append((step, made))
    found: list[_Place] = []
    reached = 0
    for number, (step, made) in enumerate(runs, start=1):
        last = len(trace.calls) - 1 if number == len(runs) else step
        call = trace.calls[step]
        name = one_cell_each(call.path)
        found.append(_a_place(trace, name, str(number), made, reached + 1, last))
        reached = step
    return found


def _a_place(trace: Trace, name: str, short: str, activation: int, first: int, last: int) -> _Place:
    sizes = trace.activations[activation].tensor.shape
    channels = sizes[1] if len(sizes) > 1 else sizes[0] if sizes else 1
    return _Place(name, short, channels, _extent(sizes), first, last, sizes)


def _extent(sizes: Shape) -> int:
    return sizes[-2] if len(sizes) > 3 else sizes[2] if len(sizes) == 3 else 1


def _marked(places: Sequence[_Place], place: int | None) -> int | None:
    """Which place is that of a call; None for the network itself."""
    if not place:
        return None
    return next((i for i, p in enumerate(places) if p.first <= place <= p.last), None)


def _bar(place: _Place, scale: float) -> int:
    return max(1, round(log2(max(2, place.channels)) * scale))


def _as_columns(
    places: Sequence[_Place], width: int, height: int, marked: int | None, ascii: bool
) -> list[str]:
    """Bars that stand on one line with their labels under them; [] where these have no room."""
    labels = [place.labels(ascii) for place in places]
    cross = "x" if ascii else "×"
    one_line = [f"{c}{cross}{rest}" if rest else c for c, rest in labels]
    short = [place.short for place in places]
    full = [place.name if len(place.name) <= 8 else place.short for place in places]
    for rows, names in (
        ([one_line], full), ([one_line], short), ([[c for c, _ in labels],
        [f"{cross}{rest}" if rest else "" for _, rest in labels]], short),
    ):  # fmt: skip
        names = [f"[{name}]" if i == marked else name for i, name in enumerate(names)]
        under = [*rows, names]
        least = [max(len(row[i]) for row in under) for i in range(len(places))]
        if sum(least) + len(places) - 1 <= width:
            break
    else:
        return []
    tall = height - len(under) - 2  # the line of the mark and the legend
    if tall < 2:
        return []
    scale, slots = 4.0, least
    while scale > 0.1:
        slots = [max(n, _bar(p, scale)) for n, p in zip(least, places, strict=True)]
        if sum(slots) + len(places) - 1 <= width:
            break
        scale -= 0.05
    gap = 2 if sum(slots) + 2 * (len(places) - 1) <= width else 1
    top = max(place.extent for place in places) or 1
    lines = []
    for row in range(tall, 0, -1):
        parts = []
        for place, slot in zip(places, slots, strict=True):
            eighths = max(1, round(place.extent / top * tall * 8))
            fill = _EIGHTHS[max(0, min(8, eighths - 8 * (row - 1)))]
            parts.append((fill * _bar(place, scale)).center(slot))
        lines.append((" " * gap).join(parts))
    mark = ["▲" if i == marked else "" for i in range(len(places))]
    for row_of_labels in (*([mark] if marked is not None else []), *under):
        cells = [label.center(n) for label, n in zip(row_of_labels, slots, strict=True)]
        lines.append((" " * gap).join(cells))
    return [*lines, *_legend(width)]


def _legend(width: int) -> list[str]:
    for legend in ("bar width ∝ log channels, bar height ∝ H", "width ∝ log C, height ∝ H"):
        if len(legend) <= width:
            return [legend]
    return []


def _as_lines(
    places: Sequence[_Place], width: int, height: int, marked: int | None, ascii: bool
) -> list[str]:
    """A line for each place: its name, its shape, a bar as thick as H; [] if it does not fit."""
    shapes = [map_shape(place.shape, ascii=ascii) for place in places]
    room = max(map(len, shapes))
    names = [place.name for place in places]
    wide = max(map(len, names))
    if 2 + wide + 1 + room + 1 + 4 > width:
        wide = min(wide, max(max(len(p.short) for p in places), width - room - 8))
        names = [
            p.name if len(p.name) <= wide else p.short if len(p.short) <= wide else ""
            for p in places
        ]
    bars = width - 2 - wide - 1 - room - 1
    if bars < 2 or len(places) > height:
        return []
    scale = min(4.0, bars / max(log2(max(2, place.channels)) for place in places))
    lines = []
    for i, (place, name, label) in enumerate(zip(places, names, shapes, strict=True)):
        sign = "▶" if i == marked else " "
        bar = _thickness(place, places) * min(bars, _bar(place, scale))
        lines.append(f"{sign} {name:<{wide}} {label:>{room}} {bar}")
    legend = "bar ∝ log C, thickness ∝ H"
    return [*lines, legend] if len(lines) < height and len(legend) <= width else lines


def _as_ribbon(places: Sequence[_Place], width: int, marked: int | None, ascii: bool) -> str:
    """All bars in one line, in front of it the shape of the marked place."""
    label = ""
    if marked is not None:
        label = f"{map_shape(places[marked].shape, ascii=ascii)} "
        label = label if len(label) + 4 * len(places) <= width else ""
    gaps = len(places) - 1 + (marked is not None)
    room = max(1, width - len(label) - gaps)
    scale = min(4.0, room / sum(log2(max(2, place.channels)) for place in places))
    bars = [_thickness(place, places) * max(1, int(log2(max(2, place.channels)) * scale))
            for place in places]  # fmt: skip
    if marked is not None:
        bars[marked] = f"▶{bars[marked]}"
    return label + " ".join(bars)


def _thickness(place: _Place, places: Sequence[_Place]) -> str:
    top = max(other.extent for other in places) or 1
    return _EIGHTHS[max(1, min(8, round(8 * place.extent / top)))]
