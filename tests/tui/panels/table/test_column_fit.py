"""Which columns there is room for, and how their cells are written in it."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import pytest
from driving import Keys, drive, explorer_of, settle, table_of
from saved import survey_of, trace_of

import resnet_inspect as ri
from resnet_inspect.formats.text.cells import cells
from resnet_inspect.formats.text.grid import GAP
from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.panels.contents import lay_out
from resnet_inspect.tui.panels.table.column_fit import NOTE, PARTS, WORTHY, Fitting
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Row, Table

ROOMS = range(10, 240, 5)
WIDE = 400


@cache
def table(name: str = "resnet50", view: str = "layers") -> Table:
    """What the explorer shows of a saved trace."""
    contents = lay_out(survey_of(name), None, view, Selection(), lambda step: None)
    return contents.rows.table


def keys(fit: Fitting) -> list[str]:
    """Keys of the columns that there is room for."""
    return [column.key for column in fit.columns]


def row_of(path: str, name: str = "resnet50") -> Row:
    """The row of that path."""
    of = table(name)
    return next(row for row in of.rows if of.cell(row, "path").text == path)


def written(fit: Fitting, path: str, key: str) -> str:
    """The cell of a row of ResNet-50 in a column."""
    of = fit.table
    return fit.written(row_of(path), of.columns[of.index[key]])


@pytest.mark.parametrize("view", ["layers", "blocks", "stages", "modules"])
@pytest.mark.parametrize("name", ["resnet50", "names", "r3d_18", "broken"])
def test_columns_fit_until_there_are_only_two(name: str, view: str) -> None:
    left: list[set[str]] = []
    for room in ROOMS:
        fit = Fitting(table(name, view), room)
        assert fit.width <= room or len(fit.columns) <= 2, room
        assert fit.width == sum(fit.widths) + fit.gap * (len(fit.widths) - 1)
        assert keys(fit)[0] == "path"
        left.append(set(keys(fit)) - {"window", "operation", "op", *PARTS})
    assert all(fewer <= more for fewer, more in pairwise(left))
    assert fit.hidden == 0, "there is room for all in the end"


def test_with_room_for_all_nothing_is_in_short() -> None:
    fit = Fitting(table(), WIDE, batch=1)
    assert keys(fit) == [key for key in table().shown if key != "note"]
    assert (fit.gap, fit.step, fit.powers, fit.hidden) == (GAP, 2, False, 0)
    assert written(fit, "layer2.0.conv2", "output_shape") == "128×28×28"
    assert written(fit, "layer2.0.conv2", "kernel_size") == "3×3"
    assert written(fit, "layer2.0.conv2", "path") == "    conv2", "two levels in"
    flat = Fitting(table(), WIDE, nested=False)
    assert written(flat, "layer2.0.conv2", "path") == "layer2.0.conv2"


def test_what_says_the_same_in_less_space_comes_before_columns_go() -> None:
    """A window instead of three columns, squares as powers, op and window in one: then columns."""
    worthy = {c.key for c in table().columns if c.worth <= WORTHY}
    forms = [Fitting(table(), room, batch=1) for room in reversed(ROOMS)]
    seen = [
        ("window" in keys(fit), fit.powers, fit.step == 1, fit.gap == 1, "operation" in keys(fit))
        for fit in forms
    ]
    assert seen[0] == (False,) * 5
    for fit, (window, powers, step, gap, operation) in zip(forms, seen, strict=True):
        assert (window or operation) >= powers >= step >= gap >= operation
        left_out = (set(table().shown) - set(keys(fit)) - {"note", "op", *PARTS}) & worthy
        assert not left_out or operation
    narrow = next(fit for fit in forms if "operation" in keys(fit))
    assert written(narrow, "layer2.0.conv2", "operation") == "conv k3 s2 p1"
    assert written(narrow, "layer2.0.conv2", "output_shape") == "128×28²"
    assert written(narrow, "maxpool", "operation") == "max k3 s2 p1"
    assert written(narrow, "fc", "operation") == "linear"


def test_none_that_was_asked_for_goes_and_pinned_ones_come() -> None:
    asked = ("path", "padding", "output_shape", "parameters")
    chosen = ri.tabulate(trace_of("resnet50"), "layers", Selection(columns=asked))
    for room in (10, 30, 60):
        assert keys(Fitting(chosen, room, asked=asked)) == list(asked)
        pinned = Fitting(table(), room, pinned=["receptive_field"])
        assert keys(pinned)[-1] == "receptive_field"
        windowed = Fitting(table(), room, pinned=["stride"])
        assert "stride" in keys(windowed)
        assert "window" not in keys(windowed), "it says that in short"


def test_room_is_kept_for_what_stands_in_front() -> None:
    alone = Fitting(table(), WIDE)
    led = Fitting(table(), WIDE, lead=7, sign=2)
    assert led.width == alone.width + 7 + 2
    assert led.widths[0] == alone.widths[0] + 2


def test_a_note_takes_what_the_others_leave() -> None:
    noted = ri.tabulate(trace_of("resnet50"), "blocks", Selection(columns=("path", "note")))
    fit = Fitting(noted, 120)
    assert keys(fit) == ["path", "note"]
    assert fit.width == 120
    assert Fitting(noted, 10, asked=("path", "note")).widths[-1] <= NOTE


def test_a_batch_of_another_size_is_written_out() -> None:
    assert written(Fitting(table(), WIDE, batch=1), "conv1", "input_shape") == "3×224×224"
    for batch in (None, 2):
        fit = Fitting(table(), WIDE, batch=batch)
        assert written(fit, "conv1", "input_shape") == "1×3×224×224"
    of = table()
    heading = of.columns[of.index["output_shape"]]
    assert Fitting(of, WIDE, batch=1).title(heading) == "out"
    assert Fitting(of, WIDE).title(heading) == heading.title


@pytest.mark.parametrize(("ascii", "full"), [(False, "█"), (True, "#")])
def test_a_share_has_its_bar_before_it(ascii: bool, full: str) -> None:
    fit = Fitting(table(), WIDE, ascii=ascii)
    assert written(fit, "conv1", "share") == "        <0.1%"
    part = 2359296 / 25557032  # layer4.1.conv2, of 512 channels and 3×3
    said = written(fit, "layer4.1.conv2", "share")
    assert said.endswith(f" {part:.1%}")
    assert said[:6].count(full) == (1 if ascii else 0)
    assert cells(said) == 13


def test_a_column_that_has_no_room_is_shown_where_rows_are_sorted_by_it() -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        assert "share" not in [column.key for column in table_of(app).columns]
        table_of(app).sort_by("share")
        table_of(app).show_heat("receptive_field")
        await settle(pilot)
        keys = [column.key for column in table_of(app).columns]
        assert {"share", "receptive_field"} <= set(keys)
        assert table_of(app).fit.width <= table_of(app).room
        await pilot.press("escape")
        table_of(app).show_heat(None)
        await settle(pilot)
        assert "share" not in [column.key for column in table_of(app).columns]

    drive(explorer_of("resnet50"), steps)
