"""The folder of a run before and after its steps: begun, wound back, told how the run ended.

What is written while it is trained is the lab's. Of several processes the first alone writes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from resnet_inspect.errors import OutputError, WorkFailed
from resnet_inspect.escaping import said
from resnet_inspect.files import leftovers, write_all
from resnet_inspect.pipeline.run import load_record
from resnet_inspect.traces import run as files
from resnet_inspect.traces.json.codec import dumps, dumps_signals
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.run import Record, Run


def is_further_process() -> bool:
    """Whether Lightning has started this process beside the first one of the run."""
    return int(os.environ.get("LOCAL_RANK", "0")) > 0 or int(os.environ.get("NODE_RANK", "0")) > 0


def check_free(folder: Path, overwrite: bool) -> None:
    """Raise `OutputError` for a folder in which no run can begin."""
    if folder.is_file():
        raise OutputError(f"{folder} is a file", hint="-o names a folder")
    if folder.is_dir() and any(folder.iterdir()):
        if not (folder / files.RECORD).is_file():
            raise OutputError(f"{folder} holds other files", hint="name a new folder")
        is_begun = (folder / files.RESUME).exists() or load_record(folder).state == "running"
        if is_begun and not overwrite:
            raise OutputError(
                f"{folder} holds a run", hint=f"--resume {folder} goes on, --force begins anew"
            )


_WRITTEN = (
    files.METRICS, files.SIGNALS, files.CONFUSION, files.BEST, files.LAST, files.RESUME,
)  # fmt: skip


def begin(folder: Path, record: Record, trace: Trace) -> None:
    """Write what is known before the first step; what a run before has left is taken away."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in _WRITTEN:
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{folder} could not be written: {error.strerror or error}") from error
    _write(folder, record, {files.TRACE: dumps(trace)})


def _write(folder: Path, record: Record, contents: Mapping[str, str]) -> None:
    from resnet_inspect.traces.json.run_codec import dumps_record

    every = {**contents, files.RECORD: dumps_record(record)}
    write_all({folder / name: text for name, text in every.items()}, overwrite=True)


def reached(folder: Path) -> tuple[int, int]:
    """Epochs and steps that a run can go on from."""
    from resnet_inspect.lab.record import States

    if not (folder / files.RESUME).exists():
        return 0, 0
    state = States().load_checkpoint(folder / files.RESUME)
    try:
        return int(state["epoch"]) + 1, int(state["global_step"])
    except (KeyError, TypeError, ValueError) as error:
        raise WorkFailed(f"{folder / files.RESUME} is no state of a run") from error


def wind_back(folder: Path, run: Run, step: int) -> None:
    """Take away signals from a step on, epochs that the run has not, and what was being written."""
    from resnet_inspect.traces.json.run_codec import dumps_line

    for left in leftovers(folder):
        left.unlink(missing_ok=True)
    contents = {files.METRICS: "".join(map(dumps_line, run.epochs))}
    kept = [dumps_line(one) for one in run.signals if one.step < step]
    if run.watched is not None and kept:
        contents[files.SIGNALS] = "".join([dumps_signals((run.watched, ())), *kept])
    else:
        (folder / files.SIGNALS).unlink(missing_ok=True)
    _write(folder, run.record, contents)


@contextmanager
def said_to_end(folder: Path) -> Iterator[None]:
    """Have the record say how a training ended that ended before its first step."""
    try:
        yield
    except BaseException as error:
        is_there = (folder / files.RECORD).is_file() and not is_further_process()
        record = load_record(folder) if is_there else None
        if record is not None and record.state == "running":
            failed = isinstance(error, Exception)
            state, why = ("failed", said(error)) if failed else ("interrupted", "")
            with suppress(OutputError):  # the disk may be full
                _write(folder, replace(record, state=state, why=why), {})
        raise
