"""Blocks of the kinds that people write, against the number that the code itself builds."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import resnet_inspect as ri
from resnet_inspect.analysis.structure import depth
from resnet_inspect.analysis.structure.anatomy import Block

Size = tuple[int, ...]


def conv(given: int, made: int, kernel: int = 3, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(given, made, kernel, stride, kernel // 2)


def survey_of(model: nn.Module, *sizes: Size) -> ri.Survey:
    return ri.Survey(ri.trace(model, list(sizes)))


def blocks_of(model: nn.Module, *sizes: Size) -> tuple[Block, ...]:
    return survey_of(model, *sizes).anatomy.blocks


def shortcuts_of(model: nn.Module, *sizes: Size) -> list[str]:
    return [block.shortcut for block in blocks_of(model, *sizes)]


# A second input into the branch.


class Conditioned(nn.Module):
    """A unit that another tensor has a part in; how is given."""

    def __init__(self, how: str, stride: int = 1) -> None:
        super().__init__()
        self.how = how
        self.first = conv(12 if how == "joined" else 8, 8, 3, stride)
        self.second = conv(8, 8)
        self.embed = nn.Linear(5, 8)
        self.side = nn.Identity() if stride == 1 else conv(8, 8, 1, stride)
        self.query, self.key = nn.Linear(8, 8), nn.Linear(5, 8)

    def forward(self, x: Tensor, other: Tensor) -> Tensor:
        y = torch.cat([other, functional.relu(x)], 1) if self.how == "joined" else x
        y = self.first(y)
        if self.how == "embedded":
            y = self.embed(functional.silu(other))[:, :, None, None] + y
        elif self.how == "modulated":
            y = y * (1 + self.embed(other)[:, :, None, None])
        elif self.how == "masked":
            y = y * other
        elif self.how == "attended":
            n, c, h, w = y.shape
            asked = self.query(y.flatten(2).transpose(1, 2))
            weights = torch.softmax(asked @ self.key(other).transpose(1, 2), -1)
            y = (weights @ self.key(other)).transpose(1, 2).reshape(n, c, h, w)
        return self.side(x) + self.second(functional.relu(y))  # type: ignore[no-any-return]


class Guided(nn.Module):
    """Units that all take the second input of the network, as it is or computed once."""

    def __init__(self, how: str, *, computed: bool = False, strides: Size = (1, 1, 1, 1)) -> None:
        super().__init__()
        self.stem = conv(3, 8)
        self.units = nn.ModuleList(Conditioned(how, stride) for stride in strides)
        self.once = nn.Sequential(nn.Linear(5, 5), nn.SiLU()) if computed else nn.Identity()

    def forward(self, x: Tensor, other: Tensor) -> Tensor:
        x, other = self.stem(x), self.once(other)
        for unit in self.units:
            x = unit(x, other)
        return x


@pytest.mark.parametrize(
    ("how", "other"),
    [
        ("embedded", (2, 5)),
        ("modulated", (2, 5)),
        ("masked", (2, 1, 16, 16)),
        ("masked", (2, 8, 16, 16)),
        ("joined", (2, 4, 16, 16)),
        ("attended", (2, 7, 5)),
    ],
)
def test_a_branch_may_take_more_than_its_fork(how: str, other: Size) -> None:
    found = blocks_of(Guided(how), (2, 3, 16, 16), other)
    assert [(b.path, b.shortcut) for b in found] == [(f"units.{i}", "identity") for i in range(4)]


def test_what_is_computed_once_for_all_blocks_is_in_none() -> None:
    model = Guided("embedded", computed=True, strides=(1, 2, 1))
    survey = survey_of(model, (2, 3, 16, 16), (2, 5))
    assert [(b.path, b.shortcut) for b in survey.anatomy.blocks] == [
        ("units.0", "identity"),
        ("units.1", "projection"),
        ("units.2", "identity"),
    ]
    calls = survey.trace.calls
    inner = {calls[step].path for block in survey.anatomy.blocks for step in block.branch}
    assert not {path for path in inner if path.startswith("once")}
    assert "units.1.embed" in inner


# Resampling.


class Growing(nn.Module):
    """A generator's unit: both ways are made larger."""

    def __init__(self, given: int, made: int, up: str) -> None:
        super().__init__()
        self.first, self.second, self.side = (
            conv(given, made),
            conv(made, made),
            conv(given, made, 1),
        )
        self.up = up
        self.grow = nn.ConvTranspose2d(given, given, 2, 2)

    def forward(self, x: Tensor) -> Tensor:
        if self.up == "transposed":
            larger, skip = (
                self.grow(functional.relu(x)),
                functional.interpolate(x, scale_factor=2.0),
            )
        else:
            larger = functional.interpolate(functional.relu(x), scale_factor=2.0, mode=self.up)
            skip = functional.interpolate(x, scale_factor=2.0, mode=self.up)
        y = self.second(functional.relu(self.first(larger)))
        return y + self.side(skip)  # type: ignore[no-any-return]


