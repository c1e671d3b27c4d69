"""What the options of a command select, and what they leave out or say in vain."""

from __future__ import annotations

from typing import Any

import pytest
from commands import SAVED, inspect
from saved import trace_of

import resnet_inspect as ri
from resnet_inspect.cli.output.selection import (
    asked_for,
    columns_of,
    difference_selection,
    keys_of,
    say_if_no_difference_matches,
    say_if_nothing_matches,
    selection_of,
)
from resnet_inspect.errors import BadInput, UnknownName
from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables.comparison.headings import SHOWN
from resnet_inspect.views.tables.rows.selection import Selection

UNASKED: dict[str, Any] = {
    "view": "layers", "everything": False, "only": None, "match": None, "where": None,
    "stage": None, "depth": None, "fold": False, "columns": None,
}  # fmt: skip


def test_names_stand_with_commas_between_them() -> None:
    assert keys_of(" conv, max pool ,,") == ("conv", "max pool")
    assert keys_of(None) == keys_of("") == keys_of(",") == ()


@pytest.mark.parametrize(("written", "columns", "asked"), [
    (None, (), set()),
    ("macs,path", ("macs", "path"), {"macs", "path"}),
    ("+jump", ("path", "macs", "jump"), {"jump"}),
    ("+jump,macs,+stage", ("path", "macs", "jump", "stage"), {"jump", "macs", "stage"}),
])  # fmt: skip
def test_a_plus_adds_to_the_view_s_own(
    written: str | None, columns: tuple[str, ...], asked: set[str]
) -> None:
    assert columns_of(written, ("path", "macs")) == columns
    assert asked_for(written) == asked


def test_the_options_become_what_is_selected() -> None:
    given = UNASKED | {"only": "conv,norm", "match": "layer2.*", "stage": 2, "fold": True}
    assert selection_of(given) == Selection(
        only=("conv", "norm"), match="layer2.*", stage=2, fold=True
    )
    stages = selection_of(UNASKED | {"view": "stages", "columns": "+kernel_size"})
    assert stages.columns == (*VIEWS["stages"].shown, "kernel_size"), "behind those of that view"
    both = difference_selection(UNASKED | {"everything": True, "columns": "+jump"})
    assert both == Selection(everything=True, columns=(*SHOWN, "jump"))


def test_what_no_trace_has_is_refused_before_there_is_one() -> None:
    for written in ("macz", "+macz"):
        with pytest.raises(UnknownName, match="macz") as raised:
            selection_of(UNASKED | {"columns": written})
        assert "macs" in raised.value.hint
    with pytest.raises(BadInput, match="depth -1"):
        selection_of(UNASKED | {"depth": -1})


def test_what_leaves_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    trace = trace_of("resnet18")
    for match, line in (
        ("layer9*", "resnet-inspect: no row is left by what was selected\n"),
        ("fc", ""),
    ):
        given = UNASKED | {"match": match}
        say_if_nothing_matches(ri.tabulate(trace, "layers", selection_of(given)), given)
        assert capsys.readouterr().err == line


def test_equal_steps_are_named_where_a_difference_leaves_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    nothing = ri.tabulate(trace_of("resnet18"), "layers", Selection(match="layer9*"))
    say_if_no_difference_matches(nothing, UNASKED)
    assert capsys.readouterr().err == "", "two networks may be the same"
    say_if_no_difference_matches(nothing, UNASKED | {"stage": 1})
    assert capsys.readouterr().err.endswith("selected; equal steps are shown with --all\n")
    say_if_no_difference_matches(nothing, UNASKED | {"stage": 1, "everything": True})
    assert capsys.readouterr().err == "resnet-inspect: no row is left by what was selected\n"


def test_what_a_view_does_not_heed_is_said() -> None:
    done = inspect("show", str(SAVED), "--view", "stages", "--only", "conv", "--match", "zzz*")
    assert done.returncode == 0
    assert "--only does not apply to the stages view" in done.stderr
    assert "no row is left" in done.stderr


def test_columns_can_be_chosen_or_added() -> None:
    chosen = inspect("show", str(SAVED), "--columns", "path,jump", "--format", "csv")
    assert chosen.stdout.splitlines()[0] == "path,jump,kind,subtotal,repeat"
    added = inspect("show", str(SAVED), "--columns", "+jump,receptive_field", "--format", "csv")
    assert added.stdout.splitlines()[0].endswith("note,jump,receptive_field,kind,subtotal,repeat")
