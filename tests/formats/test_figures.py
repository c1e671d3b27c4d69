"""Charts, pictures and pages hold the whole figure, whatever its names look like."""

from __future__ import annotations

import re
import struct
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest
from figures_of_traces import (
    LEVELS,
    THREE,
    dot_edges,
    figures_of,
    mermaid_edges,
    sound,
)
from hypothesis import given
from saved import NAMES, SMALL, ByHand, conv, steady, survey_of, traces

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import MissingDependency
from resnet_inspect.formats.figures import dot, mermaid, render_figure, render_picture, svg
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Unknown
from resnet_inspect.views.figures import bars
from resnet_inspect.views.figures import graph as figures
from resnet_inspect.views.figures.figure import Box, Figure
from resnet_inspect.views.figures.layout import place
from resnet_inspect.views.figures.shapes import Picture, Rectangle


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
    box = Box("conv", ('a"b|c<d>#1; 1. x', "_i_ *b* `c`"))
    figure = Figure("t", "c", (box,), ())
    assert (
        'n0["a#34;b#124;c#60;d#62;#35;1#59; 1#46; x<br/>#95;i#95; #42;b#42; #96;c#96;"]'
        in mermaid.render(figure)
    )
    box = Box("conv", ('a"b\\N&lt;',))
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


@pytest.mark.parametrize("make", [figures.network, bars.by_stage], ids=["boxes", "bars"])
def test_pdf_and_png_are_the_svg_in_its_size(make: Callable[[Survey], Figure | Picture]) -> None:
    pytest.importorskip("cairosvg", exc_type=(ImportError, OSError))
    made = make(survey_of("resnet18"))
    placed = made if isinstance(made, Picture) else place(made)
    root = ET.fromstring(svg.render(placed, None))
    sizes = [2 * float(root.get(side, "")) for side in ("width", "height")]
    png, pdf = (render_picture(placed, format) for format in ("png", "pdf"))
    assert isinstance(png, bytes)
    assert isinstance(pdf, bytes)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert list(struct.unpack(">II", png[16:24])) == pytest.approx(sizes, abs=1)
    assert pdf.startswith(b"%PDF-")


def test_without_the_library_a_line_says_what_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cairosvg", None)
    with pytest.raises(MissingDependency, match="CairoSVG") as found:
        render_figure(figures.network(survey_of("resnet18")), "pdf")
    assert "resnet-inspect[pictures]" in found.value.hint
