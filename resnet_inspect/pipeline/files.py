"""Traces and measurements are read from files, written to them, and written down."""

from __future__ import annotations

import stat
from collections.abc import Callable, Sequence
from dataclasses import replace
from os.path import isfile  # unlike `Path.is_file`, no for a name that is too long
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from resnet_inspect.errors import TraceFileError
from resnet_inspect.inspection import Inspection
from resnet_inspect.traces import run
from resnet_inspect.traces.json import codec, run_codec
from resnet_inspect.traces.json.codec import Measured, Saved
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.signals import Watched, mismatch
from resnet_inspect.traces.timing import Measurements
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Table

if TYPE_CHECKING:
    from resnet_inspect.views.pages import Explored

T = TypeVar("T")

LARGEST_FILE = 128 * 2**20
"""Bytes of a saved trace or lock; about 100 times those of the largest networks known here."""


def is_run(subject: str | Path) -> bool:
    """Whether it is the folder of a run, which stands for its trace and its signals."""
    return isfile(Path(subject) / run.RECORD)


def is_trace_file(subject: str) -> bool:
    """Whether a command's subject is a saved trace, a lock or a run, not a network's name."""
    return (
        is_run(subject)
        or subject.endswith(".json")
        or (isfile(subject) and not subject.endswith(".py"))
    )


def load(path: str | Path) -> Inspection:
    """The trace that `save` wrote, that was measured, or what a lock file holds of one.

    Raises `TraceFileError` if the file cannot be read, is damaged, foreign or newer, or if several
    were measured.
    """
    return load_timed(path)[0]


def load_timed(path: str | Path) -> tuple[Inspection, Measurements | None]:
    """The trace that `load` gives, and what was measured of it; None if nothing was."""
    found = load_saved(path)
    return Inspection.of(found.trace), found.measured


def load_saved(path: str | Path) -> Saved:
    """The trace that `load` gives, and what was saved beside it.

    Of a run that begins anew in its folder, signals of the network before are left out.
    """
    found = loaded(_in_run(path, run.TRACE), _loads)
    if is_run(path) and has_steps(path):
        steps = load_signals(path)[1]
        found = replace(found, steps=() if mismatch(found.trace, steps) else steps)
    return replace(found, trace=Inspection.of(found.trace))


def load_measured(path: str | Path) -> tuple[Measured, ...]:
    """The measurements that `save_measured` wrote, each with its trace; raises as `load` does."""
    return loaded(path, codec.loads_measured)


def load_signals(path: str | Path) -> Watched:
    """The signals that `save_signals` wrote, with their trace; raises as `load` does."""
    return loaded(_in_run(path, run.SIGNALS), codec.loads_signals)


def has_steps(folder: str | Path) -> bool:
    """Whether a step of a run was measured to its end; raises as `load` does."""
    path = Path(folder) / run.SIGNALS
    return path.exists() and len(loaded(path, run_codec.whole_lines)) > 1


def _in_run(path: str | Path, name: str) -> Path:
    """The file of that name in the folder of a run; any other path as it is."""
    return Path(path) / name if is_run(path) else Path(path)


def explored(saved: Saved) -> Explored:
    """A network as a page shows it, with what was measured of it."""
    from resnet_inspect.analysis.signals.signal import Signal
    from resnet_inspect.analysis.timing import Timing
    from resnet_inspect.views.pages import Explored

    survey = Inspection.of(saved.trace).survey
    return Explored(
        survey,
        timing=None if saved.measured is None else Timing(survey, saved.measured),
        signal=Signal(survey, saved.steps[-1]) if saved.steps else None,
    )


def loaded(path: str | Path, loads: Callable[[str], T]) -> T:
    """What a text file holds; raises as `load` does, with the name of the file."""
    try:
        written = text_of(Path(path))
    except UnicodeDecodeError as error:
        raise TraceFileError(f"{path}: not a trace: no UTF-8 text") from error
    except OSError as error:
        raise TraceFileError(f"{path}: {error.strerror or error}") from error
    try:
        return loads(written)
    except TraceFileError as error:
        raise TraceFileError(f"{path}: {error.message}", hint=error.hint) from error


def text_of(path: Path) -> str:
    """The text of a regular file; a pipe or device could give it without end, or never."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        what = "a folder" if stat.S_ISDIR(found.st_mode) else "a pipe or device"
        raise TraceFileError(f"{path}: {what}, not a file")
    with path.open("rb") as file:
        content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise TraceFileError(f"{path}: not a trace: it has more than {LARGEST_FILE >> 20} MiB")
    return content.decode()


def _loads(written: str) -> Saved:
    if not written.startswith("{"):
        from resnet_inspect import locks

        if locks.is_lock(written):
            return Saved(locks.loads(written))
    return codec.loads_saved(written)


def save(trace: Trace, path: str | Path, *, overwrite: bool = False) -> None:
    """Write the whole trace as JSON, at once or not at all.

    Raises `OutputError` if the file exists and is not to be overwritten, or cannot be written.
    """
    Inspection.of(trace).save(path, overwrite=overwrite)


def save_measured(
    measured: Sequence[Measured], path: str | Path, *, overwrite: bool = False
) -> None:
    """Write measurements and their traces as JSON; raises as `save` does."""
    from resnet_inspect.files import write_all

    write_all({Path(path): codec.dumps_measured(measured)}, overwrite=overwrite)


def save_signals(watched: Watched, path: str | Path, *, overwrite: bool = False) -> None:
    """Write signals and their trace as JSON; raises as `save` does."""
    from resnet_inspect.files import write_all

    write_all({Path(path): codec.dumps_signals(watched)}, overwrite=overwrite)


def tabulate(
    trace: Trace,
    view: str = "layers",
    selection: Selection | None = None,
    *,
    count_as: str | None = None,
) -> Table:
    """A view of a trace as a table of cells, with the total of another convention if asked."""
    return Inspection.of(trace).table(view, selection, count_as=count_as)


def render(
    trace: Trace,
    view: str = "layers",
    format: str = "text",
    selection: Selection | None = None,
) -> str:
    """A view of a trace written down in a format of `FORMATS`: "text", "md", "csv", ..."""
    return Inspection.of(trace).render(view, format, selection)
