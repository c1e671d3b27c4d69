"""What the user wrote down and what the explorer remembers: config.toml and state.json.

The configuration is the user's and only read; the state is the explorer's and also written. Both
are found through XDG, or where RESNET_INSPECT_CONFIG and RESNET_INSPECT_STATE say. Nothing in
them, or missing from them, keeps the explorer from starting: what is wrong with the configuration
becomes a warning and the default stands; what is wrong with the state is forgotten.

    theme = "nord"
    ascii = true
    units = "exact"
    model = "resnet50"

    [keys]
    filter = "/,ctrl+f"
"""

from __future__ import annotations

import difflib
import json
import os
import string
import sys
import tomllib
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from resnet_inspect.errors import OutputError
from resnet_inspect.files import write_all

APPLICATION = "resnet-inspect"
CONFIG_VARIABLE = "RESNET_INSPECT_CONFIG"
STATE_VARIABLE = "RESNET_INSPECT_STATE"

UNITS = ("short", "exact")
"""How numbers are written: 25.6 M, or 25,557,032."""

_MODIFIERS = ("ctrl", "shift", "alt", "super", "hyper", "meta")
_NAMED_KEYS = (
    "up", "down", "left", "right", "home", "end", "pageup", "pagedown", "enter", "escape", "tab",
    "space", "backspace", "delete", "insert", *(f"f{number}" for number in range(1, 25)),
)  # fmt: skip
_SIGN_NAMES = {
    "solidus": "slash", "reverse_solidus": "backslash", "commercial_at": "at",
    "hyphen_minus": "minus", "plus_sign": "plus", "low_line": "underscore",
}  # fmt: skip
"""Where Textual's name for a key is not the character's Unicode name."""


def _sign_name(character: str) -> str:
    """The name of a key with a sign on it, as Textual spells it: slash, question_mark."""
    name = unicodedata.name(character).lower().replace("-", "_").replace(" ", "_")
    return _SIGN_NAMES.get(name, name)


_SIGNS = {sign: _sign_name(sign) for sign in string.punctuation}
_KEYS = {*_NAMED_KEYS, *_SIGNS.values()}


@dataclass(frozen=True, slots=True)
class Config:
    """What config.toml says, as far as it can be understood."""

    keys: Mapping[str, str] = field(default_factory=dict)
    """Action -> its keys, "slash,ctrl+f": a keymap for Textual."""
    theme: str | None = None
    """None: the one that was used last."""
    ascii: bool | None = None
    """Whether to draw with ASCII only; None: as the terminal can."""
    units: str | None = None
    """"short" or "exact"."""
    model: str | None = None
    """What is opened if nothing is named; None: what was open last."""
    warnings: tuple[str, ...] = ()
    """What was not understood, a line each."""

    @property
    def draws_ascii(self) -> bool:
        """Whether to draw with ASCII only, as was set, or as the terminal can."""
        if self.ascii is not None:
            return self.ascii
        return "utf" not in (getattr(sys.__stdout__, "encoding", None) or "utf-8").lower()


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


def config_path() -> Path:
    """Where config.toml is, or would be."""
    return _path(CONFIG_VARIABLE, "user_config_path", "config.toml")


def state_path() -> Path:
    """Where state.json is, or would be."""
    return _path(STATE_VARIABLE, "user_state_path", "state.json")


def _path(variable: str, kind: str, name: str) -> Path:
    told = os.environ.get(variable)
    if told:
        return Path(told).expanduser()
    import platformdirs

    folder: Path = getattr(platformdirs, kind)(APPLICATION, appauthor=False)
    return folder / name


def read_config(
    actions: Collection[str], themes: Collection[str] = (), path: Path | None = None
) -> Config:
    """The user's configuration; it never raises.

    Args:
        actions: the names that [keys] may use.
        themes: the themes there are; none if any name is to be taken as it is.
        path: the file, if it is not to be looked for.

    """
    told = path is not None or bool(os.environ.get(CONFIG_VARIABLE))
    path = path or config_path()
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return Config(warnings=(f"{path}: no such file",) if told else ())
    except OSError as error:
        return Config(warnings=(f"{path}: {error.strerror or error}",))
    except UnicodeDecodeError:
        return Config(warnings=(f"{path}: no UTF-8 text; the defaults stand",))
    except (ValueError, RecursionError) as error:
        return Config(warnings=(f"{path}: {_one_line(error)}; the defaults stand",))
    reader = _Reader(path)
    return reader.config(document, actions, themes)


