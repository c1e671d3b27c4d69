"""What a selection asks for is there, or is refused."""

from __future__ import annotations

import pytest
from saved import survey_of

from resnet_inspect.errors import BadInput, UnknownName
from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables.rows.selection import Selection


@pytest.mark.parametrize(
    ("name", "selection", "error", "words"),
    [
        ("resnet50", Selection(stage=5), BadInput, "stage 5"),
        ("plain", Selection(stage=1), BadInput, "stage 1"),
        ("resnet50", Selection(only=("convolution",)), UnknownName, "convolution"),
        ("resnet50", Selection(depth=-1), BadInput, "depth"),
        ("resnet50", Selection(columns=("strides",)), UnknownName, "strides"),
    ],
)
@pytest.mark.parametrize("view", VIEWS)
def test_what_is_not_there_is_refused(
    view: str, name: str, selection: Selection, error: type[Exception], words: str
) -> None:
    if view == "totals" and not selection.columns:
        return
    with pytest.raises(error, match=words):
        VIEWS[view](survey_of(name), selection)
