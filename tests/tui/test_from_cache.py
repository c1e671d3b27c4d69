"""The explorer takes from the cache what is there; no child process is started for it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import resnet_inspect as ri
from resnet_inspect import cache
from resnet_inspect.errors import WorkFailed
from resnet_inspect.pipeline.tracing.cache import entry_of
from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.session.request import Request

SAVED = ri.load(Path(__file__).parents[1] / "data" / "resnet18.json")


@pytest.fixture(autouse=True)
def own_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the user's is read or written."""
    monkeypatch.setenv("RESNET_INSPECT_STATE", str(tmp_path / "state.json"))
    monkeypatch.setenv("RESNET_INSPECT_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.delenv(cache.OFF_VARIABLE, raising=False)
    monkeypatch.setenv(cache.FOLDER_VARIABLE, str(tmp_path / "kept"))


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("name", ["resnet18", "paper:resnet18", "resnet:basic:2,2,2,2"])
def test_a_network_in_the_cache_is_shown_without_a_child(
    name: str, kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kept:  # as the command line would: nothing but the name is given
        entry = entry_of(name, None, None, None, "eval", {})
        assert entry is not None
        entry.keep(SAVED)
    app = Explorer(Request.of(name))
    asked = []

    async def ask(*given: object) -> None:
        asked.append(given)
        raise WorkFailed("no child here")

    monkeypatch.setattr(app.child, "ask", ask)

    async def run() -> None:
        async with app.run_test() as pilot:
            for _ in range(500):
                if app.shown is not None or asked:
                    break
                await pilot.pause(0.01)

    asyncio.run(run())
    assert bool(asked) != kept
    assert (app.shown is not None and app.shown.survey.trace == SAVED) == kept
    assert app.child.pid is None