class _Reader:
    """Takes what is right out of a configuration and collects what is wrong."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.warnings: list[str] = []

    def config(
        self, document: Mapping[str, Any], actions: Collection[str], themes: Collection[str]
    ) -> Config:
        known = ("keys", "theme", "ascii", "units", "model")
        for name, value in document.items():
            if name not in known:
                what = "section" if isinstance(value, dict) else "setting"
                self.warn_of_name(what, name, known)
        return Config(
            keys=self.keys(document.get("keys", {}), actions),
            theme=self.one_of("theme", document.get("theme"), themes),
            ascii=self.flag("ascii", document.get("ascii")),
            units=self.one_of("units", document.get("units"), UNITS),
            model=self.one_of("model", document.get("model"), ()),
            warnings=tuple(self.warnings),
        )

    def warn(self, line: str) -> None:
        self.warnings.append(f"{self.name}: {_one_line(line)}")

    def warn_of_name(self, what: str, name: str, known: Iterable[str]) -> None:
        self.warn(f"unknown {what} '{name}'{_nearest(name, known)}")

    def one_of(self, name: str, value: Any, known: Collection[str]) -> str | None:
        if value is None:
            return None
        if not isinstance(value, str):
            self.warn(f"{name} is a text in quotes, not {_written(value)}")
        elif known and value not in known:
            self.warn_of_name(name, value, known)
        else:
            return value
        return None

    def flag(self, name: str, value: Any) -> bool | None:
        if value is None or isinstance(value, bool):
            return value
        self.warn(f"{name} is true or false, not {_written(value)}")
        return None

    def keys(self, section: Any, actions: Collection[str]) -> dict[str, str]:
        if not isinstance(section, dict):
            self.warn(f"keys is a section, [keys], not {_written(section)}")
            return {}
        found = {}
        for action, value in section.items():
            if action not in actions:
                self.warn_of_name("action", f"{action}", actions)
                continue
            keys = self.keys_of(action, value)
            if keys:
                found[action] = ",".join(keys)
        return found

    def keys_of(self, action: str, value: Any) -> list[str]:
        """The keys of one action; a comma is a key where it stands alone."""
        if isinstance(value, str):
            value = [value] if value.strip() == "," else value.split(",")
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.warn(f'the keys of {action} are a text such as "q,ctrl+q"')
            return []
        found = []
        for item in value:
            written = item.strip()
            key, fault = _key(" " if item == " " else written)
            if fault:
                self.warn(f"{action}: {fault}")
            elif key not in found:
                found.append(key)
        return found


def _key(written: str) -> tuple[str, str]:
    """A key as Textual spells it, and what is wrong with it: "ctrl+/" is ctrl+slash."""
    if not written:
        return "", "a key without a name"
    if written == " ":
        return "space", ""
    head, _, last = written.rpartition("+")
    if not last:  # the plus itself
        head, last = head.removesuffix("+"), "+"
    for modifier in filter(None, head.split("+")):
        if modifier not in _MODIFIERS:
            return "", f"unknown key '{written}'{_nearest(modifier, _MODIFIERS)}"
    if len(last) == 1:
        last = _SIGNS.get(last, last)
    elif last not in _KEYS:
        return "", f"unknown key '{written}'{_nearest(last, _KEYS)}"
    return (f"{head}+{last}" if head else last), ""


def _nearest(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name.lower(), sorted(known), n=1, cutoff=0.5)
    return f": did you mean '{close[0]}'?" if close else ""


def _written(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 40 else f"{text[:39]}…"


def _one_line(text: object) -> str:
    return " ".join(str(text).split())


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
