"""Second opinions on a trace's numbers, as plain numbers, from tools that are not ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


@dataclass(frozen=True, slots=True)
class TorchinfoOpinion:
    """What torchinfo says of a model."""

    parameters: int
    trainable: int
    mult_adds: int
    """Its multiply-adds: with the weights of norms and the biases of linear layers counted in."""


def flop_counter_macs(model: nn.Module, *args: Any) -> int:
    """Multiply-accumulates by torch's dispatcher: half of what `FlopCounterMode` counts."""
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        model(*args)
    flops: int = counter.get_total_flops()
    return flops // 2


def torchinfo(model: nn.Module, input_size: Sequence[int]) -> TorchinfoOpinion:
    """What torchinfo counts for one input of that shape."""
    from torchinfo import summary

    report = summary(model, input_size=tuple(input_size), verbose=0, device="cpu", mode="eval")
    return TorchinfoOpinion(report.total_params, report.trainable_params, report.total_mult_adds)
