"""Modules whose forward is called itself are recorded as modules, and left as they were."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.utils.checkpoint
from torch import Tensor, nn

import resnet_inspect as ri
from resnet_inspect.analysis.checks import Opinion, judge
from resnet_inspect.analysis.conventions import counted
from resnet_inspect.capture.equivalence.outputs import first_difference
from resnet_inspect.capture.recording.recorder import Recorder
from resnet_inspect.capture.timing.measurement import Runs, measure
from resnet_inspect.oracle import opinions
from resnet_inspect.traces.json import codec
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Container

SIZE = (2, 3, 10, 10)


def by_helper(module: nn.Module, x: Tensor) -> Tensor:
    made: Tensor = module.forward(x)
    return made


def by_name(module: nn.Module, x: Tensor) -> Tensor:
    made: Tensor = getattr(module, "forward")(x)  # noqa: B009
    return made


def by_checkpoint(module: nn.Module, x: Tensor) -> Tensor:
    made: Tensor = torch.utils.checkpoint.checkpoint(module.forward, x, use_reentrant=False)
    return made


def called(module: nn.Module, x: Tensor) -> Tensor:
    made: Tensor = module(x)
    return made


class Block(nn.Module):
    """A residual block whose sum and norm are of modules that are called past their hooks."""

    def __init__(self, run: Callable[[nn.Module, Tensor], Tensor]) -> None:
        super().__init__()
        self.run = run
        self.conv, self.norm, self.act = nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.run(self.act, x + self.run(self.norm, self.conv(x)))


class Network(nn.Module):
    """Two blocks, each called like its layers."""

    def __init__(self, run: Callable[[nn.Module, Tensor], Tensor]) -> None:
        super().__init__()
        self.run = run
        self.stem = nn.Conv2d(3, 4, 3)
        self.blocks = nn.ModuleList(Block(run) for _ in range(2))
        self.head = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.run(self.stem, x)
        for block in self.blocks:
            x = self.run(block, x)
        return self.run(self.head, x.mean((2, 3)))


def as_called(trace: Trace) -> list[tuple[object, ...]]:
    return [(c.path, c.module, c.nth, c.parent, c.op, c.inputs, c.outputs) for c in trace.calls]


@pytest.mark.parametrize("run", [by_helper, by_name, by_checkpoint])
def test_they_are_recorded_as_if_they_were_called(
    run: Callable[[nn.Module, Tensor], Tensor],
) -> None:
    trace, usual = ri.trace(Network(run), SIZE), ri.trace(Network(called), SIZE)
    assert as_called(trace) == as_called(usual)
    assert len(trace.blocks) == 2
    past = [call.path for call in trace.calls if call.past_hooks]
    assert past == [c.path for c in usual.calls if c.module and c.path and "conv" not in c.path]
    assert codec.loads(codec.dumps(trace)) == trace


def test_a_watched_network_is_recorded_so_too_and_keeps_nothing() -> None:
    model = Network(by_helper)
    before = {name: dict(vars(module)) for name, module in model.named_modules()}
    with ri.watch(model, forwards=None) as seen:
        model(torch.zeros(SIZE))
        with pytest.raises(RuntimeError):
            model(torch.zeros(2, 4, 10, 10))
    assert [len(trace.calls) for trace in seen.traces] == [14, 2]
    assert seen.traces[1].failure is not None
    assert seen.traces[1].calls[seen.traces[1].failure.call].path == "stem"
    after = {name: vars(module) for name, module in model.named_modules()}
    assert {name: list(own) for name, own in after.items()} == {
        n: list(o) for n, o in before.items()
    }


def test_a_forward_of_an_instance_is_put_back() -> None:
    model = Network(by_helper)
    own = model.stem.forward = torch.relu
    trace = ri.trace(model.train(), (2, 4, 8, 8))
    assert trace.calls[1].path == "stem"
    assert model.stem.forward is own
    assert "forward" not in vars(model.head)


def test_where_no_code_names_a_forward_nothing_is_put_on_the_modules() -> None:
    for run, is_put in ((called, False), (by_helper, True)):
        model = Network(run)
        with Recorder(model):
            assert ("forward" in vars(model.stem)) == is_put
            assert "forward" not in vars(model)


def test_who_goes_by_hooks_does_not_see_them_which_is_explained() -> None:
    model = Network(by_helper)
    trace = ri.trace(model, SIZE)
    verdicts = judge(trace.survey, [Opinion(*a) for a in opinions(model, (torch.zeros(SIZE),))])
    assert all(verdict.sound for verdict in verdicts)
    (said,) = [v for v in verdicts if v.opinion.figure == "macs" and "torchinfo" in v.opinion.by]
    unseen = 2 * (64 * 4 * 27 + 4 * 2)
    assert dict(said.explained)["modules whose forward is called past its hooks"] == -unseen
    assert counted(trace.survey, "thop").macs == trace.totals.macs - unseen


def test_each_has_its_time() -> None:
    model = Network(by_helper).eval()
    trace = ri.trace(model, SIZE)
    found = measure(
        model, (torch.zeros(SIZE),), {}, trace, torch.device("cpu"),
        Runs(repeats=1, warm_up=0, backward=True), lambda step: None,
    )  # fmt: skip
    (times,) = found.forward
    leaves = [c for c in trace.calls if c.past_hooks and not isinstance(c.op, Container)]
    assert all(times[call.index] > 0 for call in leaves)
    assert "forward" not in vars(model.stem)


def test_networks_are_compared_at_them() -> None:
    one, other = Network(by_helper).eval(), Network(by_helper).eval()
    other.load_state_dict(one.state_dict())
    paths = [c.module for c in ri.trace(one, SIZE).calls if c.module]
    pairs = [((path, 0), (path, 0)) for path in paths]
    image = torch.randn(SIZE)
    assert first_difference(one, other, pairs, (image,), {}) is None
    with torch.no_grad():
        other.head.weight += 1
    parted = first_difference(one, other, pairs, (image,), {})
    assert parted is not None
    assert parted[0] == "head"
