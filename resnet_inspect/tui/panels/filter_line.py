"""The line in which a filter is typed, with what it found."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Label


class FilterLine(Horizontal):
    """Hidden until it is opened; tells every change of its text."""

    class Typed(Message):
        """The text is another one."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Done(Message):
        """The filter is to stay, and the keys are to go back to the rows."""

    def compose(self) -> ComposeResult:
        """A slash, the text, how many rows match."""
        yield Label("/")
        yield Input(id="filter", placeholder="conv 3x3   stride:2   28×28   params>1M   -norm")
        yield Label("", id="filter-count")

    @property
    def text(self) -> str:
        """What was typed."""
        return self.query_one(Input).value

    def open(self) -> None:
        """Show it and take the keys."""
        self.add_class("-shown")
        self.screen.set_focus(self.query_one(Input))  # now: the next key is of the filter

    def clear(self) -> None:
        """Forget the text and hide."""
        self.query_one(Input).value = ""
        self.remove_class("-shown")

    def found(self, text: str) -> None:
        """Say what was found: "9 of 36", or what was not understood."""
        self.query_one("#filter-count", Label).update(Content(text))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell it as one types."""
        event.stop()
        self.post_message(self.Typed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Stay if there is a text."""
        event.stop()
        self.set_class(bool(event.value.strip()), "-shown")
        self.post_message(self.Done())
