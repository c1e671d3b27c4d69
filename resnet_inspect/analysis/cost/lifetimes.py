"""How long memory is alive, and how much is at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resnet_inspect.traces.model import Trace


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes that are alive from one moment to another, both included."""

    first: int
    last: int
    nbytes: int
    kept: bool = False
    """Whether it is for the backward pass that they are."""


def fullest(spans: Sequence[Span]) -> int:
    """The bytes alive at the fullest moment."""
    changes = sorted(
        [(span.first, span.nbytes) for span in spans]
        + [(span.last + 1, -span.nbytes) for span in spans]
    )
    most = now = 0
    for _, change in changes:  # what ends at a moment stands before what begins there
        now += change
        most = max(most, now)
    return most


@dataclass(frozen=True, slots=True)
class Lifetime:
    """When a storage is alive in the forward pass, if nothing is saved."""

    born: int
    """The call that makes it."""
    dies: int
    """The last call that needs it; beyond all of them for what the network gives."""
    nbytes: int


def of(trace: Trace) -> dict[int, Lifetime]:
    """The storages that a forward pass makes. A call's inputs live until it returns."""
    given = {trace.activations[port.activation].storage for port in trace.inputs}
    born: dict[int, int] = {}
    size: dict[int, int] = {}
    for activation, index in sorted(trace.producer.items(), key=lambda item: item[1]):
        found = trace.activations[activation]
        if found.storage not in given and born.setdefault(found.storage, index) == index:
            size[found.storage] = max(size.get(found.storage, 0), found.tensor.nbytes)
    dies = dict(born)
    for call in trace.calls:
        last = trace.last_descendant[call.index]
        for port in (*call.inputs, *call.outputs):
            storage = trace.activations[port.activation].storage
            if storage in born:
                dies[storage] = max(dies[storage], last if port in call.inputs else call.index)
    for port in trace.outputs:
        storage = trace.activations[port.activation].storage
        if storage in dies:
            dies[storage] = len(trace.calls)
    return {storage: Lifetime(born[storage], dies[storage], size[storage]) for storage in born}
