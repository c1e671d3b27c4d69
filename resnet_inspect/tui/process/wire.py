"""Measurements that grow while they are made: what is sent of them from process to process.

A run is sent once. The first state goes as a whole; of each later one only its new runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from resnet_inspect.errors import WorkFailed
from resnet_inspect.traces.codec import Measured
from resnet_inspect.traces.timing import Measurements, mismatch

_RUNS = ("forward", "whole_forward", "backward", "whole_backward")
"""The fields of measurements that hold something for each run."""


def added(before: Measurements, now: Measurements) -> dict[str, Any]:
    """The runs that the later state has and the earlier has not, as plain data."""
    return {name: getattr(now, name)[len(getattr(before, name)) :] for name in _RUNS}


def grown(before: Measured, more: Mapping[str, Any]) -> Measured:
    """The later state, from the earlier one and what `added` gave of the two.

    Raises `WorkFailed` for runs that are not of that trace.
    """
    trace, found = before
    runs: dict[str, Any] = {name: (*getattr(found, name), *_frozen(more[name])) for name in _RUNS}
    now = replace(found, **runs)
    fault = mismatch(trace, now)
    if fault is not None:
        raise WorkFailed(f"the measurements so far are damaged: {fault}")
    return trace, now


def _frozen(value: Any) -> Any:
    """Lists, and the lists in them, as tuples."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
