"""What the shortcut of a block means for the gradient, and what stands in its way."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_inspect.analysis.structure.anatomy import Block
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import same_values
from resnet_inspect.views.lessons import page
from resnet_inspect.views.lessons.block.sums import applied, is_subtracted, of_each


def is_clean(survey: Survey, block: Block) -> bool:
    """Whether the gradient at the sum comes to the fork over the shortcut as it is."""
    calls = survey.trace.calls
    return (
        block.shortcut == "identity"
        and all(same_values(calls[step].op) for step in block.bypass)
        and getattr(calls[block.add].op, "name", "") != "lerp"
        and not is_subtracted(survey, block, "shortcut")
    )


def sentences(survey: Survey, block: Block) -> Iterator[str]:
    """What the shortcut means for the gradient, and what stands in its way."""
    yield from of_each(block, lambda part: _gradient_of_sum(survey, part))


def _gradient_of_sum(survey: Survey, block: Block) -> Iterator[str]:
    if is_clean(survey, block):
        yield (
            "In the backward pass the gradient at the sum reaches the fork, where branch and"
            " shortcut part, as it is, whatever the branch's weights are; what comes through the"
            " branch is added to it."
        )
    elif block.shortcut == "identity":
        yield (
            "In the backward pass the gradient at the sum reaches the fork, where branch and"
            f" shortcut part, {_as_far_as(survey, block)}."
        )
    else:
        yield (
            "In the backward pass the gradient also passes the shortcut's weights: no way around"
            " this block leaves it as it is."
        )
    after = applied(survey, block)
    if not after:
        yield "Nothing is applied to the sum, so nothing within the block changes it on that way."
    elif "relu" in after:
        yield (
            "The relu behind the add is on every way: it lets the gradient through only where the"
            " sum is positive."
        )
    else:
        yield f"What is applied to the sum ({page.listed(after)}) is on every way."


def _as_far_as(survey: Survey, block: Block) -> str:
    """How an identity that is not plain hands the gradient on."""
    if getattr(survey.trace.calls[block.add].op, "name", "") == "lerp":
        return "scaled by what the shortcut counts in the mean"
    if all(same_values(survey.trace.calls[step].op) for step in block.bypass):
        return "with its sign turned, since the shortcut is subtracted"
    return "as far as the shortcut's layers hand it on; they have no weights"
