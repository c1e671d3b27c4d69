"""Element types on meta: what the CPU refuses is refused, and autocast casts as on the CPU."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
import torch
from small_networks import Forward
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

import resnet_inspect as ri
from resnet_inspect.capture.recording.dtypes import AsOnADevice
from resnet_inspect.errors import ForwardError
from resnet_inspect.traces.model import Trace

DTYPES = (
    torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.uint8, torch.int64,
)  # fmt: skip

F = functional
OPERATIONS: dict[str, tuple[Callable[..., Any], tuple[int, ...], tuple[int, ...]]] = {
    "conv1d": (F.conv1d, (2, 3, 9), (4, 3, 3)),
    "conv2d": (F.conv2d, (2, 3, 9, 9), (4, 3, 3, 3)),
    "conv2d, grouped": (lambda x, w: F.conv2d(x, w, None, 1, 1, 1, 2), (2, 4, 9, 9), (4, 2, 3, 3)),
    "conv3d": (F.conv3d, (2, 3, 5, 5, 5), (4, 3, 3, 3, 3)),
    "conv_transpose1d": (F.conv_transpose1d, (2, 3, 9), (3, 4, 3)),
    "conv_transpose2d": (F.conv_transpose2d, (2, 3, 9, 9), (3, 4, 3, 3)),
    "conv_transpose3d": (F.conv_transpose3d, (2, 3, 5, 5, 5), (3, 4, 3, 3, 3)),
    "linear": (F.linear, (2, 3), (4, 3)),
    "linear of a map": (F.linear, (2, 5, 3), (4, 3)),
    "mm": (torch.mm, (3, 4), (4, 5)),
    "mv": (torch.mv, (3, 4), (4,)),
    "bmm": (torch.bmm, (2, 3, 4), (2, 4, 5)),
    "matmul": (torch.matmul, (2, 2, 3, 4), (2, 2, 4, 5)),
    "@": (lambda x, w: x @ w, (3, 4), (4, 5)),
    "einsum": (lambda x, w: torch.einsum("bij,bjk->bik", x, w), (2, 3, 4), (2, 4, 5)),
    "attention": (lambda x, w: F.scaled_dot_product_attention(x, w, w), (1, 2, 3, 4), (1, 2, 3, 4)),
    "batch_norm": (lambda x, w: F.batch_norm(x, w, w, w, w), (2, 3, 4, 4), (3,)),
    "batch_norm, training": (
        lambda x, w: F.batch_norm(x, w.clone(), w.clone(), w, w, True), (2, 3, 4, 4), (3,),
    ),
    "layer_norm": (lambda x, w: F.layer_norm(x, (4,), w, w), (2, 3, 4), (4,)),
    "group_norm": (lambda x, w: F.group_norm(x, 3, w, w), (2, 6, 4, 4), (6,)),
    "instance_norm": (lambda x, w: F.instance_norm(x, None, None, w, w), (2, 3, 4, 4), (3,)),
    "embedding": (lambda x, w: F.embedding(x * 0, w), (2, 3), (3, 4)),
    "prelu": (F.prelu, (2, 3, 4), (3,)),
    "add": (torch.add, (2, 3), (2, 3)),
    "cat": (lambda x, w: torch.cat([x, w]), (2, 3), (2, 3)),
    "grid_sample": (
        lambda x, w: F.grid_sample(x, w, align_corners=False), (2, 3, 4, 4), (2, 4, 4, 2),
    ),
    "max_pool1d": (lambda x, _: F.max_pool1d(x, 2), (2, 3, 4), ()),
    "max_pool2d": (lambda x, _: F.max_pool2d(x, 3, 2, 1), (2, 3, 4, 4), ()),
    "max_pool3d": (lambda x, _: F.max_pool3d(x, 2), (2, 3, 4, 4, 4), ()),
    "avg_pool1d": (lambda x, _: F.avg_pool1d(x, 2), (2, 3, 4), ()),
    "avg_pool2d": (lambda x, _: F.avg_pool2d(x, 3, 2, 1), (2, 3, 4, 4), ()),
    "avg_pool3d": (lambda x, _: F.avg_pool3d(x, 2), (2, 3, 4, 4, 4), ()),
    "adaptive_avg_pool2d": (lambda x, _: F.adaptive_avg_pool2d(x, 2), (2, 3, 4, 4), ()),
    "global average": (lambda x, _: F.adaptive_avg_pool2d(x, 1), (2, 3, 4, 4), ()),
    "adaptive_max_pool2d": (lambda x, _: F.adaptive_max_pool2d(x, 2), (2, 3, 4, 4), ()),
    "gelu": (lambda x, _: F.gelu(x), (2, 3), ()),
    "softmax": (lambda x, _: F.softmax(x, 1), (2, 3), ()),
    "interpolate": (
        lambda x, _: F.interpolate(x, scale_factor=2, mode="bilinear"), (2, 3, 4, 4), (),
    ),
}  # fmt: skip

ON_GPUS_ALONE = {("avg_pool3d", torch.float16), ("avg_pool3d", torch.bfloat16)}
"""What the CPU lacks and GPUs have, of tensors that are all of one type: no fault of a network."""


class AsTheRecorder(TorchFunctionMode):
    """Runs functions as the recorder does on meta."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = AsOnADevice()

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        return self.runner.run(func, args, kwargs or {})


