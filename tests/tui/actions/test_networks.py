"""Which network is looked at: chosen, edited, opened, undone, run again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from driving import (
    BREAKS,
    DATA,
    TOTALS,
    KeptOpen,
    Keys,
    assert_shows,
    child_of,
    drawn,
    drive,
    explorer_of,
    fill,
    settle,
    shown_paths,
    table_of,
    text_of,
)
from proofs import Proofs, actions_of, of_each
from textual.pilot import Pilot

import resnet_inspect as ri
from resnet_inspect.errors import BadInput, WorkFailed
from resnet_inspect.traces.model import Trace
from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.keys import Action
from resnet_inspect.tui.screens.chooser import Chooser
from resnet_inspect.tui.screens.form import Form
from resnet_inspect.tui.session.request import Request

PROOFS = Proofs()


@PROOFS.of("model")
async def chooses_a_variant(app: Explorer, pilot: Keys, key: str) -> None:
    assert_shows(app, "resnet18")
    await pilot.press(key)
    assert isinstance(app.screen, Chooser)
    await fill(app, pilot, "resnet50")
    assert_shows(app, "resnet50")
    assert "layer1.0.conv3" in shown_paths(table_of(app))
    await pilot.press("U")
    await settle(pilot)
    assert_shows(app, "resnet18")


@PROOFS.of("open_trace")
async def opens_a_trace(app: Explorer, pilot: Keys, key: str) -> None:
    await pilot.press(key)
    await fill(app, pilot, "no such file.json")
    assert "no such file.json" in text_of(app, "#problem")
    assert TOTALS["resnet18"] in text_of(app, "#totals")
    await pilot.press(key)
    await fill(app, pilot, str(DATA / "resnet34.json"))
    assert_shows(app, "resnet34")
    await pilot.press("U")
    await settle(pilot)
    assert_shows(app, "resnet18")


@PROOFS.of("undo", "redo")
async def undoes_and_redoes(app: Explorer, pilot: Keys, key: str) -> None:
    await pilot.press("m")
    await fill(app, pilot, "resnet34")
    undo, redo = (key, "ctrl+r") if key in ("ctrl+z", "U") else ("U", key)
    await pilot.press(undo)
    await settle(pilot)
    assert_shows(app, "resnet18")
    await pilot.press(redo)
    await settle(pilot)
    assert_shows(app, "resnet34")
    await pilot.press(undo)
    await settle(pilot)
    assert_shows(app, "resnet18")


@PROOFS.of("partial")
async def shows_the_trace_of_what_raised(app: Explorer, pilot: Keys, key: str) -> None:
    app.failed = None
    whole = shown_paths(table_of(app))
    await pilot.press(key)
    await settle(pilot)
    assert shown_paths(table_of(app)) == whole, "nothing has raised"
    await pilot.press("i")
    await fill(app, pilot, ",".join(map(str, BREAKS)))
    assert f"{key} shows the trace up to there" in text_of(app, "#problem")
    assert shown_paths(table_of(app)) == whole, "the last good one stays"
    await pilot.press(key)
    await settle(pilot)
    broken = ri.load(DATA / "broken.json")
    assert table_of(app).table is not None
    assert len(table_of(app).every) == len(ri.tabulate(broken).rows) + 1
    assert "✗" in drawn(table_of(app))
    await pilot.press("U")
    await settle(pilot)
    assert_shows(app, "resnet18")


@PROOFS.of("retry")
async def runs_again(app: Explorer, pilot: Keys, key: str) -> None:
    asked = child_of(app).asked
    before = list(asked)
    await pilot.press(key)
    await settle(pilot)
    assert len(asked) == len(before) + 1
    assert asked[-1] == before[-1] | {"model": "resnet18"}
    assert_shows(app, "resnet18")


@of_each(actions_of("networks"))
def test_an_action_does_what_it_says(kept_open: KeptOpen, action: Action) -> None:
    PROOFS.prove(kept_open, action)


def test_no_proof_is_of_an_action_that_is_gone() -> None:
    assert set(PROOFS) == {action.name for action in actions_of("networks")}


class FakeChild:
    """Answers at once, or fails, as the test wants."""

    def __init__(self) -> None:
        self.asked: list[Mapping[str, Any]] = []

    async def ask(self, request: Mapping[str, Any], on_step: Callable[[str], None]) -> Trace:
        self.asked.append(request)
        on_step("importing torch")
        if 0 in request["input"]:
            raise BadInput("an input size must be a positive integer, not 0")
        if request["model"] == "resnet101":
            raise WorkFailed("the child process died: killed: out of memory?")
        return ri.load(DATA / f"{request['model']}.json")

    async def offered(self, model: str) -> Mapping[str, str]:
        return {}

    def kill(self) -> None:
        pass


def with_child(drive: Callable[[Explorer, Pilot[int], FakeChild], Awaitable[None]]) -> None:
    app = Explorer(Request.of("resnet18"))
    child = FakeChild()
    app.child = child  # type: ignore[assignment]

    async def run() -> None:
        async with app.run_test(size=(120, 40)) as pilot:
            for _ in range(4):
                await pilot.pause()
            await drive(app, pilot, child)

    asyncio.run(run())


def test_a_variant_is_asked_of_the_child_and_another_can_be_chosen_and_undone() -> None:
    async def drive(app: Explorer, pilot: Pilot[int], child: FakeChild) -> None:
        assert child.asked[0]["model"] == "resnet18"
        await pilot.press("m", *"resnet50", "enter")
        await pilot.pause()
        await pilot.pause()
        assert app.request.model == "resnet50"
        await pilot.press("U")
        await pilot.pause()
        assert app.request.model == "resnet18"
        await pilot.press("ctrl+r")
        await pilot.pause()
        assert app.request.model == "resnet50"

    with_child(drive)


def test_the_trace_follows_the_input_as_one_types_and_the_last_good_one_stays() -> None:
    async def drive(app: Explorer, pilot: Pilot[int], child: FakeChild) -> None:
        await pilot.press("i", *"96")
        await pilot.pause()
        assert child.asked[-1]["input"] == [1, 3, 96, 96], "it replaces what stood there"
        await pilot.press(*"x48")
        await pilot.pause()
        assert child.asked[-1]["input"] == [1, 3, 96, 48]
        await pilot.press("backspace", "backspace", "0")
        await pilot.pause()
        said = app.screen.query_one("#form-problem").render()
        assert "positive integer" in str(said), "where one types"
        assert len(table_of(app).every) > 0
        await pilot.press("backspace", "x")
        await pilot.pause()
        assert isinstance(app.screen, Form)
        assert "sizes with commas" in str(app.screen.query_one("#form-problem").render())
        await pilot.press("escape")
        await pilot.pause()
        assert child.asked[-1]["input"] == [1, 3, 224, 224]

    with_child(drive)


def test_the_death_of_the_child_is_shown_and_can_be_retried() -> None:
    async def drive(app: Explorer, pilot: Pilot[int], child: FakeChild) -> None:
        await pilot.press("m", *"resnet101", "enter")
        await pilot.pause()
        await pilot.pause()
        assert "out of memory" in str(app.query_one("#problem").render())
        assert app.shown is not None
        assert app.shown.request.model == "resnet18"
        before = len(child.asked)
        await pilot.press("R")
        await pilot.pause()
        assert len(child.asked) == before + 1
        assert child.asked[-1]["model"] == "resnet101", "what failed, not what is shown"

    with_child(drive)


def test_what_another_input_changes_stays_marked_until_esc_with_totals_of_before() -> None:
    trace = ri.load(DATA / "resnet18.json")
    halved = replace(
        trace,
        activations=tuple(
            replace(a, tensor=replace(a.tensor, shape=_low(a.tensor.shape)))
            for a in trace.activations
        ),
    )

    async def drive(app: Explorer, pilot: Pilot[int], child: FakeChild) -> None:
        async def answer(message: Any, on_step: Any) -> Trace:
            return halved if message["input"][-1] == 32 else trace

        child.ask = answer  # type: ignore[method-assign]
        await pilot.press("i", *"32", "enter")
        await pilot.pause()
        await pilot.pause()
        assert "1,814,073,344 → 37,523,456 MACs" in text_of(app, "#totals")
        assert "64×16²*" in drawn(table_of(app))
        assert [n.message.partition(":")[0] for n in app._notifications] == ["layer4.0.conv2"]
        await pilot.press("escape")
        await pilot.pause()
        assert "→" not in text_of(app, "#totals")
        assert "*" not in drawn(table_of(app))

    with_child(drive)


def _low(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that it has for 32 pixels instead of 224."""
    return (*shape[:2], *(max(1, size // 7) for size in shape[2:]))


def test_the_failed_layer_is_where_one_looks() -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        trace = app.shown.survey.trace  # type: ignore[union-attr]
        assert trace.failure is not None
        app.failed = (app.request, trace)
        await pilot.press("F")
        await settle(pilot)
        row = table_of(app).row
        assert row is not None
        assert row.raised
        assert any(first <= trace.failure.call <= last for first, last in row.spans)
        assert "✗" in drawn(table_of(app))

    drive(explorer_of("broken"), steps)
