"""Networks that break: what is said of each, and that the advice mends it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import resnet_inspect as ri
from resnet_inspect.analysis.failure import report, sentence
from resnet_inspect.errors import ForwardError, ForwardInterrupted
from resnet_inspect.traces.json import codec
from resnet_inspect.traces.model import Trace
from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables.rows.selection import Selection

BATCH = (2, 3, 32, 32)
Forward = Callable[..., Any]


class Net(nn.Module):
    """A network of these layers, called as `run` says."""

    def __init__(self, run: Forward, **layers: nn.Module) -> None:
        super().__init__()
        for name, layer in layers.items():
            self.add_module(name, layer)
        self.run = run

    def forward(self, *given: Any, **named: Any) -> Any:
        return self.run(self, *given, **named)


def conv(given: int, made: int, kernel: int = 3, stride: int = 1, padding: int = 1) -> nn.Conv2d:
    return nn.Conv2d(given, made, kernel, stride, padding)


class Block(nn.Module):
    """A residual block whose two paths are these layers."""

    def __init__(self, branch: nn.Module, shortcut: nn.Module | None = None) -> None:
        super().__init__()
        self.branch = branch
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.branch(x)
        return y + (x if self.shortcut is None else self.shortcut(x))


class Residual(nn.Module):
    """A small ResNet: stem, one block, pool, flatten, linear; every part can be replaced."""

    def __init__(self, **parts: nn.Module) -> None:
        super().__init__()
        self.conv1 = parts.get("conv1", conv(3, 8, 3, 2))
        self.bn1 = parts.get("bn1", nn.BatchNorm2d(8))
        self.block = parts.get("block", Block(conv(8, 8)))
        self.pool = parts.get("pool", nn.AdaptiveAvgPool2d(1))
        self.flatten = parts.get("flatten", nn.Flatten())
        self.fc = parts.get("fc", nn.Linear(8, 10))

    def forward(self, x: Tensor) -> Tensor:
        x = self.block(self.bn1(self.conv1(x)).relu())
        return self.fc(self.flatten(self.pool(x)))


class TwoInputs(nn.Module):
    """Takes an image and a mask."""

    def forward(self, image: Tensor, mask: Tensor) -> Tensor:
        return image * mask


class OneInput(nn.Module):
    """Takes an image."""

    def forward(self, image: Tensor) -> Tensor:
        return image * 2


class Misspelt(nn.Module):
    """Its forward has another name."""

    def foward(self, x: Tensor) -> Tensor:
        return x


class Misnamed(nn.Module):
    """Asks for a layer by a name that is not there."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = conv(3, 8)

    def forward(self, x: Tensor) -> Tensor:
        return self.cnv1(x)


class Endless(nn.Module):
    """Calls itself."""

    def forward(self, x: Tensor) -> Tensor:
        return self(x)


@dataclass(frozen=True)
class Case:
    """A way to break a network, and what must be said of it."""

    build: Callable[[], nn.Module]
    at: str
    finding: str
    mend: str
    size: Any = BATCH
    mended: Callable[[], nn.Module] | None = None
    """The network after the advice was taken, if it is about the network."""
    mended_size: Any = None
    device: Sequence[str] = ("cpu", "meta")
    mode: str = "eval"
    dtype: str | None = None


def net(run: Forward, **layers: Callable[[], nn.Module]) -> Callable[[], nn.Module]:
    """A builder, so that every trace has a network of its own."""
    return lambda: Net(run, **{name: build() for name, build in layers.items()})


def resnet(**parts: Callable[[], nn.Module]) -> Callable[[], nn.Module]:
    """A builder of a small ResNet with these parts replaced."""
    return lambda: Residual(**{name: build() for name, build in parts.items()})


def block(*paths: Callable[[], nn.Module]) -> Callable[[], nn.Module]:
    """A builder of a small ResNet whose block has these paths; its head fits any channels."""
    return resnet(block=lambda: Block(*(path() for path in paths)), fc=nn.Identity)


def down(made: int = 16, stride: int = 2) -> Callable[[], nn.Module]:
    return lambda: conv(8, made, 3, stride)


