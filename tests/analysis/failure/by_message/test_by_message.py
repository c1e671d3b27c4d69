"""Messages that read as torch's and are not: each ends in a sentence, soon."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from saved import steady, trace_of

from resnet_inspect.analysis.failure import sentence
from resnet_inspect.analysis.failure.by_message import calls, layers, machine
from resnet_inspect.traces.model import Failure

PATTERNS = [pattern for family in (calls, layers, machine) for pattern, _ in family.RULES._rules]


def said(message: str, call: int) -> str:
    """What is said of the saved trace that broke, had it broken so."""
    trace = trace_of("broken")
    error, _, rest = message.partition(": ")
    return sentence(replace(trace, failure=Failure(call % len(trace.calls), error, rest, "")))


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.pattern[:40])
def test_what_a_rule_looks_for_with_any_numbers_has_a_sentence(pattern: object) -> None:
    @steady
    @given(st.from_regex(pattern), st.integers(0, 20))  # type: ignore[arg-type]
    def holds(message: str, call: int) -> None:
        assert said(message, call)

    holds()


@pytest.mark.parametrize(
    "message",
    [
        "RuntimeError: Expected number of channels in input to be divisible by num_groups, but got"
        f" input of shape [1, {7 * 10**30}] and num_groups={10**40}",
        "RuntimeError: number of channels in input to be divisible by num_groups shape ["
        f"{'9' * 9000}] and num_groups=0",
        "RuntimeError: " + "pixel_shuffle" * 200_000,
        "TypeError: N.forward() missing 1 required " * 50_000,
        "NotImplementedError: " + "[x] is missing" * 200_000,
    ],
    ids=lambda message: message[:30],
)
def test_no_message_takes_long(message: str) -> None:
    start = time.process_time()
    assert said(message, 2)
    assert time.process_time() - start < 2
