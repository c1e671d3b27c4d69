"""`measure` as a user meets it; the reading of what was saved needs no torch."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from commands import SAVED, inspect, refused

from resnet_inspect import pipeline
from resnet_inspect.cli import main
from resnet_inspect.errors import WorkFailed
from resnet_inspect.traces.json import codec
from tests.test_fences import HEAVY, modules_after

TINY = ("resnet:basic:1,1:width=8", "--image-size", "32", "--repeats", "2", "--warm-up", "1")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Measurements of two batches, made by the command line."""
    path = tmp_path_factory.mktemp("measured") / "m.json"
    done = inspect("measure", *TINY, "--batch", "1,3", "--backward", "--save", str(path))
    assert (done.returncode, done.stderr) == (0, "")
    assert "functions and overhead" in done.stdout
    return path


def test_what_was_saved_is_printed_again(saved: Path) -> None:
    done = inspect("measure", str(saved), "--view", "stages", "--format", "csv")
    assert (done.returncode, done.stderr) == (0, "")
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert [row["batch"] for row in rows if row["path"] == "layer1"] == ["1", "3"]
    document = json.loads(inspect("measure", str(saved), "--format", "json").stdout)
    for batch in (1, 3):
        own = [row for row in document["rows"] if row["batch"] == batch and not row["subtotal"]]
        total = document["totals"][f"time_{batch}"]
        assert sum(row["time"] or 0 for row in own) == pytest.approx(total)
    assert document["provenance"]["threads"] >= 1


def test_reading_loads_no_torch(saved: Path) -> None:
    arguments = ["measure", str(saved), "--view", "blocks"]
    assert not modules_after(f"from resnet_inspect.cli import main; main({arguments!r})") & HEAVY


@pytest.fixture(scope="module")
def single(saved: Path) -> str:
    """A file of one measurement."""
    path = saved.with_name("one.json")
    pipeline.save_measured(pipeline.load_measured(saved)[:1], path)
    return str(path)


@pytest.mark.parametrize(
    "command",
    ["show", "taps", "cost", "draw --format mermaid", "explain", "lock", "tui", "check --lock"],
)
def test_a_measured_file_is_read_as_the_trace_in_it(
    command: str, saved: Path, single: str, capsys: pytest.CaptureFixture[str]
) -> None:
    name, *rest = command.split()
    files = [single] * (2 if name == "check" else 1)
    assert main([name, *rest, *files]) == 0
    printed = capsys.readouterr()
    assert name == "check" or printed.out
    assert (f"`resnet-inspect measure {single}`" in printed.err) == (name == "show")
    assert main([name, *rest, *[str(saved)] * len(files)]) == 1
    assert "2 were measured, and each has its own" in capsys.readouterr().err


def test_rows_fold_and_columns_are_chosen(single: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["measure", single, "--fold", "--columns", "+stride", "--format", "csv"]) == 0
    (header, *_) = csv.reader(capsys.readouterr().out.splitlines())
    assert {"time", "backward_time", "stride"} <= set(header)
    assert "batch" not in header
    assert main(["measure", single, "--columns", "help"]) == 0
    listed = capsys.readouterr().out
    assert "of_matmul  " in listed
    assert "padding  " in listed


@pytest.mark.parametrize(
    ("stopped", "code", "said"),
    [
        (WorkFailed("too little memory", hint="a smaller --batch"), 1, "too little memory"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_what_was_measured_before_it_stopped_is_kept(
    stopped: BaseException,
    code: int,
    said: str,
    saved: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    every = pipeline.load_measured(saved)
    coming = iter(every)

    def measure(model: str, size: tuple[int, ...], **others: object) -> codec.Measured:
        if size[0] == 8:
            raise stopped
        return next(coming)

    monkeypatch.setattr(pipeline, "measure", measure)
    path = tmp_path / "m.json"
    arguments = ["measure", TINY[0], "--batch", "1,3,8", "--save", str(path)]
    assert main(arguments) == code
    printed = capsys.readouterr()
    assert "forward, batch 3" in printed.out
    assert said in printed.err
    assert pipeline.load_measured(path) == every
    assert main([*arguments[:3], "8"]) == code
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("resnet18", "--device", "meta"), 2, ("meta", "--device cpu")),
        (("resnet18", "--view", "totals"), 2, ("stages",)),
        (("resnet18", "--repeats", "0"), 2, ("--repeats",)),
        (("resnet18", "--save", "-"), 2, ("--save",)),
        ((str(SAVED),), 1, ("not measurements", "--save FILE")),
        ((str(SAVED), "--batch", "2"), 2, ("saved measurements",)),
        ((str(SAVED), "--backward"), 2, ("saved measurements",)),
        # Before anything is built or run.
        (("nowhere.py:Net", "--where", "tme>1"), 2, ("no column 'tme'", "did you mean time?")),
    ],
)
def test_bad_input_gets_one_line(
    arguments: tuple[str, ...], code: int, words: tuple[str, ...]
) -> None:
    refused(inspect("measure", *arguments), code, *words)
