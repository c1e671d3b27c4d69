"""Measurements and their traces in files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from saved import DATA, trace_of
from signals import run_of
from timings import measured

from resnet_inspect import pipeline
from resnet_inspect.errors import TraceFileError


def test_measurements_survive_a_file(tmp_path: Any) -> None:
    kept = ((trace_of("resnet18"), measured(trace_of("resnet18"), backward=True)),)
    pipeline.save_measured(kept, tmp_path / "m.json")
    assert pipeline.load_measured(tmp_path / "m.json") == kept


def test_the_trace_that_was_measured_is_a_saved_trace(tmp_path: Path) -> None:
    trace = trace_of("resnet18")
    one = measured(trace)
    path = tmp_path / "m.json"
    pipeline.save_measured([(trace, one)], path)
    assert pipeline.load(path) == trace
    assert pipeline.load_timed(path) == (trace, one)
    assert pipeline.load_timed(DATA / "resnet18.json") == (trace, None)


def test_a_saved_run_is_read_with_its_steps(tmp_path: Path) -> None:
    trace = trace_of("resnet18")
    watched, path = (trace, run_of(trace, 2)), tmp_path / "run.json"
    pipeline.save_signals(watched, path)
    saved = pipeline.load_saved(path)
    assert (saved.trace, saved.recorded) == watched
    assert pipeline.load_timed(path) == (trace, None)


def test_which_of_several_traces_is_meant_is_not_guessed(tmp_path: Path) -> None:
    kept = [(trace_of(name), measured(trace_of(name))) for name in ("resnet18", "resnet34")]
    path = tmp_path / "m.json"
    pipeline.save_measured(kept, path)
    with pytest.raises(TraceFileError, match="json: not a trace: 2 were measured") as caught:
        pipeline.load(path)
    assert "resnet-inspect measure FILE" in caught.value.hint
    assert pipeline.load_measured(path) == tuple(kept)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_pipes_devices_and_endless_files_are_no_traces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    for path in (pipe, Path(os.devnull), tmp_path):
        with pytest.raises(TraceFileError, match="not a file"):
            pipeline.load(path)
    monkeypatch.setattr("resnet_inspect.pipeline.files.LARGEST_FILE", 2**20)
    large = tmp_path / "large.json"
    large.write_text("{" + " " * 2**20)
    with pytest.raises(TraceFileError, match="more than 1 MiB"):
        pipeline.load(large)
