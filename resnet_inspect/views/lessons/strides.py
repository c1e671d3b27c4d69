"""Where bottlenecks have their stride, and what the other place would cost."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_inspect.analysis.structure import alternatives
from resnet_inspect.analysis.structure.anatomy import Block
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import Conv
from resnet_inspect.views.words import text


def of_block(survey: Survey, block: Block) -> Iterator[str]:
    """Which convolution of a bottleneck has the stride, and what the other place would cost."""
    found = alternatives.stride(survey, block)
    if found is None:
        return
    call = survey.trace.calls[found.at]
    assert isinstance(call.op, Conv)
    taps = text.sizes(call.op.window.kernel_size)
    place = "its first" if found.version == "v1" else "its wide"
    yield (
        f"The stride is on {place} convolution, the {taps} ({call.path}): that is"
        f" {found.version}, {_SOURCES[found.version]}."
    )
    moved = alternatives.with_strides_moved(survey, (block,))
    if moved is None:
        return
    there = Survey(moved)
    here, other = (s.amounts(block.first, block.last).macs for s in (survey, there))
    yield (
        f"With the stride where {_other(found.version)} has it, the block would take"
        f" {text.integer(other)} multiply-accumulates instead of {text.integer(here)}, with the"
        " same parameters and the same shape of its output."
    )
    fields = [s.receptive_fields.get(block.output) for s in (survey, there)]
    if fields[0] is not None and fields[1] is not None and not fields[0].whole:
        sizes = [text.sizes(field.size) for field in fields if field is not None]
        yield f"One output element would see {sizes[1]} of the input instead of {sizes[0]}."
    if found.version == "v1":
        yield "A 1×1 convolution with a stride never looks at the positions that it steps over."


_SOURCES: dict[str, str] = {
    "v1": "as He et al. 2015 have it",
    "v1.5": "as Goyal et al. 2017 and torchvision have it",
}


def _other(version: str) -> str:
    return "v1.5" if version == "v1" else "v1"


def of_network(survey: Survey) -> Iterator[str]:
    """Which of the two places all bottlenecks have their strides at, and what the other costs."""
    found = alternatives.version(survey)
    if found is None:
        return
    strided = [block for block in survey.anatomy.blocks if alternatives.stride(survey, block)]
    bottlenecks = text.count(len(strided), "bottleneck")
    place = "first 1×1" if found == "v1" else "wide"
    halve = "has" if len(strided) == 1 else "have"
    yield f"{bottlenecks} {halve} a stride, on the {place} convolution: {found}, {_SOURCES[found]}."
    moved = alternatives.with_strides_moved(survey, strided)
    if moved is None:
        return
    there = Survey(moved)
    yield (
        f"As {_other(found)} it would take {text.integer(there.whole.macs)} multiply-accumulates"
        f" instead of {text.integer(survey.whole.macs)}, with the same parameters."
    )
    here, other = survey.totals.receptive_field, there.totals.receptive_field
    if here is not None and other is not None and here.size and other.size:
        yield (
            f"One element of its last feature map would see {text.sizes(other.size)} instead of"
            f" {text.sizes(here.size)}."
        )
