"""The settings of these tests: nobody's own files are read or written."""

from __future__ import annotations

from pathlib import Path

import pytest

from resnet_inspect.tui.settings.paths import CONFIG_VARIABLE, STATE_VARIABLE


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's own files are read or written."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv(CONFIG_VARIABLE, raising=False)
    monkeypatch.delenv(STATE_VARIABLE, raising=False)
