"""Networks that are run against the clock, and one whose time is spent where that is known."""

from __future__ import annotations

import time
from typing import Any

import torch
from torch import Tensor, nn

from resnet_inspect.capture.recording.forward import capture
from resnet_inspect.capture.timing.measurement import Runs, measure
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.timing import Measurements

TINY = "resnet:basic:1,1,1,1:width=8"
SIZE = (2, 3, 32, 32)
PAUSE = 0.02
CPU = torch.device("cpu")


def measured(
    model: nn.Module, *shape: int, device: torch.device = CPU, **runs: Any
) -> tuple[Trace, Measurements]:
    x = torch.ones(shape, device=device)
    trace = capture(model, (x,), device=device, mode="as found")
    how = Runs(**{"repeats": 2, "warm_up": 1, **runs})
    return trace, measure(model, (x,), {}, trace, device, how, lambda step: None)


class Sleep(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x * 2

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:  # type: ignore[override]
        time.sleep(PAUSE)
        return gradient * 2


class Slow(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        time.sleep(PAUSE)
        return x * 3


class SlowBack(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return Sleep.apply(x)


class Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.slow = Slow()
        self.act = nn.ReLU(inplace=True)
        self.back = SlowBack()
        self.last = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.back(self.act(self.slow(self.first(x)))))