@pytest.mark.parametrize("up", ["nearest", "bilinear", "transposed"])
def test_the_blocks_of_a_generator(up: str) -> None:
    first = (nn.Linear(12, 8 * 16), nn.Unflatten(1, (8, 4, 4)))
    model = nn.Sequential(*first, Growing(8, 8, up), Growing(8, 4, up), conv(4, 3))
    assert shortcuts_of(model, (2, 12)) == ["projection"] * 2


class Returning(nn.Module):
    """A unit that looks at a smaller copy of its map and comes back."""

    def __init__(self, *, keeps: bool) -> None:
        super().__init__()
        self.small, self.large, self.last = conv(8, 8), conv(8, 8), conv(8, 8, 1)
        self.keeps = keeps

    def forward(self, x: Tensor) -> Tensor:
        small = self.small(functional.avg_pool2d(x, 2))
        small = functional.interpolate(functional.relu(small), scale_factor=2.0)
        y = self.large(x) * torch.sigmoid(small) if self.keeps else self.large(small)
        return x + self.last(functional.relu(y))  # type: ignore[no-any-return]


@pytest.mark.parametrize("keeps", [True, False])
def test_a_branch_that_comes_back_to_its_size(keeps: bool) -> None:
    model = nn.Sequential(conv(3, 8), Returning(keeps=keeps), Returning(keeps=keeps))
    assert shortcuts_of(model, (1, 3, 16, 16)) == ["identity"] * 2


class AddingUNet(nn.Module):
    """Plain convolutions down and up again; the skips are added."""

    def __init__(self, depth: int, lateral: int | None) -> None:
        super().__init__()
        self.stem = conv(3, 8)
        self.downs = nn.ModuleList(nn.Sequential(conv(8, 8, 3, 2), nn.ReLU()) for _ in range(depth))
        self.ups = nn.ModuleList(nn.Sequential(conv(8, 8), nn.ReLU()) for _ in range(depth))
        self.laterals = nn.ModuleList(
            nn.Identity() if lateral is None else conv(8, 8, lateral) for _ in range(depth)
        )

    def forward(self, x: Tensor) -> Tensor:
        maps = [self.stem(x)]
        for down in self.downs:
            maps.append(down(maps[-1]))
        x = maps.pop()
        for up, lateral in zip(self.ups, self.laterals, strict=True):
            x = functional.interpolate(up(x), scale_factor=2.0) + lateral(maps.pop())
        return x


@pytest.mark.parametrize("lateral", [None, 1])
@pytest.mark.parametrize("depth", [1, 3])
@pytest.mark.parametrize("inner", [False, True])
def test_the_skips_of_a_decoder_are_no_blocks(depth: int, lateral: int | None, inner: bool) -> None:
    model: nn.Module = AddingUNet(depth, lateral)
    if inner and depth == 1:
        pytest.skip("a unit of one module that comes back to its size is a block")
    if inner:
        model = nn.Sequential(model, conv(8, 2, 1))
    assert blocks_of(model, (1, 3, 32, 32)) == ()


# How a sum is written.


