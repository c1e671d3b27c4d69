"""Figures: the graph behind them, what is written in them, where it stands."""

from __future__ import annotations

import re
import time
import xml.etree.ElementTree as ET
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from saved import NAMES, SMALL, ByHand, conv, steady, survey_of, traces, window

from resnet_inspect.analysis.structure import graph
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import UnknownName, UsageError
from resnet_inspect.formats.figures import dot, mermaid, render_figure, render_picture, svg
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Activate, Elementwise, Join, Norm, Resample, Unknown
from resnet_inspect.views.figures import bars
from resnet_inspect.views.figures import graph as figures
from resnet_inspect.views.figures.graph import Figure
from resnet_inspect.views.figures.layout import place
from resnet_inspect.views.figures.shapes import Line, Rectangle, Words, width_of

LEVELS: tuple[graph.Level, ...] = ("stage", "block", "layer")
DIRECTIONS = ("down", "right")
RELU, ADD, CAT = Activate("relu"), Elementwise("add"), Join("cat", 1)
THREE = window(3, padding=1)


def figures_of(name: str) -> dict[str, Figure]:
    survey = survey_of(name)
    found = {level: figures.network(survey, level) for level in LEVELS}
    if survey.anatomy.blocks:
        found["one block"] = figures.block(survey, survey.anatomy.blocks[0].path)
        found["all blocks"] = figures.network(survey, "block", fold=False)
    return found


# The graph.


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("level", LEVELS)
def test_every_step_is_in_one_node(name: str, level: graph.Level) -> None:
    survey = survey_of(name)
    found = graph.of_network(survey.trace, survey.anatomy, level, fold=False)
    held = [step for node in found.nodes for step in node.steps]
    assert sorted(held) == list(survey.trace.steps)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("level", LEVELS)
def test_edges_are_the_data_flow(name: str, level: graph.Level) -> None:
    """Second opinion: an edge for every tensor that a step takes from a step of another node."""
    trace = survey_of(name).trace
    found = graph.of_network(trace, survey_of(name).anatomy, level, fold=False)
    node_of = {step: number for number, node in enumerate(found.nodes) for step in node.steps}
    flow = {
        (node_of[maker], node_of[taker], port.activation)
        for maker in trace.steps
        for port in trace.calls[maker].outputs
        for taker in trace.consumers.get(port.activation, ())
        if maker < taker and node_of[maker] != node_of[taker]
    }
    drawn = {
        (edge.source, edge.target, activation)
        for edge in found.edges
        for activation in edge.activations
        if found.nodes[edge.source].steps and found.nodes[edge.target].steps
    }
    assert drawn == flow


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "resnet101", "r3d_18", "names"])
def test_folded_blocks_add_up(name: str) -> None:
    survey = survey_of(name)
    found = graph.of_network(survey.trace, survey.anatomy)
    times = {group.block.add: group.times for group in found.groups if group.block}
    adds = {node.block.add for node in found.nodes if node.kind == "add" and node.block}
    assert sum(times.get(add, 1) for add in adds) == len(survey.anatomy.blocks)
    shortcuts = {
        edge.target: edge.shortcut for edge in found.edges
        if edge.shortcut and found.nodes[edge.target].kind == "add"
    }  # fmt: skip
    assert len(shortcuts) == len(adds)
    for target, kind in shortcuts.items():
        block = found.nodes[target].block
        assert block is not None
        assert kind == block.shortcut


def test_resnet50_folds_to_its_eight_kinds_of_block() -> None:
    survey = survey_of("resnet50")
    found = graph.of_network(survey.trace, survey.anatomy)
    repeated = [g.times for g in found.groups if g.block is not None]
    assert repeated == [2, 3, 5, 2]
    assert sum(node.kind == "branch" for node in found.nodes) == 8
    assert sum(node.kind == "bypass" for node in found.nodes) == 4


def tapped(extra: bool) -> Trace:
    """Three equal identity blocks; with `extra`, what the second gives is an output too."""
    net = ByHand()
    now = net.input(1, 4, 8, 8)
    given = [now]
    for number in range(3):
        before = now
        now = net.step(f"b{number}.conv1", conv(4, 4, THREE), now)
        now = net.step(f"b{number}.relu", RELU, now)
        now = net.step(f"b{number}.conv2", conv(4, 4, THREE), now)
        now = net.step(f"b{number}:add", ADD, (now, before))
        given.append(now)
    if extra:
        aside = net.step("side", conv(4, 2, window(1)), given[2], (1, 2, 8, 8))
        return net.trace(now, aside)
    return net.trace(now)


