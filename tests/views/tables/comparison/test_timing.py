"""Two networks with times made by hand, as a table."""

from __future__ import annotations

import csv
import io
import json
from statistics import median
from typing import Any

import pytest
from timing_comparisons import MILLISECOND, column, even, of, paths, slower, timing_of

from resnet_inspect.analysis.comparison.difference import Section
from resnet_inspect.analysis.comparison.timing import TimeDifference
from resnet_inspect.errors import UnknownName
from resnet_inspect.formats import FORMATS, render
from resnet_inspect.views.tables.comparison.networks import view as view_of_shapes
from resnet_inspect.views.tables.comparison.timing import HEADINGS, shown, view
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.words.comparison.timing import conclusions

PAIRS = [
    ("resnet18", "resnet18"), ("resnet34", "resnet50"), ("resnet50", "resnet50_v1"),
    ("plain", "resnet18"), ("dense", "plain"), ("oddities", "functional"),
]  # fmt: skip


def test_a_filter_can_name_the_times_of_both() -> None:
    found = of(timing_of("resnet18"), timing_of("resnet18", lambda call: 2 * even(call)))
    every = view(found, Selection(everything=True), unfold=True)
    bound = sorted(filter(None, column(every, "right_time")))[-9]
    table = view(found, Selection(where=f"right_time>{bound!r} time×>1.5"), unfold=True)
    taken = [
        every.cell(row, "path").text
        for row in every.rows
        if row.kind in {"layer", "function"} and (every.cell(row, "right_time").value or 0) > bound
    ]
    shown = [
        table.cell(row, "path").text for row in table.rows if row.kind in {"layer", "function"}
    ]
    assert shown == taken
    assert 0 < len(shown) < 9


@pytest.mark.parametrize(("left", "right"), PAIRS)
@pytest.mark.parametrize(
    "how",
    [{"brief": True}, {}, {"selection": Selection(everything=True), "unfold": True},
     {"selection": Selection(only=("conv",)), "brief": True},
     {"selection": Selection(where="conv right_time>0"), "brief": True}],
)  # fmt: skip
def test_rows_sum_to_the_totals_of_both_sides(left: str, right: str, how: dict[str, Any]) -> None:
    # Twice as slow on the right, so that rows of equal layers are shown for their times.
    found = of(
        timing_of(left, backward=True),
        timing_of(right, lambda call: 2 * even(call), backward=True),
    )
    table = view(found, **how)
    totals = {total.key: total.cell.value for total in table.totals}
    sums = [
        sum(median(own) for own in zip(*speed.measured.forward, strict=True)) / 1e9
        for speed in (found.left, found.right)
        if speed
    ]
    for direction in ("", "backward_"):
        for key, total in zip(("left", "right"), sums, strict=True):
            assert sum(filter(None, column(table, f"{key}_{direction}time"))) == pytest.approx(
                total, rel=1e-9
            )
        differences = column(table, "backward_difference" if direction else "time_difference")
        if left != "oddities":  # where some functions of one side cannot be told apart
            assert sum(differences) == pytest.approx(sums[1] - sums[0], rel=1e-9)
        value = totals[f"{direction}time"]
        assert isinstance(value, tuple)
        assert value == pytest.approx((*sums, sums[1] - sums[0], sums[1] / sums[0]))
    assert paths(table)[-1] == "functions and overhead"


@pytest.mark.parametrize(("left", "right"), [("resnet34", "resnet50"), ("resnet50", "resnet50_v1")])
def test_a_section_is_the_row_that_stands_for_it(left: str, right: str) -> None:
    found = of(timing_of(left), timing_of(right))
    table = view(found, Selection(everything=True), unfold=True)
    rows = [row for row in table.rows if row.kind in {"stem", "stage", "block", "head"}]

    def every(section: Section) -> list[Section]:
        return [section, *(inner for held in section.sections for inner in every(held))]

    sections = [inner for section in found.difference.sections for inner in every(section)]
    assert len(rows) == len(sections) > 10
    for row, section in zip(rows, sections, strict=True):
        times = found.of(section)
        assert table.cell(row, "time_difference").value == times.seconds
        assert table.cell(row, "time_ratio").value == (
            times.ratio if section.left and section.right else None
        )
        for key, speed, calls in (
            ("left", found.left, section.left), ("right", found.right, section.right),
        ):  # fmt: skip
            value = table.cell(row, f"{key}_time").value
            assert (value is None) == (calls is None)
            if section.role in {"stage", "block"} and calls is not None:
                assert speed is not None
                own = [
                    call.index for call in speed.survey.trace.calls
                    if call.path == calls.path or call.path.startswith((calls.path + ".",
                                                                        calls.path + ":"))
                ]  # fmt: skip
                assert value == pytest.approx(
                    sum(speed.measured.forward[0][index] for index in own) / 1e9
                )


