"""Traces as JSON that is damaged: every place in a document, and the error that refuses it."""

from __future__ import annotations

from typing import Any

import pytest

from resnet_inspect.errors import TraceFileError
from resnet_inspect.traces.json import codec


def refusal(written: str) -> TraceFileError:
    """The error with which a text is refused: one line, and not a long one."""
    with pytest.raises(TraceFileError) as caught:
        codec.loads(written)
    must_be_one_line(caught.value)
    return caught.value


def must_be_one_line(error: TraceFileError) -> None:
    assert error.message
    assert len(error.message.splitlines()) == 1
    assert len(error.message) < 300


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value inside a JSON document."""
    entries = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    found = [path] if path else []
    for key, inner in entries:
        found.extend(places(inner, (*path, key)))
    return found


def put(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """What stood at a place, after something else was put there."""
    for key in path[:-1]:
        document = document[key]
    before, document[path[-1]] = document[path[-1]], value
    return before