class Written(nn.Module):
    """A unit whose sum is written as given."""

    def __init__(self, add: Callable[[Tensor, Tensor, nn.Parameter], Tensor]) -> None:
        super().__init__()
        self.way = nn.Sequential(conv(8, 8), nn.ReLU(), conv(8, 8))
        self.scale = nn.Parameter(torch.ones(8, 1, 1))
        self.add = add

    def forward(self, x: Tensor) -> Tensor:
        return self.add(x, self.way(x), self.scale)


SUMS: dict[str, Callable[[Tensor, Tensor, nn.Parameter], Tensor]] = {
    "alpha": lambda x, y, s: torch.add(x, y, alpha=0.5),
    "scaled": lambda x, y, s: x + 0.1 * y,
    "layer scale": lambda x, y, s: x + y * s,
    "addcmul": lambda x, y, s: torch.addcmul(x, s, y),
    "lerp": lambda x, y, s: torch.lerp(x, y, 0.5),
    "stacked": lambda x, y, s: torch.stack([x, y]).sum(0),
    "sum of a list": lambda x, y, s: sum([x, y]),  # type: ignore[arg-type, return-value]
    "in place": lambda x, y, s: y.add_(x),
    "normed": lambda x, y, s: (x + y) / 2**0.5,
    "dropped": lambda x, y, s: x + y * torch.bernoulli(torch.full((1, 1, 1, 1), 0.5)) / 0.5,
    "gated": lambda x, y, s: torch.sigmoid(s) * y + (1 - torch.sigmoid(s)) * x,
}


@pytest.mark.parametrize("how", sorted(SUMS))
def test_however_the_sum_is_written(how: str) -> None:
    model = nn.Sequential(conv(3, 8), *(Written(SUMS[how]) for _ in range(3)))
    found = blocks_of(model, (1, 3, 16, 16))
    assert [(b.kind, b.shortcut, b.path) for b in found] == [
        ("basic", "identity", str(i)) for i in (1, 2, 3)
    ]


class Highway(nn.Module):
    """t·F(x) + (1 − t)·x, with a gate that is computed from x."""

    def __init__(self, *, by_lerp: bool) -> None:
        super().__init__()
        self.way, self.gate = nn.Sequential(conv(8, 8), nn.ReLU()), conv(8, 8)
        self.by_lerp = by_lerp

    def forward(self, x: Tensor) -> Tensor:
        gate, y = torch.sigmoid(self.gate(x)), self.way(x)
        return torch.lerp(x, y, gate) if self.by_lerp else gate * y + (1 - gate) * x


@pytest.mark.parametrize("by_lerp", [False, True])
def test_a_gated_sum_has_an_identity(by_lerp: bool) -> None:
    model = nn.Sequential(conv(3, 8), Highway(by_lerp=by_lerp), Highway(by_lerp=by_lerp))
    assert shortcuts_of(model, (1, 3, 16, 16)) == ["identity"] * 2


class InvertedResidual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        wide = nn.Conv2d(24, 24, 3, 1, 1, groups=24)
        self.way = nn.Sequential(conv(8, 24, 1), nn.ReLU6(), wide, nn.ReLU6(), conv(24, 8, 1))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.way(x)  # type: ignore[no-any-return]


def test_inverted_residuals() -> None:
    model = nn.Sequential(conv(3, 8), InvertedResidual(), InvertedResidual())
    assert [(b.kind, b.shortcut) for b in blocks_of(model, (1, 3, 16, 16))] == [
        ("bottleneck", "identity")
    ] * 2


# Adapters and parallel layers.


class Adapted(nn.Module):
    """A layer with an adapter beside it."""

    def __init__(self, layer: nn.Conv2d, kind: str) -> None:
        super().__init__()
        given, made = layer.in_channels, layer.out_channels
        self.layer = layer
        stride = int(layer.stride[0])
        if kind == "low rank":
            beside = [nn.Dropout(0.1), conv(given, 2, 3, stride), conv(2, made, 1)]
        elif kind == "narrow":
            beside = [conv(given, 2, 1, stride), nn.ReLU(), conv(2, made, 1)]
        else:
            beside = [conv(given, made, 1, stride), nn.BatchNorm2d(made)]
        self.beside = nn.Sequential(*beside)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x) + 0.5 * self.beside(x)  # type: ignore[no-any-return]


