"""Drawings: a few as they are, the rest by what must hold of every one."""

from __future__ import annotations

from itertools import pairwise
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st
from saved import ByHand, conv, steady, survey_of, traces, window

from resnet_inspect.analysis.structure.anatomy import Block
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import (
    Activate,
    AdaptivePool,
    Elementwise,
    Join,
    Linear,
    Norm,
    Pool,
    Reshape,
)
from resnet_inspect.views.figures import drawings
from resnet_inspect.views.words.ops import op_text
from resnet_inspect.views.words.text import map_shape

WIDTHS = (24, 30, 40, 60, 100)
RELU, ADD = Activate("relu"), Elementwise("add")


def drawn(text: str) -> list[str]:
    return dedent(text).strip("\n").split("\n")


def test_a_projection_block() -> None:
    survey = survey_of("resnet50")
    assert drawings.block(survey, survey.anatomy.blocks[3], 36) == drawn(
        """
                     256×56²
               ┌────────┴─────────┐
        ╭──────┴──────╮    ╭──────┴──────╮
        │  1×1, 128   │    │ 1×1/2, 512  │
        │ batch norm  │    │ batch norm  │
        │    relu     │    ╰──────┬──────╯
        ╰──────┬──────╯           │
            128×56²               │
        ╭──────┴──────╮           │
        │ 3×3/2, 128  │           │
        │ batch norm  │           │
        │    relu     │           │
        ╰──────┬──────╯      projection
            128×28²               │
        ╭──────┴──────╮           │
        │  1×1, 512   │           │
        │ batch norm  │           │
        ╰──────┬──────╯           │
            512×28²            512×28²
               └────────⊕─────────┘
                        │
                      relu
                        │
                     512×28²
        """
    )


def test_an_identity_block_in_ascii() -> None:
    survey = survey_of("resnet18")
    assert drawings.block(survey, survey.anatomy.blocks[0], 40, ascii=True) == drawn(
        """
                       64x56x56
                  .--------'---------.
        .---------'---------.        |
        |      3x3, 64      |        |
        | batch norm, relu  |        |
        '---------.---------'        |
              64x56x56           identity
        .---------'---------.        |
        |      3x3, 64      |        |
        |    batch norm     |        |
        '---------.---------'        |
              64x56x56           64x56x56
                  '--------+---------'
                           |
                         relu
                           |
                       64x56x56
        """
    )


def test_the_way_of_resnet18() -> None:
    assert drawings.way(survey_of("resnet18"), 40, 12, place=50) == drawn(
        """
          █
          █
          █
          █
          █
          █   ▆▆▆▆ ▆▆▆▆
          █   ████ ████ ▇▇▇▇ ▄▄▄▄▄ ▂▂▂▂▂ ▁▁▁▁▁▁
                               ▲
          3    64   64  128   256   512   1000
        ×224² ×56² ×56² ×28²  ×14²  ×7²
          in  stem  1    2    [3]    4    head
        bar width ∝ log channels, bar height ∝ H
        """
    )


def test_the_way_in_lines() -> None:
    assert drawings.way(survey_of("resnet50"), 28, 8, place=100) == [
        "  input     3×224² █",
        "  stem      64×56² ▂▂▂▂▂",
        "  stage 1  256×56² ▂▂▂▂▂▂▂",
        "  stage 2  512×28² ▁▁▁▁▁▁▁",
        "▶ stage 3 1024×14² ▁▁▁▁▁▁▁▁",
        "  stage 4  2048×7² ▁▁▁▁▁▁▁▁▁",
        "  head        1000 ▁▁▁▁▁▁▁▁",
        "bar ∝ log C, thickness ∝ H",
    ]


def test_a_field() -> None:
    survey = survey_of("resnet50")
    index = next(c.index for c in survey.trace.calls if c.path == "layer2.0.conv2")
    assert drawings.field(survey, index, 40) == [
        "················├──────┤················",
        "sees 43 of 224 px, steps 8 px",
    ]
    last = survey.trace.calls[-1].index
    assert drawings.field(survey, last, 30, ascii=True) == ["|----- the whole input ------|"]
    end = survey.anatomy.blocks[-1].add
    assert drawings.field(survey, end, 40)[0].startswith("◂├")
    assert " 427 of 224 px " in drawings.field(survey, end, 40)[0]


@pytest.mark.parametrize("ascii", [False, True])
@pytest.mark.parametrize("width", WIDTHS)
def test_blocks_keep_to_the_rules(survey: Survey, width: int, ascii: bool) -> None:
    for block in survey.anatomy.blocks:
        check_block(survey, block, width, ascii)


def check_block(survey: Survey, block: Block, width: int, ascii: bool) -> list[str]:
    lines = drawings.block(survey, block, width, ascii)
    every = "\n".join(lines)
    assert max(map(len, lines)) <= width
    assert all(line == line.rstrip() for line in lines)
    for activation in (block.input, block.output, block.fork):
        shape = survey.trace.activations[activation].tensor.shape
        assert map_shape(shape, ascii=ascii) in every
    if ascii:
        assert every.isascii()
        assert sum("+" in line for line in lines) == 1
    else:
        for opening, closing in ("╭╮", "╰╯", "┌┐", "└┘"):
            assert every.count(opening) == every.count(closing)
        assert every.count("╭") == every.count("╰")
        assert every.count("⊕") == every.count("┌") == every.count("└") == 1
        connected(lines)
    return lines


