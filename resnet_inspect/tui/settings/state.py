"""What the explorer remembers from one time to the next: state.json.

It is the explorer's own, read and written. Nothing in it, or missing from it, keeps the explorer
from starting: what is wrong with it is forgotten.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from resnet_inspect.errors import OutputError
from resnet_inspect.files import write_all
from resnet_inspect.tui.settings.paths import state_path


@dataclass(frozen=True, slots=True)
class State:
    """What the explorer remembers from one time to the next."""

    theme: str | None = None
    panes: Mapping[str, int] = field(default_factory=dict)
    """Pane -> its width in cells."""
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """View -> the keys of the columns that are shown, in order."""
    model: str | None = None
    """The network or trace file that was open last, named so that any folder finds it."""
    place: str | None = None
    """The path that was selected in it."""


def read_state(path: Path | None = None) -> State:
    """What was remembered; whatever of it is damaged or missing is as if never kept."""
    try:
        document = json.loads((path or state_path()).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return State()
    if not isinstance(document, dict):
        return State()
    return State(
        theme=_text(document.get("theme")),
        panes={
            name: width
            for name, width in _items(document.get("panes"))
            if type(width) is int and 0 < width < 10_000
        },
        columns={
            view: tuple(keys)
            for view, keys in _items(document.get("columns"))
            if isinstance(keys, list) and keys and all(isinstance(key, str) for key in keys)
        },
        model=_text(document.get("model")),
        place=_text(document.get("place")),
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _items(value: Any) -> Iterable[tuple[str, Any]]:
    return value.items() if isinstance(value, dict) else ()


def write_state(state: State, path: Path | None = None) -> bool:
    """Remember it, whole or not at all; False, and nothing else, where nothing can be written."""
    path = path or state_path()
    text = json.dumps(asdict(state), indent=2) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_all({path: text}, overwrite=True)
    except (OSError, OutputError):
        return False
    return True
