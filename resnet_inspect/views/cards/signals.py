"""The card of a call, block, stage or network with what flows there, over the steps of a run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from resnet_inspect.analysis.signals.run import Run
from resnet_inspect.analysis.structure.survey import Spans
from resnet_inspect.views.cards.card import Card, Entry, Section
from resnet_inspect.views.cards.subjects import Subject, spans_of
from resnet_inspect.views.figures.sparkline import is_logarithmic, places, sparkline
from resnet_inspect.views.tables.signals import SIGNALS
from resnet_inspect.views.words import text
from resnet_inspect.views.words.signals import number, remarks_of, remarks_of_run

_OVER_STEPS = (
    "output_std", "gradient_rms", "weight_norm", "update_ratio", "branch_share",
)  # fmt: skip
"""The columns whose lines over the steps are drawn."""
_WIDEST = 48
"""Steps that a line shows at most."""


def on_card(
    run: Run, at: int, subject: Subject, card: Card, width: int, *, ascii: bool = False
) -> Card:
    """The card of a subject with what flows there in one step of a run, and its lines over all."""
    signal, spans = run.signals[at], spans_of(run.survey, subject)
    cells = ((column, column.cell(signal, spans)) for column in SIGNALS.values())
    entries = tuple(
        Entry(column.title, cell.text)
        for column, cell in cells
        if cell.text and (cell.value or column.key != "nonfinite")
    )
    lines = tuple(_lines(run, at, spans, width, ascii)) if len(run.steps) > 1 else ()
    added = [Section(f"over {len(run.steps):,} steps", drawing=lines), Section("signals", entries)]
    if subject == "network":
        said = (*remarks_of_run(run), *remarks_of(signal))
        added.append(Section("", tuple(Entry("", text.visible(one)) for one in said)))
    first, *others = card.sections
    kept = (section for section in added if section.entries or section.drawing)
    return replace(card, sections=(first, *kept, *others))


def _lines(run: Run, at: int, spans: Spans, width: int, ascii: bool) -> Iterator[str]:
    shown = places(len(run.steps), min(width, _WIDEST))
    drawn = False
    for key in _OVER_STEPS:
        column = SIGNALS[key]
        values = [column.read(run.signals[place], spans) for place in shown]
        known = [value for value in values if value is not None]
        if not known:
            continue
        low, high = column.write(min(known)), column.write(max(known))
        scale = ", log" if is_logarithmic(values) else ""
        yield f"{column.title}  {low}{'' if low == high else f' to {high}'}{scale}"
        yield sparkline(values, ascii=ascii)
        drawn = True
    if drawn:
        nearest = min(range(len(shown)), key=lambda i: abs(shown[i] - at))
        mark = "^" if ascii else "▲"
        said = f"step {run.steps[at].step:,}"
        loss = run.steps[at].loss
        said += "" if loss is None else f", loss {number(loss)}"
        before = nearest + len(said) + 2 > width
        yield f"{said} {mark}".rjust(nearest + 1) if before else f"{' ' * nearest}{mark} {said}"