def project(made: int = 16, stride: int = 2) -> Callable[[], nn.Module]:
    return lambda: conv(8, made, 1, stride, 0)


CASES: dict[str, Case] = {
    # -- the head
    "no pool before flatten": Case(
        resnet(pool=nn.Identity), "fc",
        "it takes 8 features, not 2,048: the map that is flattened is 16×16, not 1×1",
        "pool it with AdaptiveAvgPool2d(1), which takes a map of any size", mended=resnet(),
    ),
    "made for another image": Case(
        resnet(pool=lambda: nn.AvgPool2d(2), fc=lambda: nn.Linear(8 * 7 * 7, 10)), "fc",
        "it takes 392 features, not 512: it was made for a 8×7×7 map and this one is 8×8",
        "pool it with AdaptiveAvgPool2d(7), or give an image of another size",
        mended=resnet(
            pool=lambda: nn.AdaptiveAvgPool2d(7), fc=lambda: nn.Linear(8 * 7 * 7, 10)
        ),
    ),
    "made for a wider backbone": Case(
        resnet(fc=lambda: nn.Linear(8 * 2 * 2, 10)), "fc",
        "it takes 32 features, not 8: pool gives 8×1×1", "make its in_features 8", mended=resnet(),
    ),
    "flatten forgotten": Case(
        resnet(flatten=nn.Identity), "fc", "it takes 8 features, not 1: flatten is missing",
        "torch.flatten(x, 1) goes before it", mended=resnet(),
    ),
    "pool and flatten forgotten": Case(
        resnet(pool=nn.Identity, flatten=nn.Identity), "fc",
        "it takes 8 features, not 16: a map of 16×16 comes in, neither pooled to 1×1 nor flattened",
        "AdaptiveAvgPool2d(1) and torch.flatten(x, 1) go before it", mended=resnet(),
    ),
    "flatten merges the batch": Case(
        resnet(flatten=lambda: nn.Flatten(0)), "fc",
        "it takes 8 features, not 16: flatten merged the batch of 2 into the features",
        "torch.flatten(x, 1) keeps the batch", mended=resnet(),
    ),
    "squeeze takes the batch": Case(
        net(lambda s, x: s.fc(s.pool(s.conv1(x)).squeeze().flatten(1)), conv1=lambda: conv(3, 8),
            pool=lambda: nn.AdaptiveAvgPool2d((1, 2)), fc=lambda: nn.Linear(16, 4)),
        "fc", "it takes 16 features, not 2: squeeze took away the batch of one too",
        "torch.flatten(x, 1) keeps the batch", size=(1, 3, 32, 32),
    ),
    "a head of other width": Case(
        resnet(fc=lambda: nn.Sequential(nn.Linear(8, 12), nn.Linear(16, 10))), "fc.1",
        "it takes 16 features, not 12", "make its in_features 12, or have fc.0 give 16",
        mended=resnet(fc=lambda: nn.Sequential(nn.Linear(8, 12), nn.Linear(12, 10))),
    ),
    # -- the shortcut
    "identity, channels and stride": Case(
        block(down()), "block:add", "the branch gives 16×8×8, the shortcut 8×16×16",
        "the shortcut needs a projection: a 1×1 convolution from 8 to 16 channels with stride 2",
        mended=block(down(), project()),
    ),
    "identity, channels": Case(
        block(down(stride=1)), "block:add", "the branch gives 16×16×16, the shortcut 8×16×16",
        "the shortcut needs a projection: a 1×1 convolution from 8 to 16 channels",
        mended=block(down(stride=1), project(stride=1)),
    ),
    "identity, stride": Case(
        block(down(8)), "block:add", "the branch gives 8×8×8, the shortcut 8×16×16",
        "the shortcut needs a projection: a 1×1 convolution with stride 2",
        mended=block(down(8), project(8)),
    ),
    "projection without stride": Case(
        block(down(), project(stride=1)), "block:add",
        "the branch gives 16×8×8, the shortcut 16×16×16",
        "the projection block.shortcut needs stride 2", mended=block(down(), project()),
    ),
    "projection to other channels": Case(
        block(down(), project(12)), "block:add", "the branch gives 16×8×8, the shortcut 12×8×8",
        "the projection block.shortcut needs 16 out_channels", mended=block(down(), project()),
    ),
    "padding forgotten": Case(
        block(lambda: conv(8, 8, 3, 1, 0)), "block:add", "the branch makes 8×14×14 of 8×16×16",
        "block.branch needs padding 1", mended=block(lambda: conv(8, 8)),
    ),
    "padding forgotten, strided": Case(
        block(lambda: conv(8, 16, 3, 2, 0), project()), "block:add",
        "the branch makes 16×7×7 of 16×8×8", "block.branch needs padding 1",
        mended=block(down(), project()),
    ),
    # -- channels
    "grey image": Case(
        resnet(), "conv1", "it takes 3 channels, not 1",
        "repeat the grey channel (x.expand(-1, 3, -1, -1)), or make its in_channels 1",
        size=(2, 1, 32, 32), mended=resnet(conv1=lambda: conv(1, 8)),
    ),
    "colour image": Case(
        resnet(conv1=lambda: conv(1, 8)), "conv1", "it takes 1 channels, not 3",
        "make the image grey (x.mean(1, keepdim=True)), or make its in_channels 3",
        mended=resnet(),
    ),
    "alpha channel": Case(
        resnet(), "conv1", "it takes 3 channels, not 4",
        "drop the fourth channel (x[:, :3]), or make its in_channels 4", size=(2, 4, 32, 32),
        mended=resnet(conv1=lambda: conv(4, 8)),
    ),
    "channels last": Case(
        resnet(), "conv1", "it takes 3 channels, not 32",
        "the channels come last; x.permute(0, 3, 1, 2) puts them first", size=(2, 32, 32, 3),
        mended=net(lambda s, x: s.net(x.permute(0, 3, 1, 2)), net=resnet()),
    ),
    "channels of the layer before": Case(
        block(lambda: nn.Sequential(conv(8, 12), nn.BatchNorm2d(12), nn.ReLU(), conv(8, 8))),
        "block.branch.3", "it takes 8 channels, not 12",
        "make its in_channels 12, or have block.branch.0 give 8",
        mended=block(lambda: nn.Sequential(conv(8, 12), nn.BatchNorm2d(12), conv(12, 8))),
    ),
    "groups": Case(
        resnet(conv1=lambda: nn.Conv2d(6, 8, 3, groups=2)), "conv1", "it takes 6 channels, not 3",
        "give an input of 6 channels, or make its in_channels 3",
    ),
    "groups of a function": Case(
        net(lambda s, x: functional.conv2d(x, s.conv1.weight[:, :1], groups=3),
            conv1=lambda: conv(3, 8)),
        ":conv2d", "3 to 8 channels do not divide into 3 groups",
        "make both multiples of 3, or change groups", device=("cpu",),
    ),
    "batch norm": Case(
        resnet(bn1=lambda: nn.BatchNorm2d(16)), "bn1", "it takes 16 channels, not 8",
        "make its num_features 8, the out_channels of conv1", mended=resnet(),
    ),
    "group norm": Case(
        resnet(bn1=lambda: nn.GroupNorm(4, 16)), "bn1", "it takes 16 channels, not 8",
        "make its num_channels 8, the out_channels of conv1",
        mended=resnet(bn1=lambda: nn.GroupNorm(4, 8)),
    ),
    "group norm of a function": Case(
        net(lambda s, x: functional.group_norm(s.conv1(x), 3), conv1=lambda: conv(3, 8)),
        ":group_norm", "8 channels do not divide into 3 groups", "2 groups do",
        mended=net(lambda s, x: functional.group_norm(s.conv1(x), 2), conv1=lambda: conv(3, 8)),
    ),
    "layer norm over channels": Case(
        resnet(bn1=lambda: nn.LayerNorm(8)), "bn1",
        "it normalises 8, the last dimensions of its input",
        "put the channels last (x.permute(0, 2, 3, 1)), or use GroupNorm(1, 8)",
        mended=resnet(bn1=lambda: nn.GroupNorm(1, 8)),
    ),
    "transposed convolution": Case(
        net(lambda s, x: s.up(s.conv1(x)), conv1=lambda: conv(3, 8),
            up=lambda: nn.ConvTranspose2d(16, 8, 2, 2)),
        "up", "it takes 16 channels, not 8", "make its in_channels 8, or have conv1 give 16",
        device=("cpu",),
    ),
    "slopes of a prelu": Case(
        net(lambda s, x: s.act(x), act=lambda: nn.PReLU(8)), "act",
        "it has slopes for 8 channels, not 3", "make its num_parameters 3 or 1",
        mended=net(lambda s, x: s.act(x), act=lambda: nn.PReLU(3)),
    ),
    "channels of a pixel shuffle": Case(
        net(lambda s, x: functional.pixel_shuffle(x, 2)), ":pixel_shuffle",
        "3 channels do not divide by 4", "have the layer before it give a multiple of 4 channels",
    ),
    # -- sizes
    "map smaller than a pool": Case(
        resnet(pool=lambda: nn.AvgPool2d(7)), "pool", "a map of 4×4 is too small for its window of "
        "7×7", "AdaptiveAvgPool2d(1) in its place takes a map of any size", size=(2, 3, 8, 8),
        mended=resnet(),
    ),
    "map smaller than a max pool": Case(
        resnet(pool=lambda: nn.MaxPool2d(7)), "pool",
        "a map of 4×4 is too small for its window of 7×7",
        "give an image larger than 8×8, or take a stride or pool out before it", size=(2, 3, 8, 8),
        mended=resnet(pool=lambda: nn.MaxPool2d(7)), mended_size=(2, 3, 14, 14),
    ),
    "map smaller than a kernel": Case(
        block(lambda: conv(8, 8, 7, 1, 1)), "block.branch",
        "a map of 2×2 (padded 4×4) is too small for its window of 7×7",
        "give an image larger than 4×4, or take a stride or pool out before it", size=(2, 3, 4, 4),
    ),
    "padding of a pool": Case(
        resnet(pool=lambda: nn.MaxPool2d(2, padding=2)), "pool",
        "its padding 2 is more than half of its kernel 2", "padding may be at most 1",
    ),
    "reflection": Case(
        net(lambda s, x: s.c(x), c=lambda: nn.Conv2d(3, 8, 7, padding=3, padding_mode="reflect")),
        "c", "a map of 2×2 cannot be reflected by 3", "give a larger image, or pad with zeros",
        size=(2, 3, 2, 2),
    ),
    "sizes of an interpolation": Case(
        net(lambda s, x: functional.interpolate(x, size=(8, 8, 8))), ":interpolate",
        "it is given 3 sizes for 2 spatial dimensions",
        "size takes 2 numbers, as in other.shape[2:]",
    ),
    "skip of a decoder": Case(
        net(lambda s, x: torch.cat([s.up(s.down(x)), x], 1), down=lambda: conv(3, 8, 3, 2),
            up=lambda: nn.Upsample(scale_factor=2)),
        ":cat", "maps of 34×34 and 33×33 cannot stand side by side",
        "resize up to the other (F.interpolate(x, size=other.shape[2:])), or give an image whose "
        "sides halve evenly, not 33×33", size=(1, 3, 33, 33),
        mended=net(lambda s, x: torch.cat([s.up(s.down(x)), x], 1), down=lambda: conv(3, 8, 3, 2),
                   up=lambda: nn.Upsample(scale_factor=2)), mended_size=(1, 3, 32, 32),
    ),
    "stack of unlike": Case(
        net(lambda s, x: torch.stack([x, x[:, :1]])), ":stack",
        "2×3×32×32 and 2×1×32×32 differ in their channels",
        "stack takes equal shapes; torch.cat joins along a dimension",
        mended=net(lambda s, x: torch.cat([x, x[:, :1]], 1)),
    ),
    # -- dimensions
    "one image without a batch": Case(
        resnet(), "bn1", "it takes 4D input, not 3D: the input is one image without a batch",
        "x.unsqueeze(0), or an input of 1×C×H×W", size=(3, 32, 32), mended=resnet(),
        mended_size=(1, 3, 32, 32),
    ),
    "a matrix": Case(
        resnet(), "conv1", "it takes N×C×H×W, 4 dimensions, not 2",
        "add batch and channels: x[None, None]", size=(32, 32),
    ),
    "a video": Case(
        resnet(), "conv1", "it takes N×C×H×W, 4 dimensions, not 5",
        "fold two dimensions into one (x.flatten(0, 1)), or use Conv3d or a 3d pool for frames",
        size=(1, 3, 4, 32, 32),
    ),
    "batch norm of features on maps": Case(
        resnet(bn1=lambda: nn.BatchNorm1d(8)), "bn1", "it takes 2D or 3D input, not 4D",
        "BatchNorm2d is for 4D input", mended=resnet(),
    ),
    "dimension of a mean": Case(
        net(lambda s, x: x.flatten(1).mean((2, 3))), ":mean",
        "it asks for dimension 2, and there are 2", "a dimension from -2 to 1",
    ),
    "dimension of a softmax": Case(
        net(lambda s, x: x.flatten(1).softmax(2)), ":softmax",
        "it asks for dimension 2, and there are 2", "a dimension from -2 to 1", device=("cpu",),
    ),
    "too many indices": Case(
        net(lambda s, x: x["image"]), ":slice",
        "it is indexed as if it had more than 4 dimensions", "",
    ),
    "fixed view": Case(
        resnet(pool=nn.Identity, flatten=lambda: nn.Unflatten(1, (2, 4)),
               fc=lambda: Net(lambda s, x: x.view(-1, 2000))),
        "fc:view", "4,096 elements do not fill -1×2000: each of 2 has 2,048",
        "torch.flatten(x, 1) takes any map; pool to a fixed size before it",
    ),
    "view across memory": Case(
        net(lambda s, x: x.transpose(1, 2).view(2, -1)), ":view",
        "a view cannot cross memory as Net:transpose left it", "reshape() in place of view()",
        mended=net(lambda s, x: x.transpose(1, 2).reshape(2, -1)),
    ),
    "view that moves the batch": Case(
        net(lambda s, x: s.fc(x.view(-1, 512)) + x.flatten(1)[:, :10],
            fc=lambda: nn.Linear(512, 10)),
        ":add", "batches of 12 and 2 meet",
        "Net:view makes 12×512 of 2×3×32×32: have it keep the first dimension, as flatten(1) does",
    ),
    # -- gates and products
    "gate without dimensions": Case(
        net(lambda s, x: x * s.fc(x.mean((2, 3))), fc=lambda: nn.Linear(3, 3)), ":mul",
        "2×3×32×32 and 2×3 do not fit: the gate has no spatial dimensions",
        "gate.view(2, 3, 1, 1) gives it some",
        mended=net(lambda s, x: x * s.fc(x.mean((2, 3))).view(2, 3, 1, 1),
                   fc=lambda: nn.Linear(3, 3)),
    ),
    "gate of other channels": Case(
        net(lambda s, x: x * s.gate(x.mean((2, 3), keepdim=True)),
            gate=lambda: conv(3, 4, 1, 1, 0)),
        ":mul", "a gate of 4 channels meets a map of 3", "have gate give 3 channels",
    ),
    "matrix product": Case(
        net(lambda s, x: x.flatten(2) @ x.flatten(2)), ":matmul",
        "1,024 columns of the first meet 3 rows of the second",
        "transpose the second: b.transpose(-2, -1)",
        mended=net(lambda s, x: x.flatten(2) @ x.flatten(2).transpose(-2, -1)),
    ),
    "attention over channels first": Case(
        net(lambda s, x: s.a(*[x.flatten(2)] * 3)[0],
            a=lambda: nn.MultiheadAttention(3, 1, batch_first=True)),
        "a", "it takes 3 features for each position, not 1,024",
        "put the channels last: x.transpose(1, 2)",
        mended=net(lambda s, x: s.a(*[x.flatten(2).transpose(1, 2)] * 3)[0],
                   a=lambda: nn.MultiheadAttention(3, 1, batch_first=True)),
    ),
    # -- dtypes, devices, memory
    "converted to halves": Case(
        net(lambda s, x: s.conv1(x.half()), conv1=lambda: conv(3, 8)), "conv1",
        "its weights are float32, not float16: Net:half makes it so",
        "x.to(torch.float32) before it", mended=net(lambda s, x: s.conv1(x.half().float()),
                                                    conv1=lambda: conv(3, 8)),
    ),
    "bytes": Case(
        resnet(), "conv1", "its weights are float32, not uint8",
        "make floats of the image's bytes: x.float() / 255", dtype="uint8",
        mended=net(lambda s, x: s.net(x.float() / 255), net=resnet()),
    ),
    "doubles": Case(
        resnet(), "conv1", "its weights are float32, not float64",
        "x.to(torch.float32), or convert the model: model.to(x.dtype)", dtype="float64",
    ),
    "a linear layer of doubles": Case(
        net(lambda s, x: s.fc(x.double().flatten(1)), fc=lambda: nn.Linear(3072, 4)), "fc",
        "its weights are float32, not float64: Net:double makes it so",
        "x.to(torch.float32) before it", device=("cpu",),
    ),
    "an image as indices": Case(
        net(lambda s, x: s.e(x), e=lambda: nn.Embedding(10, 4)), "e",
        "it looks up whole numbers, not float32", "give int64 indices: x.long()",
    ),
    "an index that is not in the table": Case(
        net(lambda s, x: s.e(x.flatten(1).long() * 0 + 10), e=lambda: nn.Embedding(10, 4)), "e",
        "an index is not in its table", "give indices from 0 to 9", device=("cpu",),
    ),
    "a tensor made elsewhere": Case(
        net(lambda s, x: s.conv1(x) + torch.zeros(2, 8, 32, 32, device="meta"),
            conv1=lambda: conv(3, 8)),
        ":add", "a tensor on meta meets one on cpu (Net:zeros may be the one)",
        "registered as a buffer, it moves with the model; made in forward, it needs "
        "device=x.device", device=("cpu",),
    ),
    "out of memory": Case(
        net(lambda s, x: x.repeat(10**6, 10**6, 1, 1)), ":repeat",
        "no memory for 24576000000000000 bytes more",
        "--device meta needs none; a smaller batch or image needs less", device=("cpu",),
    ),
    "one value in training": Case(
        resnet(), "bn1",
        "in training mode it has one value for each channel, and so no variance",
        "a batch of 2 or more (--batch 2), a larger image, or eval mode", size=(1, 3, 2, 2),
        mode="train", mended=resnet(), mended_size=(2, 3, 2, 2),
    ),
    # -- what is handed on
    "a forward without return": Case(
        net(lambda s, x: s.conv1(s.body(x)), body=net(lambda s, x: None),
            conv1=lambda: conv(3, 8)),
        "conv1", "None stands where a tensor must: body returned no tensor",
        "its forward lacks a return",
    ),
    "a forward without return, added": Case(
        net(lambda s, x: s.body(x) + x, body=net(lambda s, x: None)), "",
        "None stands where a tensor must: body returned no tensor", "its forward lacks a return",
    ),
    "a tuple": Case(
        net(lambda s, x: s.conv1(s.body(x)), body=net(lambda s, x: (x * 1, x * 2)),
            conv1=lambda: conv(3, 8)),
        "conv1", "a tuple stands where one tensor must: body returned it", "take one of it: out[0]",
    ),
    "a dict": Case(
        net(lambda s, x: s.conv1(s.body(x)), body=net(lambda s, x: {"out": x * 1}),
            conv1=lambda: conv(3, 8)),
        "conv1", "a dict stands where one tensor must: body returned it",
        "take one of it: out['out']",
    ),
    "a list's method": Case(
        net(lambda s, x: s.body(x).relu(), body=net(lambda s, x: [x * 1, x * 2])), "",
        "a list stands where one tensor must: body returned it", "take one of it: out[0]",
    ),
    "a key": Case(
        net(lambda s, x: s.body(x)["feat"], body=net(lambda s, x: {"out": x * 1})), "",
        "its forward asks for the key 'feat', which is not there", "body gave: out",
    ),
    "too few values": Case(
        net(lambda s, x: (lambda pair: [*pair])(_two(s.body(x))), body=net(lambda s, x: (x,))), "",
        "its forward unpacks 2 values, not 1", "unpack 1, or have what is called return 2",
    ),
    # -- names and arguments
    "a name": Case(
        Misnamed, "", "its forward asks for self.cnv1, which it has not",
        "self.conv1 is the nearest",
    ),
    "no forward": Case(
        Misspelt, "", "class Misspelt has no forward",
        "define forward(self, x), indented inside the class",
    ),
    "a list that is called": Case(
        net(lambda s, x: s.layers(x), layers=lambda: nn.ModuleList([conv(3, 8)])), "layers",
        "a ModuleList is a list and has no forward",
        "call its layers in a loop, or make it an nn.Sequential",
    ),
    "a layer beyond the list": Case(
        net(lambda s, x: s.layers[3](x), layers=lambda: nn.ModuleList([conv(3, 8)])), "",
        "its forward asks for layer 3 of a list", "layers has 1",
    ),
    "an input too few": Case(
        TwoInputs, "", "its forward also takes mask",
        "give every input: input_size={'mask': (…), …}", mended=TwoInputs,
        mended_size={"image": BATCH, "mask": BATCH},
    ),
    "an input too many": Case(
        OneInput, "", "its forward takes 1, not 2 inputs", "give it 1", size=[BATCH, BATCH],
        mended=OneInput, mended_size=BATCH,
    ),
    "an input of another name": Case(
        OneInput, "", "its forward has no argument picture", "name one that it has",
        size={"image": BATCH, "picture": BATCH},
    ),
    "batches of two sizes": Case(
        net(lambda s, x, y: torch.cat([x, y], 1)), ":cat", "batches of 2 and 4 meet",
        "give inputs of the same batch size", size=[BATCH, (4, 3, 32, 32)],
    ),
    "in place on shared memory": Case(
        net(lambda s, x: x[:, :1].expand(2, 3, 32, 32).add_(1)), ":add",
        "it writes in place into a tensor that Net:expand made whose elements share memory",
        "x.clone() before it, or x = x + y in place of x += y", device=("cpu",),
    ),
}  # fmt: skip


