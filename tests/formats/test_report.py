"""The report of a run, as a page and as Markdown with its pictures."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
import runs

from resnet_inspect.errors import UnknownName
from resnet_inspect.formats.report import write
from resnet_inspect.views.report import Report, Section, report

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


def section(found: Report, key: str) -> Section:
    return next(one for one in found.sections if one.key == key)


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


def test_it_says_what_the_run_came_to() -> None:
    found = report(runs.made())
    said = " ".join(section(found, "result").sentences)
    assert "2 of 3 epochs; it is running, or was killed" in said
    assert "best: 80.0% of what is held out, after epoch 2" in said
    assert "last: 90.0% in training, 80.0% of what is held out, 10.0 points less" in said
    assert section(found, "confusion").sentences == (
        "dog <b> was taken for cat, 1 of 3 times",
        "fox|hen was taken for dog <b>, 1 of 3 times",
    )
    frozen = section(found, "frozen")
    assert frozen.sentences == (
        "frozen: stem, 9,536 of 11,689,512 parameters",
        "1 norm in it keeps its statistics (eval mode)",
        "trained from epoch 3 on: stem",
    )
    assert frozen.table is not None
    shares = {row.cells[0].value: row.cells[2].value for row in frozen.table.rows}
    assert shares == {"stem": 9536, "layer1": 0, "layer2": 0, "layer3": 0, "layer4": 0, "head": 0}


def test_gradients_are_as_hot_as_they_are_large() -> None:
    run = runs.made()
    picture = section(report(run), "gradients").picture
    assert picture is not None
    degrees = {}
    for shape in picture.shapes:
        tip = getattr(shape, "tip", "")
        if tip and "step 20" in tip:
            degrees[tip.split(",")[0]] = int(shape.role.removeprefix("heat "))  # type: ignore[union-attr]
    largest = max(degrees, key=lambda path: degrees[path])
    # By hand the norm of a gradient is half the root of the number of its elements.
    norms = {w.path.removesuffix(".weight"): w.gradient_norm or 0 for w in run.signals[0].weights}
    assert norms[largest] == max(norms[path] for path in degrees)
    ordered = sorted(degrees, key=lambda path: norms[path])
    assert [degrees[path] for path in ordered] == sorted(degrees.values())
    assert (min(degrees.values()), max(degrees.values())) == (0, 15)


def test_what_is_not_there_is_said() -> None:
    begun = replace(runs.made(), epochs=(), signals=(), watched=None, confusion=None)
    found = report(begun)
    assert "no epoch has come to its end: there is no curve" in section(found, "curves").sentences
    assert {one.key for one in found.sections}.isdisjoint({"confusion", "gradients"})
    failed = replace(begun, record=replace(begun.record, state="failed", why="disk\x1b full"))
    assert "it failed: disk␛ full" in section(report(failed), "result").sentences[0]
    many = tuple(map(str, range(50)))
    counts = tuple(tuple(int(i == j) for j in range(50)) for i in range(50))
    run = runs.made()
    images = replace(run.record.images, classes=many)
    large = replace(
        run,
        record=replace(run.record, images=images),
        confusion=replace(runs.CONFUSION, counts=counts),
    )
    assert section(report(large), "confusion").picture is None
    assert "50 classes cannot be read" in section(report(large), "confusion").sentences[-1]


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
