"""The explorer on the folder of a training: what is written there appears."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import time
from unittest import mock

import pytest
import runs
from driving import KeptOpen, Keys, drive, lines_of, settle, text_of, until
from proofs import Proofs, actions_of, of_each
from signals import signals

from resnet_inspect import pipeline
from resnet_inspect.cli import main
from resnet_inspect.traces.json.run_codec import dumps_line, dumps_record
from resnet_inspect.traces.run import Epoch
from resnet_inspect.tui.actions.networks import look_at_named
from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.keys import Action
from resnet_inspect.tui.screens.run import Curves
from resnet_inspect.tui.session.request import Request

PROOFS = Proofs()
PAGE = "#report-text"


@pytest.fixture(autouse=True)
def looked_at_often() -> Iterator[None]:
    with mock.patch("resnet_inspect.tui.session.run.PAUSE", 0.02):
        yield


@PROOFS.of("curves")
async def shows_curves_of_a_training_alone(app: Explorer, pilot: Keys, key: str) -> None:
    said = len(app._notifications)
    await pilot.press(key)
    await settle(pilot)
    assert len(app._notifications) == said + 1
    assert len(app.screen_stack) == 1


@of_each(actions_of("recorded.run"))
def test_an_action_does_what_it_says(kept_open: KeptOpen, action: Action) -> None:
    PROOFS.prove(kept_open, action)


def opened(folder: Path) -> Explorer:
    saved = pipeline.load_saved(folder)
    return Explorer(Request.of(str(folder)), saved.trace, saved.recorded)


def title(app: Explorer) -> str:
    return text_of(app, "#title")


def append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def test_what_a_training_writes_appears(tmp_path: Path) -> None:
    run = runs.made()
    runs.write(run, tmp_path)
    metrics, steps = tmp_path / "metrics.jsonl", tmp_path / "signals.jsonl"
    (tmp_path / "run.json").write_text(dumps_record(run.record), encoding="utf-8")

    async def watch(app: Explorer, pilot: Keys) -> None:
        await until(pilot, lambda: "epoch 2 of 3, running" in title(app))
        assert "step 20 (2 of 2)" in title(app)
        assert "L curves" in text_of(app, "#keys")
        await pilot.press("L")
        await until(pilot, lambda: isinstance(app.screen, Curves))
        await settle(pilot)
        page = str(app.screen.query_one(PAGE).render())
        assert "held out 0.750" in page
        assert "train 90.0%" in page
        assert "epoch  train loss" in page
        line = dumps_line(Epoch(3, 0.125, 0.95, 0.5, 0.75, 1e-4, 2.0))
        append(metrics, line[:30])
        await pilot.pause(0.1)
        assert "epoch 2 of 3" in title(app)
        append(metrics, line[30:])
        await until(pilot, lambda: "epoch 3 of 3" in title(app))
        await settle(pilot)
        assert "held out 0.500" in str(app.screen.query_one(PAGE).render())
        await pilot.press("escape")

        step = dumps_line(replace(signals(run.trace), step=40))
        append(steps, step)
        await until(pilot, lambda: "step 40 (3 of 3)" in title(app))
        await pilot.press("comma", "comma")
        await until(pilot, lambda: "step 0 (1 of 3)" in title(app))
        append(steps, step.replace('"step":40', '"step":60'))
        await until(pilot, lambda: "step 0 (1 of 4)" in title(app))

        whole = steps.read_text(encoding="utf-8")
        append(metrics, "no line of an epoch\n")
        await until(pilot, lambda: "metrics.jsonl: damaged run" in title(app))
        assert "epoch 3 of 3" in title(app)
        with mock.patch(
            "resnet_inspect.tui.session.run.look", side_effect=PermissionError(13, "no")
        ):
            metrics.write_bytes(b"\xff\n")
            await until(pilot, lambda: f"now {tmp_path}: no" in title(app))
        steps.write_text("{", encoding="utf-8")
        await until(pilot, lambda: "metrics.jsonl: not a trace: no UTF-8" in title(app))
        steps.write_text(whole, encoding="utf-8")
        metrics.write_text(line.replace('"epoch":3', '"epoch":1'), encoding="utf-8")
        record = replace(run.record, state="interrupted")
        (tmp_path / "run.json").write_text(dumps_record(record), encoding="utf-8")
        await until(pilot, lambda: "run, epoch 1 of 3, ended early ·" in title(app))
        shutil.rmtree(tmp_path)
        await until(pilot, lambda: "now" in title(app) and "holds no run" in title(app))
        assert "conv1" in "".join(lines_of(app))
        look_at_named(app, "resnet18.json")
        await settle(pilot)
        assert app.is_running

    drive(opened(tmp_path), watch, size=(160, 40))


def test_two_runs_have_their_curves_on_the_same_axes(tmp_path: Path) -> None:
    one, other = runs.made(), runs.made()
    record = replace(one.record, recipe=replace(one.record.recipe, optimizer="sgd"))
    line = dumps_line(Epoch(3, 0.125, 0.95, 0.5, 0.75, 1e-4, 2.0))
    for name, run in (("one", one), ("other", replace(other, record=record))):
        (tmp_path / name).mkdir()
        runs.write(run, tmp_path / name)

    async def watch(app: Explorer, pilot: Keys) -> None:
        await until(pilot, lambda: app.training_beside is not None and app.other is not None)
        await settle(pilot)
        assert title(app).count("run, epoch 2 of 3, running") == 2
        await pilot.press("L")
        await settle(pilot)
        page = str(app.screen.query_one(PAGE).render())
        assert "A epoch 2 of 3, running  optimizer adam\n" in page
        assert "B epoch 2 of 3, running  optimizer sgd\n" in page
        assert page.count("held out 0.750") == 2
        append(tmp_path / "other" / "metrics.jsonl", line)
        await until(pilot, lambda: "epoch 3 of 3" in title(app))
        await settle(pilot)
        page = str(app.screen.query_one(PAGE).render())
        assert "A held out 0.750" in page
        assert "B held out 0.500" in page
        assert [p.split() for p in page.splitlines() if p.split()[:1] == ["3"]] == [
            ["3", "0.125", "95.0%", "0.500", "75.0%"]
        ]
        await pilot.press("escape", "d")
        await settle(pilot)
        assert title(app).count("run, epoch") == 1
        assert app.training_beside is None

    saved = pipeline.load_saved(tmp_path / "one")
    first, second = (Request.of(str(tmp_path / name)) for name in ("one", "other"))
    drive(Explorer(first, saved.trace, saved.recorded, second), watch, size=(200, 60))


def test_two_are_named_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    with mock.patch("resnet_inspect.tui.explore", return_value=0) as explore:
        assert main(["tui", "resnet18", "resnet34"]) == 2
        assert "`resnet-inspect diff` compares two" in capsys.readouterr().err
        with (
            mock.patch("sys.stdin.isatty", return_value=True),
            mock.patch("sys.stdout.isatty", return_value=True),
        ):
            assert main(["tui", "resnet18", "resnet34"]) == 0
    explore.assert_called_once_with("resnet18", None, "resnet34")


def test_a_run_that_has_just_begun_waits_for_its_first_epoch_and_step(tmp_path: Path) -> None:
    run = runs.made()
    runs.write(run, tmp_path)
    written = {name: (tmp_path / name).read_text() for name in ("metrics.jsonl", "signals.jsonl")}
    (tmp_path / "metrics.jsonl").unlink()
    header = written["signals.jsonl"].partition("\n")[0] + "\n"
    (tmp_path / "signals.jsonl").write_text(header)

    async def watch(app: Explorer, pilot: Keys) -> None:
        await until(pilot, lambda: "epoch 0 of 3, running" in title(app))
        await pilot.press("L")
        await settle(pilot)
        assert "0 of 3 epochs" in str(app.screen.query_one(PAGE).render())
        for name, text in written.items():
            (tmp_path / name).write_text(text)
        await until(pilot, lambda: "epoch 2 of 3" in title(app))
        await until(pilot, lambda: "accuracy" in str(app.screen.query_one(PAGE).render()))
        await pilot.press("escape")
        await until(pilot, lambda: "grad rms" in "".join(lines_of(app)))
        assert "step 20 (2 of 2)" in title(app)

    drive(opened(tmp_path), watch, size=(80, 24))


def test_a_run_that_should_have_written_by_now_may_have_been_killed(tmp_path: Path) -> None:
    runs.write(runs.made(), tmp_path)

    async def watch(app: Explorer, pilot: Keys) -> None:
        await until(pilot, lambda: "running or killed: nothing new for 9 min" in title(app))

    then = time() - 9.5 * 60
    for path in tmp_path.iterdir():
        os.utime(path, (then, then))
    drive(opened(tmp_path), watch, size=(120, 40))
