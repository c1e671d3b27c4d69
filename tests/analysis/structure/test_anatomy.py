"""Stages, blocks and shortcuts, of saved networks and of units made by hand."""

from __future__ import annotations

import pytest
from saved import ByHand, conv, survey_of, trace_of, window

from resnet_inspect.analysis.structure.anatomy import Block
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import Conv, Create, Elementwise, Join, Op, Reshape, Unknown
from resnet_inspect.traces.tensors import Shape


@pytest.mark.parametrize(
    ("name", "blocks", "planes"),
    [
        ("resnet18", (2, 2, 2, 2), (64, 128, 256, 512)),
        ("resnet34", (3, 4, 6, 3), (64, 128, 256, 512)),
        ("resnet50", (3, 4, 6, 3), (256, 512, 1024, 2048)),
        ("resnet101", (3, 4, 23, 3), (256, 512, 1024, 2048)),
        ("resnet50_v1", (3, 4, 6, 3), (256, 512, 1024, 2048)),
    ],
)
def test_stages_are_those_of_the_papers_table(
    name: str, blocks: tuple[int, ...], planes: tuple[int, ...]
) -> None:
    survey = survey_of(name)
    stages = survey.anatomy.stages
    assert tuple(len(stage.blocks) for stage in stages) == blocks
    assert [stage.number for stage in stages] == [1, 2, 3, 4]
    assert [stage.path for stage in stages] == ["layer1", "layer2", "layer3", "layer4"]
    shapes = [survey.trace.activations[stage.output].tensor.shape for stage in stages]
    assert shapes == [(1, c, s, s) for c, s in zip(planes, (56, 28, 14, 7), strict=True)]
    assert survey.totals.last_feature_map == (1, planes[-1], 7, 7)


@pytest.mark.parametrize(
    ("name", "kind", "identity", "projection"),
    [
        ("resnet18", "basic", 5, 3),
        ("resnet18_odd", "basic", 5, 3),
        ("resnet34", "basic", 13, 3),
        ("resnet50", "bottleneck", 12, 4),
        ("resnet50_v1", "bottleneck", 12, 4),
        ("fcn_resnet50", "bottleneck", 12, 4),
        ("resnet101", "bottleneck", 29, 4),
        ("r3d_18", "basic", 5, 3),
        ("functional", "basic", 3, 1),
    ],
)
def test_blocks_and_shortcuts(name: str, kind: str, identity: int, projection: int) -> None:
    blocks = survey_of(name).anatomy.blocks
    assert {block.kind for block in blocks} == {kind}
    shortcuts = [block.shortcut for block in blocks]
    assert shortcuts.count("identity") == identity
    assert shortcuts.count("projection") == projection
    assert len(blocks) == identity + projection


@pytest.mark.parametrize("name", ["plain", "dense", "broken", "oddities"])
def test_nothing_residual_is_found_where_nothing_is(name: str) -> None:
    anatomy = survey_of(name).anatomy
    assert anatomy.stages == ()
    assert anatomy.body is None


def first_of(name: str, number: int) -> Block:
    return survey_of(name).anatomy.stages[number - 1].blocks[0]


@pytest.mark.parametrize(
    ("name", "number", "shortcut"),
    [
        ("resnet34", 1, "identity"),
        ("resnet34", 2, "projection"),
        ("resnet50", 1, "projection"),
        ("resnet50", 2, "projection"),
    ],
)
def test_the_first_block_of_a_stage(name: str, number: int, shortcut: str) -> None:
    block = first_of(name, number)
    assert block.path == f"layer{number}.0"
    assert block.shortcut == shortcut


def test_the_first_block_of_resnet34_as_the_tutorials_walk_through_it() -> None:
    trace = trace_of("resnet34")
    block = first_of("resnet34", 1)
    assert trace.activations[block.input].tensor.shape == (1, 64, 56, 56)
    assert trace.activations[block.output].tensor.shape == (1, 64, 56, 56)
    walk = [
        (trace.calls[i].path, trace.spec(trace.calls[i].outputs[0]).shape) for i in block.branch
    ]
    full = (1, 64, 56, 56)
    assert walk == [
        ("layer1.0.conv1", full),
        ("layer1.0.bn1", full),
        ("layer1.0.relu", full),
        ("layer1.0.conv2", full),
        ("layer1.0.bn2", full),
    ]
    assert block.bypass == ()


