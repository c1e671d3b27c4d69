"""A network that is timed while one looks at it."""

from __future__ import annotations

import csv
from pathlib import Path
from statistics import median

import pytest
from by_hand import measured, took
from driving import (
    DATA,
    Drive,
    KeptOpen,
    Keys,
    child_of,
    chosen_path,
    drawn,
    drive,
    explorer_with_child,
    fill,
    line_of,
    settle,
    shown_paths,
    table_of,
    text_of,
    until,
    value_at,
)
from proofs import Proofs, actions_of, of_each
from textual.widgets import Input, OptionList

import resnet_inspect as ri
from resnet_inspect import pipeline
from resnet_inspect.traces.ops import Conv
from resnet_inspect.traces.timing import course
from resnet_inspect.tui.actions.networks import look_at_named
from resnet_inspect.tui.actions.recorded.interruption import under_way
from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.keys import Action
from resnet_inspect.tui.screens.form import Form
from resnet_inspect.tui.session.request import Request
from resnet_inspect.views.tables import VIEWS

PROOFS = Proofs()

CONVS = [c.path for c in ri.load(DATA / "resnet18.json").calls if isinstance(c.op, Conv)]


@PROOFS.of("measure")
async def measures(app: Explorer, pilot: Keys, key: str) -> None:
    await pilot.press(key)
    await settle(pilot)
    assert isinstance(app.screen, Form)
    await pilot.press("enter")
    await settle(pilot)
    for _ in range(4):
        child_of(app).go_on.release()
    await until(pilot, lambda: under_way(app) is None)
    await settle(pilot)
    assert "ms forward" in text_of(app, "#totals")
    look_at_named(app, "resnet18")
    await until(pilot, lambda: "forward" not in text_of(app, "#totals"))


@of_each(actions_of("recorded.timing"))
def test_an_action_does_what_it_says(kept_open: KeptOpen, action: Action) -> None:
    PROOFS.prove(kept_open, action)


def test_no_proof_is_of_an_action_that_is_gone() -> None:
    assert set(PROOFS) == {action.name for action in actions_of("recorded.timing")}


def measuring(steps: Drive, size: tuple[int, int] = (120, 24)) -> None:
    """Take these steps in an explorer of which `M` and enter measure ResNet-18."""

    async def begun(app: Explorer, pilot: Keys) -> None:
        await pilot.press("M")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        await steps(app, pilot)

    drive(explorer_with_child("resnet18")[0], begun, size)


async def go_on(app: Explorer, pilot: Keys, runs: int) -> None:
    """Let so many runs be made, one after the other, and wait until they are shown."""
    for _ in range(runs):
        before = times(app)
        child_of(app).go_on.release()
        await until(pilot, lambda before=before: times(app) != before)


async def to_the_end(app: Explorer, pilot: Keys) -> None:
    """Let all be measured."""
    for _ in range(4):
        child_of(app).go_on.release()
    await until(pilot, lambda: under_way(app) is None)
    await settle(pilot)


def times(app: Explorer) -> list[object]:
    """The values of the time column, in the order of the screen; empty if there is none."""
    rows = table_of(app)
    assert rows.table is not None
    if "time" not in rows.table.index:
        return []
    return [rows.table.cell(rows.every[place], "time").value for place in rows.shown]


def time_of(app: Explorer, path: str) -> object:
    return value_at(app, path, "time")


def time_text(app: Explorer) -> str:
    """The time of the chosen row, as it is written."""
    rows = table_of(app)
    assert rows.table is not None
    assert rows.row is not None
    return rows.table.cell(rows.row, "time").text


def seconds(path: str, runs: int) -> float:
    """What the call of that path took by hand: the median over the first runs."""
    (index,) = ri.load(DATA / "resnet18.json").calls_at[path]
    return median(took(index, run) for run in range(runs)) / 1e9


def test_times_and_heat_refine_as_runs_come_in() -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        assert times(app) == []
        for runs in (1, 2, 3):
            await go_on(app, pilot, 1)
            await settle(pilot)  # the heat follows the times
            assert time_of(app, "layer1.0.conv1") == pytest.approx(seconds("layer1.0.conv1", runs))
            longest = max(
                t for r, t in zip(table_of(app).every, times(app), strict=True)
                if isinstance(t, float) and not r.subtotal and r.kind != "rest"
            )  # fmt: skip
            assert table_of(app).hottest == longest
            await until(
                pilot, lambda runs=runs: f"measuring, {runs} of 3" in text_of(app, "#title")
            )
        assert "(esc stops)" in text_of(app, "#title")
        assert "██████" in drawn(table_of(app))
        await to_the_end(app, pilot)
        assert child_of(app).killed == 0, "the next trace needs no other process"
        assert text_of(app, "#title").strip() == "resnet18 · 1×3×224×224 · cpu"
        assert "forward on a machine by hand" in text_of(app, "#totals")

    measuring(steps, (200, 50))


