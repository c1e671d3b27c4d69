"""How the blocks and stages of two networks differ, in sentences."""

from __future__ import annotations

import pytest
from comparisons import of
from saved import ByHand, conv, survey_of, window

from resnet_inspect.analysis.comparison.networks import compare
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import Activate, Elementwise, Reduce
from resnet_inspect.views.words.comparison import structure


def test_blocks_per_stage() -> None:
    assert list(structure.depths(of("resnet18", "resnet34"))) == [
        "blocks per stage: 2, 2, 2, 2 against 3, 4, 6, 3"
    ]
    assert list(structure.depths(of("resnet34", "resnet50"))) == []
    assert list(structure.depths(of("plain", "resnet18"))) == [
        "blocks per stage: none against 2, 2, 2, 2"
    ]


def test_kinds_of_block_and_of_how_many_convolutions() -> None:
    assert list(structure.kinds_of(survey_of("resnet50"))) == [("bottleneck", 3, 0)]
    assert list(structure.kinds(of("resnet34", "resnet50"))) == [
        "blocks: basic (2 convolutions) against bottleneck (3)"
    ]
    assert list(structure.kinds(of("resnet18", "resnet34"))) == []
    assert list(structure.kinds(of("plain", "resnet34"))) == []


def blocks(*convolutions: int, gate: bool = False) -> Survey:
    """Blocks of so many wide convolutions; with a gate of two more."""
    net = ByHand()
    x = net.step("stem", conv(3, 8, window(3, 1, 1)), net.input(1, 3, 8, 8), (1, 8, 8, 8))
    for number, count in enumerate(convolutions):
        with net.inside(f"block{number}", x) as gives:
            y = x
            for place in range(count):
                y = net.step(f"block{number}.conv{place}", conv(8, 8, window(3, 1, 1)), y)
                y = net.step(f"block{number}.relu{place}", Activate("relu"), y)
            if gate:
                mean = net.step(f"block{number}:mean", Reduce("mean", (2, 3)), y, (1, 8, 1, 1))
                down = net.step(f"block{number}.down", conv(8, 2, window(1)), mean, (1, 2, 1, 1))
                up = net.step(f"block{number}.up", conv(2, 8, window(1)), down, (1, 8, 1, 1))
                y = net.step(f"block{number}:mul", Elementwise("mul"), (y, up))
            x = net.step(f"block{number}:add", Elementwise("add"), (y, x))
            gives.append(x)
    return Survey(net.trace(x))


def test_what_computes_a_gate_is_counted_apart() -> None:
    assert list(structure.kinds(compare(blocks(2), blocks(2, gate=True)))) == [
        "blocks: basic (2 convolutions) against basic (2, 2 for a gate)"
    ]


def test_several_kinds_are_listed_in_order_of_appearance() -> None:
    (said,) = structure.kinds(compare(blocks(2, 3), blocks(2)))
    assert said.startswith("blocks: basic (2 convolutions) and ")
    (said,) = structure.kinds(compare(blocks(1), blocks(2)))
    assert "(1 convolution) against" in said


def test_what_each_stage_did_and_the_planes_behind_it() -> None:
    found = of("resnet34", "resnet50")
    assert list(structure.effects(found)) == ["stage 1: planes unchanged against ×4"]
    assert list(structure.planes(found)) == [
        "planes after each stage: 64, 128, 256, 512 against 256, 512, 1024, 2048 (×4)"
    ]
    dilated = of("resnet50", "fcn_resnet50")
    assert list(structure.effects(dilated)) == ["stages 3 and 4: dimensions ÷2 against unchanged"]
    assert list(structure.planes(dilated)) == []
    (said,) = structure.planes(of("resnet18", "functional"))
    assert "(" not in said  # by no one factor


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        (
            "resnet34",
            "resnet50",
            ["stage 1: 3 identity shortcuts against 1 projection and 2 identities"],
        ),
        ("resnet50", "resnet101", []),
        ("resnet18", "resnet34", []),  # as many are projections
    ],
)
def test_shortcuts_are_told_where_not_as_many_are_projections(
    left: str, right: str, said: list[str]
) -> None:
    assert list(structure.shortcuts(of(left, right))) == said
