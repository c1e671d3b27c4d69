"""What a subject costs, and its share of the network, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from resnet_inspect.analysis.counts.amounts import Amounts, summed
from resnet_inspect.analysis.structure.anatomy import Span
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.words import structure, text


def of_spans(survey: Survey, spans: Sequence[Span]) -> Iterator[str]:
    """What runs of calls cost; of what cannot be looked into within them, that it is not known."""
    yield from costs(survey, summed(survey.amounts(*span) for span in spans))
    hidden = structure.opaque(survey, spans)
    if hidden:
        yield f"{hidden}: what is in {structure.them(survey, spans)} is not known."
    if len(spans) > 1:
        yield f"It is run {len(spans)} times, with the same weights: that is what all take."


def costs(survey: Survey, held: Amounts) -> Iterator[str]:
    """Parameters and multiply-accumulates, and their shares of the network's."""
    whole = survey.whole
    if held.parameters:
        part = text.share(held.parameters / whole.parameters)
        yield f"It holds {text.count(held.parameters, 'parameter')}: {part} of the network's."
    else:
        yield "It holds no parameter."
    if held.macs:
        part = text.share(held.macs / whole.macs)
        yield f"It takes {text.integer(held.macs)} multiply-accumulates: {part} of the network's."
    elif not held.uncounted:
        yield "It takes no multiply-accumulates."
    if held.uncounted:
        calls = text.count(held.uncounted, "call")
        yield f"The multiply-accumulates of {calls} in it are not counted: no rule covers them."
