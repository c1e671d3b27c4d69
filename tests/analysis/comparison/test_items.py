"""One network cut into comparable items, by stem, stage, lane and head."""

from __future__ import annotations

import pytest
from saved import ByHand, conv, survey_of, window

from resnet_inspect.analysis.comparison.items import LANES, Item, Side, identical
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import Activate, Create, Elementwise, Norm
from resnet_inspect.traces.tensors import Port

WIDE = window(3, 1, 1)


def side(survey: Survey, *, flat: bool = False) -> Side:
    return Side(survey, {}, flat=flat)


def tails(items: list[Item]) -> list[str]:
    return [item.tail for item in items]


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "functional", "r3d_18", "names"])
def test_every_step_is_an_item_once(name: str) -> None:
    survey = survey_of(name)
    cut = side(survey)
    blocks = [block for stage in cut.stages for block in stage]
    inside = [item for block in blocks for lane in LANES for item in block.of.lanes[lane]]
    steps = [item.of.index for item in (*cut.stem, *inside, *cut.head)]
    assert sorted(steps) == list(survey.trace.steps)


def test_a_block_has_its_steps_by_lane() -> None:
    cut = side(survey_of("resnet50"))
    assert tails(cut.stem) == ["conv1", "bn1", "relu", "maxpool"]
    assert tails(cut.head) == ["avgpool", ":flatten", "fc"]
    assert [len(stage) for stage in cut.stages] == [3, 4, 6, 3]
    first = cut.stages[1][0]
    assert {lane: tails(items) for lane, items in first.of.lanes.items()} == {
        "before": [],
        "branch": ["conv1", "bn1", "relu", "conv2", "bn2", "relu", "conv3", "bn3"],
        "shortcut": ["downsample.0", "downsample.1"],
        "add": ["add"],
        "after": ["relu"],
    }
    assert (first.tail, first.of.block.path) == ("0", "layer2.0")


def test_without_blocks_or_where_it_is_asked_for_all_steps_stand_in_a_row() -> None:
    for cut in (side(survey_of("plain")), side(survey_of("resnet18"), flat=True)):
        assert len(cut.stem) == len(cut.trace.steps)
        assert not cut.head
        assert not cut.stages


def test_a_step_between_two_blocks_goes_with_the_one_that_it_leads_to() -> None:
    net = ByHand()
    x = net.step("stem", conv(3, 4, WIDE), net.input(1, 3, 8, 8), (1, 4, 8, 8))
    for name in ("one", "two"):
        with net.inside(name, x) as gives:
            y = net.step(f"{name}.a", conv(4, 4, WIDE), x)
            y = net.step(f"{name}.relu", Activate("relu"), y)
            y = net.step(f"{name}.b", conv(4, 4, WIDE), y)
            x = net.step(f"{name}:add", Elementwise("add"), (y, x))
            gives.append(x)
        if name == "one":
            x = net.step("between", Norm("batch", 4), x)
    cut = side(Survey(net.trace(x)))
    (first, second) = (block for stage in cut.stages for block in stage)
    assert tails(second.of.lanes["before"]) == ["between"]
    assert not any(tails(first.of.lanes[lane]) == ["between"] for lane in LANES)


def test_keys_tell_the_very_same_from_what_is_configured_alike_and_of_one_role() -> None:
    net = ByHand()
    x = net.input(1, 4, 8, 8)
    made = [
        net.step("a", conv(4, 4, WIDE), x),
        net.step("b", conv(4, 4, WIDE), x),
        net.step("c", conv(4, 4, WIDE), net.tensor(1, 4, 6, 6)),
        net.step("d", conv(4, 4, window(1)), x),
        net.step(":e", Elementwise("add"), (x, x)),
        net.step(":f", Elementwise("mul"), (x, x)),
        net.step(":g", Create("ones"), (), (1,), labels=()),
    ]
    items = side(Survey(net.trace(*made))).stem
    same, again, smaller, point, add, mul, _ = (item.keys for item in items)
    assert same == again
    assert (same[0] != smaller[0], same[1:] == smaller[1:]) == (True, True)
    assert (same[1] != point[1], same[2] == point[2]) == (True, True)
    assert add[2] != mul[2]  # they have nothing in common but that they are arithmetic
    assert not identical(items[0], items[1])  # for their names


def test_numbers_are_no_names() -> None:
    cut = side(survey_of("plain"))
    assert {item.name for item in cut.stem if item.tail.startswith("features.")} == {""}
    assert side(survey_of("resnet18")).stem[0].name == "conv1"


def test_what_made_a_tensor_is_a_step_an_input_or_outside() -> None:
    net = ByHand()
    first, second = net.input(1, 4), net.input(1, 4)
    outside = net.tensor(1, 4)
    made = net.step(":add", Elementwise("add"), (first, second))
    cut = side(Survey(net.trace(net.step(":mul", Elementwise("mul"), (made, outside)))))
    assert [cut.maker(Port("", number)) for number in (made, first, second, outside)] == [
        1, -1, -2, None,
    ]  # fmt: skip
