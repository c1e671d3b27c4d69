"""The state comes back as it was kept, and what is wrong with it never stops the start."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resnet_inspect.tui.settings import paths
from resnet_inspect.tui.settings.state import State, read_state, write_state

STATE = State(
    theme="nord",
    panes={"tree": 30, "card": 44},
    columns={"layers": ("path", "op"), "stages": ("path",)},
    model="resnet50",
    place="layer2.0.conv2",
)


def test_the_state_comes_back_as_it_was_kept() -> None:
    assert read_state() == State()
    assert write_state(STATE)
    assert read_state() == STATE
    assert write_state(State())
    assert read_state() == State()


def test_the_state_may_hold_any_path(tmp_path: Path) -> None:
    strange = State(model="/tmp/\udcff×\n.json", place="[bold]\x1b")
    assert write_state(strange)
    assert read_state() == strange


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", "null", "\0", "[" * 100_000, '{"panes": 3, "columns": [1]}']
)
def test_a_damaged_state_is_forgotten(text: str, tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text(text)
    assert read_state(path) == State()
    path.write_bytes(b"\xff" + text.encode())
    assert read_state(path) == State()
    assert write_state(STATE, path)
    assert read_state(path) == STATE


def test_the_sound_part_of_a_state_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    document: dict[str, Any] = {
        "theme": 3,
        "panes": {"tree": 30, "card": -1, "table": "wide", "x": True, "y": 10**9},
        "columns": {"layers": ["path", 3], "stages": ["path"], "blocks": [], "modules": "path"},
        "model": "resnet50",
        "later": {},
    }
    path.write_text(json.dumps(document))
    assert read_state(path) == State(
        panes={"tree": 30}, columns={"stages": ("path",)}, model="resnet50"
    )


def test_a_state_is_written_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    assert write_state(STATE)
    path = paths.state_path()

    def fail(*_: object, **__: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fail)
        assert not write_state(State(theme="dracula"))
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", fail)
        assert not write_state(State(theme="dracula"))
    assert read_state() == STATE
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_where_nothing_can_be_written_nothing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(paths.STATE_VARIABLE, str(tmp_path / "file" / "state.json"))
    assert not write_state(STATE)
    assert read_state() == State()
    monkeypatch.setenv(paths.STATE_VARIABLE, str(tmp_path))
    assert not write_state(STATE)
    assert read_state() == State()
    if os.geteuid():
        folder = tmp_path / "closed"
        folder.mkdir(mode=0o500)
        assert not write_state(STATE, folder / "state.json")
    assert capfd.readouterr() == ("", "")


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
steady = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@steady
@given(
    st.dictionaries(st.sampled_from(["theme", "panes", "columns", "model", "place", "x"]), plain)
)
def test_no_state_raises(tmp_path: Path, document: dict[str, Any]) -> None:
    path = tmp_path / "state.json"
    path.write_text(json.dumps(document))
    kept = read_state(path)
    assert write_state(kept, path)
    assert read_state(path) == kept
