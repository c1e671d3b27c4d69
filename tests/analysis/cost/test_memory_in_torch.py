"""The memory model against what torch really saves and holds."""

from __future__ import annotations

import pytest
import torch
from counted import Alive
from torch import nn
from torch.autograd.graph import saved_tensors_hooks
from torchvision.models import get_model

from resnet_inspect import pipeline
from resnet_inspect.analysis.cost import memory


def saved_by_autograd(model: nn.Module, images: torch.Tensor) -> int:
    """Bytes of the distinct storages that one training forward pass saves, weights left out."""
    own = {t.untyped_storage().data_ptr() for t in (*model.parameters(), *model.buffers(), images)}
    found: dict[int, int] = {}
    alive = []

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            found[storage.data_ptr()] = storage.nbytes()
            alive.append(tensor)  # so that no address is used twice
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        model(images).sum().backward()
    return sum(found.values())


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "resnext50_32x4d"])
def test_saved_bytes_are_those_that_autograd_saves(name):
    size = (2, 3, 96, 96)
    model = get_model(name, weights=None).train()
    measured = saved_by_autograd(model, torch.rand(size))
    predicted = memory.of(pipeline.trace(name, size, mode="train")).saved
    assert predicted == pytest.approx(measured, rel=0.01)


def test_behind_frozen_layers_nothing_is_saved_for_them():
    model = get_model("resnet18", weights=None).train()
    for name, parameter in model.named_parameters():
        parameter.requires_grad = name.startswith(("layer4", "fc"))
    measured = saved_by_autograd(model, torch.rand(2, 3, 96, 96))
    predicted = memory.of(pipeline.trace(model, (2, 3, 96, 96), mode="train"))
    assert predicted.saved == pytest.approx(measured, rel=0.02)
    assert predicted.gradients < predicted.parameters


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_the_peak_of_inference_is_what_is_alive_at_once(name):
    size = (2, 3, 96, 96)
    model = get_model(name, weights=None).eval()
    images = torch.rand(size)
    with torch.no_grad(), Alive() as alive:
        model(images)
    assert memory.peak(pipeline.trace(name, size)) == pytest.approx(alive.most, rel=0.02)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_an_optimizer_keeps_what_it_is_said_to_keep(optimizer):
    model = get_model("resnet18", weights=None)
    chosen = {
        "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
        "momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
        "adam": lambda p: torch.optim.Adam(p),
    }[optimizer](model.parameters())
    model(torch.rand(2, 3, 32, 32)).sum().backward()
    chosen.step()
    kept = sum(
        value.nbytes
        for state in chosen.state.values()
        for value in state.values()
        if torch.is_tensor(value) and value.dim()
    )
    found = memory.of(pipeline.trace("resnet18"), optimizer)
    assert found.optimizer == kept
    assert found.gradients == sum(p.grad.nbytes for p in model.parameters())
