"""Why the shortcut of a block is what it is, and what it costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from resnet_inspect.analysis.structure import alternatives
from resnet_inspect.analysis.structure.anatomy import Block
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import Conv, Norm
from resnet_inspect.views.cards.block import why as shortcut_needs
from resnet_inspect.views.lessons import page
from resnet_inspect.views.lessons.block.sums import of_each
from resnet_inspect.views.lessons.page import sentence
from resnet_inspect.views.words import text


def why(survey: Survey, block: Block) -> str:
    """Why the shortcut is what it is, as a sentence."""
    return sentence(shortcut_needs(survey, block))


def a_shortcut(block: Block) -> str:
    """What its shortcut is called: "an identity shortcut", "2 identity shortcuts"."""
    if block.sums:
        names = Counter(part.shortcut_name for part in block.sums)
        return page.listed([text.count(n, f"{name} shortcut") for name, n in names.items()])
    article = "an" if block.shortcut_name.startswith("i") else "a"
    return f"{article} {block.shortcut_name} shortcut"


def sentences(survey: Survey, block: Block) -> Iterator[str]:
    """What shortcut a block has; why it is that, and what it holds."""
    yield f"It has {a_shortcut(block)}."
    whole = survey.amounts(block.first, block.last).parameters
    yield from of_each(block, lambda part: _one_shortcut(survey, part, whole))


def _one_shortcut(survey: Survey, block: Block, whole: int) -> Iterator[str]:
    """Why a shortcut is what it is, and what it holds of the block's parameters."""
    yield why(survey, block)
    calls = survey.trace.calls
    weighted = [step for step in block.bypass if isinstance(calls[step].op, Conv)]
    if block.shortcut == "identity":
        if block.zero_padded:
            yield "Zeros for the planes that the input lacks are option A of the paper."
        if not sum(survey.amounts(step, step).parameters for step in block.bypass):
            yield "The shortcut has no parameter and takes no multiply-accumulate."
        return
    for step in weighted:
        op = calls[step].op
        assert isinstance(op, Conv)
        taps = op.window.kernel_size
        weights = alternatives.weight(op.in_channels, op.out_channels, taps, op.groups)
        stride = set(op.window.stride) != {1}
        with_stride = f" with stride {text.alike(op.window.stride)}" if stride else ""
        yield (
            f"It is a {text.sizes(taps)} convolution{with_stride}: {weights.text} weights,"
            f" {text.integer(survey.macs[step] or 0)} multiply-accumulates."
        )
    own = sum(survey.amounts(step, step).parameters for step in block.bypass)
    if own and whole:
        normed = any(isinstance(calls[step].op, Norm) for step in block.bypass)
        name = "With its norm the shortcut" if normed else "The shortcut"
        yield f"{name} is {text.share(own / whole)} of the block's parameters."