def test_a_block_that_something_else_takes_is_not_folded_away() -> None:
    for extra, expected in ((False, [3]), (True, [2])):
        survey = Survey(tapped(extra))
        found = graph.of_network(survey.trace, survey.anatomy)
        assert [group.times for group in found.groups if group.block] == expected
    side = next(i for i, n in enumerate(found.nodes) if n.steps and len(n.steps) == 1
                and survey.trace.calls[n.steps[0]].path == "side")  # fmt: skip
    source = next(edge.source for edge in found.edges if edge.target == side)
    assert found.nodes[source].kind == "add"


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


# What is written.


@pytest.mark.parametrize("name", NAMES)
def test_shapes_on_edges_are_the_trace_s(name: str) -> None:
    survey = survey_of(name)
    for level in LEVELS:
        found = graph.of_network(survey.trace, survey.anatomy, level)
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


def test_the_bars_say_what_the_trace_counts() -> None:
    picture = bars.by_stage(survey_of("resnet50"))
    words = [shape.text for shape in picture.shapes if isinstance(shape, Words)]
    assert words[1:7] == ["stem", "layer1", "layer2", "layer3", "layer4", "head"]
    assert "parameters: 25.56 M" in words
    assert "14.96 M · 58.6%" in words  # 14,964,736 of 25,557,032
    full = [s for s in picture.shapes if isinstance(s, Rectangle) and s.role == "bar"]
    tracks = [s for s in picture.shapes if isinstance(s, Rectangle) and s.role == "track"]
    assert len(tracks) == 18
    assert sum(bar.width == tracks[0].width for bar in full) == 3
    ET.fromstring(svg.render(picture))


# Where it stands.


def sound(figure: Figure) -> None:
    """What holds of every picture, in both directions."""
    for direction in DIRECTIONS:
        picture = place(figure, direction)
        boxes = {
            s.node: s for s in picture.shapes if isinstance(s, Rectangle) and s.node is not None
        }
        assert sorted(boxes) == list(range(len(figure.boxes)))
        for one, other in combinations(boxes.values(), 2):
            apart = (
                one.x + one.width <= other.x or other.x + other.width <= one.x
                or one.y + one.height <= other.y or other.y + other.height <= one.y
            )  # fmt: skip
            assert apart, (direction, one, other)
        lines = {s.link: s for s in picture.shapes if isinstance(s, Line)}
        for number, link in enumerate(figure.links):
            points = lines[number].points
            assert on_border(points[0], boxes[link.source])
            assert on_border(points[-1], boxes[link.target])
            for start, end in pairwise(points):
                assert start[0] == end[0] or start[1] == end[1]
                crossed = {key for key, box in boxes.items() if crosses(start, end, box)}
                assert not crossed - {link.source, link.target}, (direction, link, crossed)
        for shape in picture.shapes:
            if isinstance(shape, Words):
                width = width_of(shape.text, shape.size, bold=shape.bold)
                left = shape.x - {"start": 0, "middle": width / 2, "end": width}[shape.anchor]
                assert left >= 0
                assert left + width <= picture.width
                assert shape.size < shape.y < picture.height
                if shape.node is not None:
                    box = boxes[shape.node]
                    assert box.x <= left
                    assert left + width <= box.x + box.width
                    assert box.y <= shape.y - shape.size + 1
                    assert shape.y <= box.y + box.height
        written = {s.link for s in picture.shapes if isinstance(s, Words) and s.link is not None}
        assert written == set(range(len(figure.links)))


def crosses(start: tuple[float, float], end: tuple[float, float], box: Rectangle) -> bool:
    (left, right), (top, bottom) = sorted((start[0], end[0])), sorted((start[1], end[1]))
    across = (left < box.x + box.width and box.x < right) or box.x < left < box.x + box.width
    down = (top < box.y + box.height and box.y < bottom) or box.y < top < box.y + box.height
    return across and down


def on_border(point: tuple[float, float], box: Rectangle) -> bool:
    x, y = point
    inside = box.x - 0.01 <= x <= box.x + box.width + 0.01
    inside = inside and box.y - 0.01 <= y <= box.y + box.height + 0.01
    edges = (x - box.x, x - box.x - box.width, y - box.y, y - box.y - box.height)
    return inside and min(map(abs, edges)) < 0.01


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


# Written down.


def mermaid_edges(written: str) -> set[tuple[int, int]]:
    found = re.findall(r'^  n(\d+) (?:-->|-\.->)\|"[^"\n]*"\| n(\d+)$', written, re.MULTILINE)
    return {(int(source), int(target)) for source, target in found}


