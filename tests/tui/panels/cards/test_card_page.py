"""A card in lines of text: what stands where, and what can be followed from there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from saved import steady

from resnet_inspect.formats.text.cells import cells
from resnet_inspect.tui.panels.cards.card_page import CardPage, coloured, wrapped
from resnet_inspect.views.cards.card import Entry, Section


@pytest.mark.parametrize(("written", "width", "lines"), [
    ("kernel 3×3, stride 2×2", 14, ["kernel 3×3,", "stride 2×2"]),
    ("kernel 3×3", 10, ["kernel 3×3"]),
    ("one\ntwo three", 5, ["one", "two", "three"]),
    ("layer2.0.downsample.conv", 18, ["layer2.0.", "downsample.conv"]),
    ("a_name_without_any_end", 10, ["a_name_wit", "hout_any_e", "nd"]),
    # The blank comes early, and what is behind it fits in no line: the first line is filled.
    ("to layer2.0.downsample.conv", 20, ["to layer2.0.", "downsample.conv"]),
    ("", 8, [""]),
    ("層" * 5 + " 層.a", 8, ["層" * 4, "層 層.a"]),
    ("層層層.層層層", 10, ["層層層.", "層層層"]),
])  # fmt: skip
def test_lines_break_at_blanks_or_else_behind_a_dot(
    written: str, width: int, lines: list[str]
) -> None:
    assert wrapped(written, width) == lines


@steady
@given(st.text("ab層\u0301. \n", max_size=60), st.integers(8, 30))
def test_no_line_is_longer_and_no_letter_is_lost(written: str, width: int) -> None:
    lines = wrapped(written, width)
    assert max(map(cells, lines)) <= width
    assert "".join("".join(lines).split()) == "".join(written.split())


def page_of(
    section: Section, *, width: int = 40, chosen: int | None = None, low: bool = False
) -> CardPage:
    """A page of one section, below each other or, where it is low, side by side."""
    page = CardPage(width, chosen, ascii=False)
    if low:
        page.set_entries(section, 9)
    else:
        page.list_entries(section)
    return page


def texts(page: CardPage) -> list[str]:
    """The lines of a page, without blanks at their ends."""
    return [line.plain.rstrip() for line in page.lines]


GEOMETRY = Section("geometry", (
    Entry("kernel", "3×3"), Entry("inside", "layer2.0", target=5),
    Entry("receptive field", "one hundred and seven pixels of the input"),
    Entry("then", "layer2.0.bn1", target=7),
))  # fmt: skip


def test_entries_stand_below_each_other_with_their_labels_on_the_left() -> None:
    assert texts(page_of(GEOMETRY)) == [
        "",
        "geometry",
        "kernel           3×3",
        "inside           → layer2.0",
        "receptive field  one hundred and seven",
        "                 pixels of the input",
        "then             → layer2.0.bn1",
    ]


def test_long_labels_are_broken_too_but_no_word_of_them() -> None:
    section = Section("", (Entry("a label of many words", "1"), Entry("b", "2")))
    assert texts(page_of(section, width=20)) == [
        "",
        "a label   1",
        "of many",
        "words",
        "b         2",
    ]
    one = Section("", (Entry("a_label_of_one_word", "1"),))
    assert texts(page_of(one, width=20)) == ["", "a_label_of_one_word  1"]


def test_entries_stand_side_by_side_as_far_as_they_fit() -> None:
    assert texts(page_of(GEOMETRY, low=True, width=60)) == [
        "geometry  kernel 3×3   inside → layer2.0",
        "         receptive field one hundred and seven pixels of the",
        "         input   then → layer2.0.bn1",
    ]
    assert page_of(Section("empty"), low=True).lines == []


@pytest.mark.parametrize("low", [False, True])
@pytest.mark.parametrize("width", [24, 40, 60])
def test_what_can_be_followed_is_where_its_text_stands(width: int, low: bool) -> None:
    long = Section("", (*GEOMETRY.entries, Entry("path", "layer3." * 9, target=9)))
    page = page_of(long, width=width, low=low)
    assert page.targets == [5, 7, 9]
    found = ["", "", ""]
    for spot in page.spots:
        found[spot.target] += page.lines[spot.line].plain[spot.start : spot.end]
    written = [each.replace(" ", "") for each in found]  # which are where lines end
    assert written == ["→layer2.0", "→layer2.0.bn1", "→" + "layer3." * 9]


@pytest.mark.parametrize("low", [False, True])
def test_letters_of_two_cells_take_the_room_of_two(low: bool) -> None:
    entries = (Entry("層層", "層" * 12, target=0), Entry("to", "層.fc", target=1))
    width = 30 if low else 20
    page = page_of(Section("", entries), width=width, low=low)
    assert max(line.cell_length for line in page.lines) <= width
    for spot in page.spots:
        before, whole = page.lines[spot.line].plain, page.lines[spot.line].cell_length
        start = next(n for n in range(len(before) + 1) if cells(before[:n]) == spot.start)
        assert before[start] in "→層"
        assert spot.end <= whole
    if not low:
        lines = ["層層  → 層層層層層層", "      層層層層層層", "to    → 層.fc"]
        assert texts(page)[1:] == lines


def test_the_one_that_is_chosen_has_a_mark() -> None:
    page = page_of(GEOMETRY, chosen=1)
    marked = [line.plain for line in page.lines if "▶" in line.plain]
    assert [line.split() for line in marked] == [["then", "▶", "layer2.0.bn1"]]
    page = CardPage(40, 0, ascii=True)
    page.list_entries(GEOMETRY)
    assert [t for t in texts(page) if "layer2" in t] == [
        "inside           * layer2.0", "then             > layer2.0.bn1",
    ]  # fmt: skip


@pytest.mark.parametrize(("line", "parts"), [
    ("conv ─ batch norm ─ ⊕", {"batch norm": "$ink-muted", "⊕": "$ink-add"}),
    ("identity, relu ▁▃█", {"identity": "$ink-add", "relu": "$ink-muted", "▁▃█": "$ink-bar"}),
    ("max pool, avg pool", {"max pool": "$ink-pool", "avg pool": "$ink-pool"}),
    ("address, prelux, conv 3×3", {}),
])  # fmt: skip
def test_drawings_have_the_colours_of_the_table(line: str, parts: dict[str, str]) -> None:
    content = coloured(line)
    assert content.plain == line
    found = {line[span.start : span.end]: str(span.style) for span in content.spans}
    assert found == parts
