"""What runs where torch's functions are not seen, or is made in the forward."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import torch
from small_networks import Forward, distinct_parameters, surveyed
from torch import Tensor, nn

import resnet_inspect as ri
from resnet_inspect.errors import ForwardError, UntraceableModel

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:FutureWarning")


class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.clamp(min=0) * 2

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return gradient * 2


def test_what_a_custom_autograd_function_does_is_recorded() -> None:
    model = Forward(lambda m, x: m.conv(Doubled.apply(x)), conv=nn.Conv2d(3, 4, 3))
    survey = surveyed(model, (1, 3, 8, 8))
    assert [c.path for c in survey.trace.calls] == ["", ":clamp", ":mul", "conv"]
    assert survey.totals.not_counted == ()
    assert survey.totals.macs == 36 * 4 * 27


def scripted() -> nn.Module:
    return torch.jit.script(nn.Sequential(nn.Conv2d(4, 6, 3), nn.ReLU()))


def by_tracing() -> nn.Module:
    return torch.jit.trace(nn.Sequential(nn.Conv2d(4, 6, 3), nn.ReLU()), torch.ones(1, 4, 6, 6))


def frozen() -> nn.Module:
    return torch.jit.freeze(torch.jit.script(nn.Sequential(nn.Conv2d(4, 6, 3), nn.ReLU()).eval()))


@pytest.mark.parametrize("build", [scripted, by_tracing, frozen])
def test_a_whole_script_module_is_refused(build: Callable[[], nn.Module]) -> None:
    with pytest.raises(UntraceableModel) as raised:
        ri.trace(build(), (1, 4, 8, 8))
    assert "TorchScript" in raised.value.message
    assert raised.value.hint


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize("build", [scripted, by_tracing, frozen])
def test_a_nested_script_module_is_one_call_reported_by_name(
    build: Callable[[], nn.Module], device: str
) -> None:
    inner = build()
    model = nn.Sequential(nn.Conv2d(3, 4, 3), inner, nn.Conv2d(6, 2, 1))
    model.train() if build is not frozen else model[0].train()
    tensors = {name: (t, t.clone()) for name, t in model.state_dict(keep_vars=True).items()}
    flags = [getattr(module, "training", None) for module in model.modules()]
    image = torch.ones(1, 3, 10, 10)
    before = model(image)

    survey = surveyed(model, (1, 3, 10, 10), device=device)
    assert [c.module for c in survey.trace.calls] == ["", "0", "1", "2"]
    assert [count for _, count in survey.totals.not_counted] == [1]
    assert survey.totals.macs == 64 * 4 * 27 + 36 * 2 * 6
    expected = distinct_parameters(inner)
    assert survey.parameters[2].total == expected
    assert expected == (0 if build is frozen else 6 * 36 + 6)

    assert [getattr(module, "training", None) for module in model.modules()] == flags
    now = model.state_dict(keep_vars=True)
    assert list(now) == list(tensors)
    assert all(now[name] is t and torch.equal(t, copy) for name, (t, copy) in tensors.items())
    assert torch.equal(model(image), before)


def test_a_layer_made_in_the_forward_runs_as_functions_and_is_not_kept() -> None:
    def run(m: Any, x: Tensor) -> Tensor:
        if m.late is None:
            m.late = nn.Linear(4, 2)
        return m.late(m.first(x))

    model = Forward(run, first=nn.Linear(4, 4))
    model.late = None
    survey = surveyed(model, (1, 4), device="cpu")
    assert survey.totals.macs == 16 + 8
    assert survey.totals.not_counted == ()
    assert model.late is None
    assert [name for name, _ in model.named_modules()] == ["", "first"]


def test_the_result_of_code_that_cannot_be_watched_is_said_to_come_from_outside() -> None:
    @torch.jit.script
    def square(x: torch.Tensor) -> torch.Tensor:
        return x @ x

    class Partly(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(8, 8)
            self.constant = torch.ones(8)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            result: torch.Tensor = self.linear(square(x)) + self.constant
            return result

    trace = ri.trace(Partly(), (8, 8))
    remarks = ri.tabulate(trace).remarks
    assert any(
        remark.startswith("linear takes 1 tensor that no recorded call made") for remark in remarks
    )
    assert trace.calls[-1].reads == ("constant",)


def test_a_layer_that_the_forward_deletes_was_there() -> None:
    def run(model: Any, x: Tensor) -> Tensor:
        x = model.conv(x)
        del model.conv
        return x

    model = Forward(run, conv=nn.Conv2d(3, 4, 3))
    trace = surveyed(model, (1, 3, 8, 8)).trace
    assert [call.path for call in trace.calls] == ["", "conv"]
    assert trace.module_at[""].children == ("conv",)
    assert isinstance(model.conv, nn.Conv2d)


def test_a_forward_that_is_cancelled_leaves_its_trace() -> None:
    def run(model: Any, x: Tensor) -> Tensor:
        model.conv(x)
        raise asyncio.CancelledError("stopped")

    with pytest.raises(ForwardError, match="CancelledError: stopped") as raised:
        ri.trace(Forward(run, conv=nn.Conv2d(3, 4, 3)), (1, 3, 8, 8))
    assert raised.value.trace is not None
    assert [call.path for call in raised.value.trace.calls] == ["", "conv"]
