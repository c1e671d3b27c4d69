"""What can be said of an op that is not understood."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import (
    Unknown,
)
from resnet_inspect.views.lessons.page import Reading


def unknown(trace: Trace, call: Call, op: Unknown) -> Iterator[str | Reading]:
    """Why it is not understood, and what that means for the rest of the lesson."""
    yield f"{op.name} is not understood: {op.reason}."
    yield "What follows is what can be said without knowing what it does."