UP, DOWN = set("│┴├┤└┘╰╯⊕"), set("│┬├┤┌┐╭╮")


def connected(lines: list[str]) -> None:
    """No corner points at nothing: below ┌ ╭ ┬ goes on what above └ ╰ ┴ came."""
    for above, below in pairwise(lines):
        for column, character in enumerate(above):
            if character in "┬┌┐╭╮":
                assert column < len(below), (above, below)
                assert below[column] != " " or below.strip()[:1].isalnum(), (above, below)


@pytest.mark.parametrize("width", [36, 60])
def test_every_edge_has_its_shape(survey: Survey, width: int) -> None:
    for block in survey.anatomy.blocks:
        every = "\n".join(drawings.block(survey, block, width))
        for step in (*block.branch, *block.bypass):
            call = survey.trace.calls[step]
            assert map_shape(survey.trace.spec(call.outputs[0]).shape) in every
            assert all(piece in every for piece in op_text(call.op).split(", "))
        assert ("identity" if not block.bypass else "projection") in every


def with_gate() -> Trace:
    hand = ByHand()
    x = hand.step("stem", conv(64, 64, window(3, padding=1)), hand.input(1, 64, 16, 16))
    y = hand.step("conv1", conv(64, 64, window(3, padding=1)), x)
    y = hand.step("bn1", Norm("batch", 64), y)
    y = hand.step("conv2", conv(64, 64, window(3, padding=1), groups=32), y)
    g = hand.step("pool", AdaptivePool("avg", (1, 1)), y, (1, 64, 1, 1))
    g = hand.step("fc1", conv(64, 4, window(1)), g, (1, 4, 1, 1))
    g = hand.step("fc2", conv(4, 64, window(1)), g, (1, 64, 1, 1))
    y = hand.step(":mul", Elementwise("mul"), (y, hand.step("gate", Activate("sigmoid"), g)))
    return hand.trace(hand.step("relu", RELU, hand.step(":add", ADD, (y, x))))


def before_activated() -> Trace:
    hand = ByHand()
    x = hand.step("stem", conv(16, 16, window(3, padding=1)), hand.input(1, 16, 16, 16))
    y = x
    for number in (1, 2):
        y = hand.step(f"bn{number}", Norm("batch", 16), y)
        y = hand.step(f"relu{number}", RELU, y)
        y = hand.step(f"conv{number}", conv(16, 16, window(3, padding=1)), y)
    return hand.trace(hand.step(":add", ADD, (y, x)))


def without_weights_on_the_shortcut() -> Trace:
    hand = ByHand()
    x = hand.step("stem", conv(16, 16, window(3, padding=1)), hand.input(1, 16, 16, 16))
    y = hand.step("conv1", conv(16, 32, window(3, 2, 1)), x, (1, 32, 8, 8))
    y = hand.step("conv2", conv(32, 32, window(3, padding=1)), y)
    s = hand.step(":slice", Reshape("slice"), x, (1, 16, 8, 8))
    s = hand.step(":pad", Reshape("pad"), s, (1, 32, 8, 8))
    return hand.trace(hand.step(":add", ADD, (y, s)))


def side_by_side() -> Trace:
    hand = ByHand()
    x = hand.step("stem", conv(16, 16, window(3, padding=1)), hand.input(1, 16, 16, 16))
    a = hand.step("a", conv(16, 8, window(1)), x, (1, 8, 16, 16))
    b = hand.step("b", conv(16, 8, window(1)), x, (1, 8, 16, 16))
    b = hand.step("b2", conv(8, 8, window(3, padding=1)), b)
    c = hand.step(":cat", Join("cat", 1), (a, b), (1, 16, 16, 16))
    c = hand.step("up", conv(16, 16, window(1)), c)
    return hand.trace(hand.step(":add", ADD, (x, c)))


@pytest.mark.parametrize(
    ("trace", "said"),
    [
        (with_gate(), ["mul ← 4 steps", "32 groups", "identity", "relu"]),
        (before_activated(), ["batch norm, relu", "identity"]),
        (without_weights_on_the_shortcut(), ["slice", "pad", "16×8²"]),
        (side_by_side(), ["cat ← 3 steps", "1×1, 16"]),
    ],
)
def test_other_blocks(trace: Trace, said: list[str]) -> None:
    survey = Survey(trace)
    (block,) = survey.anatomy.blocks
    for width in WIDTHS:
        check_block(survey, block, width, ascii=True)
        lines = check_block(survey, block, width, ascii=False)
        if width >= 40:
            assert [words for words in said if words not in "\n".join(lines)] == []


