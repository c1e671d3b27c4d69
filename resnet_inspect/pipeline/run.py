"""The folder of a run becomes a value, without torch, whatever may still be written into it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from resnet_inspect.errors import TraceFileError
from resnet_inspect.pipeline import files
from resnet_inspect.traces import run, run_codec
from resnet_inspect.traces.run import Record, Run

T = TypeVar("T")


def load_run(folder: str | Path) -> Run:
    """The run that `train` has written into a folder, or is writing.

    Raises `TraceFileError` for a folder that holds none, or one that is damaged.
    """
    place = Path(folder)
    record = load_record(place)
    epochs = _read(place / run.METRICS, run_codec.loads_epochs)
    watched = files.load_signals(place / run.SIGNALS) if _has_steps(place) else None
    return Run(
        record,
        files.load(place / run.TRACE),
        epochs or (),
        watched[1] if watched else (),
        watched[0] if watched else None,
        _read(place / run.CONFUSION, run_codec.loads_confusion),
    )


def load_record(folder: Path) -> Record:
    """What is known of a run since it began; raises as `load_run` does."""
    record = _read(folder / run.RECORD, run_codec.loads_record)
    if record is None:
        raise TraceFileError(
            f"{folder} holds no run", hint="`resnet-inspect train MODEL -o RUN` writes one"
        )
    return record


def _has_steps(folder: Path) -> bool:
    """Whether a step was measured to its end."""
    try:
        return len(run_codec.whole_lines(files.text_of(folder / run.SIGNALS))) > 1
    except FileNotFoundError:
        return False


def _read(path: Path, loads: Callable[[str], T]) -> T | None:
    """What a file holds; None where there is none."""
    return files.loaded(path, loads) if path.exists() else None
