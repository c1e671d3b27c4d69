"""What lies over the panes and is left once, whatever was typed behind that."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, ClassVar, TypeVar

from textual import on
from textual.await_complete import AwaitComplete
from textual.command import CommandPalette
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, OptionList

from resnet_inspect.formats.text.cells import cells

T = TypeVar("T")

FRAME = 5
"""Columns that a line in a frame cannot have: border, padding, scroll bar."""
NARROWEST = 56
"""Columns of a frame that holds little: what is said on it has room."""

_LONGEST = 1.0
"""Seconds that a key waits at most for the screen that the key before it opens."""


class Once(Screen[T]):
    """A screen that gives one answer."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.is_left = False
        self._takes_keys = asyncio.Event()

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        """Leave with an answer; nothing where it was left, or where another screen lies on it."""
        if self.is_left or not self.is_current:
            return AwaitComplete()
        self.is_left = True
        return super().dismiss(result)

    def on_screen_resume(self) -> None:
        """Take keys from now on."""
        self._takes_keys.set()

    async def until_it_takes_keys(self) -> None:
        """Wait until what is typed comes to it."""
        try:
            await asyncio.wait_for(self._takes_keys.wait(), _LONGEST)
        except TimeoutError:
            return


class Dialog(ModalScreen[T], Once[T]):
    """A question or a report over the panes."""

    AUTO_FOCUS: ClassVar[str] = "Input"

    def as_wide_as(self, lines: Iterable[str]) -> None:
        """Make the frame as wide as its longest line, as far as the screen allows."""
        longest = max(map(cells, lines), default=0)
        self.query_one(".dialog").styles.width = max(NARROWEST, longest + FRAME)


class Palette(CommandPalette, Once[None]):
    """Textual's command palette, which runs one command."""

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def only_once(self, event: Input.Submitted | OptionList.OptionSelected) -> None:
        """Let nothing be chosen any more once it is left."""
        if self.is_left:
            event.stop()
            event.prevent_default()
