"""What the width of a block saves: bottlenecks and pairs of wide convolutions."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_inspect.analysis.structure import alternatives
from resnet_inspect.analysis.structure.alternatives import Alternative
from resnet_inspect.analysis.structure.anatomy import Block
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import Conv
from resnet_inspect.views.words import text


def sentences(survey: Survey, block: Block) -> Iterator[str]:
    """What a bottleneck saves, or what one would save; nothing of other blocks."""
    found = alternatives.two_wide(survey, block)
    calls = survey.trace.calls
    if found is not None:
        _, wide, last = (calls[s].op for s in alternatives.convolutions(survey, block))
        assert isinstance(wide, Conv)
        assert isinstance(last, Conv)
        taps = text.sizes(wide.window.kernel_size)
        yield (
            f"Its three convolutions have {found.weights.text} weights. Two {taps} convolutions"
            f" that give {last.out_channels} channels would have {found.other_weights.text}:"
            f" {_times(found.weights.value, found.other_weights.value)}."
        )
        yield _in_macs(found)
        narrow = alternatives.weight(wide.in_channels, wide.in_channels, wide.window.kernel_size)
        yield (
            f"Two {taps} convolutions at the width of the middle, {wide.in_channels} channels,"
            f" would have 2·{narrow.working} = {text.integer(2 * narrow.value)}."
        )
        return
    found = alternatives.narrowed(survey, block)
    if found is not None:
        op = calls[alternatives.convolutions(survey, block)[-1]].op
        assert isinstance(op, Conv)
        yield (
            f"Its two convolutions have {found.weights.text} weights. A bottleneck of this width,"
            f" {op.out_channels} channels narrowed to {op.out_channels // 4}, would have"
            f" {found.other_weights.text}:"
            f" {_times(found.weights.value, found.other_weights.value)}."
        )
        yield _in_macs(found)


def _in_macs(found: Alternative) -> str:
    return (
        f"In multiply-accumulates: {text.integer(found.macs)} as it is,"
        f" {text.integer(found.other_macs)} the other way."
    )


def _times(own: int, other: int) -> str:
    """How many times as much the other is."""
    if own == other:
        return "the same"
    high, low = max(own, other), min(own, other)
    ratio = f"{high / low:.1f}" if low else "many"
    return f"{ratio} times as many" if other > own else f"{ratio} times fewer"
