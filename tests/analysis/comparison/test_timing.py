"""Two networks with times made by hand: what rows sum to, what is claimed, and what is not."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

import pytest
from saved import survey_of, trace_of

from resnet_inspect.analysis.comparison.changes import compare
from resnet_inspect.analysis.comparison.difference import Section
from resnet_inspect.analysis.comparison.timing import TimeDifference, TimingComparison
from resnet_inspect.analysis.timing import Timing
from resnet_inspect.errors import UnknownName
from resnet_inspect.formats import FORMATS, render
from resnet_inspect.traces.model import Call
from resnet_inspect.traces.timing import (
    Ceiling,
    Machine,
    Measurements,
    Peak,
    course,
    joined,
    mismatch,
)
from resnet_inspect.views.tables.comparison.networks import view as view_of_shapes
from resnet_inspect.views.tables.comparison.timing import HEADINGS, shown, view
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Table
from resnet_inspect.views.words.comparison.timing import conclusions

MACHINE = Machine("cpu", "by hand", "Linux x86_64", 8, 2, "2.15.0")
MILLISECOND = 1_000_000


def even(call: Call) -> int:
    """Each call takes another time, of a few microseconds."""
    return 1000 + call.index * call.index % 997


def speed_of(
    name: str,
    take: Callable[[Call], int] = even,
    *,
    runs: Sequence[int] = (0, 0, 0),
    backward: bool = False,
    **settings: Any,
) -> Timing:
    """A network whose calls take that many nanoseconds; in each run, the first so much more."""
    trace = trace_of(name)
    apart = {boundary.then for boundary in course(trace)}
    once = [take(call) if call.index in apart else 0 for call in trace.calls]
    forward = tuple((once[0] + more, *once[1:]) for more in runs)
    whole = tuple(map(sum, forward))
    return Timing(
        survey_of(name),
        Measurements(
            **{
                "machine": MACHINE, "measured_at": "2026-01-01T00:00:00+00:00", "warm_up": 1,
                "channels_last": False, "compiled": (), "forward": forward, "whole_forward": whole,
                "backward": forward if backward else (),
                "whole_backward": whole if backward else (),
                "matmul": Ceiling(2 * 10**9, (1_000_000,)), "copy": Ceiling(10**8, (4_000_000,)),
                "peak": Peak(1024, 0, ((0, 1024),)),
                **settings,
            }
        ),
    )  # fmt: skip


def of(left: Timing | None, right: Timing | None) -> TimingComparison:
    surveys = (speed.survey if speed else survey_of("resnet18") for speed in (left, right))
    return TimingComparison(compare(*surveys), left, right)


def slower(path: str, nanoseconds: int) -> Callable[[Call], int]:
    """One call takes so much longer."""
    return lambda call: even(call) + (nanoseconds if call.path == path else 0)


def column(table: Table, key: str) -> list[Any]:
    """The values of a column, of rows that nothing below breaks down."""
    return [table.cell(row, key).value for row in table.rows if not row.subtotal]


def paths(table: Table) -> list[str]:
    return [table.cell(row, "path").text for row in table.rows]


# -- sums ------------------------------------------------------------------------------------------

PAIRS = [
    ("resnet18", "resnet18"), ("resnet34", "resnet50"), ("resnet50", "resnet50_v1"),
    ("plain", "resnet18"), ("dense", "plain"), ("oddities", "functional"),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right"), PAIRS)
@pytest.mark.parametrize(
    "how",
    [{"brief": True}, {}, {"selection": Selection(everything=True), "unfold": True},
     {"selection": Selection(only=("conv",)), "brief": True}],
)  # fmt: skip
def test_rows_sum_to_the_totals_of_both_sides(left: str, right: str, how: dict[str, Any]) -> None:
    # Twice as slow on the right, so that rows of equal layers are shown for their times.
    found = of(
        speed_of(left, backward=True),
        speed_of(right, lambda call: 2 * even(call), backward=True),
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
    found = of(speed_of(left), speed_of(right))
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


# -- what is claimed -------------------------------------------------------------------------------


def test_one_slower_layer_is_found_in_equal_networks() -> None:
    left = speed_of("resnet18")
    right = speed_of("resnet18", slower("layer3.0.conv2", 5 * MILLISECOND))
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


def test_more_and_less_are_named_by_size() -> None:
    extra = {"conv1": 2, "layer1.0.conv1": 3, "layer2.0.conv1": 4, "layer3.0.conv1": 6, "fc": 1}
    left = speed_of("resnet18", slower("layer4.1.bn2", 9 * MILLISECOND))
    right = speed_of("resnet18", lambda call: even(call) + extra.get(call.path, 0) * MILLISECOND)
    assert list(conclusions(of(left, right)))[1:] == [
        "forward: the right takes 6.000 ms more in stage 3, 4.000 ms more in stage 2, 3.000 ms more"
        " in stage 1 and 3.000 ms more in 2 others; 9.000 ms less in stage 4",
        "forward, by block: the right takes 6.000 ms more in layer3.0, 4.000 ms more in layer2.0"
        " and 3.000 ms more in layer1.0; 9.000 ms less in layer4.1",
    ]


def test_a_block_that_only_one_has_is_where_it_takes_longer() -> None:
    found = of(speed_of("resnet18"), speed_of("resnet34"))
    (block,) = [b for b in found.difference.sections[3].sections if b.right and not b.left][:1]
    times = found.of(block)
    assert times.left is not None
    assert times.left.seconds == 0
    assert times.ratio is None
    assert times.right is not None
    assert times.seconds == times.right.seconds > 0


def test_what_runs_differ_by_is_not_claimed() -> None:
    noisy = (0, 20 * MILLISECOND, 40 * MILLISECOND)
    found = of(
        speed_of("resnet18", runs=noisy),
        speed_of("resnet18", lambda call: even(call) + 10 * MILLISECOND * (call.index == 0)),
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


@pytest.mark.parametrize(
    ("more", "certain"), [(104 * MILLISECOND, False), (105 * MILLISECOND, True)]
)
def test_certain_is_more_than_the_larger_spread(more: int, certain: bool) -> None:
    # The quartiles of 0, 20 and 40 ms are 10 and 30 ms; of three runs 5.24 times that is asked.
    noisy = speed_of("resnet18", runs=(0, 20 * MILLISECOND, 40 * MILLISECOND))
    steady = speed_of("resnet18", runs=(20 * MILLISECOND + more,) * 3)
    for found in (of(noisy, steady), of(steady, noisy)):
        assert found.whole().is_certain == certain


def test_one_run_says_nothing_of_what_runs_differ_by() -> None:
    found = of(speed_of("resnet18", runs=(0,)), speed_of("resnet18", runs=(9 * MILLISECOND,)))
    assert not found.whole().is_certain
    (said,) = conclusions(found)
    assert said.endswith("a single run does not say what runs differ by")


def test_the_other_order_is_the_mirror_image() -> None:
    sides = speed_of("resnet34", slower("layer2.0.conv1", MILLISECOND)), speed_of("resnet50")
    there, back = of(*sides), of(*reversed(sides))
    for mine, theirs in zip(there.difference.sections, back.difference.sections, strict=True):
        assert there.of(mine).seconds == -(back.of(theirs).seconds or 0)
        assert there.is_notable(mine) == back.is_notable(theirs)
    rest = there.rest().seconds
    assert rest is not None
    sections = [there.of(section).seconds or 0 for section in there.difference.sections]
    assert rest + sum(sections) == pytest.approx(there.whole().seconds)


def test_where_there_is_no_stage_the_steps_are_named() -> None:
    calls = trace_of("plain").calls
    path = next(call.path for call in calls if call.index > 2 and call.module)
    found = of(speed_of("plain"), speed_of("plain", slower(path, 7 * MILLISECOND)))
    assert list(conclusions(found))[1:] == [f"forward: the right takes 7.000 ms more in {path}"]


def test_the_backward_pass_is_told_apart() -> None:
    left = speed_of("resnet18", backward=True)
    slow = speed_of("resnet18", slower("fc", 3 * MILLISECOND)).measured
    runs = {"backward": slow.forward, "whole_backward": slow.whole_forward}
    right = Timing(left.survey, replace(left.measured, **runs))
    found = of(left, right)
    said = list(conclusions(found))
    assert said[0].endswith("less than the runs differ by")
    assert "the left is faster, by 3.000 ms" in said[1]
    assert said[2:] == ["backward: the right takes 3.000 ms more in the head"]
    assert "fc" in [path.rpartition(".")[2] for path in paths(view(found, brief=True))]
    assert {"left_backward_time", "backward_difference"} <= set(shown(found))
    assert "backward_difference" not in shown(of(speed_of("resnet18"), speed_of("resnet34")))


# -- what is not alike -----------------------------------------------------------------------------

UNLIKE = "not measured alike"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"machine": replace(MACHINE, threads=4)},
            "not measured alike: 2 threads against 4 threads",
        ),
        ({"channels_last": True}, f"{UNLIKE}: channels first against channels last"),
        (
            {"machine": replace(MACHINE, device="cuda:0", name="NVIDIA H200")},
            "the times are of different machines: by hand against NVIDIA H200, cpu against cuda:0",
        ),
        ({}, None),
    ],
)
def test_what_was_not_measured_alike_is_one_line(
    settings: dict[str, Any], said: str | None
) -> None:
    lines = list(conclusions(of(speed_of("resnet18"), speed_of("resnet18", **settings))))
    assert lines[:-1] == ([said] if said else [])


def test_other_inputs_are_said_and_compared_by_the_sample() -> None:
    left, right = speed_of("resnet18"), speed_of("resnet18")
    trace = right.survey.trace
    given = trace.inputs[0].activation
    activations = list(trace.activations)
    spec = replace(trace.spec(trace.inputs[0]), shape=(4, 3, 224, 224), dtype="bfloat16")
    activations[given] = replace(activations[given], tensor=spec)
    other = replace(right.survey, trace=replace(trace, activations=tuple(activations)))
    found = of(left, Timing(other, right.measured))
    first, *_, last = conclusions(found)
    assert first == (f"{UNLIKE}: 1×3×224×224 against 4×3×224×224, float32 against bfloat16")
    rate = 1e9 / sum(left.measured.forward[0])
    assert last == f"samples/s: {rate:,.1f} against {4 * rate:,.1f} (×4.00)"


def test_one_that_was_not_measured_is_said() -> None:
    found = of(speed_of("resnet18"), None)
    assert list(conclusions(found)) == [
        "only the left was measured: there is no time to compare it with"
    ]
    table = view(found)
    assert sum(filter(None, column(table, "left_time"))) > 0
    for key in ("right_time", "time_difference", "time_ratio"):
        assert set(column(table, key)) == {None}
    assert of(None, speed_of("resnet18")).whole() == TimeDifference(
        None, speed_of("resnet18").whole, 3
    )


# -- two rounds ------------------------------------------------------------------------------------


def test_the_runs_of_two_rounds_are_those_of_one() -> None:
    first, more = (speed_of("resnet18", runs=runs).measured for runs in ((1, 2), (3,)))
    both = joined(first, more)
    once = speed_of("resnet18", runs=(1, 2, 3)).measured
    assert both == once
    assert mismatch(trace_of("resnet18"), both) is None
    other = speed_of("resnet34").measured
    assert mismatch(trace_of("resnet18"), joined(first, other)) is not None


# -- written ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_every_format_writes_it(format: str) -> None:
    found = of(speed_of("resnet34"), speed_of("resnet50", slower("fc", MILLISECOND)))
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
    else:
        cells = [table.cell(row, "time_difference").text for row in table.rows]
        assert any("ms" in text for text in cells)
        assert "1.0" in written
        assert "the left is faster" in written


def test_columns_can_be_chosen() -> None:
    found = of(speed_of("resnet18"), speed_of("resnet34"))
    chosen = ("path", "left_flops_rate", "right_stride", "time_ratio")
    assert view(found, Selection(columns=chosen)).shown == chosen
    with pytest.raises(UnknownName, match="left_tim") as caught:
        view(found, Selection(columns=("left_tim",)))
    assert "left_time" in caught.value.hint


def test_blocks_that_no_module_holds_are_named_by_their_place() -> None:
    (stage, *_) = survey_of("names").anatomy.stages
    third = survey_of("names").trace.calls[stage.blocks[2].branch[0]]
    found = of(speed_of("names"), speed_of("names", slower(third.path, MILLISECOND)))
    said = " ".join(conclusions(found))
    assert ":add" not in said
    assert "by block: the right takes 1.000 ms more in block 3 of stage 1" in said
