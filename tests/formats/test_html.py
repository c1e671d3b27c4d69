"""The page holds every cell as it is, and asks for nothing outside itself."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256

import pytest
from pages import Cells, read

from resnet_inspect.formats import html, render
from resnet_inspect.views.tables.table import EMPTY, Cell, Heading, Row, Table, Total

TRICKY = (
    "[bold]name[/bold]",
    "<b>&amp;</b>",
    "x[out]",
    "</script><script>alert(1)</script>",
    "</style>",
    "<!-- \"quoted\" & 'quoted' -->",
    "two  blanks,\ta tab,\na line,\r\nanother",
    "&lt;not&#32;an&nbsp;entity;",
    "層 🧱 e\u0301",
)

COLUMNS = (
    Heading("path", "layer", "left", 0),
    Heading("op", "op", "left", 1),
    Heading("stride", "stride", "left", 3),
    Heading("dtype", "not shown", "left", 3),
    Heading("macs", "MACs <&>", "right", 5),
    Heading("share", "share", "right", 8),
    Heading("bias", "bias", "left", 9),
    Heading("note", "note", "left", 9),
)


def row(name: str, kind: str = "layer", level: int = 1, *, op: str = "conv", **values: Cell) -> Row:
    """A row with that name; cells that are not given are empty."""
    given = {"path": Cell(name, name), **values}
    cells = tuple(given.get(column.key, EMPTY) for column in COLUMNS)
    return Row(kind, level, kind in {"stage", "block"}, cells, op)


def made() -> Table:
    """A table by hand, with a name of every tricky sort."""
    layers = (
        row(
            name,
            op="conv" if i % 2 else "norm",
            stride=Cell((2, 2), "2×2"),
            macs=Cell(10**i, f"{10**i:,}"),
            share=Cell(i / 10, f"{i * 10:.1f}%"),
            bias=Cell(bool(i % 2), "yes" if i % 2 else "no"),
        )
        for i, name in enumerate(TRICKY)
    )
    return Table(
        model="net</title>",
        view="layers",
        title="net · 1×3×8×8 · <meta>",
        columns=COLUMNS,
        shown=("path", "op", "stride", "macs", "share", "bias", "note"),
        rows=(
            row(
                "layer1", "stage", 0, op="",
                note=Cell("x < y", "x < y"), macs=Cell(None, "?"), share=Cell(1.0, "100.0%"),
            ),
            *layers,
            row("not shown", "rest", 0, op='"odd">', macs=Cell(float("nan"), "≥ 0")),
        ),
        totals=(
            Total("parameters", "parameters", Cell(25557032, "25,557,032")),
            Total("odd", "<odd> & label", Cell((1, 2), "1×2 <b>")),
        ),
        summary=("<wider> & deeper",),
        remarks=("MACs are partial: no rule for <script>", "[red]never called[/red]"),
        provenance=(
            ("source", "file.py:<Net>"),
            ("arguments", (("weights", None), ("sizes", (1, 2)), ("deep", (("er", True),)))),
            ("versions", (("python", "3.11"), ("torch", "2.15"))),
            ("notes", ("one & two",)),
            ("empty", ()),
        ),
    )  # fmt: skip


@pytest.fixture(scope="module")
def table() -> Table:
    """The table by hand."""
    return made()


@pytest.fixture(scope="module")
def page(table: Table) -> Cells:
    """Its page, parsed."""
    return read(html.render(table))


def test_every_cell_is_on_the_page_as_it_is(table: Table, page: Cells) -> None:
    """Only the shown columns, in order, with the text of their cells."""
    assert page.head == [column.title for column in table.shown_columns]
    assert page.rows == [[table.cell(r, key).text for key in table.shown] for r in table.rows]


def test_totals_remarks_and_title_are_on_the_page(table: Table, page: Cells) -> None:
    """What stands around the table is the table's too."""
    count = len(table.totals)
    assert page.texts["dt"][:count] == [total.label for total in table.totals]
    assert page.texts["dd"][:count] == [total.cell.text for total in table.totals]
    sentences = [*table.summary, *table.remarks]
    assert page.texts["li"][: len(sentences)] == sentences
    assert page.texts["title"] == ["net</title> · layers"]
    assert table.title in page.texts["p"]
    assert "resnet-inspect" in page.texts["p"][-1]


