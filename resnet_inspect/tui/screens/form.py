"""A few lines to fill in; each change is told at once, so that the trace can follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.suggester import Suggester
from textual.widgets import Input, Label, Static

from resnet_inspect.tui.screens.dialog import Dialog


@dataclass(frozen=True, slots=True)
class Field:
    """One line to fill in."""

    key: str
    label: str
    value: str = ""
    hint: str = ""


class Completed(Suggester):
    """Completes the last NAME=VALUE of a line by what is offered."""

    def __init__(self, offered: Mapping[str, str]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self.offered = offered

    async def get_suggestion(self, value: str) -> str | None:
        """The line with its last name, or the default of that, written out."""
        before, _, last = value.rpartition(" ")
        given = {word.partition("=")[0] for word in before.split()}
        for name, default in self.offered.items():
            if last and name not in given and f"{name}={default}".startswith(last):
                return f"{value.removesuffix(last)}{name}={default}"
        return None


class Form(Dialog[dict[str, str] | None]):
    """Some fields; gives their values on enter, None on escape."""

    BINDINGS: ClassVar = [Binding("escape", "leave", "back")]

    def __init__(
        self,
        title: str,
        fields: Sequence[Field],
        *,
        changed: Callable[[Mapping[str, str]], None] | None = None,
        check: Callable[[Mapping[str, str]], str] | None = None,
        replaces: bool = False,
    ) -> None:
        super().__init__()
        self.heading = title
        self.fields = fields
        self.changed = changed
        self.check = check
        """What is wrong with these values, or ""."""
        self.replaces = replaces
        """Whether what is typed replaces what stands in a field."""

    def compose(self) -> ComposeResult:
        """The fields and a line for what is wrong."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content(self.heading)
            dialog.border_subtitle = "tab next field · enter takes · esc back"
            for field in self.fields:
                with Horizontal(classes="field"):
                    yield Label(Content(field.label))
                    yield Input(
                        field.value,
                        placeholder=field.hint,
                        select_on_focus=self.replaces,
                        id=f"field-{field.key}",
                    )
            yield Static("", id="form-hint")
            yield Static("", id="form-problem")

    @property
    def values(self) -> dict[str, str]:
        """What stands in the fields."""
        return {
            field.key: self.query_one(f"#field-{field.key}", Input).value.strip()
            for field in self.fields
        }

    def offer(self, key: str, offered: Mapping[str, str]) -> None:
        """Say in a field's hint what NAME=VALUE it takes, and complete it where it is typed."""
        given = "  ".join(f"{name}={default or '…'}" for name, default in offered.items())
        self.fields = [
            replace(field, hint=f"→ completes  {given}") if field.key == key else field
            for field in self.fields
        ]
        self.query_one(f"#field-{key}", Input).suggester = Completed(offered)
        self.on_descendant_focus()

    def on_descendant_focus(self) -> None:
        """Say what the focused field takes, also when something stands in it."""
        hints = {f"field-{field.key}": field.hint for field in self.fields}
        hint = hints.get(str(self.focused.id), "") if self.focused is not None else ""
        self.query_one("#form-hint", Static).update(Content(hint))

    def on_input_changed(self) -> None:
        """Tell it at once."""
        self.problem("")
        if self.changed is not None:
            self.changed(self.values)

    def problem(self, text: str) -> None:
        """Say what is wrong under the fields."""
        self.query_one("#form-problem", Static).update(Content(text))

    def on_input_submitted(self) -> None:
        """Take the values, unless something is wrong with them."""
        wrong = self.check(self.values) if self.check is not None else ""
        if wrong:
            self.problem(wrong)
        else:
            self.dismiss(self.values)

    def action_leave(self) -> None:
        """Take nothing."""
        self.dismiss(None)
