"""Long traces, broken ones, compared ones, and what a live edit changed, driven by keys."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from large import deep_network
from textual.pilot import Pilot

import resnet_inspect as ri
from resnet_inspect.analysis.counts.amounts import Amounts
from resnet_inspect.analysis.failure import sentence
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import ForwardError
from resnet_inspect.traces import invariants
from resnet_inspect.traces.json import codec
from resnet_inspect.traces.model import Trace
from resnet_inspect.tui.actions.networks import look_at
from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.process.background import START, begin, end
from resnet_inspect.tui.session.request import Request
from resnet_inspect.views.cards.card import Card, Entry, Section
from resnet_inspect.views.cards.comparison import pair

DATA = Path(__file__).parents[1] / "data"
Drive = Callable[[Explorer, Pilot[int]], Awaitable[None]]


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing of the user's is read or written."""
    monkeypatch.setenv("RESNET_INSPECT_STATE", str(tmp_path / "state.json"))
    monkeypatch.setenv("RESNET_INSPECT_CONFIG", str(tmp_path / "config.toml"))
    return tmp_path


class Answers:
    """A child process that answers with what is given for an input size."""

    def __init__(self, of: Mapping[int, Trace]) -> None:
        self.of = of

    async def ask(self, request: Mapping[str, Any], on_step: Callable[[str], None]) -> Trace:
        trace = self.of[request["input"][-1]]
        if trace.failure is not None:
            raise ForwardError(sentence(trace), trace=trace)
        return trace

    def kill(self) -> None:
        pass


async def settle(app: Explorer, pilot: Pilot[int]) -> None:
    await pilot.pause()
    await asyncio.wait_for(app.workers.wait_for_complete(), 60)
    await pilot.pause()


def explore(app: Explorer, drive: Drive, size: tuple[int, int] = (150, 40)) -> None:
    async def run() -> None:
        async with app.run_test(size=size) as pilot:
            await settle(app, pilot)
            await drive(app, pilot)

    asyncio.run(run())


def saved(name: str) -> Explorer:
    return Explorer(Request(name, path=str(DATA / f"{name}.json")))


def live(of: Mapping[int, Trace], size: int) -> Explorer:
    app = Explorer(replace(Request.of("resnet18"), input=(1, 3, size, size)))
    app.child = Answers(of)  # type: ignore[assignment]
    return app


def drawn(rows: Any) -> str:
    return "\n".join(
        "".join(segment.text for segment in rows.render_line(y)) for y in range(rows.size.height)
    )


def shown_text(app: Explorer, name: str) -> str:
    return str(app.query_one(name).render())


# -- long traces ---------------------------------------------------------------------------------


def test_the_long_trace_is_sound_and_as_long_as_it_says() -> None:
    trace = deep_network(2_000)
    assert invariants.check(trace) == []
    assert 2_000 <= len(trace.calls) < 2_050
    blocks = Survey(trace).anatomy.blocks
    assert len(blocks) == 252
    assert [b.shortcut for b in blocks].count("projection") == 3


def test_a_long_trace_opens_while_keys_are_answered(own_state: Path) -> None:
    """The event loop is never kept for long while it is read, surveyed and laid out."""
    trace = deep_network(20_000)
    path = own_state / "deep.json"
    path.write_text(codec.dumps(trace), encoding="utf-8")
    app = Explorer(Request("deep", path=str(path)))
    held: list[float] = []
    steps: set[str] = set()

    async def beat() -> None:
        before = time.thread_time()
        while True:
            await asyncio.sleep(0.002)
            now = time.thread_time()
            held.append(now - before)
            steps.add(shown_text(app, "#title").rpartition("   ")[2])
            before = now

    async def run() -> None:
        async with app.run_test(size=(120, 40)) as pilot:
            heart = asyncio.create_task(beat())
            await settle(app, pilot)
            heart.cancel()
            table = app.bench.table
            assert table.table is not None
            assert len(table.every) > 10_000
            await pilot.press("slash", *"conv 3x3", "enter")
            await settle(app, pilot)
            assert shown_text(app, "#filter-count").startswith("5,000 of ")
            await pilot.press("escape", "s", *"params", "enter")
            await settle(app, pilot)
            values = [table.table.cell(table.every[i], "parameters").value for i in table.shown]
            assert values == sorted(values, reverse=True)  # type: ignore[type-var]

    asyncio.run(run())
    assert max(held) < 0.5, "processor time that the screen's thread took in one go"
    assert "reading …" in steps
    assert any("laying out 20,0" in step for step in steps)


