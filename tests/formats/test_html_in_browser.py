"""A table in a notebook: against the style sheet there, and beside other tables and pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from browsers import Watched, browser
from saved import DATA

import resnet_inspect as ri

JUPYTER = """
.jp-RenderedHTMLCommon table { border-collapse: collapse; margin-left: auto; font-size: 12px; }
.jp-RenderedHTMLCommon td, .jp-RenderedHTMLCommon th, .jp-RenderedHTMLCommon tr
  { text-align: right; vertical-align: middle; padding: 0.5em; white-space: normal; }
.jp-RenderedHTMLCommon th { font-weight: bold; }
"""
"""What JupyterLab 4 says of tables."""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A notebook as a browser holds it: a table of its own, two pages and a fragment."""
    t = ri.load(DATA / "resnet18.json")
    inner = [
        text.split("<head>")[1].replace("<body>", "")
        for text in (t.to_html("stages"), t.to_html("blocks"))
    ]
    outputs = "".join(
        f'<div class="jp-RenderedHTMLCommon">{one}</div>' for one in (*inner, t._repr_html_())
    )
    path = tmp_path_factory.mktemp("notebook") / "notebook.html"
    path.write_text(
        f"<!DOCTYPE html><meta charset=utf-8><style>{JUPYTER}</style><body><h1 id=h>mine</h1>"
        f"<table id=own><thead><tr><th>mine</th></tr></thead><tr><td>1</td></table>{outputs}"
    )
    with browser() as chromium:
        shown = Watched(chromium, viewport={"width": 1200, "height": 800})
        shown.page.goto(path.as_uri())
        yield shown.page
        # A policy is only obeyed in the head of a page, and Chromium says so.
        assert [one for one in shown.faults if "outside the document's <head>" not in one] == []


def style(page: Any, selector: str, name: str) -> str:
    return str(page.evaluate(f"getComputedStyle(document.querySelector('{selector}')).{name}"))


def test_the_page_around_is_as_it_was(page: Any) -> None:
    assert style(page, "body", "display") == "block"
    assert style(page, "#h", "fontSize") == "32px"
    assert style(page, "#own th", "position") == "static"
    assert page.locator("#own button").count() == 0


def test_each_page_has_its_own_table(page: Any) -> None:
    first, second = (page.locator(".resnet-inspect-page").nth(i) for i in (0, 1))
    assert all(one.locator("thead button").count() for one in (first, second))
    rows = second.locator("tbody tr:visible").count()
    first.locator("input").fill("layer3")
    assert first.locator("tbody tr:visible").count() == 1
    assert second.locator("tbody tr:visible").count() == rows
    page.keyboard.press("Escape")
    page.locator("#h").click()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.tagName") == "BODY"


def test_names_stay_on_the_left_and_indented(page: Any) -> None:
    cell = ".resnet-inspect tbody th"
    assert style(page, cell, "textAlign") == "left"
    assert style(page, ".resnet-inspect td", "textAlign") == "left"
    assert style(page, ".resnet-inspect td.right", "textAlign") == "right"
    pads = page.evaluate(
        f"[...document.querySelectorAll('{cell}')]"
        ".map((one) => parseFloat(getComputedStyle(one).paddingLeft))"
    )
    assert len({round(pad) for pad in pads}) == 3
