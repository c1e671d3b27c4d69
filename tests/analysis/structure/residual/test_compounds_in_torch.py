"""Blocks of several sums, and sums that are no block, against the number that the code builds."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import resnet_inspect as ri
from resnet_inspect.analysis.structure.anatomy import Block
from resnet_inspect.views.lessons import lesson

WIDTH = 16
TOKENS = (1, 10, 8)
Size = tuple[int, ...]


def conv(given: int, made: int, kernel: int = 3, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    return nn.Conv2d(given, made, kernel, stride, kernel // 2, groups=groups)


def survey_of(model: nn.Module, *sizes: Size) -> ri.Survey:
    return ri.trace(model, list(sizes)).survey


def blocks_of(model: nn.Module, *sizes: Size) -> tuple[Block, ...]:
    return survey_of(model, *sizes).anatomy.blocks


# Encoder layers.


class Attends(nn.Module):
    """Attention of one head, written out."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x).chunk(3, -1)
        weights = torch.softmax(q @ k.transpose(-2, -1) / WIDTH**0.5, -1)
        return self.out(weights @ v)  # type: ignore[no-any-return]


def feeds() -> nn.Module:
    return nn.Sequential(nn.Linear(WIDTH, 32), nn.GELU(), nn.Linear(32, WIDTH))


