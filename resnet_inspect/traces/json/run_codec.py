"""The files of a run as text: its record, a line for each epoch, a line for each step.

A file of lines may end in the middle of one, where the run was killed: that line is left out.
"""

from __future__ import annotations

import ast
import json
import reprlib
from typing import TypeVar

from resnet_inspect.errors import TraceFileError
from resnet_inspect.escaping import json_text
from resnet_inspect.traces.json.documents import NOT_UNDERSTOOD, one_line
from resnet_inspect.traces.json.fields import plain, read_dataclass
from resnet_inspect.traces.run import (
    LEARNING_RATES,
    RUN_VERSION,
    SCHEDULES,
    STATES,
    Confusion,
    Epoch,
    Record,
)
from resnet_inspect.traces.signals import Signals

T = TypeVar("T", Confusion, Epoch)

FORMAT = "resnet-inspect run"


def dumps_record(record: Record) -> str:
    """The record of a run as JSON text."""
    document = {"format": FORMAT, "format_version": RUN_VERSION, **plain(record)}
    return json_text(document, indent=1) + "\n"


def loads_record(text: str) -> Record:
    """The record that `dumps_record` wrote; raises `TraceFileError` for anything else."""
    try:
        document = json.loads(text)
        if document.pop("format") != FORMAT:
            raise ValueError("another format")
        if document.pop("format_version") != RUN_VERSION:
            raise ValueError("another version of the format")
        record = read_dataclass(Record, document)
        _check(record)
        return record
    except (*NOT_UNDERSTOOD, SyntaxError, RecursionError) as error:
        raise TraceFileError(one_line(f"{type(error).__name__}: {error}", "run")) from error


def _check(record: Record) -> None:
    """Raise `ValueError` for what no run has: others rely on it."""
    recipe, images = record.recipe, record.images
    for _, value in recipe.arguments:
        ast.literal_eval(value)
    if recipe.optimizer not in LEARNING_RATES or recipe.schedule not in SCHEDULES:
        raise ValueError("an optimizer or a schedule that is not known")
    if record.state not in STATES:
        raise ValueError(f"no state of a run: {reprlib.repr(record.state)}")
    if len(images.shape) != 3 or 0 in images.shape:
        raise ValueError("images have channels, height and width")
    if {len(images.mean), len(images.std)} != {images.shape[0]} or min(images.std) <= 0:
        raise ValueError("each channel has a mean, and a standard deviation above 0")


def dumps_confusion(confusion: Confusion) -> str:
    """The confusion matrix as JSON text."""
    return json_text(plain(confusion), separators=(",", ":")) + "\n"


def loads_confusion(text: str) -> Confusion:
    """The confusion that `dumps_confusion` wrote; raises `TraceFileError` for anything else."""
    found = _read(Confusion, text)
    if any(len(row) != len(found.counts) for row in found.counts):
        raise TraceFileError(one_line("its confusions are no square", "run"))
    return found


def dumps_line(value: Epoch | Signals) -> str:
    """An epoch or a step as a line of JSON."""
    return json_text(plain(value), separators=(",", ":")) + "\n"


def loads_epochs(text: str) -> tuple[Epoch, ...]:
    """The epochs of a file of lines; raises `TraceFileError` for lines of anything else."""
    found = tuple(_read(Epoch, line) for line in whole_lines(text))
    for place, epoch in enumerate(found, 1):
        if epoch.epoch != place:
            raise TraceFileError(one_line(f"epoch {epoch.epoch} stands at place {place}", "run"))
    return found


def whole_lines(text: str) -> list[str]:
    """The lines that came to their end."""
    return text.split("\n")[:-1]


def _read(kind: type[T], text: str) -> T:
    try:
        return read_dataclass(kind, json.loads(text))
    except (*NOT_UNDERSTOOD, RecursionError) as error:
        raise TraceFileError(one_line(f"{type(error).__name__}: {error}", "run")) from error