def _two(given: Any) -> tuple[Any, Any]:
    first, second = given
    return first, second


def broken(case: Case, device: str) -> ForwardError:
    with pytest.raises(ForwardError) as raised:
        run(case.build(), case.size, device, case)
    return raised.value


def run(model: nn.Module, size: Any, device: str, case: Case) -> Trace:
    mode: Any = case.mode
    if device == "meta":
        model = model.to("meta")
    return ri.trace(model, size, device=device, mode=mode, dtype=case.dtype)


@pytest.mark.parametrize(
    ("name", "device"), [(name, device) for name, case in CASES.items() for device in case.device]
)
def test_what_is_wrong_and_what_mends_it(name: str, device: str) -> None:
    case = CASES[name]
    error = broken(case, device)
    found = report(error.trace)
    assert found is not None
    assert error.trace.calls[found.call].path == case.at
    assert found.finding.partition(f" ({Path(__file__).name}")[0] == case.finding
    assert found.mend == case.mend
    assert error.message == found.sentence == sentence(error.trace)
    assert error.message.startswith(
        case.at if case.at[:1].strip(":") else type(case.build()).__name__
    )


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.mended is not None])
def test_the_advice_mends_it(name: str) -> None:
    case = CASES[name]
    assert case.mended is not None
    for device in case.device:
        whole = run(case.mended(), case.mended_size or case.size, device, case)
        assert whole.failure is None


