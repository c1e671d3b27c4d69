"""The keys of the tree and the table."""

from __future__ import annotations

import pytest
from driving import (
    SIZES,
    KeptOpen,
    Keys,
    chosen_path,
    explore,
    settle,
    shown_paths,
    table_of,
)
from proofs import Proofs, asked_of, at_sizes
from textual.binding import Binding
from textual.pilot import Pilot

from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.panels.cards.card import CardPanel
from resnet_inspect.tui.panels.lists.row_lines import Piece
from resnet_inspect.tui.panels.lists.rows import Rows
from resnet_inspect.tui.panels.table.trace_table import TraceTable
from resnet_inspect.views.tables.table import Row

OF_ROWS = Proofs()
"""A proof for each action of the tree and the table; it starts in the pane, on its first row."""


def bindings_of(pane: type[Rows] | type[CardPanel]) -> dict[str, str]:
    """The keys of every action of a pane."""
    return {bound.action: bound.key for bound in pane.BINDINGS if isinstance(bound, Binding)}


@at_sizes(SIZES[0])
@pytest.mark.parametrize("pane", ["1", "2"], ids=["tree", "table"])
def test_every_key_moves_and_folds_as_it_says(kept_open: KeptOpen, pane: str) -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        keys = bindings_of(Rows)
        assert set(keys) == set(OF_ROWS)
        for action, key in [(a, k) for a in keys for k in asked_of(kept_open, keys[a])]:
            rows = app.query_one("#" + {"1": "tree", "2": "table"}[pane], Rows).focus()
            rows.action_unfold_all()
            rows.cursor = 0
            await settle(pilot, 1)
            try:
                await OF_ROWS[action](app, pilot, key)
            except AssertionError as error:
                error.add_note(f"key {key}, action {action}")
                raise

    kept_open.run(steps)


def focused(app: Explorer) -> Rows:
    assert isinstance(app.focused, Rows)
    return app.focused


@OF_ROWS.of("move(1)", "move(-1)")
async def moves_by_a_row(app: Explorer, pilot: Keys, key: str) -> None:
    rows = focused(app)
    down = key in ("down", "j")
    rows.cursor = 5
    await pilot.press(key)
    assert rows.cursor == (6 if down else 4)
    rows.cursor = len(rows.shown) - 1 if down else 0
    at_the_end = rows.cursor
    await pilot.press(key)
    assert rows.cursor == at_the_end, "nothing beyond the ends"


@OF_ROWS.of("page(1)", "page(-1)")
async def moves_by_a_page(app: Explorer, pilot: Keys, key: str) -> None:
    rows = focused(app)
    down = key in ("pagedown", "ctrl+d")
    if not down:
        await pilot.press("G")
    before = rows.cursor
    await pilot.press(key)
    await settle(pilot, 1)
    page = rows.size.height - rows.header_height
    moved = (rows.cursor - before) * (1 if down else -1)
    assert min(page // 2, len(rows.shown) - 1) <= moved <= page
    top = rows.scroll_offset.y
    assert top <= rows.cursor < top + page, "the cursor stays in sight"


@OF_ROWS.of("end(1)", "end(-1)")
async def goes_to_an_end(app: Explorer, pilot: Keys, key: str) -> None:
    rows = focused(app)
    rows.cursor = 3
    await pilot.press(key)
    assert rows.cursor == (len(rows.shown) - 1 if key in ("G", "end") else 0)


@OF_ROWS.of("fold", "close", "open")
async def folds_and_unfolds(app: Explorer, pilot: Keys, key: str) -> None:
    rows = focused(app)
    whole = shown_paths(rows)
    rows.cursor = whole.index("layer2")
    fold, unfold = {"space": ("space", "space"), "left": ("left", "l"), "h": ("h", "l")}.get(
        key, ("h", key)
    )
    await pilot.press(fold)
    folded = shown_paths(rows)
    assert [path for path in whole if path not in folded] == [
        path for path in whole if path.startswith("layer2.")
    ]
    assert chosen_path(rows) == "layer2"
    await pilot.press(unfold)
    assert shown_paths(rows) == whole
    if unfold != "space":
        await pilot.press(unfold)
        assert chosen_path(rows) == "layer2.0", "inwards"
    if fold != "space":
        rows.cursor = whole.index("layer2.0.conv2")
        await pilot.press(fold)
        assert chosen_path(rows) == "layer2.0", "outwards"


@OF_ROWS.of("fold_all", "unfold_all")
async def folds_all(app: Explorer, pilot: Keys, key: str) -> None:
    rows = focused(app)
    whole = shown_paths(rows)
    await pilot.press("minus")
    assert [path for path in shown_paths(rows) if path.startswith("layer")] == [
        f"layer{stage}" for stage in (1, 2, 3, 4)
    ]
    await pilot.press("equals_sign")
    assert shown_paths(rows) == whole


@OF_ROWS.of("section('stage', 1)", "section('stage', -1)")
@OF_ROWS.of("section('block', 1)", "section('block', -1)")
async def goes_to_a_section(app: Explorer, pilot: Keys, key: str) -> None:
    rows = focused(app)
    paths = shown_paths(rows)
    by_stage = "square" in key
    forward = key.startswith("right")
    rows.cursor = paths.index("layer2.0.conv2")
    await pilot.press(key)
    expected = {
        (True, True): "layer3",
        (True, False): "layer2",
        (False, True): "layer2.1",
        (False, False): "layer2.0",
    }
    assert chosen_path(rows) == expected[by_stage, forward]


def test_folding_hides_and_shows_what_is_inside() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        table = table_of(app)
        whole = len(table.shown)
        await pilot.press("minus")
        assert {table.every[i].level for i in table.shown} == {0}
        await pilot.press("equals_sign")
        assert len(table.shown) == whole
        await pilot.press("g", "right_square_bracket", "h")
        assert len(table.shown) < whole
        await pilot.press("l")
        assert len(table.shown) == whole

    explore(drive)


def test_a_step_of_the_cursor_draws_the_two_rows_that_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        await pilot.press("down")
        await pilot.pause()
        drawn: list[int] = []
        pieces = TraceTable.pieces

        def noted(table: TraceTable, place: int, row: Row) -> list[Piece]:
            drawn.append(place)
            return pieces(table, place, row)

        monkeypatch.setattr(TraceTable, "pieces", noted)
        await pilot.press("down")
        await pilot.pause()
        assert sorted(drawn) == [1, 2]

    explore(drive, "resnet50")
