"""What holds memory when it is fullest, held against the model of memory and against sums."""

from __future__ import annotations

import pytest
import torch
from clocked_networks import SIZE, TINY

from resnet_inspect import pipeline
from resnet_inspect.analysis.cost import memory
from resnet_inspect.capture.timing.memory import Alive


@pytest.mark.parametrize("name", [TINY, "resnet18", "resnet:bottleneck:1,1:width=8"])
def test_the_peak_is_what_the_model_of_memory_says(name: str) -> None:
    trace, found = pipeline.measure(name, SIZE, runs={"repeats": 1, "warm_up": 0})
    assert found.peak.nbytes == memory.peak(trace)
    assert sum(nbytes for _, nbytes in found.peak.holders) == found.peak.nbytes


@pytest.fixture
def nothing_there() -> Alive:
    return Alive(())


def test_what_is_gone_holds_nothing_and_the_peak_says_who_held_it(nothing_there: Alive) -> None:
    alive = nothing_there
    with alive:
        alive.notice(1)
        first = torch.zeros(100)
        alive.notice(2)
        second = torch.zeros(50)
        assert (alive.peak, alive.call, alive.holders) == (600, 2, {1: 400, 2: 200})
        del first
        alive.notice(3)
        third = torch.zeros(90)
        assert (alive.peak, alive.call) == (600, 2), "100 elements are gone before 90 come"
        fourth = torch.zeros(11)
        assert (alive.peak, alive.call) == (604, 3)
        assert alive.holders == {2: 200, 3: 404}
    del second, third, fourth


def test_views_take_no_memory_and_what_was_there_before_is_not_counted() -> None:
    there = torch.zeros(1000)
    alive = Alive([there])
    with alive:
        alive.notice(1)
        there.view(10, 100)[2:].relu_()
        assert alive.peak == 0
        made = there[:10] + 1
        assert made.view(2, 5).t().shape == (5, 2)
    assert (alive.peak, alive.holders) == (40, {1: 40})


def test_none_is_kept_alive(nothing_there: Alive) -> None:
    with nothing_there:
        for _ in range(20):
            torch.zeros(100)
    assert nothing_there.peak == 400
