"""What fine-tuning did to a network, against the parameters that torch says are frozen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from torch import Tensor, nn
from torchvision import models

import resnet_inspect as ri
from resnet_inspect.analysis.comparison.networks import compare
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.words.comparison.summary import summary

SIZE = (1, 3, 64, 64)


def said(left: nn.Module, right: nn.Module) -> tuple[str, ...]:
    return summary(compare(*(Survey(ri.trace(one, SIZE)) for one in (left, right))))


def about_frozen(lines: tuple[str, ...]) -> list[str]:
    return [line for line in lines if line.startswith("frozen")]


def freeze(*modules: nn.Module) -> None:
    for module in modules:
        module.requires_grad_(False)


def all_but_the_head(network: nn.Module) -> None:
    freeze(network)
    network.fc = nn.Sequential(nn.Dropout(0.3), nn.Linear(512, 10))


def a_new_stem_too(network: nn.Module) -> None:
    freeze(network)
    network.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
    network.maxpool = nn.Identity()
    network.fc = nn.Sequential(nn.Linear(512, 64), nn.ReLU(), nn.Dropout(), nn.Linear(64, 2))


def the_first_stages(network: nn.Module) -> None:
    freeze(network.conv1, network.bn1, network.layer1, network.layer2)


def some_stages(network: nn.Module) -> None:
    freeze(network.layer1, network.layer3, network.layer4[0])


def the_norms(network: nn.Module) -> None:
    freeze(*(module for module in network.modules() if isinstance(module, nn.BatchNorm2d)))


def the_head_alone(network: nn.Module) -> None:
    freeze(network.fc)


@pytest.mark.parametrize(
    ("tune", "parts", "others"),
    [
        (all_but_the_head, "stem and stages 1 to 4", ["head: linear 1000 → dropout, linear 10"]),
        (
            a_new_stem_too,
            "bn1 and stages 1 to 4",
            [
                "stem: conv 7×7/2 to 64, max pool 3×3/2 → conv 3×3 to 64, identity",
                "head: linear 1000 → linear 64, relu, dropout, linear 2",
            ],
        ),
        (the_first_stages, "stem and stages 1 and 2", []),
        (some_stages, "stages 1 and 3 and layer4.0", []),
        (the_norms, "the norms of stem and stages 1 to 4", []),
        (the_head_alone, "head", []),
    ],
)
def test_what_is_frozen_is_a_line_and_so_is_another_stem_or_head(
    tune: Callable[[nn.Module], None], parts: str, others: list[str]
) -> None:
    left, right = models.resnet18(), models.resnet18()
    tune(right)
    count = sum(p.numel() for p in right.parameters() if not p.requires_grad)
    written = f"({count:,} parameters)"
    lines = said(left, right)
    assert [*about_frozen(lines), *(o for o in lines if o.startswith(("stem:", "head:")))] == [
        f"frozen on the right: {parts} {written}", *others,
    ]  # fmt: skip
    assert not any("trainable" in line for line in lines if not line.startswith("trainable"))
    mirrored = about_frozen(said(right, left))
    assert mirrored == [f"frozen on the left: {parts} {written}"]


class Plain(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        layers = (nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3), nn.AdaptiveAvgPool2d(1))
        self.features, self.fc = nn.Sequential(*layers), nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.fc(self.features(x).flatten(1))
        return y


def test_the_features_of_a_network_without_blocks() -> None:
    left, right = Plain(), Plain()
    freeze(right.features)
    lines = said(left, right)
    assert about_frozen(lines) == ["frozen on the right: features (808 parameters)"]
    assert sum(p.numel() for p in right.features.parameters()) == 808


def test_a_layer_of_which_a_part_is_frozen_has_its_own_line() -> None:
    left, right = models.resnet18(), models.resnet18()
    right.fc.bias.requires_grad_(False)
    lines = said(left, right)
    assert about_frozen(lines) == []
    assert "fc: trainable 513,000 against 512,000" in lines


def test_both_frozen_is_no_difference() -> None:
    left, right = models.resnet18(), models.resnet18()
    freeze(left, right)
    assert said(left, right) == ("no difference",)


def test_settings_of_layers_that_are_written_alike_are_said() -> None:
    """In a stem of which several layers changed, each only in its settings."""
    left, right = models.resnet18(), models.resnet18()
    left.relu = nn.ReLU(inplace=False)
    left.maxpool = nn.MaxPool2d(3, 2, padding=0)
    lines = said(left, right)
    assert "maxpool: padding 0 against 1" in lines
    assert "relu: in place no against yes" in lines
    assert not [line for line in lines if line.startswith("stem: ")]
    left.conv1 = nn.Sequential(nn.Conv2d(3, 64, 3, 2, 1), nn.Conv2d(64, 64, 3, 1, 1, bias=False))
    lines = said(left, right)
    assert [line for line in lines if line.startswith("stem: conv 3×3/2 to 64, conv 3×3 to 64 → ")]
    assert "maxpool: padding 0 against 1" in lines


def test_layers_that_are_replaced_alike_in_several_blocks_are_one_line() -> None:
    """Though one norm is of 64 channels and the other of 128."""
    left, right = models.resnet18(), models.resnet18()
    right.layer1[0].bn1, right.layer2[1].bn1 = nn.GroupNorm(32, 64), nn.GroupNorm(32, 128)
    lines = [line for line in said(left, right) if line.startswith("bn1: ")]
    assert lines == ["bn1: batch norm against group norm in layer1.0 and layer2.1"]
