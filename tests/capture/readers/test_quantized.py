"""Quantized layers: their packed weights are parameters, their windows windows."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree
from torchvision import models

import resnet_inspect as ri
from resnet_inspect.analysis.checks import Opinion, judge
from resnet_inspect.analysis.cost import memory
from resnet_inspect.traces import invariants
from resnet_inspect.traces.json import codec
from resnet_inspect.traces.ops import Conv, Linear, Recurrent
from resnet_inspect.views.tables import cost
from resnet_inspect.views.tables.cost.figures import Candidate

pytestmark = [
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(not torch.backends.quantized.supported_engines, reason="no engine"),
]


def surveyed(model: nn.Module, *size: int) -> ri.Survey:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        survey = ri.Survey(ri.trace(model.eval(), size, device="cpu"))
    assert invariants.check(survey.trace) == []
    assert sum(own.total for own in survey.parameters) == survey.totals.parameters.total
    assert codec.loads(codec.dumps(survey.trace)) == survey.trace
    return survey


class Block(nn.Module):
    """A residual block as it is written for quantization."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.a = nn.Conv2d(channels, channels, 3, padding=1)
        self.relu = nn.ReLU()
        self.b = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.sum = torch.ao.nn.quantized.FloatFunctional()

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.sum.add_relu(x, self.b(self.relu(self.a(x))))
        return result


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.quant = torch.ao.quantization.QuantStub()
        self.stem = nn.Conv2d(3, 8, 3, 2, 1, groups=1)
        self.blocks = nn.Sequential(Block(8), Block(8))
        self.fc = nn.Linear(8, 5)
        self.dequant = torch.ao.quantization.DeQuantStub()

    def forward(self, x: Tensor) -> Tensor:
        y = self.blocks(self.stem(self.quant(x)))
        result: Tensor = self.dequant(self.fc(y.mean((2, 3))))
        return result


@pytest.fixture
def pair() -> Iterator[tuple[nn.Module, nn.Module]]:
    """A network, and the same quantized."""
    before = torch.backends.quantized.engine
    torch.backends.quantized.engine = torch.backends.quantized.supported_engines[-1]
    plain = Small().eval()
    fused = torch.ao.quantization.fuse_modules(
        plain, [[f"blocks.{i}.a", f"blocks.{i}.relu"] for i in (0, 1)]
    )
    fused.qconfig = torch.ao.quantization.get_default_qconfig(torch.backends.quantized.engine)
    prepared = torch.ao.quantization.prepare(fused)
    prepared(torch.rand(2, 3, 16, 16))
    yield plain, torch.ao.quantization.convert(prepared)
    torch.backends.quantized.engine = before


def test_a_quantized_network_has_the_counts_of_the_one_that_it_was(
    pair: tuple[nn.Module, nn.Module],
) -> None:
    plain, quantized = (surveyed(model, 2, 3, 16, 16) for model in pair)
    counted = quantized.totals
    assert counted.not_counted == ()
    assert counted.macs == plain.totals.macs
    assert counted.parameters.total == plain.totals.parameters.total
    assert counted.parameters.trainable == 0
    weights = sum(p.numel() for p in pair[0].parameters() if p.dim() > 1)
    biases = counted.parameters.total - weights
    assert counted.parameters.nbytes == weights + 4 * biases
    assert len(quantized.anatomy.blocks) == 2
    assert counted.receptive_field == plain.totals.receptive_field
    convs = [call.op for call in quantized.trace.calls if isinstance(call.op, Conv)]
    assert convs == [call.op for call in plain.trace.calls if isinstance(call.op, Conv)]
    assert quantized.never_called == ()


def test_the_weights_that_cost_counts_are_those_of_the_state_dict(
    pair: tuple[nn.Module, nn.Module],
) -> None:
    held = [one for one in pytree.tree_leaves(pair[1].state_dict()) if torch.is_tensor(one)]
    weights = sum(one.numel() * one.element_size() for one in held if one.dim())
    survey = surveyed(pair[1], 2, 3, 16, 16)
    counted = memory.of(survey.trace)
    assert counted.parameters + counted.buffers == weights
    assert (counted.gradients, counted.saved) == (0, 0)
    remarks = cost.view([Candidate.of(survey)]).remarks
    assert any("no parameter of it is trained" in remark for remark in remarks)


def test_what_others_leave_out_is_explained(pair: tuple[nn.Module, nn.Module]) -> None:
    survey = surveyed(pair[1], 2, 3, 16, 16)
    listed = sum(p.numel() for p in pair[1].parameters())
    for figure, value in (("parameters", listed), ("macs", 0)):
        by = "FlopCounterMode / 2" if figure == "macs" else "torch"
        (verdict,) = judge(survey, [Opinion(figure, by, value)])
        assert not verdict.agrees
        assert sum(amount for _, amount in verdict.explained) == verdict.difference


def test_torchvision_s_quantized_resnet_has_its_parameters() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = models.quantization.resnet18(quantize=True)
    survey = surveyed(model, 1, 3, 64, 64)
    # The batch norms are folded into biases: one number for each channel instead of two.
    plain = models.resnet18()
    channels = sum(m.num_features for m in plain.modules() if isinstance(m, nn.BatchNorm2d))
    total = sum(p.numel() for p in plain.parameters()) - channels
    assert survey.totals.parameters.total == total == 11_684_712
    assert survey.totals.macs == 148_557_824  # as of the network before
    assert len(survey.anatomy.blocks) == 8


DYNAMIC: dict[str, tuple[Any, tuple[int, ...], type]] = {
    "linear": (lambda: nn.Linear(4, 8), (3, 4), Linear),
    "lstm": (lambda: nn.LSTM(4, 8, 2, bidirectional=True), (5, 3, 4), Recurrent),
    "gru": (lambda: nn.GRU(4, 8), (5, 3, 4), Recurrent),
    "lstm cell": (lambda: nn.LSTMCell(4, 8), (3, 4), Recurrent),
    "rnn cell": (lambda: nn.RNNCell(4, 8), (3, 4), Recurrent),
}


@pytest.mark.parametrize("dtype", [torch.qint8, torch.float16], ids=str)
@pytest.mark.parametrize("name", DYNAMIC)
def test_dynamically_quantized_layers_keep_their_counts(name: str, dtype: torch.dtype) -> None:
    build, size, op = DYNAMIC[name]
    model = nn.Sequential(build())
    layers = {nn.Linear, nn.LSTM, nn.GRU, nn.LSTMCell, nn.RNNCell}
    quantized = torch.ao.quantization.quantize_dynamic(model, layers, dtype=dtype)
    plain, found = surveyed(model, *size), surveyed(quantized, *size)
    assert isinstance(found.trace.calls[1].op, op)
    assert found.totals.parameters.total == sum(p.numel() for p in model.parameters())
    assert found.totals.macs == plain.totals.macs
    assert found.totals.not_counted == ()
    # The weights are of the type that was asked for, the biases stay float32.
    wide = torch.tensor([], dtype=dtype).element_size() if dtype.is_floating_point else 1
    held = sum(p.numel() * (wide if p.dim() > 1 else 4) for p in model.parameters())
    assert memory.of(found.trace).parameters == held
