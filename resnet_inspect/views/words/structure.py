"""What stands in the way of knowing how a network is built: the calls that hide what they do."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_inspect.analysis.structure.anatomy import Span
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Call
from resnet_inspect.views.words import text

NONE_RECOGNISED = "no residual block was recognised"
_MOST = 3
"""How many paths are named."""


def opaque(survey: Survey, spans: Sequence[Span] | None = None) -> str:
    """The calls that cannot be looked into: "2 calls cannot be looked into (l1, l2)"; or "".

    With spans those within them: "2 calls in it cannot ...".
    """
    paths = [call.path or survey.trace.model_name for call in _hidden(survey, spans)]
    if not paths:
        return ""
    where = "" if spans is None else " in it"
    return f"{text.count(len(paths), 'call')}{where} cannot be looked into ({_some(paths)})"


def them(survey: Survey, spans: Sequence[Span] | None = None) -> str:
    """What these calls are called afterwards: "it" or "them"."""
    return "it" if len(_hidden(survey, spans)) == 1 else "them"


def _hidden(survey: Survey, spans: Sequence[Span] | None) -> list[Call]:
    return [
        call
        for call in survey.opaque
        if spans is None or any(first <= call.index <= last for first, last in spans)
    ]


def _some(paths: Sequence[str]) -> str:
    named = list(dict.fromkeys(paths))
    more = len(named) - _MOST
    return ", ".join([*named[:_MOST], *([f"{more} more"] if more > 0 else [])])