def test_a_projection_is_the_shortcut_and_not_the_branch() -> None:
    trace = trace_of("resnet50")
    block = first_of("resnet50", 2)
    assert [trace.calls[i].path for i in block.bypass] == [
        "layer2.0.downsample.0",
        "layer2.0.downsample.1",
    ]
    assert [trace.calls[i].path for i in block.branch if isinstance(trace.calls[i].op, Conv)] == [
        "layer2.0.conv1",
        "layer2.0.conv2",
        "layer2.0.conv3",
    ]


def unit(
    shapes: tuple[Shape, ...] = ((1, 4, 8, 8), (1, 4, 8, 8)), *, final: Op | None = None
) -> Survey:
    """A convolution, then a unit of two convolutions with an addition `final`."""
    by_hand = ByHand()
    x = by_hand.input(1, 3, 8, 8)
    fork = by_hand.step("stem", conv(3, 4, window(3, padding=1)), x, shapes[0])
    y = by_hand.step("a", conv(4, 4, window(3, padding=1)), fork, shapes[0])
    y = by_hand.step("b", conv(4, 4, window(3, padding=1)), y, shapes[1])
    y = by_hand.step(":add", final or Elementwise("add"), (y, fork), shapes[1])
    return Survey(by_hand.trace(y))


@pytest.mark.parametrize("final", [Elementwise("add"), Unknown("add_relu")])
def test_a_unit_made_by_hand_is_a_block(final: Op) -> None:
    """Also where a quantized layer adds, which no rule covers."""
    survey = unit(final=final)
    (block,) = survey.anatomy.blocks
    assert (block.kind, block.shortcut, block.path) == ("basic", "identity", ":add")
    assert survey.opaque == ()


@pytest.mark.parametrize(
    "changed",
    [
        {"final": Elementwise("mul")},
        {"final": Join("cat", 1)},
        {"shapes": ((1, 4, 8, 8), (1, 4, 1, 1))},
    ],
    ids=["gate", "concatenation", "broadcast"],
)
def test_what_looks_like_a_unit_is_none(changed: dict[str, object]) -> None:
    assert unit(**changed).anatomy.blocks == ()  # type: ignore[arg-type]


def widening(way: str) -> Survey:
    """A unit from 4 planes of 8×8 to 8 of 4×4; what its shortcut does is given."""
    by_hand = ByHand()
    fork = by_hand.step("stem", conv(3, 4, window(3, padding=1)), by_hand.input(1, 3, 8, 8))
    y = by_hand.step("a", conv(4, 8, window(3, 2, 1)), fork, (1, 8, 4, 4))
    y = by_hand.step("b", conv(8, 8, window(3, padding=1)), y)
    x = by_hand.step(":slice", Reshape("slice"), fork, (1, 4, 4, 4))
    if way == "channels padded":
        x = by_hand.step(":pad", Reshape("pad"), x, (1, 8, 4, 4))
    elif way == "zeros joined":
        zeros = by_hand.step(":zeros", Create("zeros"), (), (1, 4, 4, 4))
        x = by_hand.step(":cat", Join("cat", 1), (x, zeros), (1, 8, 4, 4))
    elif way == "joined to itself":
        x = by_hand.step(":cat", Join("cat", 1), (x, x), (1, 8, 4, 4))
    elif way == "space padded":
        x = by_hand.step(":pad", Reshape("pad"), x, (1, 4, 6, 6))
        x = by_hand.step("project", conv(4, 8, window(3)), x, (1, 8, 4, 4))
    elif way == "noise added":
        noise = by_hand.step(":rand", Create("rand"), (), (1, 8, 4, 4))
        x = by_hand.step(":cat", Join("cat", 1), (x, x), (1, 8, 4, 4))
        x = by_hand.step(":mul", Elementwise("mul"), (x, noise))
    return Survey(by_hand.trace(by_hand.step(":add", Elementwise("add"), (y, x))))


@pytest.mark.parametrize(
    ("way", "names"),
    [
        ("channels padded", ["zero-padded identity"]),
        ("zeros joined", ["zero-padded identity"]),
        ("joined to itself", ["identity"]),
        ("space padded", ["projection"]),
        ("noise added", []),
    ],
)
def test_zeros_for_new_planes_make_an_identity_of_its_own_kind(way: str, names: list[str]) -> None:
    """Option A of He et al. 2015, as a pad and as zeros put beside the planes."""
    blocks = widening(way).anatomy.blocks
    assert [block.shortcut_name for block in blocks] == names
    assert [block.shortcut for block in blocks] == [name.split()[-1] for name in names]
