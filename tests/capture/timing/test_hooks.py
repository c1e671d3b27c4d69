"""Whose time it is: boundaries that the hooks of modules see, and what lies between two of them."""

from __future__ import annotations

from collections import Counter

import pytest
import torch
from clocked_networks import PAUSE, Network, measured
from torch import Tensor, nn

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.analysis.timing import Timing
from resnet_inspect.capture.timing import subject as clocked
from resnet_inspect.capture.timing.machine import Clock
from resnet_inspect.errors import WorkFailed
from resnet_inspect.traces.timing import course


def test_time_goes_to_who_spends_it() -> None:
    trace, found = measured(Network(), 2, 4, backward=True)
    speed = Timing(Survey(trace), found)

    def span(path: str) -> tuple[tuple[int, int]]:
        (index,) = trace.calls_at[path]
        return ((index, trace.last_descendant[index]),)

    slow, back = speed.forward(span("slow")), speed.backward(span("back"))
    assert slow is not None
    assert back is not None
    assert slow.seconds >= PAUSE
    assert back.seconds >= PAUSE
    for runs, path in ((found.forward, "slow"), (found.backward, "back")):
        ((first, last),) = span(path)
        assert all(sum(run[first : last + 1]) >= PAUSE * 1e9 for run in runs)


class Fickle(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.other = nn.Linear(4, 4), nn.Linear(4, 4)
        self.turn = 0

    def forward(self, x: Tensor) -> Tensor:
        self.turn += 1
        return (self.one if self.turn % 3 else self.other)(x)


def test_a_forward_that_takes_another_way_is_refused_and_leaves_no_hook() -> None:
    model = Fickle()
    with pytest.raises(WorkFailed, match="another call"):
        measured(model, 2, 4, repeats=9)
    for module in model.modules():
        assert not module._forward_hooks
        assert not module._forward_pre_hooks


class Ticks(Clock):
    """A clock that is read once a nanosecond."""

    def __init__(self, device: torch.device) -> None:
        super().__init__(device)
        self.now = 0

    def mark(self) -> int:
        self.now += 1
        return self.now


def test_each_moment_between_two_readings_is_one_call_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocked, "Clock", Ticks)
    trace, found = measured(Network(), 2, 4, backward=True)
    # The last boundary begins nothing, so it has no time.
    owners = Counter(boundary.then for boundary in course(trace)[:-1])
    for run in found.forward:
        assert run == tuple(owners[call.index] for call in trace.calls)
    assert found.whole_forward == found.whole_backward == (1, 1)
    # Backward: what autograd does before it comes to the first node, then each node once.
    made = {trace.producer[p.activation] for call in trace.calls for p in call.outputs}
    for run in found.backward:
        assert {index for index, ticks in enumerate(run) if ticks} == made | {0}
        assert sum(run) == len(made) + 1