def dot_edges(written: str) -> set[tuple[int, int]]:
    text = r'"(?:[^"\\\n]|\\.)*"'
    found = re.findall(rf"^  n(\d+) -> n(\d+) \[label={text}(?:, color={text})?\];$", written, re.M)
    return {(int(source), int(target)) for source, target in found}


@pytest.mark.parametrize("name", NAMES)
def test_charts_have_the_figure_s_edges(name: str) -> None:
    for figure in figures_of(name).values():
        edges = {(link.source, link.target) for link in figure.links}
        assert mermaid_edges(mermaid.render(figure)) == edges
        assert dot_edges(dot.render(figure)) == edges
        for number in range(len(figure.boxes)):
            assert len(re.findall(rf"^ +n{number}[\[(]", mermaid.render(figure), re.M)) == 1
            assert len(re.findall(rf"^  n{number} \[", dot.render(figure), re.M)) == 1


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_svg_says_all_that_the_figure_says(name: str, theme: str) -> None:
    figure = figures.network(survey_of(name))
    root = ET.fromstring(render_figure(figure, "svg", theme=theme))
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    for box in figure.boxes:
        assert all(row in texts for row in box.rows)
    keys = {element.get("data-link") for element in root.iter()} - {None}
    assert keys == {str(number) for number in range(len(figure.links))}


def test_a_page_holds_both_themes_and_fetches_nothing() -> None:
    page = render_figure(figures.network(survey_of("resnet18")), "html")
    assert "prefers-color-scheme: dark" in page
    assert "default-src 'none'" in page
    assert not re.findall(r'(?:src|href)="(?!data:)', page)
    used = set(re.findall(r"var\((--[a-z-]+)\)", page))
    declared = set(re.findall(r"(--[a-z-]+):", page))
    assert used <= declared
    assert "prefers-color-scheme" not in render_picture(
        bars.by_stage(survey_of("resnet18")), "html", "dark"
    )


NASTY = (
    'a"b', "<script>alert(1)</script>", "x]]>y", "end", "-->", "&amp;", "\\N", "\\", "a|b", "`c`",
    "1. list", "- list", "#35;", "%%{init}%%", "{}", "\x00\x1b[31m", "\u202e", "層" * 60, "p" * 200,
    "\ud800", "\n", "",
)  # fmt: skip


@pytest.mark.parametrize("nasty", NASTY)
def test_names_that_look_like_markup(nasty: str) -> None:
    net = ByHand()
    image = net.input(1, 3, 8, 8)
    one = net.step(f"{nasty}.conv", conv(3, 4, THREE), image, (1, 4, 8, 8))
    odd = net.step(f"{nasty}.odd", Unknown(nasty), one)
    survey = Survey(net.trace(odd))
    for level in LEVELS:
        figure = figures.network(survey, level)
        sound(figure)
        edges = {(link.source, link.target) for link in figure.links}
        assert mermaid_edges(mermaid.render(figure)) == edges
        assert dot_edges(dot.render(figure)) == edges
        ET.fromstring(render_figure(figure, "svg"))
        render_figure(figure, "html").encode()


def test_a_label_is_escaped() -> None:
    box = figures.Box("conv", ('a"b|c<d>#1; 1. x', "_i_ *b* `c`"))
    figure = Figure("t", "c", (box,), ())
    assert (
        'n0["a#34;b#124;c#60;d#62;#35;1#59; 1#46; x<br/>#95;i#95; #42;b#42; #96;c#96;"]'
        in mermaid.render(figure)
    )
    box = figures.Box("conv", ('a"b\\N&lt;',))
    assert r'label="a\"b\\N&amp;lt;"' in dot.render(Figure("t", "c", (box,), ()))


@steady
@given(traces())
def test_any_trace_can_be_drawn(trace: Trace) -> None:
    survey = Survey(trace)
    for level in LEVELS:
        figure = figures.network(survey, level)
        picture = place(figure)
        assert {s.node for s in picture.shapes if isinstance(s, Rectangle)} - {None} == set(
            range(len(figure.boxes))
        )
        ET.fromstring(svg.render(picture))
        edges = {(link.source, link.target) for link in figure.links}
        assert mermaid_edges(mermaid.render(figure)) == edges
        assert dot_edges(dot.render(figure)) == edges


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
    began = time.monotonic()
    figure = figures.network(alike)
    assert [frame.title for frame in figure.frames] == ["stage 1", "×1000"]
    assert len(figure.boxes) == 4
    with pytest.raises(UsageError, match="cannot be read") as raised:
        figures.network(other)
    assert "--level stage" in raised.value.hint
    assert len(figures.network(other, "stage").boxes) == 3
    assert time.monotonic() - began < 5