@pytest.mark.parametrize("name", CASES)
def test_the_trace_up_to_there_is_whole(name: str) -> None:
    """It can be saved, rows sum to the totals in every view, and what raised is marked."""
    case = CASES[name]
    trace = broken(case, case.device[0]).trace
    assert codec.loads(codec.dumps(trace)) == trace
    survey = ri.Survey(trace)
    for view in VIEWS:
        for selection in (Selection(), Selection(everything=True), Selection(only=("add",))):
            table = VIEWS[view](survey, selection)
            rows = [row for row in table.rows if not row.subtotal]
            for key in ("parameters", "macs"):
                total = next(total for total in table.totals if total.key == key)
                assert sum(_number(table.cell(row, key).value) for row in rows) == total.cell.value
            if view == "modules" and selection.only:
                continue
            marked = [row for row in table.rows if row.raised]
            assert marked
            assert all(table.cell(row, "path").text.endswith("✗") for row in marked)
            assert all(table.cell(row, "raised").value is True for row in marked)


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def test_the_sentence_of_the_comparison() -> None:
    """The mis-wired ResNet that was put to other tools: none of them names the layer."""
    torchvision = pytest.importorskip("torchvision")
    with torch.device("meta"):
        model = torchvision.models.resnet18(weights=None)
        model.layer3[0].conv1 = nn.Conv2d(64, 256, 3, 2, 1, bias=False)
    with pytest.raises(ForwardError) as raised:
        ri.trace(model, (1, 3, 64, 64))
    assert raised.value.message == (
        "layer3.0.conv1 (conv 3×3, stride 2×2, padding 1×1) got 1×128×8×8 float32 from "
        "layer2.1.relu, on meta: it takes 64 channels, not 128; make its in_channels 128, or have "
        "layer2.1.conv2 give 64"
    )


