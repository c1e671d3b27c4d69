"""Opening the source behind a row in the user's own editor, with the terminal lent to it."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from textual.app import App, SuspendNotSupported

from resnet_inspect import definitions
from resnet_inspect.definitions import Definition, NoDefinition
from resnet_inspect.errors import UsageError
from resnet_inspect.traces.model import Trace
from resnet_inspect.views.tables.table import NO_CALLS, Row

LINE_STYLES: Mapping[str, Sequence[str]] = {
    editor: style
    for editors, style in (
        ("vi vim nvim view gvim mvim ex nvi kak hx helix micro", ("+{line}", "{path}")),
        ("nano pico emacs emacsclient mg joe jmacs ne mcedit", ("+{line}", "{path}")),
        ("less more gedit", ("+{line}", "{path}")),
        ("code code-insiders code-oss codium cursor windsurf", ("--goto", "{path}:{line}")),
        ("subl sublime_text zed zeditor", ("{path}:{line}",)),
        ("kate kwrite pycharm charm idea", ("--line", "{line}", "{path}")),
    )
    for editor in editors.split()
}
"""How an editor is told the line, by the name of its program; any other is given the file alone."""


def open_source(app: App[Any], trace: Trace, row: Row | None) -> None:
    """Open what a row stands for in the user's editor; say what stands in the way, if it does.

    A place that is known and cannot be opened goes to the clipboard.
    """
    if row is None or row.span == NO_CALLS:
        app.notify("this row stands for no call of the network", severity="warning")
        return
    try:
        place = definitions.of_calls(trace, *row.span)
    except NoDefinition as error:
        app.notify(error.message, title="no source", severity="warning")
        return
    obstacle = _edit(app, place)
    if obstacle:
        app.copy_to_clipboard(str(place))
        app.notify(f"{place} (copied)", title=obstacle, severity="warning")


def _edit(app: App[Any], place: Definition) -> str:
    """Lend the terminal to the editor until it ends; why it could not be done, or ""."""
    try:
        command = editor_command(place, os.environ)
        if not command:
            return "set $EDITOR to open it"
        with app.suspend(), _interrupts_left_to_the_editor():
            return _run(command)
    except UsageError as error:
        return error.message
    except SuspendNotSupported:
        return "this terminal cannot be lent to an editor"


def _run(command: Sequence[str]) -> str:
    """Run an editor until it ends; how it failed, or "".

    Raises nothing: what is raised while the explorer is suspended leaves it suspended.
    """
    try:
        code = subprocess.run(command, check=False).returncode
    except OSError as error:
        return f"{command[0]} could not be started: {error.strerror or error}"
    return f"{command[0]} ended with {code}" if code else ""


def editor_command(place: Definition, environment: Mapping[str, str]) -> list[str]:
    """The user's editor with what makes it open a place; empty if they have named none.

    `$VISUAL` goes before `$EDITOR`; each may hold options. Raises `UsageError` for an open quote.
    """
    written = environment.get("VISUAL", "").strip() or environment.get("EDITOR", "").strip()
    try:
        words = shlex.split(written, posix=os.name == "posix")
    except ValueError as error:
        raise UsageError(f"the editor {written} cannot be read: {error}") from error
    if not words:
        return []
    style = LINE_STYLES.get(Path(words[0]).stem.lower(), ("{path}",))
    return [*words, *(part.format(path=place.path, line=place.line) for part in style)]


@contextmanager
def _interrupts_left_to_the_editor() -> Iterator[None]:
    """A ctrl+c that is meant for the editor does not end the explorer as well.

    A function, not SIG_IGN: that the editor would inherit.
    """
    before = signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