class Normed(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.norm, self.inner = nn.LayerNorm(WIDTH), inner

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(self.norm(x))  # type: ignore[no-any-return]


class Residual(Normed):
    def forward(self, x: Tensor) -> Tensor:
        return x + self.inner(self.norm(x))  # type: ignore[no-any-return]


class Flat(nn.Module):
    """Layers whose sums the network's own code makes."""

    def __init__(self, layers: int) -> None:
        super().__init__()
        pairs = (nn.ModuleList([Normed(Attends()), Normed(feeds())]) for _ in range(layers))
        self.layers = nn.ModuleList(pairs)
        self.first = nn.Linear(8, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        for attends, feed in self.layers:  # type: ignore[misc]
            x = attends(x) + x
            x = feed(x) + x
        return x


class Decoder(nn.Module):
    def __init__(self, layers: int) -> None:
        super().__init__()
        self.first = nn.Linear(8, WIDTH)
        layer = nn.TransformerDecoderLayer(WIDTH, 2, 32, batch_first=True)
        self.layers = nn.TransformerDecoder(layer, layers)

    def forward(self, x: Tensor, memory: Tensor) -> Tensor:
        return self.layers(self.first(x), memory)  # type: ignore[no-any-return]


class Macaron(nn.Module):
    """Half a feed-forward, attention, a convolution, half a feed-forward: four sums, one layer."""

    def __init__(self) -> None:
        super().__init__()
        self.before, self.after, self.attends = feeds(), feeds(), Attends()
        self.wide = nn.Conv1d(WIDTH, WIDTH, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = x + 0.5 * self.before(x)
        x = x + self.attends(x)
        x = x + self.wide(x.transpose(1, 2)).transpose(1, 2)
        return x + 0.5 * self.after(x)  # type: ignore[no-any-return]


class Mixes(nn.Module):
    """Layers over positions, then over channels."""

    def __init__(self) -> None:
        super().__init__()
        self.over = nn.Sequential(nn.Linear(10, 20), nn.GELU(), nn.Linear(20, 10))
        self.feeds = Normed(feeds())

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.over(x.transpose(1, 2)).transpose(1, 2)
        return x + self.feeds(x)  # type: ignore[no-any-return]


def encoder(first: bool) -> Callable[[int], nn.Module]:
    def build(layers: int) -> nn.Module:
        layer = nn.TransformerEncoderLayer(WIDTH, 2, 32, batch_first=True, norm_first=first)
        return nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)

    return build


ENCODERS: dict[str, tuple[Callable[[int], nn.Module], int, str]] = {
    "norm first": (encoder(first=True), 2, "transformer"),
    "norm behind": (encoder(first=False), 2, "transformer"),
    "residual modules": (
        lambda n: nn.Sequential(*(Residual(m()) for _ in range(n) for m in (Attends, feeds))),
        2,
        "transformer",
    ),
    "macaron": (lambda n: nn.Sequential(*(Macaron() for _ in range(n))), 4, "transformer"),
    "mixer": (lambda n: nn.Sequential(*(Mixes() for _ in range(n))), 2, "residual"),
}


@pytest.mark.parametrize("how", sorted(ENCODERS))
def test_the_sums_of_an_encoder_layer_are_one_block(how: str) -> None:
    build, sums, kind = ENCODERS[how]
    survey = survey_of(nn.Sequential(nn.Linear(8, WIDTH), build(3)), TOKENS)
    found = survey.anatomy.blocks
    assert [(b.kind, b.shortcut, len(b.sums)) for b in found] == [(kind, "identity", sums)] * 3
    assert [len(stage.blocks) for stage in survey.anatomy.stages] == [3]
    adds = [part.add for block in found for part in block.parts]
    assert sorted(survey.stage_of_add) == adds


def test_sums_in_the_network_s_own_code_and_of_a_decoder() -> None:
    assert [len(b.sums) for b in blocks_of(Flat(3), TOKENS)] == [2] * 3
    assert [len(b.sums) for b in blocks_of(Decoder(2), TOKENS, (1, 7, WIDTH))] == [3] * 2


class Pools(nn.Module):
    """PoolFormer's unit: what mixes positions has no weights but those of its norm."""

    def __init__(self) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.GroupNorm(1, 8) for _ in range(2))
        self.pool = nn.AvgPool2d(3, 1, 1, count_include_pad=False)
        self.feeds = nn.Sequential(conv(8, 32, 1), nn.GELU(), conv(32, 8, 1))

    def forward(self, x: Tensor) -> Tensor:
        y = self.norms[0](x)
        x = x + (self.pool(y) - y)
        return x + self.feeds(self.norms[1](x))  # type: ignore[no-any-return]


class Unit(nn.Module):
    def __init__(self, kernel: int = 3, groups: int = 1) -> None:
        super().__init__()
        self.way = nn.Sequential(
            conv(8, 8, kernel), nn.ReLU(), conv(8, 8, 3, groups=groups), nn.ReLU(), conv(8, 8, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.way(x)  # type: ignore[no-any-return]


class NonLocal(nn.Module):
    """Attention over a map's positions with a shortcut."""

    def __init__(self) -> None:
        super().__init__()
        self.q, self.k, self.v, self.out = (conv(8, 8, 1) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (layer(x).flatten(2) for layer in (self.q, self.k, self.v))
        y = v @ torch.softmax(q.transpose(1, 2) @ k, -1).transpose(1, 2)
        return x + self.out(y.view_as(x))  # type: ignore[no-any-return]


def test_a_pool_may_be_what_mixes() -> None:
    found = blocks_of(nn.Sequential(conv(3, 8), Pools(), Pools()), (1, 3, 16, 16))
    assert [(b.path, len(b.sums)) for b in found] == [("1", 2), ("2", 2)]


@pytest.mark.parametrize("unit", [Unit(3), Unit(1, 8)], ids=["wide", "inverted"])
def test_attention_before_a_convolutional_block_is_a_block_of_its_own(unit: nn.Module) -> None:
    found = blocks_of(nn.Sequential(conv(3, 8), NonLocal(), unit), (1, 3, 16, 16))
    assert [(b.path, len(b.sums)) for b in found] == [("1", 0), ("2", 0)]


class Octave(nn.Module):
    """A block of two streams, each with its sum, that take of each other."""

    def __init__(self) -> None:
        super().__init__()
        self.to_high, self.to_low, self.high, self.low = (conv(8, 8) for _ in range(4))

    def forward(self, x: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        high, low = x
        up = functional.interpolate(self.to_high(low), scale_factor=2.0)
        down = self.to_low(functional.avg_pool2d(high, 2))
        return high + self.high(torch.relu(high + up)), low + self.low(torch.relu(low + down))


class Octaves(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = conv(3, 8), conv(3, 8, 3, 2)
        self.units = nn.ModuleList(Octave() for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        y = self.first(x), self.second(x)
        for unit in self.units:
            y = unit(y)
        return y[0].mean((2, 3)) + y[1].mean((2, 3))


def test_streams_side_by_side_have_a_sum_each() -> None:
    found = blocks_of(Octaves(), (1, 3, 16, 16))
    assert [(b.path, len(b.sums)) for b in found] == [(f"units.{i}", 2) for i in range(3)]


# What a sum is of.


class Subtracts(nn.Module):
    def __init__(self, *, turned: bool) -> None:
        super().__init__()
        self.way, self.turned = nn.Sequential(conv(8, 8), nn.ReLU(), conv(8, 8)), turned

    def forward(self, x: Tensor) -> Tensor:
        y = self.way(x)
        return y - x if self.turned else x - y


def test_a_difference_is_a_block_and_is_said_to_be_one() -> None:
    model = nn.Sequential(conv(3, 8), Subtracts(turned=False), Subtracts(turned=True))
    inspected = ri.trace(model, (1, 3, 16, 16))
    assert [b.shortcut for b in inspected.survey.anatomy.blocks] == ["identity"] * 2
    lessons = [
        " ".join(
            sentence
            for section in lesson(inspected.survey, block).sections
            for sentence in section.sentences
        )
        for block in inspected.survey.anatomy.blocks
    ]
    assert "difference: x - F(x)," in lessons[0]
    assert "difference: F(x) - x," in lessons[1]
    image = torch.randn(1, 8, 4, 4, requires_grad=True)
    model[2].way.apply(lambda m: [p.data.zero_() for p in m.parameters(recurse=False)])
    model[2](image).sum().backward()
    assert image.grad is not None
    assert torch.equal(image.grad, -torch.ones_like(image))
    assert "sign turned" in lessons[1]
    assert "sign turned" not in lessons[0]


class Parallel(nn.Module):
    """RepVGG's unit: a 3×3, a 1×1 and, where the shape stays, the input."""

    def __init__(self, given: int, made: int, stride: int) -> None:
        super().__init__()
        self.wide, self.point = conv(given, made, 3, stride), conv(given, made, 1, stride)
        self.keeps = given == made and stride == 1

    def forward(self, x: Tensor) -> Tensor:
        y = self.wide(x) + self.point(x)
        return torch.relu(y + x if self.keeps else y)


def test_parallel_layers_of_the_stem_are_no_block() -> None:
    sizes = [(3, 8, 2), (8, 8, 2), (8, 8, 1), (8, 16, 2), (16, 16, 1)]
    found = blocks_of(nn.Sequential(*(Parallel(*one) for one in sizes)), (1, 3, 64, 64))
    assert [(b.path, b.shortcut) for b in found] == [
        ("1", "projection"),
        ("2", "identity"),
        ("3", "projection"),
        ("4", "identity"),
    ]


class OfLayers(nn.Module):
    """A bottleneck whose outer layers have an input added to them, as in training of RepGhost."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = Cheap(8), Cheap(8)
        self.middle = conv(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.last(self.middle(torch.relu(self.first(x))))  # type: ignore[no-any-return]


class Cheap(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.main, self.cheap = conv(width, width, 1), conv(width, width, 3, 1, width)

    def forward(self, x: Tensor) -> Tensor:
        x = self.main(x)
        return x + self.cheap(x)  # type: ignore[no-any-return]


class AddsQueries(nn.Module):
    """Attention that adds its queries to what it gives, as in MViT: a sum within a branch."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x).chunk(3, -1)
        return self.out(q + torch.softmax(q @ k.transpose(-2, -1), -1) @ v)  # type: ignore[no-any-return]


class Layer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attends, self.feeds = AddsQueries(), feeds()

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attends(x)
        return x + self.feeds(x)  # type: ignore[no-any-return]


def test_a_sum_within_a_branch_is_no_block_of_its_own() -> None:
    found = blocks_of(nn.Sequential(conv(3, 8), OfLayers(), OfLayers()), (1, 3, 16, 16))
    assert [b.path for b in found] == ["1", "2"]
    model = nn.Sequential(nn.Linear(8, WIDTH), Layer(), Layer())
    assert [(b.path, len(b.sums)) for b in blocks_of(model, TOKENS)] == [("1", 2), ("2", 2)]