def test_rows_sum_to_the_total_and_sections_to_what_is_in_them() -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        await to_the_end(app, pilot)
        trace = ri.load(DATA / "resnet18.json")
        apart = {boundary.then for boundary in course(trace)}
        for view in ("layers", "blocks", "stages"):
            app.perspective.view = view
            app.lay_out()
            await settle(pilot)
            rows = table_of(app)
            leaves = [t for r, t in zip(rows.every, times(app), strict=True) if not r.subtotal]
            total = sum(median(took(i, n) for n in range(3)) for i in apart) / 1e9
            assert sum(filter(None, leaves)) == pytest.approx(total)
            own = [c.index for c in trace.calls if c.path.startswith("layer2") and c.index in apart]
            stage = sum(median(took(i, n) for n in range(3)) for i in own) / 1e9
            assert time_of(app, "layer2") == pytest.approx(stage)

    measuring(steps)


def test_nothing_moves_while_times_come_in() -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        await go_on(app, pilot, 1)
        await pilot.press("G", "k", "k", "pageup", "minus", "equals_sign")
        await settle(pilot)
        rows, card = table_of(app), app.query_one("#card")
        await pilot.press("3")
        card.scroll_to(y=7, animate=False)
        await settle(pilot)
        before = (chosen_path(rows), rows.scroll_offset, card.scroll_offset)
        await go_on(app, pilot, 2)
        assert before == (chosen_path(rows), rows.scroll_offset, card.scroll_offset)
        assert app.focused is card
        assert f"time {time_text(app)}" in " ".join(text_of(app, "#card").split())

    measuring(steps)


def test_order_and_filter_follow_the_times() -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        await go_on(app, pilot, 1)
        table_of(app).sort_by("time")
        await pilot.press("slash")
        app.query_one("#filter", Input).value = "time>4.5ms conv"
        await settle(pilot)
        await pilot.press("enter")
        for _ in range(2):
            await go_on(app, pilot, 1)
            shown = times(app)
            assert shown == sorted(shown, reverse=True)  # type: ignore[type-var]
            expected = [t for p in CONVS if (t := time_of(app, p)) and t > 4.5e-3]  # type: ignore[operator]
            assert len(shown) == len(expected) > 3
        assert "of" in text_of(app, "#filter-count")

    measuring(steps)


def test_escape_stops_a_measurement_and_keeps_what_was_measured() -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        await go_on(app, pilot, 2)
        await pilot.press("escape")
        await settle(pilot)
        assert under_way(app) is None
        assert child_of(app).killed == 1
        assert "stops" not in text_of(app, "#title")
        assert time_of(app, "conv1") == pytest.approx(seconds("conv1", 2))
        assert "the times are of 2 runs" in said(app)

    measuring(steps)


def test_a_look_at_the_input_takes_no_times_away_and_stops_nothing() -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        await go_on(app, pilot, 1)
        await pilot.press("i")
        await settle(pilot)
        await pilot.press("escape")
        await settle(pilot)
        assert under_way(app) is not None
        assert time_of(app, "conv1") == pytest.approx(seconds("conv1", 1))
        await to_the_end(app, pilot)
        assert time_of(app, "conv1") == pytest.approx(seconds("conv1", 3))

    measuring(steps)


def test_no_comparison_begins_while_a_network_is_measured() -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        await go_on(app, pilot, 1)
        await pilot.press("d")
        await settle(pilot)
        assert "is being measured; esc ends that" in text_of(app, "#problem")
        assert under_way(app) is not None

    measuring(steps)


def test_columns_of_a_comparison_are_not_those_of_the_measured_network() -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        await to_the_end(app, pilot)
        await pilot.press("d")
        await settle(pilot)
        await fill(app, pilot, "resnet18")
        await until(pilot, lambda: app.other is not None)
        await settle(pilot)
        await pilot.press("c")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        await pilot.press("d")
        await until(pilot, lambda: app.other is None)
        await settle(pilot)
        table = table_of(app).table
        assert table is not None
        assert "time" in table.shown

    measuring(steps)


def test_another_network_stops_it_and_takes_the_times_away() -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        await go_on(app, pilot, 1)
        look_at_named(app, "resnet34")
        await until(pilot, lambda: times(app) == [])
        assert child_of(app).killed == 1
        assert "M measures this one" in said(app)
        assert text_of(app, "#title").strip() == "resnet34 · 1×3×224×224 · meta"
        assert line_of(table_of(app), 0).startswith("layer"), "no heat without its column"
        await pilot.press("M")
        await settle(pilot)
        await pilot.press("enter")
        await to_the_end(app, pilot)
        assert len(times(app)) > 50

    measuring(steps)


