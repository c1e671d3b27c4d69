"""What is written in each box and on each edge, and which boxes there are."""

from __future__ import annotations

import time

import pytest
from figures_of_traces import (
    ADD,
    CAT,
    LEVELS,
    RELU,
    THREE,
)
from saved import NAMES, ByHand, conv, survey_of, window

from resnet_inspect.analysis.structure.graph import construction
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import UnknownName, UsageError
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Elementwise
from resnet_inspect.views.figures import graph as figures


def test_a_sum_outside_of_blocks_is_a_box_of_its_own() -> None:
    """As in a feature pyramid, where a convolution takes the sum."""
    net = ByHand()
    image = net.input(1, 4, 8, 8)
    one = net.step("one", conv(4, 4, window(1)), image)
    two = net.step("two", conv(4, 4, window(1)), image)
    total = net.step(":add", ADD, (one, two))
    last = net.step("last", conv(4, 4, THREE), net.step("identity", Elementwise("identity"), total))
    figure = figures.network(Survey(net.trace(last)))
    assert [box.rows for box in figure.boxes if box.role == "add"] == [("+",)]
    assert [box.rows for box in figure.boxes if box.title == "last"] == [("3×3, 4",)]


def test_a_map_that_others_take_too_ends_its_box() -> None:
    """The convolution's own map is drawn where more than the nonlinearity takes it."""
    net = ByHand()
    one = net.step("one", conv(4, 4, THREE), net.input(1, 4, 8, 8))
    joined = net.step(":cat", CAT, (net.step("relu", RELU, one), one), (1, 8, 8, 8))
    figure = figures.network(Survey(net.trace(joined)))
    assert [box.rows for box in figure.boxes] == [
        ("input",), ("3×3, 4",), ("relu",), ("cat",), ("output",)
    ]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_shapes_on_edges_are_the_trace_s(name: str) -> None:
    survey = survey_of(name)
    for level in LEVELS:
        found = construction.of_network(survey.trace, survey.anatomy, level)
        figure = figures.network(survey, level)
        for edge, link in zip(found.edges, figure.links, strict=True):
            whole = [survey.trace.activations[a].tensor.shape for a in edge.activations]
            expected = {shape[1:] if len(shape) > 1 else shape for shape in whole}
            rows = [row for row in link.rows if row not in ("identity", "projection")]
            assert {read_shape(row) for row in rows} == expected


def read_shape(row: str) -> tuple[int, ...]:
    """A shape as drawings write it, read back: 256×56² is (256, 56, 56)."""
    if row == "scalar":
        return ()
    sizes = [(int(size.rstrip("²³")), {"²": 2, "³": 3}.get(size[-1], 1)) for size in row.split("×")]
    return tuple(size for size, times in sizes for _ in range(times))


def test_the_figure_of_a_projection_block() -> None:
    figure = figures.block(survey_of("resnet50"), "layer2.0")
    said = [(figure.boxes[k.source].title, figure.boxes[k.target].title, k.rows)
            for k in figure.links]  # fmt: skip
    assert said == [
        ("", "layer2.0.conv1", ("256×56²",)),
        ("", "layer2.0.downsample.0", ("256×56²",)),
        ("layer2.0.conv1", "layer2.0.conv2", ("128×56²",)),
        ("layer2.0.conv2", "layer2.0.conv3", ("128×28²",)),
        ("layer2.0.conv3", "", ("512×28²",)),
        ("layer2.0.downsample.0", "", ("projection", "512×28²")),
        ("", "", ("512×28²",)),
    ]


def test_a_block_that_is_not_there() -> None:
    with pytest.raises(UnknownName, match=r"unknown block 'layer2\.9'"):
        figures.block(survey_of("resnet50"), "layer2.9")
    with pytest.raises(UnknownName) as raised:
        figures.block(survey_of("plain"), "layer1.0")
    assert "no residual block" in raised.value.hint


def chain_of_blocks(count: int, *, alike: bool) -> Trace:
    net = ByHand()
    now = net.input(1, 4, 8, 8)
    for number in range(count):
        before = now
        now = net.step(f"b{number}.conv1", conv(4, 4, THREE), now)
        second = conv(4, 4, THREE, bias=not alike and number % 2 == 0)
        now = net.step(f"b{number}.conv2", second, now)
        now = net.step(f"b{number}:add", ADD, (now, before))
    return net.trace(now)


def test_a_thousand_blocks() -> None:
    alike, other = (Survey(chain_of_blocks(1000, alike=alike)) for alike in (True, False))
    began = time.process_time()
    figure = figures.network(alike)
    assert [frame.title for frame in figure.frames] == ["stage 1", "×1000"]
    assert len(figure.boxes) == 4
    with pytest.raises(UsageError, match="cannot be read") as raised:
        figures.network(other)
    assert "--level stage" in raised.value.hint
    assert len(figures.network(other, "stage").boxes) == 3
    assert time.process_time() - began < 5
