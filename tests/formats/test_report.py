"""The report of a run, as a page and as Markdown with its pictures."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
import runs

from resnet_inspect.errors import UnknownName
from resnet_inspect.formats.report import write
from resnet_inspect.views.report import report

SVG = "{http://www.w3.org/2000/svg}"


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)
        if tag not in {"meta", "link"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_page_is_whole_and_runs_nothing() -> None:
    path = Path("run.html")
    (page,) = write(report(runs.made()), path).values()
    tags = _Tags()
    tags.feed(page)
    assert not tags.open
    assert "script" not in tags.seen
    assert tags.seen.count("section") == 7
    assert tags.seen.count("svg") == 2 * 3, "each picture in both themes"
    assert "dog &lt;b&gt;" in page
    assert "<b>" not in page


def test_markdown_has_its_pictures_beside_it() -> None:
    written = write(report(runs.made()), Path("some folder/my run.md"))
    page = written[Path("some folder/my run.md")]
    names = re.findall(r"!\[.*?\]\((.*?)\)", page)
    assert [name.replace("%20", " ") for name in names] == [path.name for path in list(written)[1:]]
    for path, text in list(written.items())[1:]:
        assert path.parent == Path("some folder")
        assert ElementTree.fromstring(text.encode()).tag == f"{SVG}svg"
    assert "|     1 |       1.50 |          50.0% |    not finite |             30.0% |" in page
    assert "fox\\|hen" in page


def test_another_suffix_is_refused() -> None:
    with pytest.raises(UnknownName, match=r"'\.pdf'"):
        write(report(runs.made()), Path("run.pdf"))


def test_on_a_phone_only_tables_and_pictures_scroll(tmp_path: Path) -> None:
    from browsers import Watched, browser

    for path, content in write(report(runs.made()), tmp_path / "run.html").items():
        path.write_text(content, encoding="utf-8")
    with browser() as chromium:
        shown = Watched(chromium, viewport={"width": 390, "height": 800})
        shown.page.goto((tmp_path / "run.html").as_uri())
        assert shown.page.evaluate("document.documentElement.scrollWidth") <= 390
        assert shown.page.locator("#curves table").is_visible()
        assert shown.faults == []
