"""The user's files are left alone, and pictures of the screen are held to the ones kept here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import textual._wait
from driving import KeptOpen, explorer_with_child
from pictures import difference, made_with, settled
from textual.app import App
from textual.widgets import Input

SNAPSHOTS = Path(__file__).parent / "snapshots"


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the test's own, in which it runs; nothing of the user's is read or written."""
    (tmp_path / "config.toml").touch()
    monkeypatch.setenv("RESNET_INSPECT_STATE", str(tmp_path / "state.json"))
    monkeypatch.setenv("RESNET_INSPECT_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


PATIENT = {
    "test_timing", "test_storms", "test_same_cells", "test_chooser", "test_form", "test_ticks",
}  # fmt: skip
"""Tests of very many keys, which wait themselves for what they ask to be true."""


@pytest.fixture(scope="module")
def kept_open(request: pytest.FixtureRequest) -> Iterator[KeptOpen]:
    """ResNet-18 in an explorer of each size, whose child answers with saved traces."""
    explorer = KeptOpen(lambda: explorer_with_child("resnet18")[0], request.param)
    yield explorer
    explorer.close()


@pytest.fixture(autouse=True)
def short_pauses(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """In these, a pilot waits after each key until the program was idle for 4 ms, not for 20."""
    name = request.module.__name__.rpartition(".")[2]
    if name in PATIENT or "kept_open" in request.fixturenames:
        monkeypatch.setattr(textual._wait, "SLEEP_GRANULARITY", 0.004)


@pytest.fixture
def snapshot(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[App[int], str], None]:
    """Holds the screen to the picture of a name in `snapshots`.

    A picture made with other versions of rich or textual is no measure, and skips the test.
    """

    def compare(app: App[int], name: str) -> None:
        for field in app.screen.query(Input):
            field.cursor_blink = False
        kept = SNAPSHOTS / f"{name}.svg"
        now = made_with() + "\n" + settled(app.export_screenshot(title=name))
        if request.config.getoption("--renew-snapshots"):
            SNAPSHOTS.mkdir(exist_ok=True)
            kept.write_text(now, encoding="utf-8")
            return
        if not kept.exists():
            pytest.fail(f"no picture {kept.name}: run pytest --renew-snapshots", pytrace=False)
        before = kept.read_text(encoding="utf-8")
        if not before.startswith(made_with()):
            pytest.skip(f"{kept.name} was made with other versions than these: {made_with()}")
        if now != before:
            new = tmp_path / kept.name
            new.write_text(now, encoding="utf-8")
            pytest.fail(f"{difference(before, now)}\n\nkept: {kept}\nnow:  {new}", pytrace=False)

    return compare
