"""Measurements, made by hand: whose time it is, what rows sum to, and what a file keeps."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from saved import DATA, NAMES, ByHand, names, steady, survey_of, trace_of, traces

from resnet_inspect import pipeline
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.analysis.timing import Timing, beyond_noise, typical
from resnet_inspect.errors import TraceFileError, UnknownName
from resnet_inspect.formats import FORMATS, render
from resnet_inspect.traces import codec
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Activate, Elementwise, Reshape
from resnet_inspect.traces.timing import Ceiling, Machine, Measurements, Peak, course
from resnet_inspect.views.cards import card_of
from resnet_inspect.views.cards.timing import on_card
from resnet_inspect.views.tables import VIEWS, timing
from resnet_inspect.views.tables.columns import COLUMNS
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Table
from resnet_inspect.views.words.text import seconds
from resnet_inspect.views.words.timing import remarks_of

MACHINE = Machine("cpu", "by hand", "Linux x86_64", 8, 2, "2.15.0")
WHOLE = (1_000_000, 1_200_000, 1_100_000)


def measured(trace: Trace, *, backward: bool = False) -> Measurements:
    """Three runs in which every call takes another time; calls that cannot be told apart none."""
    apart = {boundary.then for boundary in course(trace)}
    runs = tuple(
        tuple((i * i % 997 + 3) * run if i in apart else 0 for i in range(len(trace.calls)))
        for run in (100, 170, 90)
    )
    return Measurements(
        machine=MACHINE,
        measured_at="2026-01-01T00:00:00+00:00",
        channels_last=False,
        warm_up=1,
        forward=runs,
        whole_forward=WHOLE,
        backward=runs[1:] if backward else (),
        whole_backward=WHOLE[1:] if backward else (),
        compiled=(),
        matmul=Ceiling(2 * 10**9, (2_000_000, 1_000_000)),
        copy=Ceiling(10**8, (4_000_000, 5_000_000)),
        peak=Peak(3072, len(trace.calls) - 1, ((len(trace.calls) - 1, 2048), (1, 1024))),
    )


def speed_of(name: str, **settings: Any) -> Timing:
    return Timing(survey_of(name), measured(trace_of(name), **settings))


def numbers(table: Table, key: str, *, outer: bool = False) -> list[Any]:
    """The values of a column, of rows that nothing below breaks down."""
    return [table.cell(row, key).value for row in table.rows if outer or not row.subtotal]


# -- whose time it is ------------------------------------------------------------------------------


def test_every_module_call_is_entered_and_left_as_brackets_are(trace: Trace) -> None:
    running: list[str] = []
    for boundary in course(trace):
        if boundary.leaving:
            assert running.pop() == boundary.path
        else:
            running.append(boundary.path)
    assert not running
    modules = [call.module for call in trace.calls if call.module is not None]
    assert [b.path for b in course(trace) if not b.leaving] == modules


def test_a_residual_add_between_two_modules_has_its_own_time() -> None:
    trace = trace_of("resnet18")
    apart = {trace.calls[boundary.then].path for boundary in course(trace)}
    assert {"layer1.0:add", "layer4.1:add", ":flatten", "layer1.0"} <= apart


def test_two_functions_in_a_row_are_their_caller_s() -> None:
    hand = ByHand()
    x = hand.step("first", Activate("relu"), hand.input(1, 8))
    y = hand.step("alone:neg", Elementwise("neg"), x)
    z = hand.step("second", Activate("relu"), y)
    u = hand.step("both:add", Elementwise("add"), (y, z))
    trace = hand.trace(hand.step("both:view", Reshape("view"), u, (8,)))
    owners = [(boundary.path, boundary.leaving, boundary.then) for boundary in course(trace)]
    assert owners == [
        ("", False, 0), ("first", False, 1), ("first", True, 2), ("second", False, 3),
        ("second", True, 0), ("", True, 0),
    ]  # fmt: skip
    speed = Timing(Survey(trace), measured(trace))
    assert speed.forward(((2, 2),)) is not None
    assert speed.forward(((4, 5),)) is None


# -- sums, spreads, rates --------------------------------------------------------------------------


@pytest.mark.parametrize("view", ["layers", "blocks", "stages"])
@pytest.mark.parametrize(
    "selection",
    [Selection(), Selection(everything=True), Selection(depth=1), Selection(fold=True)],
)
@pytest.mark.parametrize("name", [name for name in NAMES if name not in {"broken", "names"}])
def test_rows_sum_to_the_total(name: str, view: str, selection: Selection) -> None:
    speed = speed_of(name, backward=True)
    table = timing.view([speed], view, selection)
    for key, runs in (
        ("time", speed.measured.forward), ("backward_time", speed.measured.backward),
    ):  # fmt: skip
        total = sum(median(own) for own in zip(*runs, strict=True)) / 1e9
        assert sum(filter(None, numbers(table, key))) == pytest.approx(total, rel=1e-12)
    assert sum(filter(None, numbers(table, "time_share"))) == pytest.approx(1)
    assert sum(numbers(table, "held_bytes")) == speed.measured.peak.nbytes


def test_a_stage_is_what_its_calls_took() -> None:
    speed = speed_of("resnet18")
    trace = speed.survey.trace
    runs = speed.measured.forward
    table = timing.view([speed], "stages", Selection())
    (row,) = [row for row in table.rows if table.cell(row, "path").value == "layer2"]
    own = [c.index for c in trace.calls if c.path == "layer2" or c.path.startswith("layer2.")]
    assert table.cell(row, "time").value == sum(median(r[i] for r in runs) for i in own) / 1e9
    first, _, third = quantiles([sum(r[i] for i in own) for r in runs], method="inclusive")
    assert table.cell(row, "time_spread").value == (third - first) / 1e9


def test_a_folded_row_has_the_times_of_all_its_blocks() -> None:
    speed = speed_of("resnet34")
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
    speed = speed_of("resnet18")
    chosen = ("path", "backward_time", "stride")
    table = timing.view([speed], "layers", Selection(columns=chosen))
    assert table.shown == chosen
    assert {cell.text for row in table.rows for cell in [table.cell(row, "backward_time")]} == {""}
    assert "backward_time" not in timing.shown([speed])
    assert "backward_time" in timing.shown([speed_of("resnet18", backward=True)])
    with pytest.raises(UnknownName, match="time_shar") as caught:
        timing.view([speed], "layers", Selection(columns=("time_shar",)))
    assert "did you mean time_share" in caught.value.hint


def test_rates_are_amounts_by_time_and_shares_of_the_ceilings() -> None:
    speed = speed_of("resnet18")
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


@pytest.mark.parametrize("runs", [2, 3, 5, 10, 20])
def test_equal_networks_are_rarely_told_apart(runs: int) -> None:
    """By trial: medians and quartiles of runs that differ by chance alone."""
    chance = random.Random(runs)
    told = 0
    for _ in range(2_000):
        sides = [[chance.gauss(10**9, 10**7) for _ in range(runs)] for _ in range(2)]
        mine, theirs = (typical([round(once) for once in side]) for side in sides)
        spread = max(mine.spread, theirs.spread)
        told += beyond_noise(mine.seconds - theirs.seconds, spread, runs)
    assert told <= 2_000 / 50
    assert beyond_noise(2, 0.1, runs)
    assert not beyond_noise(1, 0, 1)


def test_what_the_hooks_cost_is_said() -> None:
    speed = speed_of("resnet18")
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
    remarks = " ".join(timing.view([speed_of("resnet18")], "layers", Selection()).remarks)
    assert "the peak is in fc, held by fc 2.000 KiB, conv1 1.000 KiB" in remarks


@pytest.mark.parametrize("view", ["layers", "blocks", "stages"])
@pytest.mark.parametrize("selection", [Selection(), Selection(everything=True)])
def test_beside_a_view_stand_the_times_of_measure(view: str, selection: Selection) -> None:
    speed = speed_of("resnet50", backward=True)
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


def test_a_card_says_what_its_subject_took() -> None:
    speed = speed_of("resnet50")
    survey = speed.survey
    table = timing.beside(speed, VIEWS["layers"](survey, Selection(everything=True)))
    stage = survey.anatomy.stages[1]
    subjects = {"stem": "stem", "layer2": stage, "layer2.0": stage.blocks[0], "head": "head"}
    subjects["conv1"] = survey.trace.calls_at["conv1"][0]
    for row in table.rows:
        subject = subjects.pop(table.cell(row, "path").text, None)
        if subject is None:
            continue
        plain = card_of(survey, subject)
        first, own, *others = on_card(speed, subject, plain).sections
        assert (first, *others) == plain.sections
        texts = {entry.label: entry.text for entry in own.entries}
        timed = {c.title: c.key for c in table.columns if c.key not in COLUMNS}
        assert texts == {t: table.cell(row, key).text for t, key in timed.items() if t in texts}
        assert {"time", "IQR", "of time", "bytes/s", "at peak"} <= set(texts)
    assert not subjects
    (whole,) = [s for s in on_card(speed, "network", card_of(survey, "network")).sections
                if s.heading == "measured"]  # fmt: skip
    assert whole.entries[0].text == seconds(speed.total.seconds)


def test_a_card_of_what_was_not_told_apart_says_nothing() -> None:
    speed = speed_of("resnet50")
    calls = speed.survey.trace.calls
    hidden = [c.index for c in calls if speed.forward(((c.index, c.index),)) is None]
    for index in hidden:
        if speed.survey.trace.last_descendant[index] == index:
            plain = card_of(speed.survey, index)
            assert on_card(speed, index, plain) == plain


def test_several_batches_stand_one_below_the_other() -> None:
    one, other = speed_of("resnet18"), speed_of("resnet34")
    table = timing.view([one, other], "stages", Selection())
    each = [timing.view([speed], "stages", Selection()) for speed in (one, other)]
    assert numbers(table, "time") == [*numbers(each[0], "time"), *numbers(each[1], "time")]
    assert set(numbers(table, "batch")) == {1}


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_writes_it(format: str) -> None:
    written = render(timing.view([speed_of("oddities")], "layers", Selection()), format)
    assert "functions and overhead" in written or format == "json"
    if format == "json":
        assert "held_bytes" in json.loads(written)["rows"][0]


# -- files -----------------------------------------------------------------------------------------


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Trace, Measurements]:
    """A trace with any measurements of it."""
    trace = draw(traces())
    calls = st.integers(0, len(trace.calls) - 1)
    counts = st.integers(0, 2**62)
    several = st.lists(counts, min_size=1, max_size=3).map(tuple)
    runs = st.lists(st.tuples(*[counts] * len(trace.calls)), min_size=1, max_size=3).map(tuple)
    backward = draw(st.booleans())
    return trace, Measurements(
        draw(st.builds(Machine, names, names, names, counts, counts, names)),
        draw(names), draw(st.booleans()), draw(counts), draw(runs), draw(several),
        draw(runs) if backward else (), draw(several) if backward else (),
        draw(st.just(()) | several),
        draw(st.builds(Ceiling, counts, several)), draw(st.builds(Ceiling, counts, several)),
        draw(st.builds(Peak, counts, calls, st.lists(st.tuples(calls, counts)).map(tuple),
                       st.none() | counts)),
        draw(st.lists(names, max_size=2).map(tuple)),
    )  # fmt: skip


@settings(steady, max_examples=30)
@given(st.lists(pairs(), min_size=1, max_size=2).map(tuple))
def test_any_measurements_are_the_same_after_a_round_trip(
    kept: tuple[tuple[Trace, Measurements], ...],
) -> None:
    assert codec.loads_measured(codec.dumps_measured(kept)) == kept


def test_measurements_survive_a_file(tmp_path: Any) -> None:
    kept = ((trace_of("resnet18"), measured(trace_of("resnet18"), backward=True)),)
    pipeline.save_measured(kept, tmp_path / "m.json")
    assert pipeline.load_measured(tmp_path / "m.json") == kept


def test_what_are_no_measurements_is_refused() -> None:
    trace = trace_of("resnet18")
    good = measured(trace)
    foreign = [
        replace(good, forward=(good.forward[0][1:],)),
        replace(good, forward=()),
        replace(good, whole_backward=(1,)),
        replace(good, copy=Ceiling(1, ())),
        replace(good, peak=Peak(1, 10**6, ())),
        replace(good, peak=Peak(1, 0, ((10**6, 1),))),
    ]
    written = [codec.dumps_measured([(trace, one)]) for one in foreign]
    sound = codec.dumps_measured([(trace, good)])
    written += [
        codec.dumps(trace), sound[:-9], codec.dumps_measured([]),
        sound.replace('"format_version":1', '"format_version":9'),
        sound.replace('"warm_up":1', '"warm_up":-1'), sound.replace('"cores"', '"cures"'),
    ]  # fmt: skip
    for text in written:
        with pytest.raises(TraceFileError) as caught:
            codec.loads_measured(text)
        assert len(caught.value.message.splitlines()) == 1


def test_the_trace_that_was_measured_is_a_saved_trace(tmp_path: Path) -> None:
    trace = trace_of("resnet18")
    one = measured(trace)
    path = tmp_path / "m.json"
    pipeline.save_measured([(trace, one)], path)
    assert pipeline.load(path) == trace
    assert pipeline.load_timed(path) == (trace, one)
    assert pipeline.load_timed(DATA / "resnet18.json") == (trace, None)


def test_which_of_several_traces_is_meant_is_not_guessed(tmp_path: Path) -> None:
    kept = [(trace_of(name), measured(trace_of(name))) for name in ("resnet18", "resnet34")]
    path = tmp_path / "m.json"
    pipeline.save_measured(kept, path)
    with pytest.raises(TraceFileError, match="json: not a trace: 2 were measured") as caught:
        pipeline.load(path)
    assert "resnet-inspect measure FILE" in caught.value.hint
    assert pipeline.load_measured(path) == tuple(kept)


def test_damaged_measurements_are_no_trace_either() -> None:
    trace = trace_of("resnet18")
    with pytest.raises(TraceFileError, match="damaged measurements: no run was measured"):
        codec.loads(codec.dumps_measured([(trace, replace(measured(trace), forward=()))]))