def result_or_error(run: Callable[[], Any]) -> Any:
    try:
        return run()
    except Exception as error:
        return error


@pytest.mark.parametrize("name", OPERATIONS)
def test_meta_refuses_what_the_cpu_refuses(name: str) -> None:
    run, first, second = OPERATIONS[name]
    differ = []
    for one, two in product(DTYPES, DTYPES if second else DTYPES[:1]):
        if (name, one) in ON_GPUS_ALONE:
            continue

        def on(device: str, one: torch.dtype = one, two: torch.dtype = two) -> Any:
            given = (torch.ones(first, dtype=one), torch.ones(second, dtype=two))
            x, w = (tensor.to(device) for tensor in given)
            with torch.no_grad():
                return result_or_error(lambda: run(x, w))

        cpu = on("cpu")
        with AsTheRecorder():
            meta = on("meta")
        kinds = [
            type(found) if isinstance(found, Exception) else found.dtype for found in (cpu, meta)
        ]
        raised = [isinstance(found, Exception) for found in (cpu, meta)]
        if raised[0] != raised[1] or (not raised[0] and kinds[0] != kinds[1]):
            differ.append((one, two, cpu, meta))
    assert differ == []


class Layers(nn.Module):
    """Some layers in a row, with a change of type before one of them."""

    def __init__(self, at: str = "", dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.up = nn.ConvTranspose2d(4, 4, 2, 2)
        self.norm = nn.BatchNorm2d(4)
        self.last = nn.Conv2d(4, 4, 1)
        self.fc = nn.Linear(4, 2)
        self.at, self.dtype = at, dtype

    def forward(self, x: Tensor) -> Tensor:
        for name, layer in self.named_children():
            if name == "fc":
                x = x.mean((2, 3))
            x = layer(x.to(self.dtype) if name == self.at else x)
        return x


def failure(model: nn.Module, size: Any, device: str) -> tuple[str, str, str]:
    with pytest.raises(ForwardError) as raised:
        ri.trace(model, size, device=device)
    trace = raised.value.trace
    assert trace is not None
    assert trace.failure is not None
    sentence = str(raised.value).replace(", on cpu", "").replace(", on meta", "")
    return trace.calls[trace.failure.call].path, trace.failure.error, sentence


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16, torch.int64])
@pytest.mark.parametrize("at", ["conv", "up", "norm", "last", "fc"])
def test_the_layer_is_blamed_that_a_device_blames(at: str, dtype: torch.dtype) -> None:
    model = Layers(at, dtype)
    meta = failure(model, (2, 3, 8, 8), "meta")
    assert meta == failure(model, (2, 3, 8, 8), "cpu")
    # A batch norm mixes types where the CPU's does: half with float.
    assert (meta or ("",))[0] == (
        at if at != "norm" or dtype in (torch.float64, torch.int64) else "last"
    )


def test_an_image_of_bytes_and_a_half_stage_are_refused() -> None:
    model = Layers()
    for device in ("meta", "cpu"):
        found = failure(model, ((2, 3, 8, 8), "uint8"), device)
        assert found[0] == "conv"
        assert "x.float() / 255" in found[2]
    model.last.half()
    for device in ("meta", "cpu"):
        assert failure(model, (2, 3, 8, 8), device)[0] == "last"


