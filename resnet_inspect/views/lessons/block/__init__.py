"""The lesson of a residual block: its two ways, its shortcut, its width, its stride."""

from __future__ import annotations

from resnet_inspect.analysis.structure.anatomy import Block
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.figures import drawings
from resnet_inspect.views.lessons import amounts, field, page, strides
from resnet_inspect.views.lessons.block import gradient, shortcut, sums, widths
from resnet_inspect.views.lessons.page import Section, section


def sections(survey: Survey, block: Block, width: int, ascii: bool) -> tuple[Section, ...]:
    """The sections of a block's lesson; drawings take at most `width` columns."""
    return page.filled(
        section(
            "what it does",
            sums.sentences(survey, block),
            page.SHORTCUTS,
            drawing=drawings.block(survey, block, width, ascii),
        ),
        section("its shortcut", shortcut.sentences(survey, block), page.SHORTCUT_OPTIONS),
        section("its width", widths.sentences(survey, block), page.BOTTLENECK),
        section("its stride", strides.of_block(survey, block), page.BOTTLENECK, page.STRIDE),
        section("the gradient", gradient.sentences(survey, block), page.IDENTITY),
        section(
            "its cost",
            amounts.of_spans(survey, [(run.first, run.last) for run in block.every_run]),
        ),
        section(
            "what one element sees",
            field.growth(survey, block.input, block.output),
            page.RECEPTIVE_FIELD,
        ),
    )
