"""What a file of weights is, as a sentence and as tables."""

from __future__ import annotations

from weights_by_name import changed, identity, specs

from resnet_inspect.views.tables.identity import candidates, tensors
from resnet_inspect.views.words.identity import said


def test_tables_have_every_tensor_and_say_what_cannot_be_told() -> None:
    known = identity(changed(fc__bias=None, neck=(1,)), "net", "twin")
    assert [row.cells[1].value for row in tensors(known).rows].count("matches") == 7
    assert [row.cells[1].value for row in tensors(known, only_differences=True).rows] == [
        "missing",
        "extra",
    ]
    remarks = candidates(known).remarks
    assert "the weights lie under state_dict" in remarks
    assert "names and shapes cannot tell it from twin" in remarks


def test_names_in_a_file_move_no_cursor() -> None:
    found = identity(changed(evil__x=(1,)) | specs({"\x1b[2J": (1,)}), "net")
    written = said(found) + "".join(cell.text for row in tensors(found).rows for cell in row.cells)
    assert "\x1b" not in written
