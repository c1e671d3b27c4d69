"""Functions that are layers: what one does is what is read of the layer that calls it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from resnet_inspect.capture.readers.names import function_name
from resnet_inspect.capture.readers.registry import read_function, read_op
from resnet_inspect.traces.ops import Attention, Conv, Linear, Norm, Op, Pool, Unknown, Window


class Reading(TorchFunctionMode):
    """What each function is read as that is called."""

    def __init__(self) -> None:
        super().__init__()
        self.ops: list[Op] = []

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        self.ops.append(read_function(function_name(func), args, kwargs or {}, in_place=False))
        return func(*args, **(kwargs or {}))


LAYERS: dict[str, tuple[nn.Module, tuple[int, ...]]] = {
    "conv": (nn.Conv2d(4, 6, (3, 1), (2, 1), (1, 0), groups=2), (1, 4, 9, 8)),
    "conv 1-D": (nn.Conv1d(4, 6, 3, dilation=2, bias=False), (1, 4, 12)),
    "conv 3-D": (nn.Conv3d(4, 6, (1, 2, 3), padding=(0, 1, 1)), (1, 4, 5, 6, 7)),
    "same": (nn.Conv2d(4, 6, (4, 3), padding="same"), (1, 4, 9, 8)),
    "transposed": (
        nn.ConvTranspose2d(4, 6, 3, 2, 1, output_padding=1, groups=2, dilation=2), (1, 4, 5, 5),
    ),
    "transposed 1-D": (nn.ConvTranspose1d(4, 6, 3, bias=False), (1, 4, 5)),
    "max pool": (nn.MaxPool2d(3, 2, 1, ceil_mode=True), (1, 4, 9, 9)),
    "max pool, its stride": (nn.MaxPool1d(3), (1, 4, 9)),
    "max pool, dilated": (nn.MaxPool3d(2, 1, dilation=2), (1, 4, 5, 5, 5)),
    "average pool": (nn.AvgPool2d((3, 2), padding=(1, 0)), (1, 4, 9, 8)),
    "Lp pool": (nn.LPPool2d(2, 3, 2, ceil_mode=True), (1, 4, 9, 9)),
    "adaptive": (nn.AdaptiveAvgPool2d((2, None)), (1, 4, 9, 8)),
    "adaptive maximum": (nn.AdaptiveMaxPool3d(1), (1, 4, 3, 3, 3)),
    "linear": (nn.Linear(4, 6), (2, 4)),
    "linear without bias": (nn.Linear(4, 6, bias=False), (2, 4)),
    "batch norm, trained": (nn.BatchNorm2d(4).train(), (2, 4, 3, 3)),
    "batch norm, kept": (nn.BatchNorm2d(4).eval(), (2, 4, 3, 3)),
    "batch norm, without": (nn.BatchNorm2d(4, track_running_stats=False).eval(), (2, 4, 3, 3)),
    "instance norm": (nn.InstanceNorm2d(4, affine=True).eval(), (2, 4, 3, 3)),
    "group norm": (nn.GroupNorm(2, 4), (2, 4, 3, 3)),
    "layer norm": (nn.LayerNorm((4, 3)), (2, 4, 3)),
    "RMS norm": (nn.RMSNorm(3), (2, 4, 3)),
    "LSTM cell": (nn.LSTMCell(4, 6), (2, 4)),
    "GRU cell": (nn.GRUCell(4, 6), (2, 4)),
    "RNN cell": (nn.RNNCell(4, 6), (2, 4)),
    "upsampled": (nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True), (1, 4, 3, 3)),
    "upsampled, nearest": (nn.Upsample(scale_factor=2), (1, 4, 3, 3)),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.filterwarnings("ignore:Using padding='same'")
def test_a_function_does_what_the_layer_does_that_calls_it(name: str) -> None:
    layer, shape = LAYERS[name]
    with Reading() as reading:
        layer(torch.ones(shape))
    assert read_op(layer, shape) in reading.ops


@pytest.mark.filterwarnings("ignore:LSTM with projections")
@pytest.mark.parametrize(
    "layer",
    [
        nn.LSTM(4, 6, num_layers=2, bidirectional=True, proj_size=3),
        nn.GRU(4, 6, bias=False),
        nn.RNN(4, 6, nonlinearity="relu"),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_recurrent_layers_are_told_from_their_weights(layer: nn.RNNBase) -> None:
    x = torch.ones(5, 2, 4)
    for given in (x, nn.utils.rnn.pack_padded_sequence(x, torch.tensor([5, 3]))):
        with Reading() as reading:
            layer(given)
        assert read_op(layer) in reading.ops


def test_attention_is_told_from_its_projections() -> None:
    for layer, width in (
        (nn.MultiheadAttention(8, 2, add_bias_kv=True, add_zero_attn=True), (8, 8)),
        (nn.MultiheadAttention(8, 2, kdim=6, vdim=4), (6, 4)),
    ):
        with Reading() as reading:
            layer.train()(
                torch.ones(3, 1, 8), torch.ones(5, 1, width[0]), torch.ones(5, 1, width[1])
            )
        (found,) = (op for op in reading.ops if isinstance(op, Attention))
        assert found == read_op(layer)


def read(name: str, *args: Any, **kwargs: Any) -> Op:
    return read_function(name, args, kwargs, in_place=False)


def test_arguments_that_are_left_out_are_as_torch_has_them() -> None:
    x, weight = torch.ones(1, 4, 9, 9), torch.ones(6, 2, 3, 3)
    plain = Window((3, 3), (1, 1), (0, 0), (1, 1))
    assert read("conv2d", x, weight, groups=2) == Conv(plain, 4, 6, 2, False)
    assert read("conv2d", x, weight=weight, bias=torch.ones(6), groups=2).bias is True  # type: ignore[union-attr]
    assert read("avg_pool2d", x, 3) == Pool("avg", Window((3, 3), (3, 3), (0, 0), (1, 1)))
    assert read("max_pool2d_with_indices", x, 3, 1) == Pool("max", plain)
    assert read("linear", x, torch.ones(5, 9)) == Linear(9, 5, False)


def test_a_norm_of_a_function_takes_the_statistics_that_it_is_given() -> None:
    x, mean = torch.ones(2, 4, 3), torch.zeros(4)
    assert read("batch_norm", x, mean, mean) == Norm("batch", 4, of_input=False)
    assert read("batch_norm", x, mean, mean, training=True) == Norm("batch", 4, of_input=True)
    assert read("batch_norm", x, None, None) == Norm("batch", 4, of_input=True)
    assert read("instance_norm", x, mean, mean) == Norm("instance", 4, of_input=True)
    assert read("instance_norm", x, mean, mean, use_input_stats=False).of_input is False  # type: ignore[union-attr]
    assert read("local_response_norm", x, 2) == Norm("local response", 4)


def test_what_its_reader_does_not_know_is_said_to_be_so() -> None:
    x = torch.ones(1, 4, 9, 9)
    assert isinstance(read("conv2d", x), Unknown)
    assert isinstance(read("max_pool2d", x, "large"), Unknown)
    keys = torch.ones(2, 3, 4)
    with Reading() as reading:
        functional.multi_head_attention_forward(
            torch.ones(3, 1, 8), torch.ones(3, 1, 8), torch.ones(3, 1, 8), 8, 2,
            torch.ones(24, 8), None, None, None, False, 0.0, torch.ones(8, 8), None,
            static_k=keys, static_v=keys,
        )  # fmt: skip
    (found,) = (op for op in reading.ops if isinstance(op, Unknown) and "attention" in op.name)
    assert "projected already" in found.reason
