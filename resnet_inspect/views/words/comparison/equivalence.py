"""Whether two networks are the same, in sentences."""

from __future__ import annotations

from resnet_inspect.analysis.comparison.equivalence import Equivalence, alike
from resnet_inspect.views.words import text
from resnet_inspect.views.words.comparison.summary import summary


def sentences(found: Equivalence) -> tuple[str, ...]:
    """Whether two networks are the same, and if not, where they part first."""
    surveys = (found.difference.left, found.difference.right)
    left, right = (survey.trace.model_name for survey in surveys)
    if left == right:
        left, right = (survey.trace.provenance.source for survey in surveys)
    if not alike(found.difference):
        lines = [f"{left} is not {right}", *summary(found.difference)]
        edit = found.first_edit
        if edit is not None:
            ours, theirs = (path or "nothing" for path in edit)
            lines.insert(1, f"they part first at {ours}, where {right} has {theirs}")
        return tuple(map(text.visible, lines))
    steps = text.count(len(found.difference.entries), "step")
    said = f"{left} has the layers, shapes and counts of {right} ({steps})"
    copied = f"with {text.count(found.copied, 'tensor')} of {right} copied into it"
    if found.parted is None:
        return (text.visible(f"{said}; {copied}, it computes the same"),)
    ours, theirs, amount = found.parted
    place = f"{ours} and {theirs}" if ours else "the outputs"
    return (text.visible(f"{said}; but {copied}, {place} differ by {amount:.2g}, relative"),)