def test_provenance_is_on_the_page_with_what_is_nested_in_it(page: Cells) -> None:
    """Pairs within pairs are lists within lists."""
    assert page.texts["dt"][2:] == [
        "source", "arguments", "weights", "sizes", "deep", "er", "versions", "python", "torch",
        "notes", "empty",
    ]  # fmt: skip
    written = page.texts["dd"] + page.texts["li"]
    assert {"file.py:<Net>", "none", "1", "2", "True", "3.11", "2.15", "one & two"} <= set(written)


def test_rows_say_what_they_are(table: Table, page: Cells) -> None:
    """The script and the style know kind, op, depth and subtotal from attributes."""
    rows = page.of("tr")[1:]
    for given, found in zip(table.rows, rows, strict=True):
        assert found["data-kind"] == given.kind
        assert found["data-op"] == given.op
        assert found["data-level"] == str(given.level)
        assert ("data-subtotal" in found) == given.subtotal


def test_numbers_and_only_numbers_can_be_sorted_as_numbers(table: Table, page: Cells) -> None:
    """No value for a text, a truth, a tuple, an absence or what is not a number."""
    cells = [a for tag, a in page.attributes if tag in {"th", "td"}][len(table.shown) :]
    places = [(r, key) for r in table.rows for key in table.shown]
    for (of_row, key), found in zip(places, cells, strict=True):
        value = table.cell(of_row, key).value
        is_number = key in {"macs", "share"} and value is not None and value == value
        assert ("data-value" in found) == is_number
        if is_number:
            assert float(found["data-value"] or "") == value


def test_alignment_and_bars(table: Table, page: Cells) -> None:
    """Numbers stand on the right; a share above nothing has a bar of its length."""
    heads = page.of("th")[: len(table.shown)]
    assert [("right" in (a.get("class") or "")) for a in heads] == [
        column.align == "right" for column in table.shown_columns
    ]
    bars = [a["style"] for a in page.of("td") if "--part" in (a.get("style") or "")]
    shares = [table.cell(r, "share").value for r in table.rows]
    assert bars == [f"--part:{share}" for share in shares if share]


def test_nothing_is_asked_of_a_network(table: Table) -> None:
    """No address, no file: the policy forbids what the page does not ask for anyway."""
    written = html.render(table)
    assert not re.search(r"https?:|//\w+\.|\bsrc\s*=|@import|\bimport\b\s*[\"'(]", written)
    assert set(re.findall(r"\b(?:href|action)\s*=\s*\"([^\"]*)\"", written)) == {"data:,"}
    assert "url(" not in written
    assert "default-src 'none'" in written


def test_a_name_cannot_become_markup_or_script(page: Cells) -> None:
    """One script, one style, no handler in an attribute; the policy names that script."""
    assert len(page.of("script")) == len(page.of("style")) == 1
    assert not page.of("b")
    assert not [name for _, a in page.attributes for name in a if name.startswith("on")]
    digest = b64encode(sha256(page.texts["script"][0].encode()).digest()).decode()
    policy = next(a["content"] for a in page.of("meta") if "http-equiv" in a)
    assert policy is not None
    assert f"script-src 'sha256-{digest}'" in policy


def test_the_assets_can_stand_in_a_page() -> None:
    """Neither ends its element early, and neither runs text as a program."""
    style, script = html.asset("page.css"), html.asset("page.js")
    assert "</" not in style
    assert "</" not in script
    assert "<!--" not in script
    assert not re.search(r"\beval\b|innerHTML|Function\(", script)


def test_the_page_says_how_to_read_it(page: Cells) -> None:
    """Language, character set, width of a phone; tools only where the script runs."""
    assert page.of("html") == [{"lang": "en"}]
    assert page.of("meta")[0] == {"charset": "utf-8"}
    assert any(a.get("name") == "viewport" for a in page.of("meta"))
    assert any(a.get("class") == "tools" and "hidden" in a for a in page.of("div"))


def test_the_same_table_gives_the_same_bytes() -> None:
    """Nothing on the page depends on when or where it is written."""
    assert html.render(made()) == html.render(made()) == render(made(), "html")


def test_a_table_with_nothing_in_it_is_still_a_page(table: Table) -> None:
    """No row, no total, no remark, no provenance."""
    bare = replace(table, rows=(), totals=(), summary=(), remarks=(), provenance=())
    page = read(html.render(bare))
    assert page.rows == []
    assert len(page.head) == len(table.shown)
    assert "li" not in page.texts


def test_a_tree_is_indented_and_a_list_is_not(table: Table) -> None:
    """Where no row is below another, no room is kept for what folds them."""
    assert "<table data-tree>" in html.render(table)
    flat = replace(table, rows=tuple(replace(r, level=0) for r in table.rows))
    assert "<table>" in html.render(flat)
