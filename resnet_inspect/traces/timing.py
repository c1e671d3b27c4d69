"""Measurements: how long each call of a trace took on a machine, and what it held, as a value.

They are kept beside the trace and refer to its calls by index. Only what was read off a clock or
an allocator is here; medians, rates and shares are computed in `resnet_inspect.analysis.timing`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from resnet_inspect.traces.model import Trace

MEASUREMENTS_VERSION = 1


@dataclass(frozen=True, slots=True)
class Machine:
    """Where it was measured."""

    device: str
    """"cpu", "cuda:0", "mps:0"."""
    name: str
    """What the maker calls the device: "NVIDIA H200", "AMD EPYC 9B14"."""
    system: str
    """Operating system and architecture."""
    cores: int
    """Logical processors of the machine."""
    threads: int
    """Threads that torch used on the CPU."""
    torch_version: str


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The same large piece of work, done several times."""

    amount: int
    """Operations, or bytes read and written, of doing it once."""
    nanoseconds: tuple[int, ...]
    """What each time took."""

    @property
    def rate(self) -> float:
        """The amount per second, in the best of the times."""
        return self.amount / max(min(self.nanoseconds), 1) * 1e9


@dataclass(frozen=True, slots=True)
class Peak:
    """The moment at which most memory was held by tensors that the run itself had made.

    Weights, buffers and inputs were there before; what a kernel takes and gives back while it runs
    is not seen.
    """

    nbytes: int
    call: int
    """Which call was running."""
    holders: tuple[tuple[int, int], ...]
    """Calls and the bytes of what they had made and was alive, the largest first."""
    allocated: int | None = None
    """What the device's allocator had given out at its own peak, weights included; None if it does
    not say."""


@dataclass(frozen=True, slots=True)
class Measurements:
    """What repeated runs of one network on one input took. All times are in nanoseconds.

    The time of a run is dealt out: each moment belongs to one call, so that the calls of a run sum
    to the whole of it. `course` says to which.
    """

    machine: Machine
    measured_at: str
    """UTC, ISO 8601, to the second."""
    channels_last: bool
    warm_up: int
    """Runs before those that count."""
    forward: tuple[tuple[int, ...], ...]
    """For each run with hooks, what each call took by itself, its callees not included."""
    whole_forward: tuple[int, ...]
    """What each forward without hooks took; they alternate with those above."""
    backward: tuple[tuple[int, ...], ...]
    """As `forward`, of the backward pass; empty if none was asked for."""
    whole_backward: tuple[int, ...]
    compiled: tuple[int, ...]
    """What each forward took after torch.compile; empty if not asked for, or not possible."""
    matmul: Ceiling
    """A large matrix product in the network's dtype."""
    copy: Ceiling
    """A large copy within the device's memory."""
    peak: Peak
    notes: tuple[str, ...] = ()
    """What was asked for and could not be measured."""


@dataclass(frozen=True, slots=True)
class Boundary:
    """A module's forward begins or ends: the moments at which a clock can be read."""

    path: str
    """`ModuleSpec.path` of the module."""
    leaving: bool
    then: int
    """The call that the time from here to the next boundary belongs to."""


def course(trace: Trace) -> tuple[Boundary, ...]:
    """The boundaries that a forward pass crosses, in order.

    What lies between two boundaries belongs to the function called there, if there is exactly one;
    or else to the module that is running, whose own code and whose several functions cannot be
    told apart.
    """
    found: list[Boundary] = []
    functions: list[int] = []
    crossed: tuple[str, bool, int] | None = None
    for index, leaving in _entered_and_left(trace):
        call = trace.calls[index]
        if call.module is None:
            functions += [] if leaving else [index]
            continue
        if crossed is not None:
            found.append(_boundary(*crossed, functions))
        running = (call.parent or 0) if leaving else index
        crossed, functions = (call.module, leaving, running), []
    if crossed is not None:
        found.append(_boundary(*crossed, functions))
    return tuple(found)


def _boundary(path: str, leaving: bool, running: int, functions: list[int]) -> Boundary:
    return Boundary(path, leaving, functions[0] if len(functions) == 1 else running)


def _entered_and_left(trace: Trace) -> Iterator[tuple[int, bool]]:
    """Every call twice: where it begins (False) and where it ends (True)."""
    running: list[int] = []
    for call in trace.calls:
        while running and running[-1] != call.parent:
            yield running.pop(), True
        yield call.index, False
        running.append(call.index)
    while running:
        yield running.pop(), True


def joined(first: Measurements, more: Measurements) -> Measurements:
    """The runs of two rounds as those of one; ceilings and peak are of the first."""
    return replace(
        first,
        forward=first.forward + more.forward,
        whole_forward=first.whole_forward + more.whole_forward,
        backward=first.backward + more.backward,
        whole_backward=first.whole_backward + more.whole_backward,
        compiled=first.compiled + more.compiled,
        notes=tuple(dict.fromkeys(first.notes + more.notes)),
    )


def mismatch(trace: Trace, measured: Measurements) -> str | None:
    """What shows that these are no measurements of that trace; None if nothing does."""
    calls = len(trace.calls)
    if not measured.forward or not measured.whole_forward:
        return "no run was measured"
    if any(len(run) != calls for run in (*measured.forward, *measured.backward)):
        return "a run has another number of calls than the trace"
    if bool(measured.backward) != bool(measured.whole_backward):
        return "the backward pass was measured with hooks or without, not both"
    if not measured.matmul.nanoseconds or not measured.copy.nanoseconds:
        return "a ceiling was not measured"
    if any(call >= calls for call in (measured.peak.call, *(c for c, _ in measured.peak.holders))):
        return "memory is held by a call that is not there"
    return None
