"""What the explorer has of Textual that is not about networks: keys, terminal, colours, notices."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from textual.app import App
from textual.driver import Driver
from textual.events import Event, Key
from textual.screen import Screen

from resnet_inspect.escaping import message as shown_message
from resnet_inspect.escaping import visible
from resnet_inspect.tui.screens.dialog import Once, Palette
from resnet_inspect.tui.settings.themes import HIGH_CONTRAST, OWN, inks


class BaseApp(App[int]):
    """A program whose dialogs get what is typed for them, and whose colours can be read."""

    def __init__(self) -> None:
        super().__init__()
        self.register_theme(HIGH_CONTRAST)
        self._aimed_at: WeakKeyDictionary[Event, Screen[Any]] = WeakKeyDictionary()
        """The screen that had the keys when a key came."""

    async def on_event(self, event: Event) -> None:
        """Give a key that was typed behind the one that opened a dialog to that dialog."""
        if isinstance(event, Key):
            if not event.is_forwarded:
                self._aimed_at[event] = self.screen
            elif isinstance(self.screen, Once) and self._aimed_at.get(event) is not self.screen:
                self.post_message(Key(event.key, event.character))
                return
        await super().on_event(event)

    def notify(self, message: str, *, title: str = "", **how: Any) -> None:
        """Show a notice; what is from outside in it is shown, never obeyed."""
        how["markup"] = False  # whatever was asked: a layer may be called "[/]"
        super().notify(shown_message(message), title=visible(title), **how)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The colours of what is written, before there is a theme."""
        return {f"ink-{name}": "#808080" for name in OWN}

    def get_css_variables(self) -> dict[str, str]:
        """The theme's colours, and those of what is written."""
        found = super().get_css_variables()
        return found | inks(found, self.current_theme.dark)

    def get_driver_class(self) -> type[Driver]:
        """Textual's own, but for the one of Unix, which stops at what it cannot read."""
        own = super().get_driver_class()
        if own.__name__ != "LinuxDriver":
            return own
        from resnet_inspect.tui.process.terminal import TerminalDriver

        return TerminalDriver

    def action_command_palette(self) -> None:
        """Open the palette."""
        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(id="--command-palette"))
