"""A network through which signals flow, and plain autograd's own record of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from torch import Tensor, nn
from torch.nn import functional

from resnet_inspect.analysis.signals.findings import gradient_rms
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.signals import Flow, Signals


class Residual(nn.Module):
    """A stem, a shared block that runs twice, a pre-activated one, and a head."""

    def __init__(self, inplace: bool = True) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.relu = nn.ReLU(inplace)
        self.branch = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8))
        self.before = nn.BatchNorm2d(8)
        self.conv = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.norm(self.stem(x)))
        for _ in range(2):
            x = functional.relu(self.branch(x) + x)
        x = x + self.conv(self.relu(self.before(x)))
        return self.head(x.mean((2, 3)))


class Seen:
    """Outputs and their gradients by autograd itself, module by module, in the order of calls."""

    def __init__(self, model: nn.Module, paths: tuple[str, ...]) -> None:
        self.outputs: list[tuple[str, Tensor]] = []
        self.gradients: dict[int, Tensor] = {}
        for path in paths:
            model.get_submodule(path).register_forward_hook(self._hook(path))

    def _hook(self, path: str) -> Callable[..., None]:
        def hook(module: nn.Module, args: Any, made: Tensor) -> None:
            place = len(self.outputs)
            self.outputs.append((path, made.detach().clone()))
            made.register_hook(lambda gradient: self.gradients.__setitem__(place, gradient.clone()))

        return hook


PATHS = ("stem", "norm", "branch.0", "branch.1", "before", "conv", "head")


def flows(trace: Trace, signals: Signals, path: str) -> list[Flow]:
    found = [signals.flows[call.index] for call in trace.calls if call.module == path]
    return [flow for flow in found if flow is not None]


def check_flow(flow: Flow, made: Tensor, gradient: Tensor | None, tolerance: float) -> None:
    x, about = made.double(), {"rel": tolerance, "abs": tolerance}
    assert flow.elements == x.numel()
    assert flow.mean == pytest.approx(x.mean().item(), **about)
    assert flow.std == pytest.approx(x.std(correction=0).item(), **about)
    assert flow.largest == pytest.approx(x.abs().max().item(), **about)
    assert flow.zeros == int((x == 0).sum())
    others = [axis for axis in range(x.dim()) if axis != 1]
    assert flow.channel_mean_squared == pytest.approx(
        x.mean(others).square().mean().item(), **about
    )
    assert flow.channel_variance == pytest.approx(
        x.var(others, correction=0).mean().item(), **about
    )
    if gradient is None:
        return
    norm = gradient.double().norm().item()
    assert flow.gradient_norm == pytest.approx(norm, rel=tolerance)
    rms = gradient_rms(flow)
    assert rms == pytest.approx(gradient.double().square().mean().sqrt().item(), rel=tolerance)