def test_what_no_rule_knows_is_said_in_its_own_words() -> None:
    def refuse(self: nn.Module, x: Tensor) -> Tensor:
        raise ValueError("only 224 pixels\nsecond line")

    with pytest.raises(ForwardError) as raised:
        ri.trace(Net(refuse), BATCH)
    line = refuse.__code__.co_firstlineno + 1
    assert raised.value.message == (
        "Net got 2×3×32×32 float32 from the input, on cpu: ValueError: only 224 pixels "
        f"({Path(__file__).name}, line {line}, in refuse)"
    )


def test_shapes_do_not_explain_what_code_raised_for_reasons_of_its_own() -> None:
    def refuse(self: nn.Module, x: Tensor) -> Tensor:
        raise LookupError("no such stage")

    conv1 = conv(8, 8)
    conv1.forward = lambda x: refuse(conv1, x)  # type: ignore[method-assign]
    with pytest.raises(ForwardError, match="LookupError: no such stage"):
        ri.trace(Net(lambda s, x: s.conv1(x), conv1=conv1), BATCH)


def test_a_forward_that_calls_itself() -> None:
    with pytest.raises(ForwardError, match=r"Endless: it calls itself, \d+ deep"):
        ri.trace(Endless(), BATCH)


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_an_interrupt_leaves_the_trace_up_to_there() -> None:
    def stop(self: nn.Module, x: Tensor) -> Tensor:
        os.kill(os.getpid(), signal.SIGINT)
        return x

    model = resnet(block=net(stop))()
    with pytest.raises(ForwardInterrupted) as stopped:
        ri.trace(model, BATCH)
    assert str(stopped.value) == "interrupted after 3 calls, in block"
    trace = stopped.value.trace
    assert trace.failure is not None
    assert trace.calls[trace.failure.call].path == "block"
    assert sentence(trace) == "block: interrupted while it ran"
    assert all(not module._forward_hooks for module in model.modules())


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_a_tensor_made_on_the_cpu_meets_cuda() -> None:
    model = Net(lambda s, x: s.conv1(x) + torch.ones(2, 8, 32, 32), conv1=conv(3, 8)).cuda()
    with pytest.raises(ForwardError, match=r"a tensor on cuda:0 meets one on cpu|on cpu meets"):
        ri.trace(model, BATCH)
