"""What is computed from a trace, against published figures, closed formulas and sums by hand.

The figures of torchvision's variants are those of its own weights' meta data and of an independent
survey of other tools; those of the paper are of He et al. 2015, table 1.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st
from saved import ByHand, conv, steady, survey_of, trace_of, window

from resnet_inspect.analysis.counts import activations, macs, parameters
from resnet_inspect.analysis.geometry import receptive_field
from resnet_inspect.analysis.structure.anatomy import Block
from resnet_inspect.analysis.structure.net_effect import Factor, net_effect, of_stage
from resnet_inspect.analysis.structure.survey import Amounts, Survey
from resnet_inspect.traces.model import Failure, Trace
from resnet_inspect.traces.ops import (
    Activate,
    AdaptivePool,
    Attention,
    Conv,
    Create,
    Elementwise,
    Join,
    Linear,
    MatMul,
    Norm,
    Op,
    Pool,
    Reduce,
    Resample,
    Reshape,
    Unknown,
    Window,
)
from resnet_inspect.traces.tensors import Shape
from resnet_inspect.views.words.net_effect import effect

# Totals ------------------------------------------------------------------------------------------

STAGE_PARAMETERS = {
    "resnet18": (147_968, 525_568, 2_099_712, 8_393_728),
    "resnet34": (221_952, 1_116_416, 6_822_400, 13_114_368),
    "resnet50": (215_808, 1_219_584, 7_098_368, 14_964_736),
    "resnet101": (215_808, 1_219_584, 26_090_496, 14_964_736),
    "resnet50_v1": (215_808, 1_219_584, 7_098_368, 14_964_736),
}
STAGE_MACS = {
    "resnet18": (462_422_016, 411_041_792, 411_041_792, 411_041_792),
    "resnet34": (693_633_024, 873_463_808, 1_335_885_824, 642_252_800),
    "resnet50": (667_942_912, 1_027_604_480, 1_464_336_384, 809_238_528),
    "resnet101": (667_942_912, 1_027_604_480, 5_176_557_568, 809_238_528),
}


@pytest.mark.parametrize(
    ("name", "held", "cost", "buffers", "modules"),
    [
        ("resnet18", 11_689_512, 1_814_073_344, 9_620, 68),
        ("resnet34", 21_797_672, 3_663_761_408, 17_060, 116),
        ("resnet50", 25_557_032, 4_089_184_256, 53_173, 151),
        ("resnet101", 44_549_160, 7_801_405_440, 105_448, 287),
        ("resnet50_v1", 25_557_032, 3_857_973_248, 53_173, 151),
    ],
)
def test_totals_are_the_published_ones(
    name: str, held: int, cost: int, buffers: int, modules: int
) -> None:
    totals = survey_of(name).totals
    assert totals.parameters.total == totals.parameters.trainable == held
    assert totals.parameters.nbytes == 4 * held
    assert totals.parameters.frozen == 0
    assert totals.macs == cost
    assert totals.flops == 2 * cost
    assert totals.not_counted == ()
    assert totals.buffers.total == buffers
    assert totals.modules == modules


@pytest.mark.parametrize(("first", "last"), [(0, 199), (44, 47), (43, 43), (47, 47), (9, 5)])
def test_steps_within_are_those_between_both_ends(first: int, last: int) -> None:
    trace = trace_of("resnet50")
    found = trace.steps_within(first, last)
    assert found == tuple(step for step in trace.steps if first <= step <= last)


def test_module_calls_and_functions_are_told_apart() -> None:
    totals = survey_of("resnet50").totals
    assert (totals.modules, totals.calls, totals.functions) == (151, 183, 17)


@pytest.mark.parametrize("name", STAGE_PARAMETERS)
def test_parameters_of_stages_are_the_published_ones(name: str) -> None:
    survey = survey_of(name)
    stages = survey.anatomy.stages
    counted = tuple(survey.amounts(s.first, s.last).parameters for s in stages)
    assert counted == STAGE_PARAMETERS[name]
    by_module = tuple(
        parameters.of_module(survey.trace, f"layer{number}").total for number in (1, 2, 3, 4)
    )
    assert by_module == STAGE_PARAMETERS[name]
    stem = survey.amounts(1, stages[0].first - 1)
    assert stem.parameters == 9_408 + 128


@pytest.mark.parametrize("name", STAGE_MACS)
def test_macs_of_stages_are_the_published_ones(name: str) -> None:
    survey = survey_of(name)
    stages = survey.anatomy.stages
    assert tuple(survey.amounts(s.first, s.last).macs for s in stages) == STAGE_MACS[name]
    assert survey.amounts(1, stages[0].first - 1).macs == 118_013_952
    features = 512 if name in {"resnet18", "resnet34"} else 2048
    head = survey.amounts(stages[-1].last + 1, len(survey.trace.calls) - 1)
    assert (head.macs, head.parameters) == (features * 1000, features * 1000 + 1000)


def test_activation_memory_of_resnet50() -> None:
    totals = survey_of("resnet50").totals
    assert totals.activation_bytes / 2**20 == pytest.approx(143.3, abs=0.05)
    assert totals.activation_bytes_distinct / 2**20 == pytest.approx(85.6, abs=0.05)
    assert totals.parameters.nbytes / 2**20 == pytest.approx(97.49, abs=0.005)


def test_activation_memory_of_resnet50_by_hand() -> None:
    """Each block writes two maps per convolution and norm; relu and the addition are in place."""
    maps = [64 * 112**2, 64 * 112**2, 64 * 56**2]  # conv1, bn1, maxpool
    for blocks, width, side, larger in (
        (3, 64, 56, 56),
        (4, 128, 28, 56),
        (6, 256, 14, 28),
        (3, 512, 7, 14),
    ):
        for block in range(blocks):
            before = larger if block == 0 else side
            maps += [width * before**2] * 2 + [width * side**2] * 2 + [4 * width * side**2] * 2
            if block == 0:
                maps += [4 * width * side**2] * 2
    maps += [2048, 1000]
    assert survey_of("resnet50").totals.activation_bytes_distinct == 4 * sum(maps)


def test_memory_of_shared_storages_counts_once() -> None:
    by_hand = ByHand()
    x = by_hand.input(1, 2, 4, 4)
    y = by_hand.step("relu", Activate("relu", True), x, storage=x)
    z = by_hand.step("conv", conv(2, 3, window(1)), y, (1, 3, 4, 4))
    view = by_hand.step(":view", Reshape("view"), z, (1, 48), storage=z)
    trace = by_hand.trace(view)
    assert activations.written(trace) == (0, 128, 192, 192)
    assert activations.held(trace) == (0, 0, 192, 0)


def test_amounts_of_separate_runs_of_calls_add_up(survey: Survey) -> None:
    middle = len(survey.trace.calls) // 2
    last = len(survey.trace.calls) - 1
    split = survey.amounts(0, middle) + survey.amounts(middle + 1, last)
    assert split == survey.whole
    assert survey.whole - split == Amounts()
    assert survey.whole * 2 == survey.whole + survey.whole


# Stage shapes, receptive fields ------------------------------------------------------------------


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
    ("name", "sizes", "edges"),
    [
        ("resnet18", (43, 99, 211, 435), (-21, -49, -105, -217)),
        ("resnet34", (59, 179, 547, 899), (-29, -89, -273, -449)),
        ("resnet50", (35, 91, 267, 427), (-17, -45, -133, -213)),
        ("resnet101", (35, 91, 811, 971), (-17, -45, -405, -485)),
        ("resnet50_v1", (35, 99, 291, 483), (-17, -49, -145, -241)),
    ],
)
def test_receptive_fields_are_the_published_ones(
    name: str, sizes: tuple[int, ...], edges: tuple[int, ...]
) -> None:
    survey = survey_of(name)
    fields = [survey.receptive_fields[stage.output] for stage in survey.anatomy.stages]
    assert [field.size for field in fields] == [(n, n) for n in sizes]
    assert [field.jump for field in fields] == [(n, n) for n in (4, 8, 16, 32)]
    assert [field.start for field in fields] == [(n, n) for n in edges]


def field_after(trace: Trace, path: str) -> receptive_field.ReceptiveField:
    call = next(call for call in trace.calls if call.path == path)
    return receptive_field.by_activation(trace)[call.outputs[0].activation]


def test_the_stem_sees_seven_then_eleven_pixels() -> None:
    trace = trace_of("resnet18")
    first, pooled = field_after(trace, "conv1"), field_after(trace, "maxpool")
    assert (first.size, first.jump, first.start) == ((7, 7), (2, 2), (-3, -3))
    assert (pooled.size, pooled.jump, pooled.start) == ((11, 11), (4, 4), (-5, -5))
    assert field_after(trace, "avgpool").whole
    assert field_after(trace, "fc").whole


def test_dilation_keeps_the_receptive_field_and_stops_the_stride() -> None:
    survey = survey_of("fcn_resnet50")
    fields = [survey.receptive_fields[stage.output] for stage in survey.anatomy.stages]
    assert [field.size[0] for field in fields] == [35, 91, 267, 427]
    assert [field.jump[0] for field in fields] == [4, 8, 8, 8]


def test_video_networks_see_three_dimensions() -> None:
    """r3d_18: a 3×7×7 stem of stride 1×2×2, then 3×3×3 units; by hand from the recurrence."""
    survey = survey_of("r3d_18")
    fields = [survey.receptive_fields[stage.output] for stage in survey.anatomy.stages]
    # After the stem 3 frames and 7 pixels; four convolutions of jump 1 frame and 2 pixels.
    assert fields[0].size == (3 + 4 * 2, 7 + 4 * 4, 7 + 4 * 4)
    # One more convolution at the old jump, three at the doubled one, for each stage.
    frames, pixels = 11, 23
    for field, jump in zip(fields[1:], (1, 2, 4), strict=True):
        frames += 2 * jump + 3 * 4 * jump
        pixels += 2 * 2 * jump + 3 * 4 * 2 * jump
        assert field.size == (frames, pixels, pixels)
        assert field.jump == (2 * jump, 4 * jump, 4 * jump)


def after(op: Op, given: Shape, made: Shape, *, first: Op | None = None) -> object:
    """The receptive field after one op that follows a first window."""
    by_hand = ByHand()
    first = first or conv(1, 1, window(3, padding=1))
    x = by_hand.step("first", first, by_hand.input(1, 1, *given[2:]), given)
    y = by_hand.step("second", op, x, made)
    field = receptive_field.by_activation(by_hand.trace(y)).get(y)
    return field if field is None or not field.whole else "all"


MAP: Shape = (1, 1, 8, 8)


def same(size: int | Fraction, jump: int | Fraction, start: int | Fraction) -> object:
    return receptive_field.ReceptiveField((size,) * 2, (jump,) * 2, (start,) * 2)


@pytest.mark.parametrize(
    ("op", "made", "expected"),
    [
        (Pool("max", window(2, 2)), (1, 1, 4, 4), same(4, 2, -1)),
        (conv(1, 1, window(3, 1, 2, dilation=2)), MAP, same(7, 1, -3)),
        (conv(1, 1, window(1, 2)), (1, 1, 4, 4), same(3, 2, -1)),
        (Norm("batch", 1), MAP, same(3, 1, -1)),
        (Activate("relu"), MAP, same(3, 1, -1)),
        (AdaptivePool("avg", (1, 1)), (1, 1, 1, 1), "all"),
        (AdaptivePool("avg", (4, 4)), (1, 1, 4, 4), same(4, 2, -1)),
        (AdaptivePool("avg", (3, 3)), (1, 1, 3, 3), None),
        (Reduce("mean"), (1, 1), "all"),
        (Reduce("mean"), (1, 1, 1, 1), "all"),
        (Resample("nearest"), (1, 1, 16, 16), same(3, Fraction(1, 2), -1)),
        (Resample("bilinear"), (1, 1, 16, 16), same(4, Fraction(1, 2), -1)),
        (Resample("roi_align"), (1, 1, 7, 7), None),
        (Reshape("permute"), (1, 8, 8, 1), None),
        (Reshape("pad", (0, 0, -1, -1), (1, 1, 1, 1)), (1, 1, 10, 10), same(3, 1, -2)),
        (Reshape("slice", (0, 0, 0, 0), (1, 1, 2, 2)), (1, 1, 4, 4), same(3, 2, -1)),
        (Unknown("Telepathy"), MAP, None),
        (Attention(8, 8, 8, 1), MAP, None),
    ],
    ids=str,
)
def test_the_rule_of_each_op(op: Op, made: Shape, expected: object) -> None:
    assert after(op, MAP, made) == expected


def test_a_transposed_convolution_halves_the_jump() -> None:
    up = Conv(window(2, 2), 1, 1, 1, False, transposed=True)
    field = after(up, MAP, (1, 1, 16, 16))
    assert isinstance(field, receptive_field.ReceptiveField)
    assert field.size == (3, 3)  # each output element comes from one input element
    assert field.jump == (Fraction(1, 2), Fraction(1, 2))
    assert field.start == (-1, -1)  # element 0 sees element 0


@steady
@given(st.integers(1, 5), st.integers(1, 4), st.integers(0, 3))
def test_a_transposed_convolution_sees_what_reaches_its_element(k: int, s: int, p: int) -> None:
    """Input i reaches output s·i − p + t for every tap t below k."""
    op = Conv(window(k, s, p), 1, 1, 1, False, transposed=True)
    side = 7 * s - 2 * p + k
    if p >= k or side < 1:
        return
    field = after(op, MAP, (1, 1, side, side), first=conv(1, 1, window(1)))
    assert isinstance(field, receptive_field.ReceptiveField)
    reach = {o: [i for i in range(-9, 9) if 0 <= o - s * i + p < k] for o in range(s)}
    if reach[0]:
        assert field.start == (min(reach[0]),) * 2
    assert field.size == (max(1, max(max(r) - min(r) + 1 for r in reach.values() if r)),) * 2


def test_where_ways_join_the_field_is_their_hull() -> None:
    by_hand = ByHand()
    x = by_hand.input(1, 1, 8, 8)
    left = by_hand.step("left", conv(1, 1, window(5, padding=2)), x)
    right = by_hand.step(
        "right", conv(1, 1, Window((3, 3), (1, 1), (0, 0), (1, 1), padding_after=(2, 2))), x
    )
    joined = by_hand.step(":cat", Join("cat", 1), (left, right), (1, 2, 8, 8))
    field = receptive_field.by_activation(by_hand.trace(joined))[joined]
    assert (field.start, field.size) == ((-2, -2), (5, 5))  # -2 … 2 and 0 … 2
    wide = by_hand.step("wide", conv(2, 2, window(1, 2)), joined, (1, 2, 4, 4))
    odd = by_hand.step(":add", Elementwise("add"), (wide, joined), (1, 2, 4, 4))
    assert odd not in receptive_field.by_activation(by_hand.trace(odd))


# Anatomy -----------------------------------------------------------------------------------------


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


def test_a_unit_made_by_hand_is_a_block() -> None:
    (block,) = unit().anatomy.blocks
    assert (block.kind, block.shortcut, block.path) == ("basic", "identity", ":add")


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


# The tutorials' words ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("resnet18", ["planes and dimensions unchanged", *["planes ×2, dimensions ÷2"] * 3]),
        ("resnet34", ["planes and dimensions unchanged", *["planes ×2, dimensions ÷2"] * 3]),
        ("resnet50", ["planes ×4, dimensions unchanged", *["planes ×2, dimensions ÷2"] * 3]),
        ("resnet18_odd", ["planes and dimensions unchanged", *["planes ×2, dimensions ÷2"] * 3]),
        ("r3d_18", ["planes and dimensions unchanged", *["planes ×2, dimensions ÷2"] * 3]),
        (
            "fcn_resnet50",
            [
                "planes ×4, dimensions unchanged",
                "planes ×2, dimensions ÷2",
                *["planes ×2, dimensions unchanged"] * 2,
            ],
        ),
        ("functional", ["planes and dimensions unchanged", "planes ×3, dimensions ÷2"]),
    ],
)
def test_the_net_effect_of_stages(name: str, words: list[str]) -> None:
    survey = survey_of(name)
    assert [effect(of_stage(survey, stage)) for stage in survey.anatomy.stages] == words


@pytest.mark.parametrize(
    ("before", "after_it", "jumps", "words"),
    [
        ((1, 64, 56, 56), (1, 64, 56, 56), (), "planes and dimensions unchanged"),
        ((1, 64, 56, 56), (1, 256, 56, 56), (), "planes ×4, dimensions unchanged"),
        ((1, 64, 56, 56), (1, 128, 28, 28), (), "planes ×2, dimensions ÷2"),
        ((1, 64, 57, 57), (1, 128, 29, 29), ((8, 8), (4, 4)), "planes ×2, dimensions ÷2"),
        ((1, 64, 57, 57), (1, 128, 29, 29), (), "planes ×2, dimensions 57→29"),
        ((1, 64, 8, 8), (1, 96, 8, 8), (), "planes 64→96, dimensions unchanged"),
        ((1, 64, 8, 8), (1, 32, 16, 16), (), "planes ÷2, dimensions ×2"),
        ((1, 8, 4, 8, 8), (1, 8, 4, 4, 4), (), "planes unchanged, dimensions ×1, ÷2, ÷2"),
        ((1, 512), (1, 10), (), ""),
        ((1, 8, 4, 4), (1, 8, 16), (), ""),
    ],
)
def test_net_effect(
    before: Shape, after_it: Shape, jumps: tuple[tuple[int, ...], ...], words: str
) -> None:
    assert effect(net_effect(before, after_it, *jumps)) == words


@steady
@given(st.integers(1, 50), st.integers(1, 50), st.integers(1, 50))
def test_equal_factors_are_equal(a: int, b: int, times: int) -> None:
    assert Factor.of(a, a * times) == Factor.of(b, b * times) == Factor(1, times)
    assert Factor.of(a * times, a) == Factor.of(b * times, b) == Factor(times, 1)
    found = Factor.of(a, b)
    assert found.after * a == found.before * b
    assert Factor.of(found.before, found.after) == found


# Multiply-accumulates, rule by rule --------------------------------------------------------------


def cost(op: Op, *inputs: Shape, made: Shape, labels: tuple[str, ...] | None = None) -> int | None:
    by_hand = ByHand()
    taken = tuple(by_hand.input(*shape) for shape in inputs)
    by_hand.step("layer", op, taken, made, labels=labels)
    trace = by_hand.trace()
    return macs.of_call(trace, trace.calls[1])


UP = Conv(window(3, 2, 1), 8, 4, 2, True, transposed=True, output_padding=(1, 1))


@pytest.mark.parametrize(
    ("op", "inputs", "made", "expected"),
    [
        (conv(3, 64, window(7, 2, 3)), [(1, 3, 224, 224)], (1, 64, 112, 112), 118_013_952),
        (conv(8, 8, window(3, padding=1), groups=8), [(2, 8, 5, 5)], (2, 8, 5, 5), 2 * 8 * 25 * 9),
        (conv(8, 6, window(3), groups=2), [(1, 8, 5, 5)], (1, 6, 3, 3), 6 * 9 * 4 * 9),
        (conv(2, 3, window(3, dimensions=1), bias=True), [(2, 9)], (3, 7), 3 * 7 * 2 * 3),
        (conv(2, 3, window(3, dimensions=3)), [(1, 2, 4, 4, 4)], (1, 3, 2, 2, 2), 24 * 2 * 27),
        (UP, [(1, 8, 5, 5)], (1, 4, 10, 10), 8 * 25 * (4 // 2) * 9),
        (Linear(512, 1000, True), [(1, 512)], (1, 1000), 512_000),
        (Linear(8, 3, False), [(2, 7, 8)], (2, 7, 3), 2 * 7 * 8 * 3),
        (Linear(8, 3, False), [(8,)], (3,), 24),
        (MatMul("matmul"), [(2, 3, 4), (2, 4, 5)], (2, 3, 5), 2 * 3 * 4 * 5),
        (MatMul("matmul"), [(4,), (4,)], (), 4),
        (MatMul("bmm"), [(6, 3, 4), (6, 4, 5)], (6, 3, 5), 6 * 3 * 4 * 5),
        (MatMul("addmm"), [(5,), (3, 4), (4, 5)], (3, 5), 3 * 4 * 5),
        (MatMul("addbmm"), [(3, 5), (6, 3, 4), (6, 4, 5)], (3, 5), 6 * 3 * 4 * 5),
        (
            MatMul("scaled_dot_product_attention"),
            [(2, 8, 10, 16), (2, 8, 12, 16), (2, 8, 12, 20)],
            (2, 8, 10, 20),
            2 * 8 * 10 * 12 * (16 + 20),
        ),
        (Norm("batch", 64), [(1, 64, 8, 8)], (1, 64, 8, 8), 0),
        (Activate("relu"), [(1, 64)], (1, 64), 0),
        (Elementwise("add"), [(1, 64), (1, 64)], (1, 64), 0),
        (Pool("avg", window(7)), [(1, 8, 7, 7)], (1, 8, 1, 1), 0),
        (Reduce("mean"), [(1, 8)], (), 0),
        (Unknown("Telepathy"), [(1, 8)], (1, 8), None),
        (MatMul("matmul"), [(), ()], (), None),
    ],
    ids=str,
)
def test_the_cost_of_each_op(
    op: Op, inputs: list[Shape], made: Shape, expected: int | None
) -> None:
    assert cost(op, *inputs, made=made) == expected


@pytest.mark.parametrize("batch_first", [True, False])
def test_attention_costs_four_projections_and_two_products(batch_first: bool) -> None:
    batch, queries, keys, embed, key_dim, value_dim = 3, 5, 7, 8, 6, 4

    def shape(length: int, features: int) -> Shape:
        return (batch, length, features) if batch_first else (length, batch, features)

    op = Attention(embed, key_dim, value_dim, 2, batch_first)
    expected = batch * (
        queries * embed * embed  # query projection
        + keys * key_dim * embed
        + keys * value_dim * embed
        + 2 * queries * keys * embed  # scores, and their product with the values
        + queries * embed * embed  # output projection
    )
    given_shapes = (shape(queries, embed), shape(keys, key_dim), shape(keys, value_dim))
    assert cost(op, *given_shapes, made=shape(queries, embed)) == expected
    alone = cost(op, (queries, embed), (keys, key_dim), (keys, value_dim), made=(queries, embed))
    assert alone is not None
    assert alone * batch == expected


@steady
@given(st.data())
def test_a_convolution_costs_a_product_per_tap_and_output_element(data: st.DataObject) -> None:
    dimensions = data.draw(st.integers(1, 3))
    groups = data.draw(st.integers(1, 3))
    given_channels = groups * data.draw(st.integers(1, 3))
    made_channels = groups * data.draw(st.integers(1, 3))
    kernel = data.draw(st.tuples(*[st.integers(1, 3)] * dimensions))
    ones, none = (1,) * dimensions, (0,) * dimensions
    w = Window(kernel, ones, none, ones)
    size = tuple(k + data.draw(st.integers(0, 2)) for k in kernel)
    op = conv(given_channels, made_channels, w, groups=groups)
    output = w.output_size(size)
    weights = made_channels * given_channels // groups * prod(kernel)
    places = prod(i - k + 1 for i, k in zip(size, kernel, strict=True))
    assert cost(op, (1, given_channels, *size), made=(1, made_channels, *output)) == (
        weights * places
    )


def test_a_step_that_raised_costs_nothing_and_one_without_tensors_is_not_known() -> None:
    by_hand = ByHand()
    x = by_hand.input(1, 3, 4, 4)
    by_hand.step("conv", conv(3, 4, window(1)), x, (1, 4, 4, 4))
    trace = by_hand.trace()
    silent = replace(trace, calls=(trace.calls[0], replace(trace.calls[1], outputs=())))
    assert macs.by_call(silent) == (0, None)
    raised = replace(silent, failure=Failure(1, "RuntimeError", "no"))
    assert macs.by_call(raised) == (0, 0)


# Shared, tied, uncalled, unknown -----------------------------------------------------------------


def test_a_shared_layer_counts_once_and_costs_twice() -> None:
    survey = survey_of("oddities")
    calls = [call for call in survey.trace.calls if call.module == "shared"]
    assert [call.nth for call in calls] == [1, 2]
    assert [survey.parameters[call.index].total for call in calls] == [4 * 4 * 9, 0]
    assert [survey.macs[call.index] for call in calls] == [2 * 16 * 4 * 4 * 9] * 2
    assert survey.trace.module_at["again"] is survey.trace.module_at["shared"]


def test_tied_weights_count_once() -> None:
    trace = trace_of("oddities")
    # first 3·4+4, shared 4·4·9, lstm 4·8·(16+8+2), encoder 8·6, uncalled 4·4+4+8, frozen 6·6+6
    expected = 16 + 144 + 832 + 48 + 28 + 42
    assert parameters.of_network(trace).total == expected
    assert parameters.of_network(trace).frozen == 42
    assert parameters.of_module(trace, "").total == expected
    assert parameters.of_module(trace, "decoder").total == 48
    assert parameters.own(trace.module_at["decoder"]).total == 0
    credited = parameters.credited(trace)
    assert sum(count.total for count in credited) == expected


def test_what_was_never_called_is_named_once_with_what_it_holds() -> None:
    trace = trace_of("oddities")
    assert [module.path for module in parameters.never_called(trace)] == ["uncalled"]
    assert parameters.of_module(trace, "uncalled").total == 4 * 4 + 4 + 8
    for name in ("resnet50", "r3d_18", "functional", "names", "plain"):
        assert parameters.never_called(trace_of(name)) == ()


def test_what_no_rule_covers_is_named() -> None:
    totals = survey_of("oddities").totals
    assert totals.not_counted == (("LSTM", 1),)
    # first, shared twice, encoder, decoder, frozen
    assert totals.macs == 2 * (16 * 12 + 2 * 16 * 144 + 4 * 48 * 2 + 4 * 36)


def test_a_forward_pass_that_raised_leaves_what_came_before() -> None:
    survey = survey_of("broken")
    failure = survey.trace.failure
    assert failure is not None
    assert survey.trace.calls[failure.call].path == "conv2"
    assert survey.trace.outputs == ()
    assert survey.totals.macs == 8 * 8 * 12 * 27
    assert survey.totals.parameters.total == (27 * 12 + 12) + (72 * 16 + 16) + (16 * 2 + 2)
    assert [m.path for m in parameters.never_called(survey.trace)] == ["fc"]


def test_parameters_that_functions_read_are_credited_to_them() -> None:
    survey = survey_of("functional")
    convolutions = [c for c in survey.trace.calls if c.path == "units.2:conv2d"]
    assert [survey.parameters[c.index].total for c in convolutions] == [
        8 * 24 * 9,
        24 * 24 * 9,
        8 * 24,
    ]


def test_credited_parameters_sum_to_the_network(survey: Survey) -> None:
    whole = parameters.of_network(survey.trace)
    assert sum(count.total for count in survey.parameters) == whole.total
    assert sum(count.trainable for count in survey.parameters) == whole.trainable
    assert sum(count.nbytes for count in survey.parameters) == whole.nbytes
    assert sum(parameters.own(m).total for m in survey.trace.modules) == whole.total