def test_a_network_of_one_type_and_one_with_indices_are_traced() -> None:
    for dtype in ("fp16", "bf16", "fp64", "float32"):
        assert ri.trace("resnet18", (1, 3, 64, 64), dtype=dtype).failure is None
    words = Forward(
        lambda m, x, mask: m.attention(*[m.embedding(x)] * 3, key_padding_mask=mask)[0],
        embedding=nn.Embedding(10, 8), attention=nn.MultiheadAttention(8, 2, batch_first=True),
    )  # fmt: skip
    assert ri.trace(words, [((1, 5), "int64"), ((1, 5), "bool")], device="meta").failure is None


# -- autocast ------------------------------------------------------------------------------------


class Cast(nn.Module):
    """Many kinds of layers under autocast, each of which casts or does not."""

    def __init__(self, dtype: torch.dtype) -> None:
        super().__init__()
        self.conv, self.norm, self.up = (
            nn.Conv2d(3, 8, 3, padding=1),
            nn.BatchNorm2d(8),
            nn.ConvTranspose2d(8, 8, 2, 2),
        )
        self.attention, self.layer_norm = (
            nn.MultiheadAttention(8, 2, batch_first=True),
            nn.LayerNorm(8),
        )
        self.lstm, self.gru, self.fc = nn.LSTM(8, 8), nn.GRU(8, 8), nn.Linear(8, 4)
        self.dtype = dtype

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast("cpu", dtype=self.dtype):
            y = self.up(F.relu(self.norm(self.conv(x))))
            y = F.pad(y, (1, 1, 1, 1), mode="reflect") + y.mean()
            z = F.adaptive_avg_pool3d(y[:, :, None], (1, 2, 2)).flatten(2).transpose(1, 2)
            z = torch.cat([z, self.attention(z, z, z)[0]], 1)
            z = self.layer_norm(z) @ z.transpose(1, 2) @ z
            z = self.gru(self.lstm(z)[0])[0]
            z = torch.einsum("bij,bjk->bik", z, z.softmax(1).transpose(1, 2)) @ z
            with torch.autocast("cpu", enabled=False):
                z = self.fc(z.float())
            z = F.scaled_dot_product_attention(z, z, z)
        return z.double() * 2


def types(trace: Trace) -> list[tuple[str, list[str]]]:
    return [(c.path, [trace.spec(port).dtype for port in c.outputs]) for c in trace.calls]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("mode", ["eval", "train"])
def test_autocast_casts_on_meta_as_on_the_cpu(dtype: torch.dtype, mode: Any) -> None:
    model = Cast(dtype)
    meta, cpu = (ri.trace(model, (2, 3, 8, 8), device=d, mode=mode) for d in ("meta", "cpu"))
    assert types(meta) == types(cpu)
    assert {"float32", "float64", str(dtype)[6:]} <= {a.tensor.dtype for a in meta.activations}


def test_what_autocast_does_not_cast_is_refused_under_it_too() -> None:
    model = Forward(autocast_of_doubles, conv=nn.Conv2d(3, 4, 3))
    assert failure(model, (1, 3, 8, 8), "meta") == failure(model, (1, 3, 8, 8), "cpu")


def autocast_of_doubles(model: Any, x: Tensor) -> Tensor:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        made: Tensor = model.conv(x.double())
    return made


def test_autocast_halves_the_activations_of_a_resnet() -> None:
    plain, cast = (
        ri.trace(Forward(run, r=resnet()), (1, 3, 64, 64), device="meta")
        for run in (lambda m, x: m.r(x), in_bfloat16)
    )
    assert 0.5 <= summed(cast) / summed(plain) < 0.52
    assert cast.totals.macs == plain.totals.macs


def resnet() -> nn.Module:
    from torchvision.models import resnet18

    found: nn.Module = resnet18()
    return found


def in_bfloat16(model: Any, x: Tensor) -> Tensor:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        made: Tensor = model.r(x)
    return made


def summed(trace: Trace) -> int:
    return sum(trace.spec(port).nbytes for c in trace.calls for port in c.outputs)
