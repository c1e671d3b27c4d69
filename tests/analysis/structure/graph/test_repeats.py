"""The part that each step of a block plays, and blocks in a row that are alike."""

from __future__ import annotations

import pytest
from saved import ByHand, conv, survey_of, window

from resnet_inspect.analysis.structure.graph import repeats
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import Activate, Elementwise

WIDE = window(3, 1, 1)


def test_the_parts_of_a_block_with_a_projection() -> None:
    survey = survey_of("resnet50")
    trace = survey.trace
    roles = repeats.roles(trace, survey.anatomy.blocks[0])
    parts = {part: [trace.calls[step].path for step in sorted(roles) if roles[step] == part]
             for part in ("layer", "branch", "bypass", "add")}  # fmt: skip
    assert parts == {
        "layer": [],
        "branch": [
            f"layer1.0.{name}"
            for name in ("conv1", "bn1", "relu", "conv2", "bn2", "relu", "conv3", "bn3")
        ],
        "bypass": ["layer1.0.downsample.0", "layer1.0.downsample.1"],
        "add": ["layer1.0:add", "layer1.0.relu"],
    }


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "functional", "r3d_18"])
def test_every_step_of_a_block_plays_one_part(name: str) -> None:
    survey = survey_of(name)
    for block in survey.anatomy.blocks:
        steps = {s for s in survey.trace.steps if block.first <= s <= block.last}
        assert set(repeats.roles(survey.trace, block)) == steps


def test_what_stands_before_the_paths_part_is_a_layer() -> None:
    """A block of which a first convolution is outside of the shortcut."""
    net = ByHand()
    image = net.input(1, 4, 8, 8)
    with net.inside("block", image) as gives:
        x = net.step("block.enter", conv(4, 4, WIDE), image)
        y = net.step("block.a", conv(4, 4, WIDE), x)
        y = net.step("block.relu", Activate("relu"), y)
        y = net.step("block.b", conv(4, 4, WIDE), y)
        gives.append(net.step("block:add", Elementwise("add"), (y, x)))
    survey = Survey(net.trace(*gives))
    (block,) = survey.anatomy.blocks
    assert repeats.roles(survey.trace, block) == {
        2: "layer", 3: "branch", 4: "branch", 5: "branch", 6: "add",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("resnet18", [[2], [1, 1], [1, 1], [1, 1]]),
        ("resnet34", [[3], [1, 3], [1, 5], [1, 2]]),
        ("resnet101", [[1, 2], [1, 3], [1, 22], [1, 2]]),
    ],
)
def test_all_blocks_of_a_stage_but_one_that_changes_shapes_are_alike(
    name: str, sizes: list[list[int]]
) -> None:
    survey = survey_of(name)
    found = [list(repeats.runs(survey.trace, stage)) for stage in survey.anatomy.stages]
    assert [[len(run) for run in runs] for runs in found] == sizes
    for stage, runs in zip(survey.anatomy.stages, found, strict=True):
        assert [block for run in runs for block in run] == list(stage.blocks)


def blocks(kernels: tuple[int, ...], *, tapped: int | None = None) -> Survey:
    """Blocks in a row; what one of them gives goes elsewhere too."""
    net = ByHand()
    x = net.step("stem", conv(3, 4, WIDE), net.input(1, 3, 8, 8), (1, 4, 8, 8))
    taps = []
    for number, kernel in enumerate(kernels):
        with net.inside(f"block{number}", x) as gives:
            sized = window(kernel, 1, kernel // 2)
            y = net.step(f"block{number}.a", conv(4, 4, sized), x)
            y = net.step(f"block{number}.relu", Activate("relu"), y)
            y = net.step(f"block{number}.b", conv(4, 4, sized), y)
            x = net.step(f"block{number}:add", Elementwise("add"), (y, x))
            gives.append(x)
        if number == tapped:
            taps.append(x)
    return Survey(
        net.trace(x, *(net.step("side", conv(4, 2, WIDE), tap, (1, 2, 8, 8)) for tap in taps))
    )


@pytest.mark.parametrize(
    ("kernels", "tapped", "sizes"),
    [
        ((3, 3, 3, 3), None, [4]),
        ((3, 3, 5, 5), None, [2, 2]),
        ((3, 5, 3, 5), None, [1, 1, 1, 1]),
        ((3, 3, 3, 3), 1, [2, 2]),  # what stands for several gives nothing in between
    ],
)
def test_a_run_ends_where_blocks_differ_or_another_takes_what_one_gives(
    kernels: tuple[int, ...], tapped: int | None, sizes: list[int]
) -> None:
    survey = blocks(kernels, tapped=tapped)
    (stage,) = survey.anatomy.stages
    assert [len(run) for run in repeats.runs(survey.trace, stage)] == sizes
