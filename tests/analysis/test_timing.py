"""What is computed of measurements: which calls have a time, and what is beyond noise."""

from __future__ import annotations

import random

import pytest
from saved import ByHand
from timings import measured

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.analysis.timing import Timing, beyond_noise, typical
from resnet_inspect.traces.ops import Activate, Elementwise, Reshape
from resnet_inspect.traces.timing import course


def test_two_functions_in_a_row_are_their_caller_s() -> None:
    hand = ByHand()
    x = hand.step("first", Activate("relu"), hand.input(1, 8))
    y = hand.step("alone:neg", Elementwise("neg"), x)
    z = hand.step("second", Activate("relu"), y)
    u = hand.step("both:add", Elementwise("add"), (y, z))
    trace = hand.trace(hand.step("both:view", Reshape("view"), u, (8,)))
    owners = [(boundary.path, boundary.leaving, boundary.then) for boundary in course(trace)]
    assert owners == [
        ("", False, 0), ("first", False, 1), ("first", True, 2), ("second", False, 3),
        ("second", True, 0), ("", True, 0),
    ]  # fmt: skip
    speed = Timing(Survey(trace), measured(trace))
    assert speed.forward(((2, 2),)) is not None
    assert speed.forward(((4, 5),)) is None


@pytest.mark.parametrize("runs", [2, 3, 5, 10, 20])
def test_equal_networks_are_rarely_told_apart(runs: int) -> None:
    """By trial: medians and quartiles of runs that differ by chance alone."""
    chance = random.Random(runs)
    told = 0
    for _ in range(2_000):
        sides = [[chance.gauss(10**9, 10**7) for _ in range(runs)] for _ in range(2)]
        mine, theirs = (typical([round(once) for once in side]) for side in sides)
        spread = max(mine.spread, theirs.spread)
        told += beyond_noise(mine.seconds - theirs.seconds, spread, runs)
    assert told <= 2_000 / 50
    assert beyond_noise(2, 0.1, runs)
    assert not beyond_noise(1, 0, 1)
