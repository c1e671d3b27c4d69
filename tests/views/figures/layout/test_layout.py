"""Where it stands: nothing overlaps, lines end at boxes, frames hold their own."""

from __future__ import annotations

import pytest
from figures_of_traces import (
    ADD,
    CAT,
    DIRECTIONS,
    LEVELS,
    RELU,
    THREE,
    figures_of,
    sound,
)
from saved import NAMES, ByHand, conv, survey_of, window

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Elementwise, Norm, Resample
from resnet_inspect.views.figures import graph as figures
from resnet_inspect.views.figures.layout import place
from resnet_inspect.views.figures.shapes import Rectangle


def u_net() -> Trace:
    net = ByHand()
    image = net.input(1, 3, 16, 16)
    one = net.step("down1", conv(3, 8, THREE), image, (1, 8, 16, 16))
    two = net.step("down2", conv(8, 16, window(3, 2, 1)), one, (1, 16, 8, 8))
    deep = net.step("deep", conv(16, 32, window(3, 2, 1)), two, (1, 32, 4, 4))
    up = net.step(":interpolate", Resample("bilinear"), deep, (1, 32, 8, 8))
    joined = net.step(":cat", CAT, (up, two), (1, 48, 8, 8))
    up = net.step(":interpolate", Resample("bilinear"), joined, (1, 48, 16, 16))
    joined = net.step(":cat", CAT, (up, one), (1, 56, 16, 16))
    last = net.step("last", conv(56, 2, window(1)), joined, (1, 2, 16, 16))
    aux = net.step("aux", conv(32, 2, window(1)), deep, (1, 2, 4, 4))
    return net.trace(last, aux)


def test_a_decoder_s_skips_run_beside_the_main_path() -> None:
    figure = figures.network(Survey(u_net()))
    assert sum(box.rows == ("cat",) for box in figure.boxes) == 2
    assert sum(box.role == "end" for box in figure.boxes) == 3
    long = [link.rows for link in figure.links if figure.boxes[link.target].rows == ("cat",)]
    assert sorted(long) == [("16×8²",), ("32×8²",), ("48×16²",), ("8×16²",)]
    sound(figure)


def test_a_pre_activation_gate() -> None:
    """A squeeze-and-excitation branch behind a shared norm: nothing is lost, nothing overlaps."""
    net = ByHand()
    image = net.input(1, 8, 8, 8)
    start = net.step("stem", conv(8, 8, THREE), image)
    norm = net.step("b.bn", Norm("batch", 8), start)
    normed = net.step("b.relu", RELU, norm)
    first = net.step("b.conv1", conv(8, 16, THREE), normed, (1, 16, 8, 8))
    second = net.step("b.conv2", conv(16, 16, THREE), first)
    squeezed = net.step("b.fc1", conv(16, 4, window(1)), second, (1, 4, 8, 8))
    gate = net.step("b.fc2", conv(4, 16, window(1)), squeezed, (1, 16, 8, 8))
    scaled = net.step("b:mul", Elementwise("mul"), (second, gate))
    short = net.step("b.down", conv(8, 16, window(1)), normed, (1, 16, 8, 8))
    total = net.step("b:add", ADD, (scaled, short))
    survey = Survey(net.trace(total))
    assert len(survey.anatomy.blocks) == 1
    for level in LEVELS:
        sound(figures.network(survey, level))
    rows = [box.rows for box in figures.network(survey, "layer").boxes]
    assert ("3×3, 8", "batch norm, relu") in rows
    assert ("mul",) in rows


@pytest.mark.parametrize("name", NAMES)
def test_nothing_overlaps_and_every_line_ends_at_a_box(name: str) -> None:
    for figure in figures_of(name).values():
        sound(figure)


def test_frames_hold_their_boxes_and_no_others() -> None:
    for level in ("block", "layer"):
        figure = figures.network(survey_of("resnet50"), level)
        for direction in DIRECTIONS:
            shapes = place(figure, direction).shapes
            boxes = [s for s in shapes if isinstance(s, Rectangle) and s.node is not None]
            frames = [s for s in shapes if isinstance(s, Rectangle) and s.role.endswith("frame")]
            outer = [frame for frame in figure.frames if not frame.inner]
            inner = [frame for frame in figure.frames if frame.inner]
            for frame, drawn in zip([*outer, *inner], frames, strict=True):
                for box in boxes:
                    within = (
                        drawn.x < box.x and box.x + box.width < drawn.x + drawn.width
                        and drawn.y < box.y and box.y + box.height < drawn.y + drawn.height
                    )  # fmt: skip
                    assert within == (box.node in frame.boxes)
