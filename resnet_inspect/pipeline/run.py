"""The folder of a run becomes a value, without torch, whatever may still be written into it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from resnet_inspect.errors import BadInput, TraceFileError
from resnet_inspect.pipeline import files
from resnet_inspect.traces import run
from resnet_inspect.traces.json import run_codec
from resnet_inspect.traces.json.documents import one_line
from resnet_inspect.traces.run import Record, Run

T = TypeVar("T")

Stamp = tuple[int, int, int]
"""Bytes of a file, nanoseconds at which it was written last, and its inode."""
_READ = (run.RECORD, run.TRACE, run.METRICS, run.SIGNALS, run.CONFUSION)


@dataclass(frozen=True, slots=True)
class Look:
    """A run as it was when its folder was looked into."""

    run: Run
    stamps: Mapping[str, Stamp | None]
    """Of its files, as `stamps` gave them before they were read."""


def load_run(folder: str | Path) -> Run:
    """The run that `train` has written into a folder, or is writing.

    Raises `TraceFileError` for a folder that holds none, or one that is damaged.
    """
    return look(folder).run


def stamps(folder: str | Path) -> dict[str, Stamp | None]:
    """What changes with the files of a run; None for one that is not there."""
    return {name: _stamp(Path(folder) / name) for name in _READ}


def look(folder: str | Path, before: Look | None = None) -> Look:
    """The run as it is now: what changed since the look before is read anew.

    Raises as `load_run` does.
    """
    place, seen = Path(folder), stamps(folder)

    def part(name: str, read: Callable[[], T], known: Callable[[Run], T]) -> T:
        if before is not None and before.stamps[name] == seen[name]:
            return known(before.run)
        return read()

    watched, steps = part(
        run.SIGNALS,
        lambda: files.load_signals(place / run.SIGNALS) if files.has_steps(place) else (None, ()),
        lambda found: (found.watched, found.signals),
    )
    found = Run(
        part(run.RECORD, lambda: load_record(place), lambda found: found.record),
        part(run.TRACE, lambda: files.load(place / run.TRACE), lambda found: found.trace),
        part(
            run.METRICS,
            lambda: _read(place / run.METRICS, run_codec.loads_epochs) or (),
            lambda found: found.epochs,
        ),
        steps,
        watched,
        part(
            run.CONFUSION,
            lambda: _read(place / run.CONFUSION, run_codec.loads_confusion),
            lambda found: found.confusion,
        ),
    )
    fault = run.mismatch(found)
    if fault:
        raise TraceFileError(f"{place}: {one_line(fault, 'run')}")
    return Look(found, seen)


def load_record(folder: Path) -> Record:
    """What is known of a run since it began; raises as `load_run` does."""
    record = _read(folder / run.RECORD, run_codec.loads_record)
    if record is None:
        raise TraceFileError(
            f"{folder} holds no run", hint="`resnet-inspect train MODEL -o RUN` writes one"
        )
    return record


def of_weights(weights: str | Path | None) -> Record | None:
    """The record of the run that wrote a file of weights; None for any other file.

    Raises as `load_run` does.
    """
    if weights is None:
        return None
    folder, name = Path(weights).parent, Path(weights).name
    written = name in (run.BEST, run.LAST) and files.is_run(folder)
    return load_record(folder) if written else None


def network_of(record: Record, folder: Path) -> tuple[str, dict[str, Any], str]:
    """Name and arguments of the network of a run, and a sentence that says so.

    Raises `BadInput` where a module was given.
    """
    if record.module:
        raise BadInput(
            f"{folder} is a run of a module that was given, {record.module}",
            hint="name the code that makes it, FILE.py:NAME, or give the module, from Python",
        )
    recipe = record.recipe
    arguments = {name: ast.literal_eval(value) for name, value in recipe.arguments}
    return recipe.model, arguments, f"{folder} is a run of {recipe.model}"


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino


def _read(path: Path, loads: Callable[[str], T]) -> T | None:
    """What a file holds; None where there is none."""
    return files.loaded(path, loads) if path.exists() else None
