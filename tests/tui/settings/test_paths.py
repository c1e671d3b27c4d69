"""The files are looked for where the user and the system keep such files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from resnet_inspect.tui.settings import paths
from resnet_inspect.tui.settings.config import read_config


def test_the_files_are_where_xdg_and_the_environment_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.name == "posix" and os.uname().sysname == "Linux":
        assert paths.config_path() == tmp_path / "config" / "resnet-inspect" / "config.toml"
        assert paths.state_path() == tmp_path / "state" / "resnet-inspect" / "state.json"
    monkeypatch.setenv(paths.CONFIG_VARIABLE, str(tmp_path / "mine.toml"))
    monkeypatch.setenv(paths.STATE_VARIABLE, "~/mine.json")
    assert paths.config_path() == tmp_path / "mine.toml"
    assert paths.state_path() == Path("~/mine.json").expanduser()
    (tmp_path / "mine.toml").write_text("ascii = false")
    assert read_config(("filter", "quit")).ascii is False
