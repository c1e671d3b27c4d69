"""The totals of a network: what each is called, its value, and its text."""

from __future__ import annotations

from typing import NamedTuple

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.words import text
from resnet_inspect.views.words.text import Value


class Written(NamedTuple):
    """One total."""

    key: str
    label: str
    value: Value
    text: str


def written(survey: Survey) -> tuple[Written, ...]:
    """The network's totals, as every view and format shows them."""
    t = survey.totals
    field = t.receptive_field
    seen: Value = None
    written_field = text.NOT_KNOWN
    if field is not None:
        seen = (
            "all"
            if field.whole
            else tuple(float(n) if not isinstance(n, int) else n for n in field.size)
        )
        written_field = "all" if field.whole else text.sizes(field.size)
    jump = () if field is None else field.jump
    partial = " (partial)" if t.not_counted else ""
    entries: list[tuple[str, str, Value, str]] = [
        ("parameters", "parameters", t.parameters.total, text.integer(t.parameters.total)),
        ("trainable", "trainable", t.parameters.trainable, text.integer(t.parameters.trainable)),
        ("frozen", "frozen", t.parameters.frozen, text.integer(t.parameters.frozen)),
        ("buffers", "buffers", t.buffers.total, text.integer(t.buffers.total)),
        ("macs", "MACs", t.macs, text.integer(t.macs) + partial),
        ("flops", "FLOPs (2 × MACs)", t.flops, text.integer(t.flops) + partial),
        (
            "parameter_bytes",
            "parameter memory",
            t.parameters.nbytes,
            text.nbytes(t.parameters.nbytes),
        ),
        ("buffer_bytes", "buffer memory", t.buffers.nbytes, text.nbytes(t.buffers.nbytes)),
        (
            "activation_bytes",
            "activations, summed",
            t.activation_bytes,
            text.nbytes(t.activation_bytes),
        ),
        (
            "activation_bytes_distinct",
            "activations, distinct",
            t.activation_bytes_distinct,
            text.nbytes(t.activation_bytes_distinct),
        ),
        (
            "last_feature_map",
            "last feature map",
            t.last_feature_map,
            text.shape(t.last_feature_map) if t.last_feature_map else text.NOT_KNOWN,
        ),
        ("receptive_field", "its receptive field", seen, written_field),
        (
            "jump",
            "its output stride",
            tuple(float(n) if not isinstance(n, int) else n for n in jump),
            text.sizes(jump) if jump else text.NOT_KNOWN,
        ),
        ("modules", "modules", t.modules, text.integer(t.modules)),
        ("calls", "module calls", t.calls, text.integer(t.calls)),
        ("functions", "function calls", t.functions, text.integer(t.functions)),
        (
            "blocks",
            "residual blocks",
            len(survey.anatomy.blocks),
            text.integer(len(survey.anatomy.blocks)),
        ),
    ]
    return tuple(Written(*entry) for entry in entries)
