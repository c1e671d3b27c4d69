"""A residual network with any number of calls, written down by hand as torchvision names them."""

from __future__ import annotations

from resnet_inspect.traces.model import Call, Provenance, Trace
from resnet_inspect.traces.modules import ModuleSpec, ParameterSpec, PythonClass
from resnet_inspect.traces.ops import (
    Activate,
    AdaptivePool,
    Container,
    Conv,
    Elementwise,
    Linear,
    Norm,
    Op,
    Pool,
    Reshape,
    Window,
)
from resnet_inspect.traces.tensors import Activation, Port, Shape, TensorSpec

PROVENANCE = Provenance(
    source="by hand",
    arguments=(),
    device="meta",
    mode="eval",
    versions=(("torch", "2.15"),),
    tool_version="0",
    captured_at="2026-01-01T00:00:00+00:00",
)

CALLS_OF_A_BLOCK = 8
"""The block itself, conv, norm, relu, conv, norm, add, relu."""


def deep_network(calls: int = 100_000) -> Trace:
    """Four stages of basic blocks, as many as it takes to make that many calls or a few more."""
    return _Writer().network(-(-calls // (4 * CALLS_OF_A_BLOCK)))


class _Writer:
    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.modules: list[ModuleSpec] = []
        self.activations: list[Activation] = []

    def tensor(self, shape: Shape) -> int:
        number = len(self.activations)
        self.activations.append(Activation(TensorSpec(shape, "float32", 4), number))
        return number

    def module(self, path: str, name: str, op: Op, *weights: Shape) -> None:
        specs = zip(("weight", "bias"), weights, strict=False)
        parameters = tuple(ParameterSpec(n, TensorSpec(s, "float32", 4), True) for n, s in specs)
        self.modules.append(ModuleSpec(path, PythonClass("", name), op, parameters, (), ()))

    def call(self, path: str, op: Op, taken: tuple[int, ...], parent: int, nth: int = 1) -> int:
        """A step that gives a tensor of the shape that its op makes; the tensor's number."""
        shape = self.activations[taken[0]].tensor.shape
        if isinstance(op, Conv | Pool):
            channels = op.out_channels if isinstance(op, Conv) else shape[1]
            shape = (shape[0], channels, *op.window.output_size(shape[2:]))
        elif isinstance(op, AdaptivePool):
            shape = (*shape[:2], 1, 1)
        elif isinstance(op, Reshape):
            shape = shape[:2]
        elif isinstance(op, Linear):
            shape = (shape[0], op.out_features)
        made = self.tensor(shape)
        labels = ("",) if len(taken) == 1 else ("0", "1")
        inputs = tuple(Port(label, number) for label, number in zip(labels, taken, strict=True))
        module = None if ":" in path else path
        self.calls.append(
            Call(len(self.calls), path, module, nth, parent, op, inputs, (Port("", made),))
        )
        return made

    def conv(self, path: str, x: int, out: int, size: int, stride: int, parent: int) -> int:
        given = self.activations[x].tensor.shape[1]
        padding = (size // 2,) * 2
        op = Conv(Window((size,) * 2, (stride,) * 2, padding, (1, 1)), given, out, 1, False)
        self.module(path, "Conv2d", op, (out, given, size, size))
        return self.call(path, op, (x,), parent)

    def norm(self, path: str, x: int, parent: int) -> int:
        channels = self.activations[x].tensor.shape[1]
        op = Norm("batch", channels)
        self.module(path, "BatchNorm2d", op, (channels,), (channels,))
        return self.call(path, op, (x,), parent)

    def block(self, path: str, x: int, out: int, stride: int, parent: int) -> int:
        place = len(self.calls)
        self.calls.append(Call(place, path, path, 1, parent, Container(), (Port("", x),), ()))
        self.module(path, "BasicBlock", Container())
        relu = Activate("relu", True)
        self.module(f"{path}.relu", "ReLU", relu)
        y = self.norm(f"{path}.bn1", self.conv(f"{path}.conv1", x, out, 3, stride, place), place)
        y = self.call(f"{path}.relu", relu, (y,), place)
        y = self.norm(f"{path}.bn2", self.conv(f"{path}.conv2", y, out, 3, 1, place), place)
        if stride > 1:
            x = self.conv(f"{path}.downsample.0", x, out, 1, stride, place)
        y = self.call(f"{path}:add", Elementwise("add", True), (y, x), place)
        y = self.call(f"{path}.relu", relu, (y,), place, nth=2)
        opened = self.calls[place]
        self.calls[place] = Call(
            place, path, path, 1, parent, opened.op, opened.inputs, (Port("", y),)
        )
        return y

    def network(self, depth: int) -> Trace:
        given = self.tensor((1, 3, 224, 224))
        root = Call(0, "", "", 1, None, Container(), (Port("", given),), ())
        self.calls.append(root)
        pool = Pool("max", Window((3, 3), (2, 2), (1, 1), (1, 1)))
        self.module("maxpool", "MaxPool2d", pool)
        x = self.norm("bn1", self.conv("conv1", given, 64, 7, 2, 0), 0)
        x = self.call("maxpool", pool, (x,), 0)
        for stage in range(4):
            for place in range(depth):
                stride = 2 if stage and not place else 1
                x = self.block(f"layer{stage + 1}.{place}", x, 64 * 2**stage, stride, 0)
        mean, flat, fc = AdaptivePool("avg", (1, 1)), Reshape("flatten"), Linear(512, 1000, True)
        self.module("avgpool", "AdaptiveAvgPool2d", mean)
        self.module("fc", "Linear", fc, (1000, 512), (1000,))
        x = self.call(":flatten", flat, (self.call("avgpool", mean, (x,), 0),), 0)
        x = self.call("fc", fc, (x,), 0)
        self.calls[0] = Call(0, "", "", 1, None, Container(), root.inputs, (Port("", x),))
        inside = tuple(module.path for module in self.modules)
        network = ModuleSpec("", PythonClass("", "ResNet"), Container(), (), (), inside)
        return Trace(
            model_name="deep",
            modules=(network, *self.modules),
            calls=(
                Call(0, "", "", 1, None, Container(), root.inputs, (Port("", x),)),
                *self.calls[1:],
            ),
            activations=tuple(self.activations),
            inputs=root.inputs,
            outputs=(Port("", x),),
            provenance=PROVENANCE,
        )
