"""The keys of the card."""

from __future__ import annotations

from driving import (
    SIZES,
    KeptOpen,
    Keys,
    card_text,
    chosen_path,
    explore,
    lines_of,
    settle,
    table_of,
    text_of,
    tree_of,
    until,
)
from proofs import at_sizes
from textual.binding import Binding
from textual.pilot import Pilot

from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.panels.cards.card import CardPanel
from resnet_inspect.tui.panels.lists.rows import Rows
from resnet_inspect.views.cards.card import Card, Entry, Section


def bindings_of(pane: type[Rows] | type[CardPanel]) -> dict[str, str]:
    """The keys of every action of a pane."""
    return {bound.action: bound.key for bound in pane.BINDINGS if isinstance(bound, Binding)}


@at_sizes(*SIZES)
def test_every_key_of_the_card_does_what_it_says(kept_open: KeptOpen) -> None:
    assert set(bindings_of(CardPanel)) == {
        "step(1)",
        "step(-1)",
        "follow",
        "page_down",
        "page_up",
        "scroll_home",
        "scroll_end",
    }

    async def steps(app: Explorer, pilot: Keys) -> None:
        table, card = table_of(app), app.query_one("#card", CardPanel)
        table.go(next(i for i, r in enumerate(table.every) if r.op == "conv" and r.span[0] > 20))
        await settle(pilot)
        came_from = chosen_path(table)
        assert came_from in text_of(app, "#card")
        for down, up in (("j", "k"), ("down", "up")):
            await pilot.press("2", "3", down)
            one = text_of(app, "#card")
            await pilot.press(down)
            assert text_of(app, "#card") != one
            await pilot.press(up)
            assert text_of(app, "#card") == one
            assert one.count("▶") == 1
        page = min(card.size.height, card.max_scroll_y)
        ends = (("G", card.max_scroll_y), ("g", 0), ("pagedown", page), ("pageup", 0))
        for key, end in (*ends, ("end", card.max_scroll_y), ("home", 0)):
            await pilot.press(key)
            await until(pilot, lambda end=end: card.scroll_offset.y == end)
        await pilot.press("enter")
        await settle(pilot)
        assert came_from not in text_of(app, "#card").splitlines()[0]

    kept_open.run(steps)


def test_the_network_itself_has_a_card_with_its_totals() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        await pilot.press("1", "g")
        await pilot.pause()
        text = card_text(app)
        assert "11,689,512" in text
        assert "bar ∝ log C, thickness ∝ H" in text
        assert len(tree_of(app).shown) < 20, "blocks are folded at first"

    explore(drive)


def test_an_entry_of_the_card_can_be_followed() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        table = table_of(app)
        await app.bench.go_to_path("layer2.0.conv2")
        await pilot.pause()
        await pilot.press("3", "j", "enter")
        await pilot.pause()
        assert chosen_path(table) == "layer2"
        assert "stage 2" in card_text(app)

    explore(drive)


def test_the_card_panel_scrolls_where_nothing_can_be_followed() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        card = app.query_one("#card", CardPanel)
        lines = tuple(Entry("", str(number)) for number in range(99))
        card.show_card(lambda width, height: Card("long", "", (Section("", lines),)))
        await pilot.press("3", "j", "j")
        await pilot.pause()
        assert card.scroll_offset.y == 2
        await pilot.press("k")
        await pilot.pause()
        assert card.scroll_offset.y == 1

    explore(drive)


def test_a_low_card_sets_its_entries_side_by_side_and_they_can_be_clicked() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        await app.bench.go_to_path("layer2.0.conv2")
        await pilot.pause()
        lines = card_text(app).splitlines()
        assert lines[0] == "layer2.0.conv2 · conv 3×3/2, 128 · Conv2d"
        assert "kernel 3×3   stride 2×2   pad 1×1" in lines[5]
        at = lines[3].index("inside → layer2.0")
        await pilot.click(CardPanel, offset=(at + 1, 4))  # the word is not what leads there
        await pilot.pause()
        assert card_text(app).startswith("layer2.0.conv2")
        await pilot.click(CardPanel, offset=(at + 1 + len("inside "), 4))
        await pilot.pause()
        assert card_text(app).startswith("layer2.0 · bottleneck block")

    explore(drive, "resnet50", (80, 24))


def test_the_card_is_walked_to_its_end_with_one_key() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        card = app.query_one(CardPanel)
        await pilot.press("3", *["j"] * 60)
        await pilot.pause()
        assert card.scroll_offset.y == card.max_scroll_y > 0
        assert card.chosen == len(card.targets) - 1
        await pilot.press(*["k"] * 60)
        await pilot.pause()
        assert card.scroll_offset.y == 0

    explore(drive, "resnet50", (80, 24))


def test_text_of_the_card_can_be_selected_where_it_is_scrolled_to() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        card = app.query_one(CardPanel)
        card.scroll_to(y=3, animate=False)
        await pilot.pause()
        lines = card_text(app).splitlines()
        assert card.scroll_offset.y == 3 < card.max_scroll_y
        await pilot.press("3")
        await pilot.pause()
        plain = lines_of(app)
        await pilot.mouse_down(CardPanel, offset=(1, 2))
        await pilot.hover(CardPanel, offset=(7, 3))
        await pilot.mouse_up(CardPanel, offset=(7, 3))
        await pilot.pause()
        below_the_rule = lines[4], lines[5][:7]
        assert app.screen.get_selected_text() == "\n".join(below_the_rule)
        marked = app.screen.get_component_rich_style("screen--selection").bgcolor
        first, last = (card.render_line(y)._segments for y in (1, 2))
        assert {piece.style.bgcolor for piece in first if piece.text.strip()} == {marked}  # type: ignore[union-attr]
        assert last[-1].style.bgcolor != marked  # type: ignore[union-attr]
        assert lines_of(app) == plain, "only the colours are others"

    explore(drive, "resnet50", (80, 24))