def test_what_is_to_be_run_can_be_said_and_a_failure_is_one_line() -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        await pilot.press("M")
        await settle(pilot)
        for wrong in (("meta",), ("cpu", "0"), ("cpu", "1", "x"), ("cpu", "1", "2", "-1")):
            await fill(app, pilot, *wrong)
            assert str(app.screen.query_one("#form-problem").render())
        await fill(app, pilot, "cuda:1", "8", "3", "0", "2")
        await settle(pilot)
        asked = child_of(app).asked[-1]
        assert asked["device"] == "cuda:1"
        assert asked["input"] == [8, 3, 224, 224]
        assert asked["runs"] == {"repeats": 3, "warm_up": 0, "threads": 2}
        assert "no cuda here (cpu is)" in text_of(app, "#problem")
        assert child_of(app).killed == 1, "a process would keep the card's memory"
        assert times(app) == []
        await pilot.press("M")
        await settle(pilot)
        values = [field.value for field in app.screen.query(Input)]
        assert values == ["cuda:1", "1", "3", "0", "2"], "as it was, with the network's own batch"

    drive(explorer_with_child("resnet18")[0], steps, (80, 24))


def test_columns_of_a_measured_network_are_chosen_apart() -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        await to_the_end(app, pilot)
        before = table_of(app).table
        assert before is not None
        await pilot.press("c")
        await fill(app, pilot, "heldbytes", enter=False)
        assert not app.screen.query_one(OptionList).display, "nothing like it"
        await fill(app, pilot, "held_bytes", enter=False)
        await pilot.press("space", "enter")  # it is shown by itself, and goes
        await settle(pilot)
        table = table_of(app).table
        assert table is not None
        assert table.shown == tuple(key for key in before.shown if key != "held_bytes")
        await pilot.press("m")
        await settle(pilot)
        await fill(app, pilot, "resnet18")
        await until(pilot, lambda: times(app) == [])
        assert table_of(app).table.shown == VIEWS["layers"].shown  # type: ignore[union-attr]

    measuring(steps)


def test_columns_that_were_kept_and_are_no_more_are_passed_over() -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        app.perspective.columns = {"layers": ("path", "gone"), "measured layers": ("time", "gone")}
        app.lay_out()
        await settle(pilot)
        assert table_of(app).table.shown == ("path",)  # type: ignore[union-attr]
        await to_the_end(app, pilot)
        assert table_of(app).table.shown == ("time",)  # type: ignore[union-attr]

    measuring(steps)


def test_blocks_that_are_alike_have_their_sum_where_they_are_folded() -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        await to_the_end(app, pilot)
        await pilot.press("x")
        await settle(pilot)
        both = [seconds(f"layer1.{block}.conv1", 3) for block in (0, 1)]
        (conv,) = [r for r in shown_paths(table_of(app)) if r.startswith("layer1.0.conv1")]
        assert conv.endswith("×2")
        assert time_of(app, conv) == pytest.approx(sum(both))
        await pilot.press("x")
        await settle(pilot)

    measuring(steps)


def said(app: Explorer) -> str:
    """What was notified."""
    return " ".join(str(notice.message) for notice in app._notifications)


def test_a_file_of_measurements_opens_with_its_times_and_can_be_written_again(
    tmp_path: Path,
) -> None:
    path = tmp_path / "m.json"
    pipeline.save_measured([measured()], path)
    found = pipeline.load_timed(path)
    assert found == measured()

    async def steps(app: Explorer, pilot: Keys) -> None:
        await until(pilot, lambda: bool(times(app)))
        assert time_of(app, "conv1") == pytest.approx(seconds("conv1", 3))
        for file, whole in (("again.json", "yes"), ("table.csv", "no")):
            await pilot.press("e")
            await settle(pilot)
            await fill(app, pilot, str(tmp_path / file), "yes", whole)
        assert pipeline.load_measured(tmp_path / "again.json") == (measured(),)
        with (tmp_path / "table.csv").open() as table:
            written = {row["path"]: row for row in csv.DictReader(table)}
        assert float(written["conv1"]["time"]) == pytest.approx(seconds("conv1", 3))
        await pilot.press("M")
        await settle(pilot)
        assert "cannot be run again" in text_of(app, "#problem")

    drive(Explorer(Request("m", path=str(path)), *found), steps)
    drive(Explorer(Request("m", path=str(path))), steps)


def test_the_card_has_what_the_row_has() -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        await to_the_end(app, pilot)
        rows = table_of(app)
        assert rows.table is not None
        for path in ("conv1", "layer2.0", "layer3", "head"):
            await app.bench.go_to_path(path)
            await settle(pilot)
            assert chosen_path(rows) == path
            assert rows.row is not None
            section = text_of(app, "#card").partition("measured")[2].partition("\n\n")[0]
            for key in ("time", "time_spread", "time_share", "bytes_rate", "held_bytes"):
                assert rows.table.cell(rows.row, key).text in section

    measuring(steps)


def test_what_is_left_over_is_named_in_little_room() -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        await to_the_end(app, pilot)
        await pilot.press("G")
        await settle(pilot)
        assert "functions and overhead" in drawn(table_of(app))
        assert max(table_of(app).widths) < len("functions and overhead")

    measuring(steps, (80, 24))
