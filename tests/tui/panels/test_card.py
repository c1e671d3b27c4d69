"""The keys of the card."""

from __future__ import annotations

from driving import (
    SIZES,
    KeptOpen,
    Keys,
    chosen_path,
    settle,
    table_of,
    text_of,
    until,
)
from proofs import at_sizes
from textual.binding import Binding

from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.panels.card import CardPanel
from resnet_inspect.tui.panels.row_list import Rows


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