def test_the_collector_runs_again_after_the_first_paint(own_state: Path) -> None:
    import gc

    app = Explorer(Request("resnet50", path=str(DATA / "resnet50.json")))

    async def run() -> None:
        async with app.run_test() as pilot:
            await settle(app, pilot)
            assert gc.isenabled()

    begin(START)
    try:
        assert not gc.isenabled()
        asyncio.run(run())
    finally:
        end(START)


def test_amounts_add_up_in_the_order_of_their_fields() -> None:
    a, b = Amounts(1, 2, 3, 4, 5, 6, 7), Amounts(10, 20, 30, 40, 50, 60, 70)
    assert a + b == Amounts(11, 22, 33, 44, 55, 66, 77)
    assert b - a == Amounts(9, 18, 27, 36, 45, 54, 63)
    assert a * 3 == Amounts(3, 6, 9, 12, 15, 18, 21)


def test_the_card_of_a_long_stage_says_how_many_blocks_it_leaves_out() -> None:
    trace = deep_network(5_000)

    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        await pilot.press("right_square_bracket", "right_square_bracket")
        await settle(app, pilot)
        assert "layer1.99" in shown_text(app, "#card")
        assert "and 57 more blocks" in shown_text(app, "#card")

    explore(Explorer(Request("deep"), trace), drive)


# -- a forward that raises -----------------------------------------------------------------------


def test_a_saved_partial_trace_marks_the_call_that_raised() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        assert "takes 16 channels" in shown_text(app, "#problem") or "conv2" in shown_text(
            app, "#problem"
        )
        for rows in (app.bench.table, app.bench.network):
            await pilot.press("equals_sign")
            marked = [line for line in drawn(rows).split("\n") if "✗" in line]
            assert any("conv2" in line for line in marked), rows
            assert not any("conv1" in line for line in marked)
        await app.bench.go_to_path("conv2")
        await settle(app, pilot)
        assert "raised" in shown_text(app, "#card")
        assert "channels" in shown_text(app, "#card")

    explore(saved("broken"), drive)


def test_the_mark_of_a_call_that_raised_is_ascii_where_need_be(own_state: Path) -> None:
    (own_state / "config.toml").write_text("ascii = true\n")

    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        assert "! conv2" in drawn(app.bench.table)
        assert "✗" not in drawn(app.bench.table) + drawn(app.bench.network)

    explore(saved("broken"), drive)


def test_the_trace_up_to_a_failure_can_be_looked_at_and_left_again() -> None:
    good, broken = ri.load(DATA / "resnet18.json"), ri.load(DATA / "broken.json")

    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        table = app.bench.table
        whole = len(table.every)
        look_at(app, replace(app.request, input=(1, 3, 7, 7)))
        await settle(app, pilot)
        assert len(table.every) == whole, "the last good trace stays"
        assert "F shows the trace" in shown_text(app, "#problem")
        await pilot.press("F")
        await settle(app, pilot)
        assert "✗ conv2" in drawn(table)
        assert app.request.input == (1, 3, 7, 7)
        await pilot.press("U")
        await settle(app, pilot)
        assert len(table.every) == whole
        assert "✗" not in drawn(table)

    explore(live({224: good, 7: broken}, 224), drive)


def test_with_nothing_else_to_show_the_trace_up_to_the_failure_is_shown() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        assert "up to there is shown" in shown_text(app, "#problem")
        assert "✗ conv2" in drawn(app.bench.table)

    explore(live({7: ri.load(DATA / "broken.json")}, 7), drive)


# -- what changed --------------------------------------------------------------------------------


