"""What the modules of a network are, and the tensors that they hold."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from resnet_inspect.capture.members import named_modules
from resnet_inspect.capture.recording.modules import Member, held_tensors, module_specs
from resnet_inspect.traces.modules import ModuleSpec


def specs(model: nn.Module) -> dict[str, ModuleSpec]:
    paths: dict[int, list[str]] = {}
    for path, module in named_modules(model):
        paths.setdefault(id(module), []).append(path)
    known: dict[int, Sequence[str]] = {**paths}
    every = {id(module): module for _, module in named_modules(model)}.values()
    return {one.path: one for one in module_specs(map(Member.of, every), known)}


def test_a_tied_weight_names_the_first_that_is_the_same_tensor() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4, bias=False))
    model[1].weight = model[0].weight
    model[0].bias.requires_grad_(False)
    found = specs(model)
    assert [(p.name, p.trainable, p.same_as) for p in found["0"].parameters] == [
        ("weight", True, None), ("bias", False, None),
    ]  # fmt: skip
    assert [(p.name, p.same_as) for p in found["1"].parameters] == [("weight", "0.weight")]


def test_buffers_have_no_gradient_and_modes_are_those_of_each() -> None:
    model = nn.Sequential(nn.BatchNorm2d(4), nn.ReLU().eval())
    found = specs(model)
    assert [(b.name, b.tensor.shape, b.tensor.dtype) for b in found["0"].buffers] == [
        ("running_mean", (4,), "float32"),
        ("running_var", (4,), "float32"),
        ("num_batches_tracked", (), "int64"),
    ]
    assert not any(one.trainable for one in found["0"].buffers)
    assert [one.training for one in found.values()] == [True, True, False]


def test_a_layer_of_two_parents_is_one_module_with_another_name() -> None:
    layer = nn.ReLU()
    found = specs(nn.Sequential(nn.Sequential(layer), nn.Sequential(layer, layer)))
    assert set(found) == {"", "0", "0.0", "1"}
    assert found["0.0"].aliases == ("1.0", "1.1")
    assert found["1"].children == ("0.0",)


def test_a_module_that_a_child_of_its_own_holds_is_no_child_of_that() -> None:
    model = nn.Sequential(nn.Sequential(nn.ReLU()))
    model[0].parent = model
    found = specs(model)
    assert found["0"].children == ("0.0",)
    assert found[""].aliases == ("0.parent",)


def test_what_modules_hold_is_known_by_its_first_name_constants_too() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    model.constant = torch.ones(2)
    model[1].again = model.constant
    model[1].weight = model[0].bias
    names = {name: tensor for tensor, name in held_tensors(model).values()}
    assert set(names) == {
        "constant", "0.weight", "0.bias", "1.bias", "1.running_mean", "1.running_var",
        "1.num_batches_tracked",
    }  # fmt: skip
    assert names["constant"] is model.constant
