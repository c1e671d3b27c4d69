"""Real training steps: what they hold, and the FLOPs that torch counts of them."""

from __future__ import annotations

import torch
from counted import Alive
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from resnet_inspect import pipeline

SIZE = (4, 3, 32, 32)


FROZEN = {
    "nothing": "",
    "stem": "stem",
    "most": "stem,stage 1",
    "all but the head": "stem,stage 1-2",
}


def freeze(model: nn.Module, names: frozenset[str]) -> None:
    for name, parameter in model.named_parameters():
        parameter.requires_grad = name not in names


def step(model: nn.Module, images: torch.Tensor | None = None) -> int:
    """Bytes held at the fullest moment of a real step, gradients of the step before kept."""
    model.train()
    images = torch.rand(SIZE) if images is None else images

    with torch.no_grad():
        weights = torch.rand_like(model(images))

    def forward_and_backward() -> None:
        result = model(images)
        (result * weights).sum().backward()

    forward_and_backward()
    with Alive() as alive:
        forward_and_backward()
    held = {t.untyped_storage().data_ptr(): t.nbytes for t in (*model.parameters(), images)}
    held |= {t.data_ptr(): t.nbytes for t in model.buffers()}
    grads = sum(p.grad.nbytes for p in model.parameters() if p.grad is not None)
    return sum(held.values()) + grads + alive.most


def flops(model: nn.Module) -> int:
    """Of a real step, as torch counts them."""
    with FlopCounterMode(display=False) as counter:
        model(torch.rand(SIZE)).sum().backward()
    return counter.get_total_flops()


def traced(model: nn.Module):
    return pipeline.trace(model, SIZE, mode="train")
