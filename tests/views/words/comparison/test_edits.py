"""Which steps of two networks are other ones, in sentences."""

from __future__ import annotations

from comparisons import convolutions, edited
from saved import survey_of, trace_of

from resnet_inspect.analysis.comparison.networks import compare
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import Conv
from resnet_inspect.views.words.comparison.summary import summary


def test_grouped_and_wider_convolutions_are_told_together() -> None:
    trace = trace_of("resnet50")
    for index in convolutions(trace):
        op = trace.calls[index].op
        assert isinstance(op, Conv)
        path = trace.calls[index].path
        if path.endswith("conv2"):
            trace = edited(trace, index, groups=32)
        elif path.endswith("conv1") and path != "conv1":
            trace = edited(trace, index, out_channels=2 * op.out_channels)
    lines = summary(compare(survey_of("resnet50"), Survey(trace)))
    assert "conv1: out channels ×2 in 16 blocks" in lines
    assert "conv2: groups 1 against 32 in 16 blocks" in lines
