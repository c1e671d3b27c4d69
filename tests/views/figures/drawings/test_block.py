"""A block's two paths in characters."""

from __future__ import annotations

from itertools import pairwise

import pytest
from drawing_texts import WIDTHS, drawn
from saved import ByHand, conv, survey_of, window

from resnet_inspect.analysis.structure.anatomy import Block
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import (
    Activate,
    AdaptivePool,
    Elementwise,
    Join,
    Norm,
    Reshape,
)
from resnet_inspect.views.figures import drawings
from resnet_inspect.views.words.ops import op_text
from resnet_inspect.views.words.text import map_shape

RELU = Activate("relu")


ADD = Elementwise("add")


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
