"""Which steps of a network wait for memory and which for arithmetic, on a device."""

from __future__ import annotations

from resnet_inspect.analysis.cost import roofline
from resnet_inspect.analysis.cost.roofline import Device
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.tables.assembly import provenance
from resnet_inspect.views.tables.table import Cell, Heading, Table, listing
from resnet_inspect.views.words import text
from resnet_inspect.views.words.text import Value

_HEADINGS = (
    Heading("path", "layer", "left", 0),
    Heading("flops", "FLOPs", "right", 3),
    Heading("bytes", "bytes moved", "right", 4),
    Heading("intensity", "FLOPs/byte", "right", 1),
    Heading("bound", "bound by", "left", 0),
    Heading("seconds", "at least", "right", 2),
    Heading("share", "share", "right", 5),
)


def view(survey: Survey, device: Device) -> Table:
    """One row for each step that moves data: its intensity, and its side of the ridge."""
    steps = roofline.steps(survey)
    least = sum(step.seconds(device) for step in steps)
    waiting = sum(step.seconds(device) for step in steps if step.bound(device) == "memory")
    rows = []
    for step in steps:
        path = survey.trace.calls[step.call].path
        seconds = step.seconds(device)
        values: tuple[tuple[Value, str], ...] = (
            (path, text.visible(path)),
            (step.flops, text.quantity(step.flops)),
            (step.nbytes, text.nbytes(step.nbytes)),
            (step.intensity, f"{step.intensity:.1f}"),
            (step.bound(device), step.bound(device)),
            (seconds, text.seconds(seconds)),
            (seconds / least, text.share(seconds / least)),
        )
        rows.append(tuple(Cell(value, written) for value, written in values))
    return listing(
        "roofline",
        text.visible(provenance.title(survey.trace)),
        _HEADINGS,
        rows,
        model=survey.trace.model_name,
        kind="step",
        remarks=(
            f"ridge at {device.ridge:.1f} FLOPs/byte: {text.quantity(round(device.peak))}FLOP/s,"
            f" {text.nbytes(round(device.bandwidth))}/s",
            f"at least {text.seconds(least)}, {text.share(waiting / least)} of it in steps bound by"
            " memory",
            "every step reads its inputs and weights and writes its outputs once; nothing is fused",
        ),
        provenance=provenance.entries(survey.trace.provenance),
    )
