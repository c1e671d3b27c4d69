"""Anatomy, receptive fields and counts of networks that people write by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import resnet_inspect as ri
from resnet_inspect import oracle


class Way(nn.Module):
    """A unit whose two ways are given."""

    def __init__(self, branch: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.branch = branch
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.branch(x) + self.shortcut(x))


def survey_of(model: nn.Module, *size: int) -> ri.Survey:
    return ri.Survey(ri.trace(model, size))


def conv(kernel: int, given: int = 4, made: int = 4, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(given, made, kernel, stride, kernel // 2)


@pytest.mark.parametrize(
    ("branch", "shortcut", "kind"),
    [
        ([conv(3), conv(3)], [], "identity"),
        ([conv(3), conv(3)], [conv(1)], "projection"),
        ([conv(3, stride=2)], [conv(1, stride=2)], "projection"),
        ([conv(3), conv(3), conv(3)], [conv(3), conv(1)], "projection"),
        ([conv(3), conv(3)], [nn.AvgPool2d(1), nn.BatchNorm2d(4)], "identity"),
    ],
)
def test_the_way_that_weighs_less_is_the_shortcut(
    branch: list[nn.Module], shortcut: list[nn.Module], kind: str
) -> None:
    model = nn.Sequential(conv(3, 3), Way(nn.Sequential(*branch), nn.Sequential(*shortcut)))
    (block,) = survey_of(model, 1, 3, 16, 16).anatomy.blocks
    assert (block.shortcut, block.path) == (kind, "1")


def test_parallel_branches_that_weigh_alike_are_no_residual_unit() -> None:
    model = nn.Sequential(conv(3, 3), Way(conv(3), conv(3)), Way(conv(1), conv(1)))
    assert survey_of(model, 1, 3, 16, 16).anatomy.blocks == ()


class SqueezeExcite(nn.Module):
    """Channel weights from the whole image."""

    def __init__(self) -> None:
        super().__init__()
        self.down, self.up = nn.Conv2d(4, 2, 1), nn.Conv2d(2, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        pooled = functional.avg_pool2d(x, int(x.shape[2]))
        return x * torch.sigmoid(self.up(functional.relu(self.down(pooled))))


def test_behind_a_channel_gate_the_field_is_that_of_the_windows() -> None:
    first = Way(nn.Sequential(conv(3), conv(3), SqueezeExcite()), nn.Identity())
    second = Way(nn.Sequential(conv(3, stride=2), conv(3), SqueezeExcite()), conv(1, stride=2))
    survey = survey_of(nn.Sequential(conv(3, 3), first, second), 1, 3, 32, 32)
    assert [block.kind for block in survey.anatomy.blocks] == ["basic", "basic"]
    one, two = (survey.receptive_fields[stage.output] for stage in survey.anatomy.stages)
    # Three 3×3 windows, then two more; the second, of stride 2, lies before the last.
    assert (one.size, two.size) == ((7, 7), (13, 13))
    assert one.gate
    assert two.gate == one.gate
    assert (one.jump, two.jump) == ((1, 1), (2, 2))
    table = ri.tabulate(survey.trace, "stages")
    notes = [table.cell(row, "note").text for row in table.rows if row.kind == "stage"]
    assert notes[1] == "1 block; planes unchanged, dimensions ÷2"


class Cut(nn.Module):
    """A convolution and then a part of its map."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 1, 3, padding=1)
        self.last = nn.Conv2d(1, 1, 3)
        self.kind = kind

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        if self.kind == "crop":
            x = x[:, :, 4:20, :16]
        elif self.kind == "stride":
            x = x[..., 1::2, ::2]
        else:
            x = functional.pad(x, (3, 0, 1, 2))
        return self.last(x)


@pytest.mark.parametrize("kind", ["crop", "stride", "pad"])
def test_the_field_behind_a_slice_or_pad_is_the_support_of_the_gradient(kind: str) -> None:
    model = Cut(kind)
    survey = survey_of(model, 1, 1, 32, 32)
    field = survey.receptive_fields[survey.trace.outputs[0].activation]
    for parameter in model.parameters():
        nn.init.constant_(parameter, 1.0)
    image = torch.ones(1, 1, 32, 32, requires_grad=True)
    at = 6
    (gradient,) = torch.autograd.grad(model(image)[0, 0, at, at], image)
    rows, columns = gradient[0, 0].nonzero(as_tuple=True)
    for axis, seen in enumerate((rows, columns)):
        assert int(seen.min()) == field.start[axis] + at * field.jump[axis]
        assert int(seen.max() - seen.min()) + 1 == field.size[axis]


class Both(nn.Conv2d):
    """A convolution with a forward of its own, which does more."""

    def __init__(self) -> None:
        super().__init__(3, 8, 3)
        self.inner = nn.Conv2d(8, 8, 1)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.inner(super().forward(x))
        return result


def test_a_layer_with_a_forward_of_its_own_is_looked_into() -> None:
    model = Both()
    image = torch.zeros(1, 3, 16, 16)
    totals = survey_of(model, 1, 3, 16, 16).totals
    assert totals.macs == oracle.flop_counter_macs(model, image)
    assert totals.parameters.total == sum(p.numel() for p in model.parameters())


class Inline(nn.Module):
    """Blocks of two stages written out in one forward."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = conv(3, 3)
        self.layers = nn.ModuleList(conv(3) for _ in range(8))
        self.down = conv(1, stride=2)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        x = self.stem(x)
        maps = {}
        for i in range(2):
            x = x + self.layers[2 * i + 1](functional.relu(self.layers[2 * i](x)))
        maps["c1"] = x
        x = self.down(x)
        for i in range(2, 4):
            x = x + self.layers[2 * i + 1](functional.relu(self.layers[2 * i](x)))
        maps["c2"] = x
        maps["last"] = functional.relu(x)
        return maps


def test_blocks_without_a_module_are_told_apart_by_stage() -> None:
    trace = ri.trace(Inline(), (1, 3, 16, 16))
    for number in (1, 2):
        table = ri.tabulate(trace, "blocks", ri.Selection(stage=number))
        assert sum(row.kind == "block" for row in table.rows) == 2


def test_the_head_gives_the_output_that_is_made_in_it() -> None:
    trace = ri.trace(Inline(), (1, 3, 16, 16))
    table = ri.tabulate(trace, "stages")
    (head,) = [row for row in table.rows if row.kind == "head"]
    assert table.cell(head, "output_shape").value == (1, 4, 8, 8)
    assert table.cell(head, "note").text == "1 step; 1 of 3 outputs"
