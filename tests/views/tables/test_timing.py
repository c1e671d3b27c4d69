"""Times as tables: what rows sum to, and what is said of them."""

from __future__ import annotations

import json
from dataclasses import replace
from statistics import median, quantiles
from typing import Any

import pytest
from saved import NAMES
from timings import WHOLE, timing_of

from resnet_inspect.analysis.timing import Timing
from resnet_inspect.errors import BadInput, UnknownName
from resnet_inspect.formats import FORMATS, render
from resnet_inspect.views.tables import VIEWS, timing
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Table
from resnet_inspect.views.words.timing import remarks_of


def numbers(table: Table, key: str, *, outer: bool = False) -> list[Any]:
    """The values of a column, of rows that nothing below breaks down."""
    return [table.cell(row, key).value for row in table.rows if outer or not row.subtotal]


@pytest.mark.parametrize("view", ["layers", "blocks", "stages"])
@pytest.mark.parametrize(
    "selection",
    [Selection(), Selection(everything=True), Selection(depth=1), Selection(fold=True)],
)
@pytest.mark.parametrize("name", [name for name in NAMES if name not in {"broken", "names"}])
def test_rows_sum_to_the_total(name: str, view: str, selection: Selection) -> None:
    speed = timing_of(name, backward=True)
    table = timing.view([speed], view, selection)
    for key, runs in (
        ("time", speed.measured.forward), ("backward_time", speed.measured.backward),
    ):  # fmt: skip
        total = sum(median(own) for own in zip(*runs, strict=True)) / 1e9
        assert sum(filter(None, numbers(table, key))) == pytest.approx(total, rel=1e-12)
    assert sum(filter(None, numbers(table, "time_share"))) == pytest.approx(1)
    assert sum(numbers(table, "held_bytes")) == speed.measured.peak.nbytes


def test_a_stage_is_what_its_calls_took() -> None:
    speed = timing_of("resnet18")
    trace = speed.survey.trace
    runs = speed.measured.forward
    table = timing.view([speed], "stages", Selection())
    (row,) = [row for row in table.rows if table.cell(row, "path").value == "layer2"]
    own = [c.index for c in trace.calls if c.path == "layer2" or c.path.startswith("layer2.")]
    assert table.cell(row, "time").value == sum(median(r[i] for r in runs) for i in own) / 1e9
    first, _, third = quantiles([sum(r[i] for i in own) for r in runs], method="inclusive")
    assert table.cell(row, "time_spread").value == (third - first) / 1e9