class Unit(nn.Module):
    """Two convolutions that may have adapters, with a projection where the shape changes."""

    def __init__(self, given: int, made: int, stride: int, kind: str) -> None:
        super().__init__()
        self.first: nn.Module = conv(given, made, 3, stride)
        self.second: nn.Module = conv(made, made)
        if kind:
            self.first = Adapted(conv(given, made, 3, stride), kind)
            self.second = Adapted(conv(made, made), kind)
        changes = stride != 1 or given != made
        self.side = conv(given, made, 1, stride) if changes else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = self.second(functional.relu(self.first(x)))
        return functional.relu(y + self.side(x))


@pytest.mark.parametrize("kind", ["", "low rank", "narrow", "pointwise"])
def test_a_layer_and_its_adapter_are_one(kind: str) -> None:
    units = [Unit(8, 8, 1, kind), Unit(8, 16, 2, kind), Unit(16, 16, 1, kind)]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 5)]
    survey = survey_of(nn.Sequential(conv(3, 8), *units, *head), (1, 3, 16, 16))
    assert [(b.kind, b.shortcut) for b in survey.anatomy.blocks] == [
        ("basic", "identity"),
        ("basic", "projection"),
        ("basic", "identity"),
    ]
    assert len(survey.anatomy.adapters) == (6 if kind else 0)
    assert depth.of_network(survey).layers == 8


def test_parallel_layers_without_an_identity_are_no_block() -> None:
    unit = Adapted(conv(8, 8), "pointwise")
    assert blocks_of(nn.Sequential(conv(3, 8), unit, nn.ReLU()), (1, 3, 16, 16)) == ()


class AdaptedStem(nn.Module):
    """A low-rank adapter beside the first layer, wider than the image and narrower than its sum."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = conv(3, 16)
        self.beside = nn.Sequential(conv(3, 8), conv(8, 16, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x) + self.beside(x)  # type: ignore[no-any-return]


def test_an_adapter_beside_the_first_layer_is_one_with_it() -> None:
    unit = Unit(16, 16, 1, "")
    survey = survey_of(nn.Sequential(AdaptedStem(), nn.ReLU(), unit), (1, 3, 16, 16))
    assert [(b.kind, b.shortcut) for b in survey.anatomy.blocks] == [("basic", "identity")]
    assert len(survey.anatomy.adapters) == 1


class ExpandedGate(nn.Module):
    """Channel weights of linear layers, in the shape of the map."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.fc, self.how = nn.Sequential(nn.Linear(8, 2), nn.ReLU(), nn.Linear(2, 8)), how

    def forward(self, x: Tensor) -> Tensor:
        gate = torch.sigmoid(self.fc(x.mean((2, 3))))
        if self.how == "expand_as":
            return x * gate.view(*gate.shape, 1, 1).expand_as(x)
        if self.how == "repeat":
            return gate[..., None, None].repeat(1, 1, *x.shape[2:]) * x
        if self.how == "unsqueeze":
            return x.mul(gate.unsqueeze(-1).unsqueeze(-1))
        return x * functional.interpolate(gate[:, :, None, None], x.shape[2:])


@pytest.mark.parametrize("how", ["expand_as", "repeat", "unsqueeze", "interpolate"])
def test_a_gate_adds_nothing_to_the_depth(how: str) -> None:
    model = nn.Sequential(conv(3, 8), ExpandedGate(how), conv(8, 8))
    found = depth.of_network(survey_of(model, (1, 3, 16, 16)))
    assert (len(found.convolutions), len(found.linear)) == (2, 0)


# Two streams.


