"""A notebook that is run and looked at, in Jupyter's own style sheet, light and dark."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from browsers import browser
from commands import ROOT, environment
from saved import DATA

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
nbconvert = pytest.importorskip("nbconvert")
pytest.importorskip("ipykernel")

CELLS = {
    "start": f"import resnet_inspect as ri; from IPython.display import HTML; at = {str(DATA)!r}",
    "layers": "t = ri.load(f'{at}/resnet18.json'); t",
    "stages": "t.table('stages')",
    "totals": "ri.tabulate(t, 'totals')",
    "taps": "t.taps()",
    "broken": "ri.load(f'{at}/broken.json')",
    "lesson": "t.explain('layer2.0')",
    "page": "HTML(t.to_html('blocks'))",
    "second page": "HTML(t.to_html('stages'))",
    "lesson's page": "HTML(t.explain('layer1.0').to_html())",
    "figure's page": "HTML(t.draw('block', 'layer2.0').to_html())",
    "figure": "t.draw(level='stage')",
    "explored": "t.explore()",
    "raised": "raise ri.ForwardError('conv2 takes 8', hint='give it 8', trace=t)",
    "unknown": "t.table('lairs')",
    "other": "HTML('<table id=other><tr><th>mine</th><td>1</td></tr></table><dl><dt>a</dt></dl>')",
}
FAILING = {"raised", "unknown"}


@pytest.fixture(scope="module")
def notebook() -> Any:
    """The notebook, run."""
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS.values()]
    made = nbformat.v4.new_notebook(cells=cells)
    client = nbclient.NotebookClient(made, timeout=60, allow_errors=True, kernel_name="python3")
    client.execute(
        env=environment(PYTHONPATH=os.pathsep.join([str(ROOT), *filter(None, sys.path)]))
    )
    return made


def outputs(notebook: Any, name: str) -> list[Any]:
    found: list[Any] = notebook.cells[list(CELLS).index(name)].outputs
    return found


def test_every_cell_shows_itself_and_none_as_a_value_of_python(notebook: Any) -> None:
    for name in CELLS:
        shown = outputs(notebook, name)
        if name == "start":
            assert shown == []
        elif name not in FAILING:
            (one,) = shown
            assert {"text/html", "image/svg+xml"} & set(one.data), name
            assert len(one.data["text/plain"]) < 200, name


def test_an_error_is_its_sentence_and_says_how_to_go_on(notebook: Any) -> None:
    (raised,) = outputs(notebook, "raised")
    lines = "\n".join(raised.traceback).splitlines()
    assert lines[0].startswith("resnet18 · 1×3×224×224")
    assert lines[-2:] == ["ForwardError: conv2 takes 8", "hint: give it 8"]
    assert not any("Traceback" in line or "File" in line for line in lines)
    (unknown,) = outputs(notebook, "unknown")
    assert "did you mean layers?" in re.sub(r"\x1b\[[\d;]*m", "", "\n".join(unknown.traceback))


@contextmanager
def looked_at(notebook: Any, theme: str, folder: Path) -> Iterator[Any]:
    written, _ = nbconvert.HTMLExporter(template_name="lab", theme=theme).from_notebook_node(
        notebook
    )
    (folder / "notebook.html").write_text(written, encoding="utf-8")
    with browser() as chromium:
        page = chromium.new_page(viewport={"width": 1200, "height": 900}, color_scheme=theme)
        page.route(  # nbconvert asks for scripts of others
            re.compile("^https?:"), lambda route: route.abort()
        )
        page.goto((folder / "notebook.html").as_uri())
        yield page


STYLES = """([selector, name]) =>
    [...document.querySelectorAll(selector)].map((one) => getComputedStyle(one)[name])"""

CONTRASTS = """(selector) => {
    const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const over = ([r, g, b, a = 1], below) =>
        [r, g, b].map((part, i) => part * a + below[i] * (1 - a));
    const behind = (one) => one === null ? [255, 255, 255]
        : over(numbers(getComputedStyle(one).backgroundColor), behind(one.parentElement));
    const light = (colour) => [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => {
        const part = colour[i] / 255;
        return sum + weight * (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    }, 0);
    return [...document.querySelectorAll(selector)].filter((one) => one.textContent.trim()
        && one.checkVisibility()).map((one) => {
        const below = behind(one);
        const pair = [over(numbers(getComputedStyle(one).color), below), below].map(light);
        return [(Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05), one.textContent];
    });
}"""

WRAPPED = """() => [...document.querySelectorAll('.totals dt')]
    .filter((one) => one.offsetHeight > 1.9 * parseFloat(getComputedStyle(one).fontSize))
    .map((one) => one.textContent)"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_is_shown_can_be_read_and_leaves_the_rest_alone(
    notebook: Any, theme: str, tmp_path: Path
) -> None:
    with looked_at(notebook, theme, tmp_path) as page:

        def styles(selector: str, name: str) -> set[str]:
            return set(page.evaluate(STYLES, [selector, name]))

        for own in (".resnet-inspect", ".resnet-inspect-page"):
            assert styles(f"{own} tbody th", "textAlign") == {"left"}
            assert styles(f"{own} td:not(.right)", "textAlign") == {"left"}
            assert styles(f"{own} td.right", "textAlign") == {"right"}
            rows = (f"{own} [data-level='{level}'] > th" for level in range(3))
            levels = [styles(row, "paddingLeft") for row in rows]
            pads = [float(min(level).removesuffix("px")) for level in levels if level]
            assert len(pads) > 1
            assert pads == sorted(set(pads)), "the tree is kept"
        assert page.evaluate(WRAPPED) == []
        assert styles(".resnet-inspect-text pre", "whiteSpace") == {"pre"}
        assert all("monospace" in one for one in styles(".resnet-inspect-text pre", "fontFamily"))
        said = ".resnet-inspect :is(p, li, dt, dd, th, td), .resnet-inspect-text :is(p, h2, pre)"
        for contrast, text in page.evaluate(CONTRASTS, f"{said}, .resnet-inspect-page :is(th, td)"):
            assert contrast >= 4.5, text
        # The notebook, its other tables and its other lists are as Jupyter has them.
        assert styles("#other td", "textAlign") == {"right"}
        assert styles(".jp-OutputArea-output > dl > dt", "float") == {"left"}
        assert styles("body", "maxWidth") == {"none"}
        assert styles("body", "textAlign") == {"start"}
        assert styles("body", "backgroundColor") == styles(".jp-Notebook", "backgroundColor")
        frame = page.frame_locator("iframe[title=resnet-inspect]")
        page.locator("iframe").scroll_into_view_if_needed()
        frame.locator("#card article").wait_for()
        (inside,) = (one for one in page.frames if one != page.main_frame)
        fitted = "document.querySelector('svg').clientWidth > 200"
        inside.wait_for_function(fitted, timeout=10_000)
