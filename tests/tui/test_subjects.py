"""What the explorer opens: named networks, designs, the user's own code, saved traces."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from driving import DATA, table_of
from textual.pilot import Pilot
from textual.widgets import Input

import resnet_inspect as ri
from resnet_inspect.errors import BuildError
from resnet_inspect.sources.catalogue import VARIANTS
from resnet_inspect.traces.model import Trace
from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.screens.chooser import Chooser
from resnet_inspect.tui.screens.form import Form
from resnet_inspect.tui.session.request import Request


class FakeChild:
    """A child process that knows one trace, and breaks where it is asked to."""

    def __init__(self) -> None:
        self.asked: list[Mapping[str, Any]] = []

    async def ask(self, request: Mapping[str, Any], on_step: Callable[[str], None]) -> Trace:
        self.asked.append(request)
        if "broken" in request["model"]:
            raise BuildError("broken.py, line 3: NameError: no conv", hint="while building Net")
        return ri.load(DATA / "resnet18.json")

    async def offered(self, model: str) -> Mapping[str, str]:
        return {}

    def kill(self) -> None:
        pass


Drive = Callable[[Explorer, Pilot[int], FakeChild], Awaitable[None]]


async def settle(app: Explorer, pilot: Pilot[int]) -> None:
    await pilot.pause()
    await asyncio.wait_for(app.workers.wait_for_complete(), 60)
    await pilot.pause()


def explore(subject: str | None, drive: Drive) -> None:
    app = Explorer(None if subject is None else Request.of(subject))
    child = FakeChild()
    app.child = child  # type: ignore[assignment]

    async def run() -> None:
        async with app.run_test(size=(100, 30)) as pilot:
            await settle(app, pilot)
            await drive(app, pilot, child)

    asyncio.run(run())


def shown_text(app: Explorer, name: str) -> str:
    return str(app.query_one(name).render())


async def choose(app: Explorer, pilot: Pilot[int], key: str, written: str) -> None:
    """Type into the dialog that a key opens, and take it."""
    await pilot.press(key)
    await pilot.pause()
    app.screen.query_one(Input).value = written
    await pilot.pause()
    await pilot.press("enter")
    await settle(app, pilot)


def test_the_input_that_the_source_chose_is_what_the_dialog_starts_from() -> None:
    async def drive(app: Explorer, pilot: Pilot[int], child: FakeChild) -> None:
        assert child.asked[-1]["input"] is None
        assert shown_text(app, "#title").startswith("model.py:Net · 1×3×224×224 · meta")
        await pilot.press("i")
        await pilot.pause()
        assert isinstance(app.screen, Form)
        assert app.screen.query_one("#field-input", Input).value == "1,3,224,224"
        app.screen.query_one("#field-input", Input).value = ""
        app.screen.query_one("#field-arguments", Input).value = "depth=20"
        await pilot.pause()
        await pilot.press("enter")
        await settle(app, pilot)
        assert child.asked[-1]["input"] is None, "an empty one is the source's again"
        assert child.asked[-1]["arguments"] == {"depth": 20}
        assert app.request.input == (1, 3, 224, 224)

    explore("model.py:Net", drive)


def test_the_chooser_lists_the_catalogue_and_takes_what_is_typed() -> None:
    async def drive(app: Explorer, pilot: Pilot[int], child: FakeChild) -> None:
        await pilot.press("m")
        await pilot.pause()
        assert isinstance(app.screen, Chooser)
        assert [choice.key for choice in app.screen.choices] == list(VARIANTS)
        await pilot.press("escape")
        for written in ("paper:cifar_resnet20", "resnet:basic:2,2,2,2", "net/model.py:Net"):
            await choose(app, pilot, "m", written)
            assert child.asked[-1]["model"] == app.request.model == written
        await choose(app, pilot, "m", str(DATA / "names.json"))
        assert app.request.path == str(DATA / "names.json")
        await pilot.press("U")
        await settle(app, pilot)
        assert app.request.model == "net/model.py:Net"

    explore("resnet18", drive)


def test_what_a_networks_own_code_raises_is_shown_and_can_be_run_again() -> None:
    async def drive(app: Explorer, pilot: Pilot[int], child: FakeChild) -> None:
        await choose(app, pilot, "m", "broken.py:Net")
        problem = shown_text(app, "#problem")
        assert "NameError: no conv" in problem
        assert "while building Net" in problem
        assert shown_text(app, "#title").startswith("resnet18")
        assert len(table_of(app).every) > 0, "the last good trace stays"
        await pilot.press("R")
        await settle(app, pilot)
        assert [asked["model"] for asked in child.asked] == ["resnet18", *["broken.py:Net"] * 2]
        await choose(app, pilot, "m", "zzz")
        assert "zzz" in shown_text(app, "#problem")
        assert len(child.asked) == 3, "what names nothing is not asked for"

    explore("resnet18", drive)


def test_a_network_is_compared_with_whatever_can_be_traced() -> None:
    async def drive(app: Explorer, pilot: Pilot[int], child: FakeChild) -> None:
        await choose(app, pilot, "d", "broken.py:Net")
        assert "NameError" in shown_text(app, "#problem")
        assert app.other is None
        await choose(app, pilot, "d", "model.py:Net")
        assert child.asked[-1]["model"] == "model.py:Net"
        assert "against" in str(table_of(app).border_title)

    explore("resnet18", drive)


def test_what_was_open_last_is_opened_again_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def leave(app: Explorer, pilot: Pilot[int], child: FakeChild) -> None:
        await pilot.press("q")

    def opened() -> str:
        return Explorer().request.model

    assert opened() == "resnet50"
    explore("paper:cifar_resnet20", leave)
    assert opened() == "paper:cifar_resnet20"
    explore("model.py:Net", leave)
    monkeypatch.chdir("/")
    assert opened() == f"{tmp_path.resolve() / 'model.py'}:Net"
    explore("package.module:Net", leave)
    assert opened() == f"{tmp_path.resolve() / 'model.py'}:Net", "a module is another one elsewhere"
    explore(str(DATA / "names.json"), leave)
    assert Explorer().request.path == str(DATA / "names.json")


def test_a_setting_that_names_nothing_is_said(own_state: Path) -> None:
    (own_state / "config.toml").write_text('model = "zzz"\n')

    async def drive(app: Explorer, pilot: Pilot[int], child: FakeChild) -> None:
        assert app.request.model == "resnet50"
        assert any("zzz" in notice.message for notice in app._notifications)

    explore(None, drive)


def test_the_users_own_code_is_run_by_the_child_and_read_anew(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    code = tmp_path / "tiny.py"
    code.write_text("from torch import nn\nNet = lambda: nn.Sequential(nn.Conv2d(3, 8, 3))\n")

    async def run() -> None:
        app = Explorer(Request.of("tiny.py:Net"))
        async with app.run_test(size=(100, 30)) as pilot:
            await settle(app, pilot)
            assert "224 params" in shown_text(app, "#totals")
            assert app.request.input == (1, 3, 224, 224)
            code.write_text(code.read_text().replace("3, 8, 3", "3, 16, 3"))
            await pilot.press("R")
            await settle(app, pilot)
            assert "448 params" in shown_text(app, "#totals")
            code.write_text("import nothing_like_it\n")
            await pilot.press("R")
            await settle(app, pilot)
            assert "nothing_like_it" in shown_text(app, "#problem")

    asyncio.run(run())