class Streams(nn.Module):
    """One stream that is added to and one that grows, or two that feed each other."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how, self.stem = how, conv(3, 12)
        widths = [12 + 4 * i if how == "growing" else 12 for i in range(3)]
        self.ways = nn.ModuleList(
            nn.Sequential(conv(width, 8, 1), nn.ReLU(), conv(8, 12)) for width in widths
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        main, other = x[:, :8], x[:, 8:]
        for way in self.ways:
            y = way(torch.cat([main, other], 1))
            main = main + y[:, :8]
            made = y[:, 8:]
            other = torch.cat([other, made], 1) if self.how == "growing" else made
        return torch.cat([main, other], 1)


@pytest.mark.parametrize("how", ["growing", "crossing"])
def test_two_streams_that_feed_each_other(how: str) -> None:
    assert shortcuts_of(Streams(how), (1, 3, 16, 16)) == ["identity"] * 3


# Vectors.


class Perceptron(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.way = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 8))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.way(x)  # type: ignore[no-any-return]


def test_sums_of_vectors_are_blocks_where_there_are_no_maps() -> None:
    assert (
        shortcuts_of(nn.Sequential(nn.Linear(4, 8), Perceptron(), Perceptron()), (2, 4))
        == ["identity"] * 2
    )
    head = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), Perceptron())
    model = nn.Sequential(conv(3, 8), Unit(8, 8, 1, ""), *head)
    assert [block.path for block in blocks_of(model, (1, 3, 16, 16))] == ["1"]


# What is counted is shown, and what is not known is said.


class Inline(nn.Module):
    """A block in the network's own code, before blocks that begin in place."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.a, self.b, self.side = conv(3, 4), conv(4, 8), conv(8, 8), conv(4, 8, 1)
        self.units = nn.ModuleList(InPlace() for _ in range(2))
        self.last = conv(8, 24)
        self.fc = nn.Linear(24, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = self.b(functional.relu(self.a(x))) + self.side(x)
        for unit in self.units:
            x = unit(x)
        x = functional.relu(self.last(x))
        return self.fc(x.mean((2, 3)))  # type: ignore[no-any-return]


class InPlace(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.act, self.one, self.two = nn.ReLU(inplace=True), conv(8, 8), conv(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        y = self.act(x)
        return x + self.two(self.one(y))  # type: ignore[no-any-return]


def test_a_block_without_a_module_has_a_row_with_its_parameters() -> None:
    model = Inline()
    inspected = ri.trace(model, (1, 3, 16, 16))
    table = ri.tabulate(inspected, "blocks")
    rows = [row for row in table.rows if row.kind == "block"]
    assert [table.cell(row, "path").text.strip() for row in rows] == [":add", "units.0", "units.1"]
    own = [*model.a.parameters(), *model.b.parameters(), *model.side.parameters()]
    assert table.cell(rows[0], "parameters").value == sum(p.numel() for p in own)
    assert not [row for row in table.rows if row.kind == "rest"]
    assert len(inspected.blocks) == 3


def test_the_last_feature_map_is_the_network_s() -> None:
    totals = survey_of(Inline(), (1, 3, 16, 16)).totals
    assert totals.last_feature_map == (1, 24, 16, 16)
    assert totals.receptive_field is not None
    assert totals.receptive_field.size == (17, 17)  # 1 + 2 for each of 8 convolutions


def test_a_map_that_windows_made_of_one_position_is_the_last() -> None:
    inspected = ri.trace("resnet18", (1, 3, 32, 32))
    assert inspected.totals.last_feature_map == (1, 512, 1, 1)
    whole = ri.trace("resnet18").totals
    assert inspected.totals.receptive_field == whole.receptive_field  # of any size of image


class Hidden(nn.Module):
    """A function that no rule covers."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = torch.jit.script(Perceptron())

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x)  # type: ignore[no-any-return]


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_nothing_is_denied_of_what_cannot_be_looked_into() -> None:
    inspected = ri.trace(nn.Sequential(nn.Linear(4, 8), Hidden(), Hidden()), (2, 4))
    assert len(inspected.survey.opaque) == 2
    (remark,) = [r for r in ri.tabulate(inspected, "totals").remarks if "looked into" in r]
    assert remark.startswith("2 calls cannot be looked into (1.inner, 2.inner)")


# Stages.


class Stepped(nn.Module):
    """Stages with something between them that is no block, as a module, as layers or inverted."""

    def __init__(self, between: str) -> None:
        super().__init__()
        self.stem = conv(3, 8)
        self.stages = nn.ModuleList(
            nn.Sequential(Unit(width, width, 1, ""), Unit(width, width, 1, ""))
            for width in (8, 16, 32)
        )
        self.downs = nn.ModuleList(self.down(between, width) for width in (8, 16))
        self.fc = nn.Linear(32, 5)

    @staticmethod
    def down(between: str, width: int) -> nn.Module:
        if between == "norm and convolution":
            return nn.Sequential(nn.GroupNorm(2, width), nn.Conv2d(width, 2 * width, 2, 2))
        if between == "inverted":
            wide = 3 * width
            depthwise = nn.Conv2d(wide, wide, 3, 2, 1, groups=wide)
            return nn.Sequential(
                conv(width, wide, 1), nn.ReLU6(), depthwise, conv(wide, 2 * width, 1)
            )
        return conv(width, 2 * width, 3, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stages[0](self.stem(x))
        for down, stage in zip(self.downs, self.stages[1:], strict=True):
            x = stage(down(x))
        return self.fc(x.mean((2, 3)))  # type: ignore[no-any-return]


@pytest.mark.parametrize("between", ["norm and convolution", "inverted", "convolution"])
def test_what_stands_between_two_stages_is_part_of_what_the_next_one_did(between: str) -> None:
    model = Stepped(between)
    inspected = ri.trace(model, (1, 3, 32, 32))
    stages = inspected.survey.anatomy.stages
    assert [stage.path for stage in stages] == ["stages.0", "stages.1", "stages.2"]
    assert [after.input for after in stages[1:]] == [before.output for before in stages[:-1]]
    table = ri.tabulate(inspected, "stages")
    rows = [row for row in table.rows if row.kind == "stage"]
    assert [table.cell(row, "note").text for row in rows] == [
        "2 blocks; planes and dimensions unchanged",
        "2 blocks behind downs.0; planes ×2, dimensions ÷2",
        "2 blocks behind downs.1; planes ×2, dimensions ÷2",
    ]
    own = [*model.downs[0].parameters(), *model.stages[1].parameters()]
    assert table.cell(rows[1], "parameters").value == sum(p.numel() for p in own)
    for view in ("stages", "blocks"):
        assert not [row for row in ri.tabulate(inspected, view).rows if row.kind == "rest"]
    blocks = ri.tabulate(inspected, "blocks", ri.Selection(stage=2))
    paths = [blocks.cell(row, "path").text.strip() for row in blocks.rows]
    assert paths[:4] == ["stages.1", "downs.0", "stages.1.0", "stages.1.1"]


# A network that is shared.


class Shared(nn.Module):
    """One network run on several images, which are compared."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.stem, self.times = conv(3, 8), times
        self.one = nn.Sequential(Unit(8, 8, 1, ""), Unit(8, 8, 1, ""))
        self.two = nn.Sequential(Unit(8, 16, 2, ""), Unit(16, 16, 1, ""))
        self.fc = nn.Linear(16, 4)

    def embedded(self, x: Tensor) -> Tensor:
        return self.fc(self.two(self.one(self.stem(x))).mean((2, 3)))  # type: ignore[no-any-return]

    def forward(self, x: Tensor) -> Tensor:
        return torch.stack([self.embedded(x[:, i]) for i in range(self.times)], 1)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_shared_network_is_counted_once(times: int) -> None:
    model = Shared(times)
    inspected = ri.trace(model, (2, times, 3, 16, 16))
    survey = inspected.survey
    assert [(s.path, len(s.blocks), s.runs) for s in survey.anatomy.stages] == [
        ("one", 2, times),
        ("two", 2, times),
    ]
    assert [b.shortcut for b in survey.anatomy.blocks].count("projection") == 1
    assert depth.of_network(survey).layers == 10
    single = ri.trace(model.one, (2, 8, 16, 16)).survey.whole
    table = ri.tabulate(inspected, "blocks")
    stage = next(row for row in table.rows if row.kind == "stage")
    assert table.cell(stage, "parameters").value == single.parameters
    assert table.cell(stage, "macs").value == times * single.macs
    assert not [row for row in table.rows if row.kind == "rest"]
    stem = next(row for row in table.rows if row.kind == "stem")
    assert table.cell(stem, "macs").value == times * 2 * 8 * 27 * 16 * 16
