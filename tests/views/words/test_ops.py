"""What a layer is called."""

from __future__ import annotations

from saved import SMALL, conv, survey_of, window

from resnet_inspect.traces.ops import Container, Linear, Pool
from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.words.ops import KINDS, op_text


def test_kinds_cover_every_op() -> None:
    found = {
        row.op
        for name in SMALL
        for row in VIEWS["layers"](survey_of(name), Selection(everything=True)).rows
    }
    assert found <= {"", *KINDS}
    assert {"conv", "norm", "add", "linear", "unknown", "attention", "join"} <= found
    assert isinstance(survey_of("plain").trace.calls[0].op, Container)


def test_layers_in_short() -> None:
    assert op_text(conv(8, 16, window(3, 2))) == "3×3/2, 16"
    assert op_text(conv(8, 8, window(3), groups=8)) == "3×3, 8, depthwise"
    assert op_text(conv(8, 8, window(3, dilation=2))) == "3×3, 8, dilation 2"
    assert op_text(Pool("max", window(3, 2))) == "max pool, 3×3/2"
    assert op_text(Linear(8, 4, True)) == "linear, 4"
