"""What goes in: element types, devices, memory formats, and inputs by name and by place."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torchvision
from small_networks import Forward, branch, shapes, surveyed
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

import resnet_inspect as ri
from resnet_inspect.oracle import flop_counter_macs


def test_input_values_are_the_same_each_time_and_finite() -> None:
    seen: list[Tensor] = []

    def run(m: Any, x: Tensor) -> Tensor:
        seen.append(x.clone())
        return x.neg()

    model = Forward(run)
    ri.trace(model, (2, 3, 4, 4), device="cpu")
    torch.rand(7)
    ri.trace(model, (2, 3, 4, 4), device="cpu")
    assert torch.equal(*seen)
    assert torch.isfinite(seen[0]).all()
    assert seen[0].std() > 0


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_a_model_of_another_dtype_gets_an_input_of_that_dtype(dtype: str, device: str) -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
    model.to(getattr(torch, dtype))
    survey = surveyed(model, (1, 3, 8, 8), device=device)
    itemsize = {"float16": 2, "bfloat16": 2, "float64": 8}[dtype]
    assert {a.tensor.dtype for a in survey.trace.activations} == {dtype}
    assert survey.totals.parameters.nbytes == (112 + 8) * itemsize
    assert survey.totals.macs == 36 * 4 * 27


@pytest.mark.parametrize(
    ("option", "dtype"), [("half", "float16"), ("bf16", "bfloat16"), ("double", "float64")]
)
def test_the_dtype_option_rules_a_named_variant(option: str, dtype: str) -> None:
    trace = ri.trace("resnet18", (1, 3, 64, 64), dtype=option)
    assert {a.tensor.dtype for a in trace.activations} == {dtype}
    assert {p.tensor.dtype for m in trace.modules for p in m.parameters} == {dtype}


@pytest.mark.parametrize("option", ["half", "bf16", "double"])
def test_the_dtype_option_rules_the_input_of_a_module_without_parameters(option: str) -> None:
    trace = ri.trace(nn.ReLU(), (2, 3), dtype=option)
    expected = {"half": "float16", "bf16": "bfloat16", "double": "float64"}[option]
    assert trace.spec(trace.outputs[0]).dtype == expected


def test_channels_last_changes_nothing() -> None:
    model = torchvision.models.resnet18().eval()
    plain = ri.trace(model, (1, 3, 64, 64))
    model.to(memory_format=torch.channels_last)
    last = ri.trace(model, (1, 3, 64, 64))
    image = torch.ones(1, 3, 64, 64).to(memory_format=torch.channels_last)
    given = ri.trace(model, inputs=image)
    assert plain.calls == last.calls == given.calls
    assert plain.modules == last.modules == given.modules


def test_a_model_on_meta_is_traced_there() -> None:
    with torch.device("meta"):
        model = torchvision.models.resnet18()
    survey = surveyed(model, (1, 3, 224, 224))
    assert survey.trace.provenance.device == "meta"
    assert survey.totals.parameters.total == 11_689_512
    assert survey.totals.macs == 1_814_073_344


def test_a_model_on_meta_that_needs_numbers_is_traced_on_the_cpu_and_stays_on_meta() -> None:
    with torch.device("meta"):
        model = branch()
    survey = surveyed(model, (1, 3, 8, 8))
    assert survey.trace.provenance.device == "cpu"
    assert {p.device.type for p in model.parameters()} == {"meta"}
    assert survey.totals.macs == 36 * 4 * 27


def lazy() -> nn.Module:
    return nn.Sequential(
        nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d(), nn.ReLU(), nn.Flatten(), nn.LazyLinear(5)
    )


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_lazy_layers_get_their_shapes_and_the_model_stays_lazy(device: str) -> None:
    model = lazy()
    state = torch.get_rng_state()
    survey = surveyed(model, (1, 3, 8, 8), device=device)
    assert torch.equal(torch.get_rng_state(), state)
    assert survey.totals.parameters.total == 4 * 27 + 4 + 8 + 144 * 5 + 5
    assert survey.totals.macs == 36 * 4 * 27 + 144 * 5
    assert survey.totals.not_counted == ()
    assert [c.module for c in survey.trace.calls] == ["", "0", "1", "2", "3", "4"]
    assert [m.class_name for m in survey.trace.modules][1:3] == ["Conv2d", "BatchNorm2d"]
    assert survey.trace.provenance.device == device
    assert survey.trace.provenance.notes
    lazy_layers = [nn.LazyConv2d, nn.LazyBatchNorm2d, nn.ReLU, nn.Flatten, nn.LazyLinear]
    assert [type(m) for m in model] == lazy_layers
    assert all(is_lazy(p) for p in model.parameters())
    assert is_lazy(model[1].running_mean)
    model(torch.ones(1, 6, 9, 9))  # still free to take another shape
    assert model[0].in_channels == 6


def test_a_model_called_with_names_only() -> None:
    def run(m: Any, *, image: Tensor, mask: Tensor) -> Tensor:
        return m.conv(image) * mask

    model = Forward(run, conv=nn.Conv2d(3, 4, 3, padding=1))
    size = {"image": (1, 3, 8, 8), "mask": (1, 1, 8, 8)}
    survey = surveyed(model, size)
    assert [port.label for port in survey.trace.inputs] == ["image", "mask"]
    assert survey.totals.macs == 64 * 4 * 27
    given = {name: torch.ones(shape) for name, shape in size.items()}
    assert ri.trace(model, inputs=given).calls == survey.trace.calls
    assert survey.totals.macs == flop_counter_macs(model, **given)


def test_several_positional_inputs() -> None:
    survey = surveyed(Forward(lambda m, x, y: x + y), [(2, 3), (2, 1)])
    assert [port.label for port in survey.trace.inputs] == ["0", "1"]
    assert shapes(survey, ":add") == [(2, 3)]


def test_an_embedding_takes_integers() -> None:
    model = nn.Sequential(nn.Embedding(10, 4), nn.Linear(4, 2))
    for survey in (
        surveyed(model, (1, 7), dtype="int64"),
        surveyed(model, inputs=torch.tensor([[3, 1, 4, 1, 5, 9, 2]])),
    ):
        assert survey.trace.spec(survey.trace.inputs[0]).dtype == "int64"
        assert survey.totals.parameters.total == 40 + 10
        assert survey.totals.macs == 7 * 8
        assert survey.totals.not_counted == ()
