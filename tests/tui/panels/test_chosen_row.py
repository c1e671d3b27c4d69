"""The card, and what E explains, are of the row under the cursor, whatever moves it there."""

from __future__ import annotations

import pytest
from driving import KeptOpen, Keys, chosen_path, settle, table_of, text_of, until
from proofs import at_sizes

from resnet_inspect.analysis.structure.anatomy import Block
from resnet_inspect.tui.app import Explorer
from resnet_inspect.views.cards.subjects import index_of

WAYS = {
    "sorted by size": ("s", *"params", "enter"),
    "sorted by name": ("s", *"layer", "enter"),
    "hot": ("H", *"params", "enter"),
    "flat": ("t",),
    "folded": ("x",),
    "with norms": ("a",),
    "as blocks": ("v", *"blocks", "enter"),
    "as stages": ("v", *"stages", "enter"),
    "as modules": ("v", *"modules", "enter"),
    "all folded": ("minus",),
    "filtered": ("slash", *"layer4", "enter"),
}


def assert_card_is_of_row(app: Explorer) -> None:
    row = table_of(app).row
    assert row is not None
    assert app.bench.about is not None
    survey, subject = app.bench.about
    at = index_of(survey, subject)
    assert any(first <= at <= last for first, last in row.spans), (chosen_path(table_of(app)), at)
    if app.perspective.view != "modules":  # of which none is called a block
        assert isinstance(subject, Block) == (row.kind == "block")
    assert text_of(app, "#card").strip()


@at_sizes((80, 24))
@pytest.mark.parametrize("way", WAYS)
def test_the_card_follows_the_row(kept_open: KeptOpen, way: str) -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        await app.bench.go_to_path("layer1.1.conv2")
        await settle(pilot)
        for key in WAYS[way]:
            await pilot.press(key)
        await settle(pilot, 5)
        assert_card_is_of_row(app)
        standing = {
            "as blocks": "layer1.1", "folded": "layer1.0.conv2 ×2", "as stages": "layer1",
            "all folded": "layer1",
        }  # fmt: skip
        if way == "filtered":
            assert chosen_path(table_of(app)).startswith("layer4")
        else:
            assert chosen_path(table_of(app)) == standing.get(way, "layer1.1.conv2")
        await pilot.press("down")
        await settle(pilot)
        assert_card_is_of_row(app)
        app.perspective.view = "layers"
        app.perspective.selection = type(app.perspective.selection)()
        table_of(app).heat = None
        table_of(app).action_unfold_all()
        app.lay_out()
        await until(pilot, lambda: table_of(app).table.view == "layers")

    kept_open.run(steps)