@pytest.mark.parametrize("view", ["layers", "blocks", "stages"])
def test_a_filter_can_name_what_was_measured(view: str) -> None:
    """Rows are those that a test by hand takes; what they leave out is in the row "not shown"."""
    speed = timing_of("resnet50", backward=True)
    every = timing.view([speed], view, Selection(everything=True))
    times = sorted(filter(None, numbers(every, "time")))
    bound = times[len(times) * 2 // 3]
    where = f"time>={bound!r} -fc"
    table = timing.view([speed], view, Selection(where=where))

    def paths(table: Table, least: float) -> list[Any]:
        return [
            path
            for row in table.rows
            if not row.subtotal
            and row.kind != "rest"
            and (path := table.cell(row, "path").value) != "fc"
            and table.cell(row, "time").value >= least
        ]

    assert paths(table, 0) == paths(every, bound)
    assert 0 < len(paths(table, 0)) < len(paths(every, 0))
    assert sum(filter(None, numbers(table, "time"))) == pytest.approx(speed.total.seconds)
    with pytest.raises(BadInput, match="no column 'tme': did you mean time"):
        timing.view([speed], view, Selection(where="tme>1"))


def test_a_folded_row_has_the_times_of_all_its_blocks() -> None:
    speed = timing_of("resnet34")
    for view in ("layers", "blocks"):
        every, folded = (
            timing.view([speed], view, Selection(everything=True, fold=fold))
            for fold in (False, True)
        )
        each = {every.cell(row, "path").value: row for row in every.rows}
        row = next(row for row in folded.rows if folded.cell(row, "path").value == "layer3.1")
        assert folded.cell(row, "repeat").value == 5
        blocks = [each[f"layer3.{n}"] for n in range(1, 6)]
        for key in ("time", "time_share", "held_bytes"):
            values = [every.cell(block, key).value for block in blocks]
            assert folded.cell(row, key).value == pytest.approx(sum(values))
        seconds = folded.cell(row, "time").value
        macs = sum(every.cell(block, "macs").value for block in blocks)
        assert folded.cell(row, "flops_rate").value == pytest.approx(2 * macs / seconds)
        assert any("are of all N together" in said for said in folded.remarks)
        assert not any("×N" in said for said in every.remarks)


def test_columns_of_shapes_and_of_times_can_be_chosen() -> None:
    speed = timing_of("resnet18")
    chosen = ("path", "backward_time", "stride")
    table = timing.view([speed], "layers", Selection(columns=chosen))
    assert table.shown == chosen
    assert {cell.text for row in table.rows for cell in [table.cell(row, "backward_time")]} == {""}
    assert "backward_time" not in timing.shown([speed])
    assert "backward_time" in timing.shown([timing_of("resnet18", backward=True)])
    with pytest.raises(UnknownName, match="time_shar") as caught:
        timing.view([speed], "layers", Selection(columns=("time_shar",)))
    assert "did you mean time_share" in caught.value.hint


def test_rates_are_amounts_by_time_and_shares_of_the_ceilings() -> None:
    speed = timing_of("resnet18")
    table = timing.view([speed], "layers", Selection())
    (row,) = [row for row in table.rows if table.cell(row, "path").value == "conv1"]
    seconds = table.cell(row, "time").value
    assert isinstance(seconds, float)
    operations = 2 * 64 * 112 * 112 * 3 * 7 * 7
    moved = 4 * (3 * 224 * 224 + 64 * 112 * 112 + 64 * 3 * 7 * 7)
    rate = table.cell(row, "flops_rate").value
    assert rate == pytest.approx(operations / seconds)
    assert table.cell(row, "bytes_rate").value == pytest.approx(moved / seconds)
    # The best of the times counts: 2 GFLOP in 1 ms, 100 MB in 4 ms.
    assert table.cell(row, "of_matmul").value == pytest.approx(operations / seconds / 2e12)
    assert table.cell(row, "of_copy").value == pytest.approx(moved / seconds / 25e9)


def test_what_the_hooks_cost_is_said() -> None:
    speed = timing_of("resnet18")
    with_hooks = median(sum(run) for run in speed.measured.forward)
    assert speed.hooks == pytest.approx((with_hooks - 1_100_000) / 1e9)
    table = timing.view([speed], "layers", Selection())
    totals = {total.key: total.cell.value for total in table.totals}
    assert totals["hooked_time"] - totals["whole_time"] == totals["hooks"] == speed.hooks
    remark = next(said for said in table.remarks if "the hooks cost" in said)
    assert f"({speed.hooks * 1e9 / 1_100_000:+.1%})" in remark
    assert "less than runs differ by" in remark
    alike = replace(speed.measured, forward=(speed.measured.forward[0],) * 3)
    assert not any("runs differ by" in r for r in remarks_of(Timing(speed.survey, alike)))
    once = replace(alike, forward=alike.forward[:1], whole_forward=WHOLE[:1])
    assert "a single run" in next(remarks_of(Timing(speed.survey, once)))
    quick = replace(alike, whole_forward=(10**9,) * 3)  # hooks that save time are noise
    assert "runs differ by" in next(remarks_of(Timing(speed.survey, quick)))
    runs = ((1, *[0] * (len(speed.measured.forward[0]) - 1)), speed.measured.forward[0])
    noisy = Timing(speed.survey, replace(speed.measured, forward=runs))
    remarks = timing.view([noisy], "layers", Selection()).remarks
    assert any("less than runs differ by" in said for said in remarks)
    assert totals["samples_rate"] == pytest.approx(1 / 1.1e-3)


def test_who_holds_the_peak_is_named() -> None:
    remarks = " ".join(timing.view([timing_of("resnet18")], "layers", Selection()).remarks)
    assert "the peak is in fc, held by fc 2.000 KiB, conv1 1.000 KiB" in remarks


@pytest.mark.parametrize("view", ["layers", "blocks", "stages"])
@pytest.mark.parametrize("selection", [Selection(), Selection(everything=True)])
def test_beside_a_view_stand_the_times_of_measure(view: str, selection: Selection) -> None:
    speed = timing_of("resnet50", backward=True)
    alone, plain = timing.view([speed], view, selection), VIEWS[view](speed.survey, selection)
    table = timing.beside(speed, plain)
    assert table.view == view
    assert table.shown == alone.shown
    assert [table.values(row) for row in table.rows] == [alone.values(row) for row in alone.rows]
    for row, before in zip(table.rows, plain.rows, strict=False):
        assert list(row.cells)[: len(before.cells)] == list(before.cells)
    assert table.totals == (*alone.totals, *plain.totals)
    assert set(plain.remarks) < set(table.remarks)
    chosen = timing.beside(speed, plain, ("time", "no column", "path"))
    assert chosen.shown == ("time", "path")


def test_several_batches_stand_one_below_the_other() -> None:
    one, other = timing_of("resnet18"), timing_of("resnet34")
    table = timing.view([one, other], "stages", Selection())
    each = [timing.view([speed], "stages", Selection()) for speed in (one, other)]
    assert numbers(table, "time") == [*numbers(each[0], "time"), *numbers(each[1], "time")]
    assert set(numbers(table, "batch")) == {1}


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_writes_it(format: str) -> None:
    written = render(timing.view([timing_of("oddities")], "layers", Selection()), format)
    assert "functions and overhead" in written or format == "json"
    if format == "json":
        assert "held_bytes" in json.loads(written)["rows"][0]
