"""Windows and small residual networks drawn at random, against what torch really does."""

from __future__ import annotations

from typing import Any

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

import resnet_inspect as ri
from resnet_inspect import oracle
from resnet_inspect.traces import invariants
from resnet_inspect.traces.json import codec
from resnet_inspect.traces.ops import window_of

quick = settings(max_examples=60, deadline=None)


@st.composite
def windowed_layers(draw: st.DrawFn) -> tuple[nn.Module, tuple[int, ...]]:
    """A convolution, a transposed one or a pool, and an input that is large enough for it."""
    dimensions = draw(st.sampled_from([1, 2, 3]))
    sizes = st.tuples(*[st.integers(1, 4)] * dimensions)
    kernel, stride, dilation = draw(sizes), draw(sizes), draw(sizes)
    groups = draw(st.sampled_from([1, 2]))
    channels = groups * draw(st.integers(1, 3))
    needed = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    image = tuple(n + draw(st.integers(0, 9)) for n in needed)
    kind = draw(st.sampled_from(["conv", "same", "transposed", "max", "avg"]))
    layer: nn.Module
    if kind == "conv":
        conv: Any = [nn.Conv1d, nn.Conv2d, nn.Conv3d][dimensions - 1]
        padding = draw(st.tuples(*[st.integers(0, 3)] * dimensions))
        layer = conv(channels, groups * 2, kernel, stride, padding, dilation, groups)
    elif kind == "same":
        conv = [nn.Conv1d, nn.Conv2d, nn.Conv3d][dimensions - 1]
        layer = conv(channels, 2, kernel, padding="same", dilation=dilation)
    elif kind == "transposed":
        conv = [nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d][dimensions - 1]
        layer = conv(channels, groups * 2, kernel, stride, groups=groups, dilation=dilation)
    elif kind == "max":
        pool: Any = [nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d][dimensions - 1]
        padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
        layer = pool(kernel, stride, padding, dilation, ceil_mode=draw(st.booleans()))
    else:
        pool = [nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d][dimensions - 1]
        padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
        layer = pool(kernel, stride, padding, ceil_mode=draw(st.booleans()))
    return layer, (draw(st.integers(1, 3)), channels, *image)


@quick
@given(windowed_layers())
def test_the_window_formula_gives_what_torch_gives(
    drawn: tuple[nn.Module, tuple[int, ...]],
) -> None:
    layer, shape = drawn
    trace = ri.trace(layer, shape, device="cpu")
    window = window_of(trace.calls[0].op)
    made = layer(torch.zeros(shape)).shape
    assert trace.spec(trace.outputs[0]).shape == tuple(made)
    assert window is not None
    if not getattr(layer, "transposed", False):
        assert window.output_size(shape[2:]) == tuple(made[2:])
    macs = oracle.flop_counter_macs(layer, torch.zeros(shape))
    assert ri.Survey(trace).totals.macs == macs
    assert invariants.check(trace) == []


class Residual(nn.Module):
    """One residual unit: convolutions on the branch, a projection where the shape changes."""

    def __init__(
        self, given: int, made: int, kernels: list[int], stride: int, groups: int, after: bool
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = given
        for i, kernel in enumerate(kernels):
            step = stride if i == len(kernels) // 2 else 1
            layers += [
                nn.Conv2d(channels, made, kernel, step, kernel // 2, groups=groups, bias=False),
                nn.BatchNorm2d(made),
                nn.ReLU(inplace=after),
            ]
            channels = made
        self.way = nn.Sequential(*layers[:-1])
        changes = stride != 1 or given != made
        self.side = nn.Conv2d(given, made, 1, stride) if changes else nn.Identity()
        self.finish = nn.ReLU() if after else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        side = self.side(x)
        way = self.way(x)
        way += side
        result: Tensor = self.finish(way)
        return result


@st.composite
def residual_networks(draw: st.DrawFn) -> tuple[nn.Module, list[tuple[str, str]], int]:
    """A network, the kind and shortcut of each of its blocks, and its number of stages."""
    blocks: list[nn.Module] = []
    built: list[tuple[str, str]] = []
    channels, stages = 4, 0
    kernels_of = {"basic": [3, 3], "bottleneck": [1, 3, 1]}
    for _ in range(draw(st.integers(1, 3))):
        made = channels * draw(st.sampled_from([1, 2]))
        stride = draw(st.sampled_from([1, 2]))
        if blocks and (made, stride) == (channels, 1):
            stride = 2  # a stage is what gives one shape, so the next must give another
        kind = draw(st.sampled_from(sorted(kernels_of)))
        groups = draw(st.sampled_from([1, 2, 4]))
        for i in range(draw(st.integers(1, 3))):
            step = stride if i == 0 else 1
            shortcut = "projection" if step != 1 or channels != made else "identity"
            after = draw(st.booleans())
            blocks.append(Residual(channels, made, kernels_of[kind], step, groups, after))
            built.append((kind, shortcut))
            channels = made
        stages += 1
    stem = nn.Conv2d(3, 4, 3, padding=1)
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 5)]
    return nn.Sequential(stem, *blocks, *head), built, stages


@quick
@given(residual_networks(), st.sampled_from([32, 33, 40]))
def test_the_anatomy_found_is_the_one_built(
    drawn: tuple[nn.Module, list[tuple[str, str]], int], pixels: int
) -> None:
    model, built, stages = drawn
    trace = ri.trace(model, (2, 3, pixels, pixels))
    survey = ri.Survey(trace)
    assert [(block.kind, block.shortcut) for block in survey.anatomy.blocks] == built
    assert [block.path for block in survey.anatomy.blocks] == [
        str(i + 1) for i in range(len(built))
    ]
    assert len(survey.anatomy.stages) == stages
    assert invariants.check(trace) == []
    assert codec.loads(codec.dumps(trace)) == trace


@quick
@given(residual_networks())
def test_meta_and_cpu_agree_and_the_numbers_are_torchs(
    drawn: tuple[nn.Module, list[tuple[str, str]], int],
) -> None:
    model, _, _ = drawn
    cpu = ri.trace(model, (2, 3, 32, 32))
    meta = ri.trace(model, (2, 3, 32, 32), device="meta")
    assert (cpu.calls, cpu.activations, cpu.modules) == (meta.calls, meta.activations, meta.modules)
    totals = ri.Survey(cpu).totals
    assert totals.parameters.total == sum(p.numel() for p in model.parameters())
    assert totals.macs == oracle.flop_counter_macs(model.eval(), torch.zeros(2, 3, 32, 32))