def test_one_slower_layer_is_found_in_equal_networks() -> None:
    left = timing_of("resnet18")
    right = timing_of("resnet18", slower("layer3.0.conv2", 5 * MILLISECOND))
    found = of(left, right)
    total = sum(left.measured.forward[0])
    assert 80_000 < total < 200_000
    times = (total / 1e3, (total + 5 * MILLISECOND) / 1e6)
    assert list(conclusions(found)) == [
        f"forward {times[0]:.1f} µs against {times[1]:.3f} ms: the left is faster, by 5.000 ms,"
        f" ×{times[1] * 1e3 / times[0]:.2f}",
        "forward: the right takes 5.000 ms more in stage 3",
        "forward, by block: the right takes 5.000 ms more in layer3.0",
    ]
    table = view(found, brief=True)
    assert table.summary[0] == "no difference in layers"
    assert not {"parameters_difference", "macs_difference"} & set(table.shown)
    assert paths(table) == [
        "stem", "layer1", "layer2", "layer3", "layer3.0", "layer3.0.conv2", "layer4", "head",
        "not shown", "functions and overhead",
    ]  # fmt: skip
    row = table.rows[5]
    assert table.cell(row, "change").text == "="
    assert table.cell(row, "time_difference").text == "+5.000 ms"
    assert paths(view_of_shapes(found.difference, brief=True)) == [
        "stem", "layer1", "layer2", "layer3", "layer4", "head",
    ]  # fmt: skip


def test_what_runs_differ_by_is_not_claimed() -> None:
    noisy = (0, 20 * MILLISECOND, 40 * MILLISECOND)
    found = of(
        timing_of("resnet18", runs=noisy),
        timing_of("resnet18", lambda call: even(call) + 10 * MILLISECOND * (call.index == 0)),
    )
    said = list(conclusions(found))
    assert len(said) == 1
    assert said[0].startswith("forward 20.")
    assert said[0].endswith(": less than the runs differ by")
    table = view(found, brief=True)
    row = table.rows[-1]
    assert table.cell(row, "time_difference").value == pytest.approx(-0.01)
    assert table.cell(row, "time_difference").text == "(-10.00 ms)"
    assert any("in brackets" in remark for remark in table.remarks)


def test_one_that_was_not_measured_is_said() -> None:
    found = of(timing_of("resnet18"), None)
    assert list(conclusions(found)) == [
        "only the left was measured: there is no time to compare it with"
    ]
    table = view(found)
    assert sum(filter(None, column(table, "left_time"))) > 0
    for key in ("right_time", "time_difference", "time_ratio"):
        assert set(column(table, key)) == {None}
    assert of(None, timing_of("resnet18")).whole() == TimeDifference(
        None, timing_of("resnet18").whole, 3
    )


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_every_format_writes_it(format: str) -> None:
    found = of(timing_of("resnet34"), timing_of("resnet50", slower("fc", MILLISECOND)))
    table = view(found, brief=True)
    written = render(table, format)
    if format == "json":
        document = json.loads(written)
        assert [one["key"] for one in document["columns"]] == list(HEADINGS)
        assert document["summary"] == list(table.summary)
        assert document["provenance"]["right_machine"] == "by hand"
        assert document["rows"][-1]["time_difference"] is not None
    elif format == "csv":
        header, *rows = csv.reader(io.StringIO(written))
        assert {*shown(found)} <= {*header}
        place = header.index("time_difference")
        assert [row[place] for row in rows] == [
            "" if value is None else str(value)
            for value in (table.cell(row, "time_difference").value for row in table.rows)
        ]
    elif not FORMATS[format].rows_alone:
        cells = [table.cell(row, "time_difference").text for row in table.rows]
        assert any("ms" in text for text in cells)
        assert "1.0" in written
        assert "the left is faster" in written


def test_columns_can_be_chosen() -> None:
    found = of(timing_of("resnet18"), timing_of("resnet34"))
    chosen = ("path", "left_flops_rate", "right_stride", "time_ratio")
    assert view(found, Selection(columns=chosen)).shown == chosen
    with pytest.raises(UnknownName, match="left_tim") as caught:
        view(found, Selection(columns=("left_tim",)))
    assert "left_time" in caught.value.hint