def test_norm_and_relu_stand_before_their_convolution() -> None:
    survey = Survey(before_activated())
    lines = [line.strip("│ ") for line in drawings.block(survey, survey.anatomy.blocks[0], 40)]
    order = [line for line in lines if line in {"batch norm, relu", "3×3, 16"}]
    assert order == ["batch norm, relu", "3×3, 16"] * 2


@pytest.mark.parametrize("width", [1, 2, 5, 10, 17])
def test_hardly_any_room(survey: Survey, width: int) -> None:
    for block in survey.anatomy.blocks[:3]:
        assert all(len(line) <= width for line in drawings.block(survey, block, width))
    assert all(len(line) <= width for line in drawings.way(survey, width, 9, 1))
    assert all(len(line) <= width for line in drawings.field(survey, 1, width))


@pytest.mark.parametrize("ascii", [False, True])
@pytest.mark.parametrize("height", [1, 3, 8, 14, 30])
@pytest.mark.parametrize("width", WIDTHS)
def test_ways_keep_to_the_rules(survey: Survey, width: int, height: int, ascii: bool) -> None:
    last = len(survey.trace.calls) - 1
    lines = drawings.way(survey, width, height, last, ascii)
    assert 1 <= len(lines) <= height
    assert max(map(len, lines)) <= width
    assert all(line.isascii() for line in lines) or not ascii
    every = "\n".join(lines)
    if not survey.trace.failure:
        assert any(sign in every for sign in "^>▲▶")
    assert not any(sign in "\n".join(drawings.way(survey, width, height)) for sign in "▲▶")


def test_every_section_has_its_bar_and_its_shape(survey: Survey) -> None:
    trace = survey.trace
    every = "\n".join(drawings.way(survey, 100, 20))
    for port in trace.inputs:
        assert map_shape(trace.spec(port).shape) in every
    for stage in survey.anatomy.stages:
        assert f"stage {stage.number}" in every
        assert map_shape(trace.activations[stage.output].tensor.shape) in every


def test_bars_are_to_scale() -> None:
    lines = drawings.way(survey_of("resnet50"), 110, 37)
    bars = [line for line in lines if "█" in line]
    heights = [sum(line.ljust(110)[column] == "█" for line in bars) for column in range(110)]
    assert max(heights) == 32 or max(heights) == 33
    assert any(height == max(heights) // 4 for height in heights)  # 56 of 224
    widest = bars[-1].split()
    assert len(widest[0]) < len(widest[1]) < len(widest[2])


def test_the_place_is_marked() -> None:
    survey = survey_of("resnet18")
    for stage in survey.anatomy.stages:
        lines = drawings.way(survey, 100, 20, stage.blocks[0].add)
        assert f"[stage {stage.number}]" in lines[-2]
    assert "[stem]" in drawings.way(survey, 100, 20, 1)[-2]
    assert "[head]" in drawings.way(survey, 100, 20, len(survey.trace.calls) - 1)[-2]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("ascii", [False, True])
def test_fields_keep_to_the_width(survey: Survey, width: int, ascii: bool) -> None:
    for call in survey.trace.calls:
        lines = drawings.field(survey, call.index, width, ascii)
        assert len(lines) <= 2
        assert all(len(line) <= width and (line.isascii() or not ascii) for line in lines)
        known = call.outputs and call.outputs[0].activation in survey.receptive_fields
        assert bool(lines) == bool(known)


def test_shapes_and_layers_in_short() -> None:
    assert map_shape((1, 256, 56, 56)) == "256×56²"
    assert map_shape((1, 64, 8, 56, 56)) == "64×8×56²"
    assert map_shape((1, 64, 8, 8, 8)) == "64×8³"
    assert map_shape((2, 3, 225, 161)) == "3×225×161"
    assert map_shape((1, 1000)) == "1000"
    assert map_shape((7,)) == "7"
    assert map_shape(()) == "scalar"
    assert map_shape((1, 256, 56, 56), ascii=True) == "256x56x56"
    assert op_text(conv(8, 16, window(3, 2))) == "3×3/2, 16"
    assert op_text(conv(8, 8, window(3), groups=8)) == "3×3, 8, depthwise"
    assert op_text(conv(8, 8, window(3, dilation=2))) == "3×3, 8, dilation 2"
    assert op_text(Pool("max", window(3, 2))) == "max pool, 3×3/2"
    assert op_text(Linear(8, 4, True)) == "linear, 4"


@given(traces(), st.integers(1, 80), st.integers(1, 20), st.booleans())
@steady
def test_any_trace_can_be_drawn(trace: Trace, width: int, height: int, ascii: bool) -> None:
    survey = Survey(trace)
    for block in survey.anatomy.blocks:
        assert all(len(line) <= width for line in drawings.block(survey, block, width, ascii))
    for place in range(len(trace.calls)):
        lines = drawings.way(survey, width, height, place, ascii)
        assert len(lines) <= height
        assert all(len(line) <= width and line.isprintable() for line in lines)
        seen = drawings.field(survey, place, width, ascii)
        assert all(len(line) <= width for line in seen)
