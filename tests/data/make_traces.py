"""Write the saved traces that the tests of the reading tower read.

Run it from the root of the repository, with torch and torchvision, when what a capture records has
changed:

    python tests/data/make_traces.py

Every trace is made on meta, and its date is fixed, so that a run which changes nothing about the
captures changes no file here. The tests themselves never import torch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional

import resnet_inspect
from resnet_inspect.errors import ForwardError
from resnet_inspect.traces.model import Trace

HERE = Path(__file__).parent
CAPTURED_AT = "2026-01-01T00:00:00+00:00"


def resnet50_v1() -> Trace:
    """ResNet-50 as the paper has it: the stride on the first 1×1 convolution of a bottleneck."""
    with torch.device("meta"):
        model = torchvision.models.resnet50(weights=None)
    for module in model.modules():
        if isinstance(module, torchvision.models.resnet.Bottleneck):
            module.conv1.stride, module.conv2.stride = module.conv2.stride, (1, 1)
    return resnet_inspect.trace(model, input_size=(1, 3, 224, 224))


class Plain(nn.Module):
    """Convolutions and pools in a row, as in VGG: nothing residual."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
        )
        self.classifier = nn.Sequential(nn.Linear(16 * 8 * 8, 32), nn.ReLU(), nn.Linear(32, 10))

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(torch.flatten(self.features(x), 1))


class Growing(nn.Module):
    """A layer whose output is put beside its input."""

    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.conv = nn.Conv2d(channels, growth, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.conv(torch.relu(self.norm(x)))], 1)


class Dense(nn.Module):
    """Concatenation instead of addition, as in DenseNet: nothing residual."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 7, stride=2, padding=3, bias=False)
        self.block1 = nn.Sequential(*(Growing(8 + 4 * i, 4) for i in range(3)))
        self.transition = nn.Sequential(nn.Conv2d(20, 10, 1, bias=False), nn.AvgPool2d(2))
        self.block2 = nn.Sequential(*(Growing(10 + 4 * i, 4) for i in range(2)))
        self.classifier = nn.Linear(18, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.block2(self.transition(self.block1(self.stem(x))))
        return self.classifier(x.mean((2, 3)))


class Broken(nn.Module):
    """Raises in the second of three layers: 12 channels meet a convolution that takes 8."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 12, 3, padding=1)
        self.conv2 = nn.Conv2d(8, 16, 3, padding=1)
        self.fc = nn.Linear(16, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.conv2(self.conv1(x)).mean((2, 3)))


class Oddities(nn.Module):
    """One layer called twice under two names, tied weights, an uncalled layer, and an LSTM."""

    def __init__(self) -> None:
        super().__init__()
        shared = nn.Conv2d(4, 4, 3, padding=1, bias=False)
        self.first = nn.Conv2d(3, 4, 1)
        self.shared = shared
        self.again = shared
        self.lstm = nn.LSTM(16, 8, batch_first=True)
        self.encoder = nn.Linear(8, 6, bias=False)
        self.decoder = nn.Linear(8, 6, bias=False)
        self.decoder.weight = self.encoder.weight
        self.uncalled = nn.Sequential(nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4))
        self.frozen = nn.Linear(6, 6)
        self.frozen.requires_grad_(False)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        x = self.again(self.shared(self.first(x)))
        steps, _ = self.lstm(x.flatten(2))
        return {"encoded": self.frozen(self.encoder(steps)), "decoded": self.decoder(steps)}


class Names(nn.Module):
    """Names that mean something in some format."""

    NAMES = (
        "[bold]", "x[out]", "a|b", "$x$", "<b>", "**bold**", "`code`", "under_score_",
        "back\\slash", "50% & #1", "{brace}", "~^", "comma, \"quoted\"", " blank ",
        "=1+1", "層🧱", "#2", "n" * 200,
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.ModuleDict(
            {name: nn.Conv2d(2, 2, 3, padding=1, bias=False) for name in self.NAMES}
        )

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        for layer in self.inner.values():
            x = x + layer(x).relu()
        return {"<out>": x, "a|b": x.sum()}


class Unit(nn.Module):
    """A pre-activation unit that is called through functions, with its weights as its own."""

    def __init__(self, given: int, made: int, stride: int) -> None:
        super().__init__()
        self.weight1 = nn.Parameter(torch.empty(made, given, 3, 3))
        self.weight2 = nn.Parameter(torch.empty(made, made, 3, 3))
        self.project = nn.Parameter(torch.empty(made, given, 1, 1)) if stride > 1 else None
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        y = functional.conv2d(functional.relu(x), self.weight1, stride=self.stride, padding=1)
        y = functional.conv2d(functional.relu(y), self.weight2, padding=1)
        if self.project is not None:
            x = functional.conv2d(x, self.project, stride=self.stride)
        return x + y


class Functional(nn.Module):
    """Residual units written with functions, on an image of odd size, with odd windows."""

    def __init__(self) -> None:
        super().__init__()
        self.same = nn.Conv2d(3, 8, 4, padding="same", bias=False)
        self.pool = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.units = nn.ModuleList([Unit(8, 8, 1), Unit(8, 8, 1), Unit(8, 24, 2), Unit(24, 24, 1)])
        self.up = nn.ConvTranspose2d(24, 4, 3, stride=2, padding=1, output_padding=1, groups=2)
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        self.adaptive = nn.AdaptiveMaxPool1d(3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.same(x))
        for unit in self.units:
            x = unit(x)
        tokens = self.up(x).flatten(2).transpose(1, 2)
        seen, _ = self.attention(tokens, tokens, tokens)
        return self.adaptive((tokens @ seen.transpose(1, 2)).softmax(-1))


def made(build: Callable[[], nn.Module], *size: int) -> Callable[[], Trace]:
    """A tracer of a network written here; one that raises gives the trace up to there."""

    def tracer() -> Trace:
        with torch.device("meta"):
            model = build()
        try:
            return resnet_inspect.trace(model, input_size=size)
        except ForwardError as error:
            return error.trace

    return tracer


def named(name: str, *size: int) -> Callable[[], Trace]:
    """A tracer of a variant."""
    return lambda: resnet_inspect.trace(name, input_size=size or None)


TRACES: dict[str, Callable[[], Trace]] = {
    "resnet18": named("resnet18"),
    "resnet18_odd": named("resnet18", 2, 3, 225, 161),
    "resnet34": named("resnet34"),
    "resnet50": named("resnet50"),
    "resnet50_v1": resnet50_v1,
    "resnet101": named("resnet101"),
    "fcn_resnet50": named("fcn_resnet50"),
    "r3d_18": named("r3d_18"),
    "plain": made(Plain, 2, 3, 32, 32),
    "dense": made(Dense, 1, 3, 32, 32),
    "broken": made(Broken, 1, 3, 8, 8),
    "oddities": made(Oddities, 2, 3, 4, 4),
    "names": made(Names, 1, 2, 8, 8),
    "functional": made(Functional, 1, 3, 29, 29),
}
"""Every saved trace by the name of its file."""


def main() -> None:
    """Make each trace and save it beside this script."""
    for name, tracer in TRACES.items():
        trace = tracer()
        dated = replace(trace, provenance=replace(trace.provenance, captured_at=CAPTURED_AT))
        path = HERE / f"{name}.json"
        resnet_inspect.save(dated, path, overwrite=True)
        print(f"{path.stat().st_size:>8,}  {path.name}")


if __name__ == "__main__":
    main()
