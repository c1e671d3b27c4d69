"""A training's run, looked into as it goes on."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import runs

from resnet_inspect.traces.json.run_codec import dumps_line, dumps_record
from resnet_inspect.traces.run import Epoch
from resnet_inspect.tui.session import run as session
from resnet_inspect.tui.session.run import Training, looks

MINUTE = 60


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a run that is going on, looked into very often."""
    monkeypatch.setattr(session, "PAUSE", 0.001)
    runs.write(runs.made(), tmp_path)
    return tmp_path


async def following(looked: AsyncIterator[Training]) -> Training:
    """The next that is told; an error where nothing is."""
    return await asyncio.wait_for(anext(looked), 5)


def aged(folder: Path, seconds: float) -> None:
    """All of a folder as if it was written so long ago."""
    then = time.time() - seconds
    for path in folder.iterdir():
        os.utime(path, (then, then))


def test_a_title_says_how_far_it_has_come_and_what_is_wrong() -> None:
    known = "run, epoch 2 of 3, running"
    assert Training(runs.made()).title == known
    assert Training(None).title == "run"
    assert Training(None, "gone").title == "run; now gone"
    assert Training(runs.made(), "gone", 5).title == f"{known}; now gone"
    assert Training(runs.made(), silent=5).title == f"{known} or killed: nothing new for 5 min"


def test_it_is_told_when_anything_is_new_and_only_then(folder: Path) -> None:
    async def watch() -> None:
        looked = looks(folder)
        first = await following(looked)
        assert first.run is not None
        assert (len(first.run.epochs), first.trouble) == (2, "")
        waiting = asyncio.ensure_future(following(looked))
        await asyncio.sleep(0.05)
        assert not waiting.done(), "nothing is new"
        with (folder / "metrics.jsonl").open("a") as file:
            file.write(dumps_line(Epoch(3, 0.125, 0.95, 0.5, 0.75, 1e-4, 2.0)))
        second = await waiting
        assert second.run is not None
        assert [epoch.epoch for epoch in second.run.epochs] == [1, 2, 3]

    asyncio.run(watch())


def test_what_cannot_be_read_is_said_and_the_last_run_stays(folder: Path) -> None:
    async def watch() -> None:
        looked = looks(folder)
        before = await following(looked)
        kept = (folder / "metrics.jsonl").read_text()
        (folder / "metrics.jsonl").write_text("no line of an epoch\n")
        broken = await following(looked)
        assert broken.run == before.run
        assert "metrics.jsonl: damaged run" in broken.trouble
        (folder / "metrics.jsonl").write_text(kept)
        assert (await following(looked)).trouble == ""

    asyncio.run(watch())


@pytest.mark.parametrize(("age", "seconds", "state", "silent"), [
    (30, 2.0, "running", 0),
    (9.5 * MINUTE, 2.0, "running", 9),
    (9.5 * MINUTE, 4.0 * MINUTE, "running", 0),
    (9.5 * MINUTE, 3.0 * MINUTE, "running", 9),
    (9.5 * MINUTE, 2.0, "finished", 0),
], ids=str)  # fmt: skip
def test_after_a_minute_or_three_epochs_without_anything_new_it_may_have_been_killed(
    folder: Path, age: float, seconds: float, state: str, silent: int
) -> None:
    run = runs.made()
    record = replace(run.record, state=state)
    (folder / "run.json").write_text(dumps_record(record), encoding="utf-8")
    lines = (dumps_line(replace(epoch, seconds=seconds)) for epoch in run.epochs)
    (folder / "metrics.jsonl").write_text("".join(lines), encoding="utf-8")
    aged(folder, age)
    assert asyncio.run(following(looks(folder))).silent == silent
