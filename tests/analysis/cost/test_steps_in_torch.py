"""What a training step takes, against a real step: storages that are counted, FLOPs that are."""

from __future__ import annotations

import pytest
import torch
from counted import Alive
from torch import nn
from torch.utils.checkpoint import checkpoint
from torch.utils.flop_counter import FlopCounterMode

from resnet_inspect import pipeline
from resnet_inspect.analysis.cost import gradients, memory
from resnet_inspect.analysis.structure import freezing
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import UsageError
from resnet_inspect.traces import codec

SIZE = (8, 3, 64, 64)


class Unit(nn.Module):
    def __init__(self, given: int, made: int, stride: int) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(given, made, 3, stride, 1), nn.Conv2d(made, made, 3, 1, 1)
        self.na, self.nb = nn.BatchNorm2d(made), nn.BatchNorm2d(made)
        self.side = nn.Conv2d(given, made, 1, stride) if given != made else nn.Identity()

    def forward(self, x):
        return torch.relu(self.nb(self.b(torch.relu(self.na(self.a(x))))) + self.side(x))


class Net(nn.Module):
    def __init__(self, again: str = "") -> None:
        super().__init__()
        self.again = again
        self.enter = nn.Sequential(nn.Conv2d(3, 16, 3, 1, 1), nn.BatchNorm2d(16), nn.ReLU())
        self.units = nn.ModuleList(
            [Unit(16, 16, 1), Unit(16, 16, 1), Unit(16, 32, 2), Unit(32, 32, 1)]
        )
        self.leave = nn.Linear(32, 10)

    def forward(self, x):
        x = self.enter(x)
        for unit in self.units:
            if self.again:
                x = checkpoint(unit, x, use_reentrant=self.again == "reentrant")
            else:
                x = unit(x)
        return self.leave(x.mean((2, 3)))


class Cast(Net):
    def forward(self, x):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return super().forward(x)


FROZEN = {
    "nothing": "",
    "stem": "stem",
    "most": "stem,stage 1",
    "all but the head": "stem,stage 1-2",
}


def freeze(model: nn.Module, names: frozenset[str]) -> None:
    for name, parameter in model.named_parameters():
        parameter.requires_grad = name not in names


def step(model: nn.Module) -> int:
    """Bytes held at the fullest moment of a real step, gradients of the step before kept."""
    model.train()
    images = torch.rand(SIZE)
    model(images).float().sum().backward()
    with Alive() as alive:
        model(images).float().sum().backward()
    held = {t.untyped_storage().data_ptr(): t.nbytes for t in (*model.parameters(), images)}
    held |= {t.data_ptr(): t.nbytes for t in model.buffers()}
    grads = sum(p.grad.nbytes for p in model.parameters() if p.grad is not None)
    return sum(held.values()) + grads + alive.most


def traced(model: nn.Module):
    return pipeline.trace(model, SIZE, mode="train")


@pytest.mark.parametrize("frozen", FROZEN)
def test_a_step_of_a_network_frozen_in_parts(frozen):
    model = Net()
    survey = Survey(traced(model))
    names = freezing.parameters_of(survey, FROZEN[frozen]) if FROZEN[frozen] else frozenset()
    freeze(model, names)
    asked, real = memory.of(freezing.frozen(survey.trace, names)), memory.of(traced(model))
    assert asked == real
    assert real.training == pytest.approx(step(model), rel=0.1)
    assert real.training >= real.inference


@pytest.mark.parametrize("model", [Net("reentrant"), Net("not"), Cast()], ids=(
    "reentrant", "not reentrant", "autocast"))  # fmt: skip
def test_a_step_with_checkpoints_or_autocast(model):
    found = memory.of(traced(model))
    assert found.training == pytest.approx(step(model), rel=0.1)
    assert found.training < 0.8 * memory.of(traced(Net())).training


def test_a_trace_that_is_saved_keeps_its_checkpoints():
    trace = traced(Net("not"))
    assert len({call.checkpoint for call in trace.calls} - {None}) == 4
    assert codec.loads(codec.dumps(trace)) == trace


@pytest.mark.parametrize("frozen", FROZEN)
def test_macs_of_a_step_are_those_that_a_real_backward_makes(frozen):
    model = Net()
    survey = Survey(traced(model))
    names = freezing.parameters_of(survey, FROZEN[frozen]) if FROZEN[frozen] else frozenset()
    freeze(model, names)
    with FlopCounterMode(display=False) as counter:
        model(torch.rand(SIZE)).sum().backward()
    asked = gradients.training_macs(Survey(freezing.frozen(survey.trace, names)))
    assert 2 * asked == counter.get_total_flops()


@pytest.mark.parametrize(
    ("written", "first", "count"),
    [
        ("stem", "enter.0.weight", 4),
        ("Stage 1", "units.0.a.bias", 16),
        ("stages 1 - 2,head", "leave.bias", 36),
        ("units.3.na", "units.3.na.weight", 2),
    ],
)
def test_parts_hold_their_parameters(written, first, count):
    found = freezing.parameters_of(Survey(traced(Net())), written)
    assert first in found
    assert len(found) == count


@pytest.mark.parametrize("written", ["stage 9", "stage 2-1", "foo", " , ", "stage 0"])
def test_parts_that_are_none_are_refused(written):
    with pytest.raises(UsageError):
        freezing.parameters_of(Survey(traced(Net())), written)
