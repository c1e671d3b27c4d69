"""What a layer is called."""

from __future__ import annotations

from saved import SMALL, survey_of

from resnet_inspect.traces.ops import Container
from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.words.ops import KINDS


def test_kinds_cover_every_op() -> None:
    found = {
        row.op
        for name in SMALL
        for row in VIEWS["layers"](survey_of(name), Selection(everything=True)).rows
    }
    assert found <= {"", *KINDS}
    assert {"conv", "norm", "add", "linear", "unknown", "attention", "join"} <= found
    assert isinstance(survey_of("plain").trace.calls[0].op, Container)
