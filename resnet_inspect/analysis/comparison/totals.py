"""The totals of two networks, side by side."""

from __future__ import annotations

from typing import Any

from resnet_inspect.analysis.comparison.difference import (
    Figure,
)
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import LEARNED, Conv


def figures(left: Survey, right: Survey) -> tuple[Figure, ...]:
    """The totals of both networks, side by side.

    A lock does not hold how positions move (`LEARNED`). Where that matters its fields are not those
    of its network, so that those of neither side are given where they differ.
    """
    mine, theirs = _totals(left), _totals(right)
    traces = left.trace, right.trace
    if any(trace.provenance.source == "lock" for trace in traces) and (
        any(map(_moves_positions, traces)) or None in (mine[_FIELD], theirs[_FIELD])
    ):
        for figure in (_FIELD, "jump", "last_feature_map"):
            if mine[figure] != theirs[figure]:
                mine[figure] = theirs[figure] = None
    return tuple(Figure(key, mine[key], theirs[key]) for key in mine)


_FIELD = "receptive_field"


def _moves_positions(trace: Trace) -> bool:
    """Whether ops say how positions move in fields that a lock does not hold."""
    ops = {trace.calls[index].op for index in trace.steps}
    return any(getattr(op, name, None) is not None for op in ops for name in LEARNED - {"of_input"})


def _totals(survey: Survey) -> dict[str, Any]:
    t = survey.totals
    field = t.receptive_field
    steps = [survey.trace.calls[index] for index in survey.trace.steps]
    return {
        "parameters": t.parameters.total,
        "trainable": t.parameters.trainable,
        "frozen": t.parameters.frozen,
        "buffers": t.buffers.total,
        "macs": t.macs,
        "flops": t.flops,
        "parameter_bytes": t.parameters.nbytes,
        "buffer_bytes": t.buffers.nbytes,
        "activation_bytes": t.activation_bytes,
        "activation_bytes_distinct": t.activation_bytes_distinct,
        "last_feature_map": t.last_feature_map or None,
        "receptive_field": None if field is None else "all" if field.whole else field.size,
        "jump": None if field is None or not field.jump else field.jump,
        "modules": t.modules,
        "calls": t.calls,
        "functions": t.functions,
        "blocks": len(survey.anatomy.blocks),
        "convolutions": sum(isinstance(call.op, Conv) for call in steps),
    }
