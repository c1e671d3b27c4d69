"""What the explorer has of Textual that is not about networks."""

from __future__ import annotations

import asyncio

import pytest
from textual.app import App, ComposeResult
from textual.drivers.headless_driver import HeadlessDriver
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key
from textual.widgets import Input

from resnet_inspect.tui.base_app import BaseApp
from resnet_inspect.tui.process.terminal import TerminalDriver
from resnet_inspect.tui.screens.dialog import Dialog, Palette
from resnet_inspect.tui.settings.themes import HIGH_CONTRAST, OWN


class Question(Dialog[str]):
    """A dialog that is a line to fill in."""

    def compose(self) -> ComposeResult:
        """The line."""
        yield Input()


class Asking(BaseApp):
    """An app whose key "m" opens a dialog."""

    BINDINGS = [("m", "ask", "ask"), ("s", "note", "note")]  # noqa: RUF012
    noted = 0

    def action_ask(self) -> None:
        """Open it."""
        self.push_screen(Question())

    def action_note(self) -> None:
        """Note that the key came here."""
        self.noted += 1


def test_what_is_typed_behind_the_key_that_opens_a_dialog_is_of_the_dialog() -> None:
    async def run() -> None:
        app = Asking()
        async with app.run_test() as pilot:
            for key in "ms1":  # at once: none waits for what the one before does
                event = Key(key, key)
                event.set_sender(app)
                assert app._driver is not None
                app._driver.send_message(event)
            await pilot.pause()
            await pilot.pause()
            assert app.screen.query_one(Input).value == "s1"
            assert app.noted == 0

    asyncio.run(run())


def test_a_notice_is_shown_as_it_is_written() -> None:
    async def run() -> None:
        app = BaseApp()
        async with app.run_test() as pilot:
            app.notify("no [/] [bold]\x1b[2J", title="a\x1bb")
            await pilot.pause()
            (notice,) = app._notifications
            assert (notice.message, notice.title) == ("no [/] [bold]␛[2J", "a␛b")
            assert not notice.markup, "a layer may be called so"

    asyncio.run(run())


def test_what_is_written_has_a_colour_in_every_theme() -> None:
    app = BaseApp()
    assert HIGH_CONTRAST.name in app.available_themes
    for name in app.available_themes:
        app.theme = name
        found = app.get_css_variables()
        assert {found[f"ink-{own}"] for own in OWN}
        assert set(app.get_theme_variable_defaults()) <= set(found)


def test_only_the_driver_of_unix_is_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for own, driver in ((LinuxDriver, TerminalDriver), (HeadlessDriver, HeadlessDriver)):
        monkeypatch.setattr(App, "get_driver_class", lambda app, own=own: own)
        assert BaseApp().get_driver_class() is driver


def test_the_palette_is_opened_once() -> None:
    async def run() -> None:
        app = BaseApp()
        async with app.run_test() as pilot:
            for _ in range(2):
                app.action_command_palette()
                await pilot.pause()
            assert [type(screen) for screen in app.screen_stack[1:]] == [Palette]

    asyncio.run(run())
