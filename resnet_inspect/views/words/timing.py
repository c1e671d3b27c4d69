"""What measurements say, in sentences: how they were made, and what they do not tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from resnet_inspect.analysis.timing import Timing, beyond_noise
from resnet_inspect.views.words import text

_HOLDERS = 3
"""How many of those that hold the peak are named."""

BETWEEN = "functions and overhead"
"""Written for what the calls' callers took themselves."""


def remarks_of(speed: Timing) -> Iterator[str]:
    """The cost of the hooks, and who holds the peak."""
    measured, whole, hooked = speed.measured, speed.whole, speed.hooked
    part = f" ({speed.hooks / whole.seconds:+.1%})" if whole.seconds else ""
    spread, runs = max(whole.spread, hooked.spread), len(measured.whole_forward)
    is_noise = speed.hooks < 0 or not beyond_noise(speed.hooks, spread, runs)
    unsure = ", which a single run does not tell" if runs < 2 else ", less than runs differ by"
    yield (
        f"the rows sum to {text.seconds(speed.total.seconds)}; a forward with hooks takes"
        f" {text.seconds(hooked.seconds)}, without {text.seconds(whole.seconds)}: the hooks cost"
        f" {text.signed_seconds(speed.hooks)}{part}{unsure if is_noise else ''}"
    )
    calls = speed.survey.trace.calls
    peak = measured.peak
    held = [
        f"{calls[call].path or BETWEEN} {text.nbytes(nbytes)}"
        for call, nbytes in peak.holders[:_HOLDERS]
    ]
    others = len(peak.holders) - len(held)
    more = [f"and {text.count(others, 'other')}"] if others > 0 else []
    if held:
        at = calls[peak.call].path or "the network itself"
        yield f"the peak is in {at}, held by {', '.join((*held, *more))}"
    yield from measured.notes


def said_of_machine(speed: Timing) -> str:
    """Where and how often it was measured, in a line."""
    measured = speed.measured
    machine = measured.machine
    layout = ", channels last" if measured.channels_last else ""
    return (
        f"{machine.name}, {machine.system}, {text.count(machine.threads, 'thread')} of"
        f" {text.count(machine.cores, 'core')}, torch {machine.torch_version}{layout};"
        f" {text.count(len(measured.forward), 'run')} after {measured.warm_up} to warm up"
    )


def meanings(speeds: Sequence[Timing]) -> Iterator[str]:
    """What the columns mean, said once."""
    yield (
        f"time is the median, IQR the spread; {BETWEEN}: what lies between the calls and cannot be"
        " told apart"
    )
    yield (
        "bytes/s: each step reads its inputs and weights and writes its outputs once; at peak: what"
        " it made and was alive when tensors took most, without workspace"
    )
    if any(_exceeds(speed) for speed in speeds):
        yield (
            "above 100%: fewer operations than counted (Winograd), a kernel that suits the device"
            " better than its matrix product does, or bytes still in a cache"
        )


def _exceeds(speed: Timing) -> bool:
    for index in speed.survey.trace.steps:
        spans = ((index, speed.survey.trace.last_descendant[index]),)
        flops, moved = speed.flops_rate(spans), speed.bytes_rate(spans)
        if (flops or 0) > speed.ceilings.peak or (moved or 0) > speed.ceilings.bandwidth:
            return True
    return False
