"""Two networks side by side, as a table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from comparisons import PAIRS, of, plain
from saved import SMALL, ByHand, conv, survey_of, window

from resnet_inspect.analysis.comparison.networks import compare
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import BadInput, UnknownName
from resnet_inspect.formats import FORMATS, render
from resnet_inspect.formats.text.layout import lay_out
from resnet_inspect.views.tables.comparison.headings import HEADINGS, SHOWN
from resnet_inspect.views.tables.comparison.networks import view
from resnet_inspect.views.tables.comparison.rows import MARKS
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Row, Table
from resnet_inspect.views.words.comparison.summary import summary


@pytest.mark.parametrize("brief", [True, False])
@pytest.mark.parametrize(
    ("where", "is_asked"),
    [
        ("only right", lambda row: row["change"] == "only right"),
        ("-only right op:conv", lambda row: row["change"] != "only right" and "conv" in row["op"]),
        ("stride:2", lambda row: (2, 2) in (row["left_stride"], row["right_stride"])),
        ("macs>100M", lambda row: max(row["left_macs"] or 0, row["right_macs"] or 0) > 100e6),
        ("nothing", lambda row: False),
    ],
)
def test_a_filter_asks_for_steps_by_either_side(
    where: str, is_asked: Callable[[dict[str, Any]], bool], brief: bool
) -> None:
    def steps(table: Table) -> list[dict[str, Any]]:
        rows = [row for row in table.rows if row.kind in {"layer", "function"}]
        return [{k: v for k, v in table.values(row).items() if k != "level"} for row in rows]

    found = of("resnet34", "resnet50")
    every = steps(view(found, Selection(everything=True), unfold=True))
    shown = steps(view(found, Selection(where=where), brief=brief))
    taken = [row for row in every if is_asked(row) and not (brief and row["change"] == "same")]
    assert shown == taken


def test_a_filter_that_is_not_understood_is_refused() -> None:
    with pytest.raises(BadInput, match="no column 'strid': did you mean stride"):
        view(of("resnet34", "resnet50"), Selection(where="strid:2"))


def numbers(table: Table, key: str) -> int:
    return sum(
        value
        for row in table.rows
        if not row.subtotal and isinstance(value := table.cell(row, key).value, int)
    )


def test_columns_of_both_sides_stay_or_go_together() -> None:
    table = view(compare(survey_of("resnet18"), survey_of("resnet34")))
    seen = set()
    for width in range(70, 200, 5):
        shown = set(table.shown) - set(lay_out(table, width).dropped)
        for key in ("parameters", "macs"):
            pair = {f"left_{key}", f"right_{key}"} & shown
            assert len(pair) != 1, width
            seen.add(len(pair))
    assert seen == {0, 2}


@pytest.mark.parametrize(("left", "right"), PAIRS)
def test_rows_sum_to_the_totals_on_both_sides(left: str, right: str) -> None:
    found = of(left, right)
    for table in (
        view(found),
        view(found, unfold=True),
        view(found, Selection(everything=True)),
        view(found, Selection(only=("conv",))),
        view(found, Selection(where="conv params>1k"), brief=True),
    ):
        entries = {total.key: total.cell.value for total in table.totals}
        for key in ("parameters", "macs"):
            values = entries[key]
            assert isinstance(values, tuple)
            assert numbers(table, f"left_{key}") == values[0]
            assert numbers(table, f"right_{key}") == values[1]
        assert numbers(table, "parameters_difference") == (found.figure["parameters"].difference)


@pytest.mark.parametrize("name", ["resnet34", "resnet50", "plain", "oddities"])
def test_every_step_is_shown_where_all_is_asked_for(name: str) -> None:
    found = of("resnet18", name)
    table = view(found, Selection(everything=True), unfold=True)
    layers = [row for row in table.rows if row.kind in {"layer", "function"}]
    assert len(layers) == len(found.entries)
    for row, entry in zip(layers, found.entries, strict=True):
        assert table.cell(row, "change").value == entry.kind
        assert table.cell(row, "change").text == MARKS[entry.kind]


@pytest.mark.parametrize("format", sorted(FORMATS))
@pytest.mark.parametrize(
    ("left", "right"), [("resnet34", "resnet50"), *((a, "names") for a in SMALL)]
)
def test_every_format_writes_it(format: str, left: str, right: str) -> None:
    table = view(of(left, right))
    written = render(table, format)
    assert written.endswith("\n")
    if format == "json":
        document = json.loads(written)
        assert document["view"] == "differences"
        assert [column["key"] for column in document["columns"]] == list(HEADINGS)
        assert len(document["rows"]) == len(table.rows)
        assert document["remarks"] == list(table.remarks)
        assert document["summary"] == list(summary(of(left, right)))
    elif format == "csv":
        header, *rows = csv.reader(io.StringIO(written))
        assert header == [*SHOWN, "kind", "subtotal", "repeat"]
        assert len(rows) == len(table.rows)
    elif format == "text":
        for row in table.rows:
            assert table.cell(row, "path").text in written


def test_json_of_a_known_row() -> None:
    document = json.loads(render(view(of("resnet50", "resnet50_v1")), "json"))
    row = next(row for row in document["rows"] if row["path"] == "layer2.0.conv1")
    expected = {
        "change": "changed",
        "itself": True,
        "stage": 2,
        "lane": "branch",
        "op": "conv",
        "window": "1×1 → 1×1 stride 2",
        "left_stride": [1, 1],
        "right_stride": [2, 2],
        "left_output_shape": [1, 128, 56, 56],
        "right_output_shape": [1, 128, 28, 28],
        "left_macs": 102_760_448,
        "right_macs": 25_690_112,
        "macs_difference": -77_070_336,
        "parameters_difference": 0,
        "note": "stride 1 → 2",
    }
    assert {key: row[key] for key in expected} == expected
    assert document["totals"]["macs"][:3] == [4_089_184_256, 3_857_973_248, -231_211_008]
    assert document["provenance"]["left_source"] == "torchvision:resnet50"


def test_sections_that_are_the_same_are_one_row() -> None:
    def paths(table: Table, rows: list[Row]) -> list[str]:
        return [table.cell(row, "path").text for row in rows]

    table = view(of("resnet50", "resnet50_v1"))
    same = [row for row in table.rows if table.cell(row, "change").text == "=" and row.level == 0]
    assert paths(table, same) == ["stem", "layer1", "head"]
    assert not any(row.subtotal for row in same)
    only = view(of("resnet50", "resnet50_v1"), Selection(stage=3))
    outer = [row for row in only.rows if row.level == 0]
    assert paths(only, outer) == ["layer3", "not shown"]


@pytest.mark.parametrize(("left", "right"), PAIRS)
def test_a_brief_table_has_no_step_that_is_the_same(left: str, right: str) -> None:
    table = view(of(left, right), brief=True)
    same = [row for row in table.rows if table.cell(row, "change").value == "same"]
    assert {row.kind for row in same} <= {"stem", "stage", "head", "rest"}
    assert not any(row.level for row in same)
    for key in ("parameters", "macs"):
        entries = {total.key: total.cell.value for total in table.totals}
        values = entries[key]
        assert isinstance(values, tuple)
        assert numbers(table, f"left_{key}") == values[0]
        assert numbers(table, f"right_{key}") == values[1]


@pytest.mark.parametrize("width", [80, 100, 120])
def test_a_narrow_table_says_what_changed_before_all_else(width: int) -> None:
    layout = lay_out(view(of("resnet34", "resnet50"), brief=True), width)
    lines = ["".join(written for written, _ in line) for line in layout.lines]
    assert max(map(len, lines)) <= width
    assert lines[lines.index("") + 1] == "blocks: basic (2 convolutions) against bottleneck (3)"
    (row,) = [line for line in lines if line.split()[:1] == ["layer2.0.conv1"]]
    assert row.endswith("kernel 3×3 → 1×1, stride 2 → 1, padding 1 → 0")
    (row,) = [line for line in lines if line.split()[:1] == ["layer1.0"]]
    assert row.endswith("basic → bottleneck, identity → projection shortcut")
    assert ("parameters_difference" in layout.dropped) == (width < 100)


def test_columns_can_be_chosen() -> None:
    found = of("resnet18", "resnet34")
    chosen = ("path", "change", "left_stride", "right_stride")
    assert view(found, Selection(columns=chosen)).shown == chosen
    with pytest.raises(UnknownName, match="left_strid"):
        view(found, Selection(columns=("left_strid",)))


def test_names_are_written_as_they_are() -> None:
    hand = ByHand()
    made = hand.step("a\x1b[31m", conv(3, 4, window(3)), hand.input(1, 3, 8, 8), (1, 4, 6, 6))
    table = view(compare(Survey(hand.trace(made)), plain([(4, 3), (4, 3)])), unfold=True)
    written = [cell.text for row in table.rows for cell in row.cells] + [
        *table.summary,
        *table.remarks,
    ]
    assert all(line.isprintable() for line in written)
