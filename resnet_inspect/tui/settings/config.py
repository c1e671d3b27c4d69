"""What the user wrote down: config.toml.

It is the user's and only read. Nothing in it, or missing from it, keeps the explorer from
starting: what is wrong with it becomes a warning and the default stands.

    theme = "nord"
    ascii = true
    units = "exact"
    model = "resnet50"

    [keys]
    filter = "/,ctrl+f"
"""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from resnet_inspect.tui.settings.paths import CONFIG_VARIABLE, config_path
from resnet_inspect.tui.settings.spelling import key_of, nearest

UNITS = ("short", "exact")
"""How numbers are written: 25.6 M, or 25,557,032."""


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
        self.warn(f"unknown {what} '{name}'{nearest(name, known)}")

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
            key, fault = key_of(" " if item == " " else written)
            if fault:
                self.warn(f"{action}: {fault}")
            elif key not in found:
                found.append(key)
        return found


def _written(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 40 else f"{text[:39]}…"


def _one_line(text: object) -> str:
    return " ".join(str(text).split())
