"""Stages of networks with streams, branches, tokens and shared weights, against their own code."""

from __future__ import annotations

from fractions import Fraction
from math import prod

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import resnet_inspect as ri
from resnet_inspect.analysis.structure.net_effect import of_stage

IMAGE = (1, 3, 32, 32)


def conv(given: int, made: int, kernel: int = 3, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(given, made, kernel, stride, kernel // 2)


class Unit(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.way = nn.Sequential(conv(width, width), nn.ReLU(), conv(width, width))

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(x + self.way(x))


class Branches(nn.Module):
    """HRNet's module: two resolutions side by side, each with blocks, that are then fused."""

    def __init__(self) -> None:
        super().__init__()
        self.high = nn.Sequential(Unit(8), Unit(8))
        self.low = nn.Sequential(Unit(16), Unit(16))
        self.down, self.up = conv(8, 16, 3, 2), conv(16, 8, 1)

    def forward(self, high: Tensor, low: Tensor) -> tuple[Tensor, Tensor]:
        high, low = self.high(high), self.low(low)
        up = functional.interpolate(self.up(low), scale_factor=2.0)
        return torch.relu(high + up), torch.relu(low + self.down(high))


class HighResolution(nn.Module):
    """A stage of one branch, then one of two branches that are fused twice; a join and a layer."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.one = conv(3, 12), nn.Sequential(Unit(12), Unit(12))
        self.to_high, self.to_low = conv(12, 8), conv(12, 16, 3, 2)
        self.two = nn.ModuleList(Branches() for _ in range(2))
        self.last_down, self.last = conv(8, 16, 3, 2), conv(16, 24, 1)
        self.fc = nn.Linear(24, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.one(self.stem(x))
        high, low = self.to_high(x), self.to_low(x)
        for module in self.two:
            high, low = module(high, low)
        y = functional.relu(self.last(low + self.last_down(high)))
        return self.fc(y.mean((2, 3)))  # type: ignore[no-any-return]


def test_parallel_branches_are_one_stage_and_the_last_map_is_behind_their_join() -> None:
    survey = ri.trace(HighResolution(), IMAGE).survey
    assert [len(stage.blocks) for stage in survey.anatomy.stages] == [2, 8]
    assert survey.totals.last_feature_map == (1, 24, 16, 16)


class Growing(nn.Module):
    """DPN: one path that is added to and one that grows, which a block gives as one map."""

    def __init__(self, given: int) -> None:
        super().__init__()
        self.way = nn.Sequential(conv(given, 8, 1), nn.ReLU(), conv(8, 12))

    def forward(self, x: Tensor) -> Tensor:
        y = self.way(x)
        return torch.cat([x[:, :8] + y[:, :8], x[:, 8:], y[:, 8:]], 1)


def test_a_path_that_grows_beside_the_sum_ends_no_stage() -> None:
    blocks = [Growing(8 + 4 * i) for i in range(3)]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(20, 4)]
    survey = ri.trace(nn.Sequential(conv(3, 8), *blocks, *head), IMAGE).survey
    (stage,) = survey.anatomy.stages
    assert len(stage.blocks) == 3
    assert survey.totals.last_feature_map == (1, 20, 32, 32)


class Mixer(nn.Module):
    """ConvMixer's layer: a residual convolution, then a pointwise one that nothing is added to."""

    def __init__(self) -> None:
        super().__init__()
        self.wide = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.point = conv(8, 8, 1)

    def forward(self, x: Tensor) -> Tensor:
        return functional.gelu(self.point(x + functional.gelu(self.wide(x))))


def test_layers_between_blocks_of_one_shape_end_no_stage() -> None:
    model = nn.Sequential(conv(3, 8), Mixer(), Mixer(), Mixer())
    assert [len(s.blocks) for s in ri.trace(model, IMAGE).survey.anatomy.stages] == [3]


class Tokens(nn.Module):
    """Blocks on a map whose channels come last, flattened between the stages."""

    def __init__(self, *, flat: bool) -> None:
        super().__init__()
        self.flat = flat
        self.stem, self.merge = nn.Conv2d(3, 8, 4, 4), nn.Linear(32, 16)
        self.one, self.two = (nn.ModuleList(self.way(w) for _ in range(2)) for w in (8, 16))
        self.fc = nn.Linear(16, 4)

    @staticmethod
    def way(width: int) -> nn.Module:
        return nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 32), nn.Linear(32, width))

    def shaped(self, x: Tensor) -> Tensor:
        return x.flatten(1, 2) if self.flat else x

    def forward(self, x: Tensor) -> Tensor:
        x = self.shaped(self.stem(x).permute(0, 2, 3, 1))
        for way in self.one:
            x = x + way(x)
        side = round((x.shape[1] if self.flat else x.shape[1] ** 2) ** 0.5)
        x = x.reshape(x.shape[0], side // 2, 2, side // 2, 2, -1).permute(0, 1, 3, 2, 4, 5)
        x = self.shaped(self.merge(x.flatten(3)))
        for way in self.two:
            x = x + way(x)
        return self.fc(x.flatten(1, -2).mean(1))  # type: ignore[no-any-return]


@pytest.mark.parametrize("flat", [False, True])
def test_the_net_effect_of_maps_whose_channels_come_last(flat: bool) -> None:
    table = ri.tabulate(ri.trace(Tokens(flat=flat), (1, 3, 64, 64)), "stages")
    notes = [table.cell(row, "note").text for row in table.rows if row.kind == "stage"]
    what, factor = ("positions", "÷4") if flat else ("dimensions", "÷2")
    assert notes == [
        f"2 blocks; planes and {what} unchanged",
        f"2 blocks behind {notes[1].split(' behind ')[1].split(';')[0]}; "
        f"planes ×2, {what} {factor}",
    ]


class Unrolled(nn.Module):
    """A block run several times in a row with the same weights, then another one."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.stem, self.one, self.two, self.times = conv(3, 8), Unit(8), Unit(8), times
        self.fc = nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for _ in range(self.times):
            x = self.one(x)
        return self.fc(self.two(x).mean((2, 3)))  # type: ignore[no-any-return]


def test_an_unrolled_block_is_counted_once() -> None:
    inspected = ri.trace(Unrolled(4), IMAGE)
    (stage,) = inspected.survey.anatomy.stages
    assert [(b.path, b.runs) for b in stage.blocks] == [("one", 4), ("two", 1)]
    once = ri.trace(Unrolled(1), IMAGE).survey.whole
    macs = ri.trace(Unit(8), (1, 8, 32, 32)).survey.whole.macs
    assert inspected.survey.whole.macs == once.macs + 3 * macs
    blocks = ri.tabulate(inspected, "blocks")
    row = next(row for row in blocks.rows if row.kind == "block")
    assert blocks.cell(row, "path").text.strip() == "one, run ×4"
    assert blocks.cell(row, "macs").value == 4 * macs
    layers = ri.tabulate(inspected, "layers")
    rows = [row for row in layers.rows if row.kind == "block"]
    assert [layers.cell(row, "macs").value for row in rows] == [macs] * 5


class Twice(nn.Module):
    """A network run on two images."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.one, self.down, self.two = conv(3, 8), Unit(8), conv(8, 16, 3, 2), Unit(16)
        self.fc = nn.Linear(16, 4)

    def embedded(self, x: Tensor) -> Tensor:
        return self.fc(self.two(self.down(self.one(self.stem(x)))).mean((2, 3)))  # type: ignore[no-any-return]

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self.embedded(x) - self.embedded(y)


def test_every_run_of_a_shared_network_stands_under_its_stages() -> None:
    inspected = ri.trace(Twice(), [IMAGE, IMAGE])
    layers = ri.tabulate(inspected, "layers", ri.Selection(stage=1))
    paths = [layers.cell(row, "path").text.strip() for row in layers.rows if row.kind == "layer"]
    assert paths == ["one.way.0", "one.way.2", "one.way.0 #2", "one.way.2 #2"]
    whole = ri.tabulate(inspected, "layers")
    stages = [row for row in whole.rows if row.kind == "stage"]
    assert len(stages) == 4
    single = ri.trace(Unit(8), (1, 8, 32, 32)).survey.whole.macs
    assert [whole.cell(row, "macs").value for row in stages][::2] == [single] * 2
    assert sum(whole.cell(row, "macs").value for row in whole.rows if row.level == 0) == (
        inspected.survey.whole.macs
    )


@pytest.mark.parametrize(
    ("model", "before", "after"),
    [(HighResolution(), 12, 8), (Tokens(flat=False), 8, 16), (Unrolled(2), 8, 8)],
)
def test_the_net_effects_of_the_stages_multiply_to_the_whole(
    model: nn.Module, before: int, after: int
) -> None:
    survey = ri.trace(model, (1, 3, 64, 64)).survey
    effects = [of_stage(survey, stage) for stage in survey.anatomy.stages]
    planes = [Fraction(found.planes.after) / found.planes.before for found in effects if found]
    assert len(planes) == len(effects)
    assert before * prod(planes) == after