def _wider(trace: Trace) -> Trace:
    """The same trace with another width of every map, as if the image were wider."""
    activations = tuple(
        replace(a, tensor=replace(a.tensor, shape=(*a.tensor.shape[:3], a.tensor.shape[3] + 1)))
        if len(a.tensor.shape) == 4
        else a
        for a in trace.activations
    )
    return replace(trace, activations=activations)


def test_the_cells_that_a_live_edit_changed_are_marked_until_the_next_one() -> None:
    trace = ri.load(DATA / "resnet18.json")

    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        table = app.bench.table
        assert "*" not in drawn(table)
        look_at(app, replace(app.request, input=(1, 3, 225, 225)))
        await settle(app, pilot)
        line = next(text for text in drawn(table).split("\n") if text.lstrip().startswith("conv1"))
        shape = line.index("64×112×113")
        assert line[shape:].startswith("64×112×113*"), "a changed cell is marked"
        assert not line.startswith("conv1*"), "one that is as before is not"
        look_at(app, replace(app.request, input=(1, 3, 226, 226)))
        await settle(app, pilot)
        assert "*" not in drawn(table)

    explore(live({224: trace, 225: _wider(trace), 226: _wider(trace)}, 224), drive, (200, 40))


# -- two networks --------------------------------------------------------------------------------


def test_in_a_comparison_tree_and_card_follow_and_both_totals_are_shown() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        table, tree = app.bench.table, app.bench.network
        await pilot.press("d", *str(DATA / "resnet50.json"), "enter")
        await settle(app, pilot)
        totals = shown_text(app, "#totals")
        assert "21,797,672 → 25,557,032" in totals
        assert "stage 1: planes unchanged against ×4" in totals
        assert table.table is not None
        await app.bench.go_to_path("layer2.0.conv1")
        await settle(app, pilot)
        assert tree.row is not None
        assert table.row is not None
        assert tree.row.span == table.row.span
        card = shown_text(app, "#card")
        assert "layer2.0.conv1" in card
        assert "3×3 → 1×1" in card
        await pilot.press("1", "up", "up")
        await settle(app, pilot)
        assert table.row.span == tree.row.span
        alone = next(i for i, row in enumerate(table.every) if row.span[0] < 0 <= row.other[0])
        table.go(alone)
        await settle(app, pilot)
        assert "only in resnet50" in shown_text(app, "#card")
        await pilot.press("1", "g")
        await settle(app, pilot)
        assert "in words" in shown_text(app, "#card")

    explore(saved("resnet34"), drive)


def test_every_step_of_both_sides_can_be_found_from_the_rows_of_a_difference() -> None:
    from resnet_inspect.analysis.comparison.networks import compare
    from resnet_inspect.views.tables.comparison import networks
    from resnet_inspect.views.tables.rows.selection import Selection

    sides = [Survey(ri.load(DATA / f"{name}.json")) for name in ("resnet34", "resnet50")]
    table = networks.view(compare(*sides), Selection(everything=True), unfold=True)
    leaves = [row for row in table.rows if not row.subtotal]
    for key, survey, spans in (
        ("left_path", sides[0], [row.span for row in leaves]),
        ("right_path", sides[1], [row.other for row in leaves]),
    ):
        assert sorted(first for first, _ in spans if first >= 0) == list(survey.trace.steps)
        for row, (first, _) in zip(leaves, spans, strict=True):
            path = survey.trace.calls[first].path if first >= 0 else None
            assert table.cell(row, key).value == path


def test_a_pair_of_cards_says_once_what_is_the_same() -> None:
    left = Card("a", "conv", (Section("w", (Entry("k", "3", 1), Entry("s", "1", 2))),))
    right = Card("a", "conv", (Section("w", (Entry("k", "1", 7), Entry("p", "0", 8))),))
    both = pair(left, right, ("one", "two"))
    assert (both.title, both.subtitle) == ("a", "conv")
    assert both.sections[0].entries == (
        Entry("k", "3 → 1", 1),
        Entry("s", "1 → none", 2),
        Entry("p", "none → 0"),
    )
    alone = pair(None, right, ("one", "two"))
    assert alone.subtitle == "only in two"
    assert all(entry.target is None for entry in alone.sections[0].entries)
