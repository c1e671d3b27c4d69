"""The card of the network: its way, totals, parts, remarks and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.cards import entries
from resnet_inspect.views.cards.card import Card, Entry, Section, filled
from resnet_inspect.views.cards.entries import cell, entry
from resnet_inspect.views.cards.subjects import End, subject_of
from resnet_inspect.views.figures import drawings
from resnet_inspect.views.tables import assembly
from resnet_inspect.views.tables.assembly import provenance
from resnet_inspect.views.tables.rows.sections import sections
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.trace import totals
from resnet_inspect.views.words.text import Value


def card(survey: Survey, network: End, width: int, height: int, ascii: bool) -> Card:
    """The card of the whole network."""
    trace = survey.trace
    numbers = [entry(total.label, total.cell.text) for total in assembly.totals(survey)]
    remarks = totals.view(survey, Selection()).remarks
    return filled(
        trace.model_name,
        provenance.title(trace),
        Section("way", drawing=tuple(drawings.way(survey, width, height, None, ascii))),
        Section("totals", tuple(numbers)),
        Section("parts", tuple(_parts(survey))),
        Section("remarks", tuple(entry("", remark) for remark in remarks)),
        Section("provenance", tuple(_provenance(survey))),
    )


def _parts(survey: Survey) -> Iterator[Entry]:
    if not survey.anatomy.stages:
        yield from entries.inner_calls(survey, survey.trace.calls[0])
        return
    for line in sections(survey, blocks=False):
        share = cell(survey, line, "share")
        shape = cell(survey, line, "output_shape")
        text_of_it = "; ".join(part for part in (line.note, shape, share) if part)
        yield entry(cell(survey, line, "path"), text_of_it, subject_of(line))


def _provenance(survey: Survey) -> Iterator[Entry]:
    yield from entries.python_class(survey, survey.trace.calls[0])
    for name, value in provenance.entries(survey.trace.provenance):
        written = _plain(value)
        if written:
            yield entry(name.replace("_", " "), written)


def _plain(value: Value) -> str:
    if isinstance(value, tuple):
        return ", ".join(" ".join(map(str, v)) if isinstance(v, tuple) else str(v) for v in value)
    return "" if value is None else str(value)
