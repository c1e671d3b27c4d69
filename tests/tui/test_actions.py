"""What every action and every key of a pane does, as seen on the screen.

An action or a key without a proof here fails the suite. What depends on the room that there is
is proved at three sizes, the rest at the smallest.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from driving import (
    BREAKS,
    DATA,
    SAVED,
    SIZES,
    KeptOpen,
    Keys,
    SavedChild,
    chosen_path,
    drawn,
    explorer_with_child,
    fill,
    line_of,
    settle,
    shown_paths,
    table_of,
    text_of,
    tree_of,
    until,
)
from textual.binding import Binding
from textual.command import CommandPalette
from textual.events import Key
from textual.keys import _character_to_key as character_to_key
from textual.widgets import Input

import resnet_inspect as ri
from resnet_inspect.formats import render
from resnet_inspect.tui.actions.networks import look_at_named
from resnet_inspect.tui.actions.timing import under_way
from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.keys import ACTIONS, Action
from resnet_inspect.tui.panels.card import CardPanel
from resnet_inspect.tui.panels.changes import changes
from resnet_inspect.tui.panels.row_list import Rows
from resnet_inspect.tui.screens.chooser import Chooser
from resnet_inspect.tui.screens.form import Form

Proof = Callable[[Explorer, Keys, str], Awaitable[None]]
"""Presses a key, sees what it did, and puts it back."""
PROOFS: dict[str, Proof] = {}
"""A proof for each action, by its name."""

TOTALS = {"resnet18": "11,689,512", "resnet34": "21,797,672", "resnet50": "25,557,032"}
"""The parameters that the papers' networks have as torchvision builds them."""

LAID_OUT = {
    "filter", "heat", "columns", "flat", "compare", "pane(1)", "pane(2)", "pane(3)", "full",
    "resize(-2)", "resize(2)", "help",
}  # fmt: skip
"""Actions that look otherwise where there is more room."""


def shows(*actions: str) -> Callable[[Proof], Proof]:
    """Marks the proof of these actions."""

    def register(proof: Proof) -> Proof:
        PROOFS.update(dict.fromkeys(actions, proof))
        return proof

    return register


def size_name(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


@pytest.fixture(scope="module")
def kept_open(request: pytest.FixtureRequest) -> Iterator[KeptOpen]:
    """ResNet-18 in an explorer of each size, whose child answers with saved traces."""
    explorer = KeptOpen(lambda: explorer_with_child("resnet18")[0], request.param)
    yield explorer
    explorer.close()


def asked_of(kept_open: KeptOpen, keys: str) -> list[str]:
    """Every key of an action at the smallest size, where it is quickest; else its first."""
    every = keys.split(",")
    return every if kept_open.size == SIZES[0] else every[:1]


CASES = [
    pytest.param(size, action, id=f"{size_name(size)}-{action.name}")
    for size in SIZES
    for action in ACTIONS
    if size == SIZES[0] or action.name in LAID_OUT
]


@pytest.mark.parametrize(("kept_open", "action"), CASES, indirect=["kept_open"])
def test_an_action_does_what_it_says(kept_open: KeptOpen, action: Action) -> None:
    assert action.name in PROOFS, f"{action.name} has no proof here"
    for key in asked_of(kept_open, action.keys):
        kept_open.run(lambda app, pilot, key=key: PROOFS[action.name](app, pilot, key))


def test_no_proof_is_of_an_action_that_is_gone() -> None:
    assert set(PROOFS) == {action.name for action in ACTIONS}


# -- find ----------------------------------------------------------------------------------------


@shows("filter")
async def filters(app: Explorer, pilot: Keys, key: str) -> None:
    whole = shown_paths(table_of(app))
    await pilot.press(key, *"fc")
    await settle(pilot)
    assert app.query_one("#filter-line").region.height == 1
    assert "1 of" in str(app.query_one("#filter-count").render())
    assert shown_paths(table_of(app))[-1] == "fc"
    assert chosen_path(table_of(app)) == "fc"
    await pilot.press("escape")
    await settle(pilot)
    assert app.query_one("#filter-line").region.height == 0
    assert shown_paths(table_of(app)) == whole


@shows("next_match", "previous_match")
async def goes_through_matches(app: Explorer, pilot: Keys, key: str) -> None:
    await pilot.press("slash")
    app.query_one("#filter", Input).value = "stride:2 conv"
    await settle(pilot)
    await pilot.press("enter")
    seen = []
    for _ in range(8):
        await pilot.press(key)
        seen.append(chosen_path(table_of(app)))
    strided = ["conv1"] + [
        f"layer{stage}.0.{name}" for stage in (2, 3, 4) for name in ("conv1", "downsample.0")
    ]
    order = strided if key == "n" else strided[::-1]
    start = order.index(seen[0])
    assert seen == [order[(start + i) % 7] for i in range(8)], "around the end, too"
    await pilot.press("escape")


@shows("sort")
async def sorts(app: Explorer, pilot: Keys, key: str) -> None:
    table = table_of(app)
    whole = shown_paths(table)
    for descending in (True, False):
        await pilot.press(key)
        assert isinstance(app.screen, Chooser)
        assert table.table is not None
        offered = [choice.key for choice in app.screen.choices]
        assert offered == ["", *table.table.shown], "also by what there is no room for"
        await fill(app, pilot, "params")
        values = [table.table.cell(table.every[place], "parameters").value for place in table.shown]
        assert values == sorted(values, reverse=descending)  # type: ignore[type-var]
    assert len(set(values)) > 5
    await pilot.press("escape")
    assert shown_paths(table) == whole


@shows("heat")
async def draws_heat(app: Explorer, pilot: Keys, key: str) -> None:
    table = table_of(app)
    before = line_of(table, 1)
    await pilot.press(key)
    await fill(app, pilot, "MACs")
    bars = [line_of(table, y)[:6] for y in range(1, table.size.height)]
    assert any(set(bar) & set("█▏▎▍▌▋▊▉") for bar in bars)
    await pilot.press(key)
    await fill(app, pilot, "none")
    assert line_of(table, 1) == before


# -- look ----------------------------------------------------------------------------------------


@shows("columns")
async def chooses_columns(app: Explorer, pilot: Keys, key: str) -> None:
    table = table_of(app)
    before = line_of(table, 0)
    await pilot.press(key)
    assert isinstance(app.screen, Form)
    usual = app.screen.query_one(Input).value
    await fill(app, pilot, "path, no_such_column")
    assert "no_such_column" in text_of(app.screen, "#form-problem")  # type: ignore[arg-type]
    await fill(app, pilot, "macs, path")
    assert [column.key for column in table.columns] == ["macs", "path"]
    assert line_of(table, 0).split()[0] == "MACs"
    await pilot.press(key)
    await fill(app, pilot, usual)
    assert line_of(table, 0) == before


@shows("view")
async def chooses_the_view(app: Explorer, pilot: Keys, key: str) -> None:
    table = table_of(app)
    for name in ("stages", "blocks", "modules", "layers"):
        await pilot.press(key)
        await fill(app, pilot, name)
        printed = ri.tabulate(ri.load(DATA / "resnet18.json"), name)
        assert len(table.every) == len(printed.rows)
        assert name in str(table.border_title)


@shows("everything")
async def shows_every_step(app: Explorer, pilot: Keys, key: str) -> None:
    table = table_of(app)
    selected = shown_paths(table)
    assert "bn1" not in selected
    await pilot.press(key)
    await settle(pilot)
    every = shown_paths(table)
    assert [path for path in every if path in selected] == selected[:-1], "in the same order"
    assert {"bn1", "relu"} <= set(every)
    assert (selected[-1], "not shown" in every) == ("not shown", False)
    await pilot.press(key)
    await settle(pilot)
    assert shown_paths(table) == selected


@shows("fold_blocks")
async def folds_identical_blocks(app: Explorer, pilot: Keys, key: str) -> None:
    table = table_of(app)
    each = shown_paths(table)
    await pilot.press(key)
    await settle(pilot)
    folded = shown_paths(table)
    # Of the stages only the first has two equal blocks: the others begin with a projection.
    assert len(folded) < len(each)
    assert "layer1.1.conv1" in each
    assert "layer1.1.conv1" not in folded
    assert "layer2.1.conv1" in folded
    assert "×2" in drawn(table)
    await pilot.press(key)
    await settle(pilot)
    assert shown_paths(table) == each


@shows("flat")
async def shows_a_flat_list(app: Explorer, pilot: Keys, key: str) -> None:
    table = table_of(app)
    as_tree = shown_paths(table)
    await pilot.press(key)
    await settle(pilot)
    flat = shown_paths(table)
    assert flat == [path for path in as_tree if path in flat], "in the order of the trace"
    assert "layer1.0.conv1" in flat
    assert "layer1.0" not in flat
    assert " layer1.0.conv1 " in drawn(table), "the whole path, for nothing above says where it is"
    await pilot.press(key)
    await settle(pilot)
    assert shown_paths(table) == as_tree


# -- network -------------------------------------------------------------------------------------


def child_of(app: Explorer) -> SavedChild:
    assert isinstance(app.child, SavedChild)
    return app.child


def assert_shows(app: Explorer, model: str) -> None:
    """Title, totals and card are those of this network."""
    assert text_of(app, "#title").startswith(model)
    assert TOTALS[model] in text_of(app, "#totals")
    assert text_of(app, "#problem") == ""


@shows("model")
async def chooses_a_variant(app: Explorer, pilot: Keys, key: str) -> None:
    assert_shows(app, "resnet18")
    await pilot.press(key)
    assert isinstance(app.screen, Chooser)
    await fill(app, pilot, "resnet50")
    assert_shows(app, "resnet50")
    assert "layer1.0.conv3" in shown_paths(table_of(app))
    await pilot.press("U")
    await settle(pilot)
    assert_shows(app, "resnet18")


@shows("inputs")
async def edits_the_input(app: Explorer, pilot: Keys, key: str) -> None:
    await pilot.press(key)
    assert isinstance(app.screen, Form)
    app.screen.query(Input).first().value = "2,3,32,32"
    await settle(pilot)
    assert child_of(app).asked[-1]["input"] == [2, 3, 32, 32], "it follows before enter"
    await pilot.press("enter")
    await settle(pilot)
    assert "2×3×32×32" in text_of(app, "#title")
    await pilot.press("U")
    await settle(pilot)
    assert "1×3×224×224" in text_of(app, "#title")


@shows("device")
async def runs_on_a_device(app: Explorer, pilot: Keys, key: str) -> None:
    await pilot.press(key)
    await fill(app, pilot, "cpu")
    assert child_of(app).asked[-1]["device"] == "cpu"
    assert "cpu" in text_of(app, "#title")
    await pilot.press("U")
    await settle(pilot)
    assert "meta" in text_of(app, "#title")


@shows("open_trace")
async def opens_a_trace(app: Explorer, pilot: Keys, key: str) -> None:
    await pilot.press(key)
    await fill(app, pilot, "no such file.json")
    assert "no such file.json" in text_of(app, "#problem")
    assert TOTALS["resnet18"] in text_of(app, "#totals")
    await pilot.press(key)
    await fill(app, pilot, str(DATA / "resnet34.json"))
    assert_shows(app, "resnet34")
    await pilot.press("U")
    await settle(pilot)
    assert_shows(app, "resnet18")


@shows("compare")
async def compares(app: Explorer, pilot: Keys, key: str) -> None:
    table = table_of(app)
    alone = shown_paths(table)
    await pilot.press(key)
    assert isinstance(app.screen, Chooser)
    await fill(app, pilot, "resnet34")
    assert "against resnet34" in str(table.border_title)
    assert "in words" in text_of(app, "#card")
    await pilot.press(key)
    await settle(pilot)
    assert shown_paths(table) == alone
    assert "against" not in str(table.border_title)


@shows("undo", "redo")
async def undoes_and_redoes(app: Explorer, pilot: Keys, key: str) -> None:
    await pilot.press("m")
    await fill(app, pilot, "resnet34")
    undo, redo = (key, "ctrl+r") if key in ("ctrl+z", "U") else ("U", key)
    await pilot.press(undo)
    await settle(pilot)
    assert_shows(app, "resnet18")
    await pilot.press(redo)
    await settle(pilot)
    assert_shows(app, "resnet34")
    await pilot.press(undo)
    await settle(pilot)
    assert_shows(app, "resnet18")


@shows("measure")
async def measures(app: Explorer, pilot: Keys, key: str) -> None:
    await pilot.press(key)
    await settle(pilot)
    assert isinstance(app.screen, Form)
    await pilot.press("enter")
    await settle(pilot)
    for _ in range(4):
        child_of(app).go_on.release()
    await until(pilot, lambda: under_way(app) is None)
    await settle(pilot)
    assert "ms forward" in text_of(app, "#totals")
    look_at_named(app, "resnet18")
    await until(pilot, lambda: "forward" not in text_of(app, "#totals"))


@shows("partial")
async def shows_the_trace_of_what_raised(app: Explorer, pilot: Keys, key: str) -> None:
    app.failed = None
    whole = shown_paths(table_of(app))
    await pilot.press(key)
    await settle(pilot)
    assert shown_paths(table_of(app)) == whole, "nothing has raised"
    await pilot.press("i")
    await fill(app, pilot, ",".join(map(str, BREAKS)))
    assert f"{key} shows the trace up to there" in text_of(app, "#problem")
    assert shown_paths(table_of(app)) == whole, "the last good one stays"
    await pilot.press(key)
    await settle(pilot)
    broken = ri.load(DATA / "broken.json")
    assert table_of(app).table is not None
    assert len(table_of(app).every) == len(ri.tabulate(broken).rows)
    assert "✗" in drawn(table_of(app))
    await pilot.press("U")
    await settle(pilot)
    assert_shows(app, "resnet18")


@shows("retry")
async def runs_again(app: Explorer, pilot: Keys, key: str) -> None:
    asked = child_of(app).asked
    before = list(asked)
    await pilot.press(key)
    await settle(pilot)
    assert len(asked) == len(before) + 1
    assert asked[-1] == before[-1] | {"model": "resnet18"}
    assert_shows(app, "resnet18")


# -- places and panes ----------------------------------------------------------------------------


@shows("go_back", "go_forward")
async def goes_back_and_forward(app: Explorer, pilot: Keys, key: str) -> None:
    table = table_of(app)
    back, forward = (key, "alt+right") if key != "alt+right" else ("backspace", key)
    await pilot.press("j")
    await settle(pilot)
    first = chosen_path(table)
    await pilot.press("right_square_bracket")
    await settle(pilot)
    second = chosen_path(table)
    assert (first, second) == ("conv1", "layer1")
    await pilot.press(back)
    await settle(pilot)
    assert chosen_path(table) == first
    await pilot.press(forward)
    await settle(pilot)
    assert chosen_path(table) == second
    assert "stage 1" in text_of(app, "#card"), "the card follows"


@shows("pane(1)", "pane(2)", "pane(3)")
async def goes_to_a_pane(app: Explorer, pilot: Keys, key: str) -> None:
    pane = app.query_one("#" + {"1": "tree", "2": "table", "3": "card"}[key])
    await pilot.press("2" if key == "1" else "1", key)
    await settle(pilot)
    assert app.focused is pane
    assert pane.region.width >= 12
    assert pane.region.height >= 4


@shows("full")
async def fills_the_screen(app: Explorer, pilot: Keys, key: str) -> None:
    for number, name in (("1", "tree"), ("2", "table"), ("3", "card")):
        await pilot.press(number)
        pane = app.query_one(f"#{name}")
        before = pane.region
        await pilot.press(key)
        await settle(pilot)
        assert pane.region.width == app.size.width
        others = {"tree", "table", "card"} - {name}
        assert not any(app.query_one(f"#{other}").region for other in others)
        await pilot.press(key)
        await settle(pilot)
        assert pane.region == before


@shows("resize(-2)", "resize(2)")
async def resizes_a_pane(app: Explorer, pilot: Keys, key: str) -> None:
    await pilot.press("1")
    before = tree_of(app).region.width
    await pilot.press(key)
    await settle(pilot)
    by = -2 if key == "less_than_sign" else 2
    assert tree_of(app).region.width == before + by
    await pilot.press("greater_than_sign" if by < 0 else "less_than_sign")
    await settle(pilot)
    assert tree_of(app).region.width == before


# -- taking along --------------------------------------------------------------------------------


@shows("copy_row")
async def copies_the_row(app: Explorer, pilot: Keys, key: str) -> None:
    await pilot.press("j", key)
    await settle(pilot)
    assert app.clipboard.split("\t")[:3] == ["conv1", "conv", "7×7"]


@shows("copy_table")
async def copies_the_table(app: Explorer, pilot: Keys, key: str) -> None:
    await pilot.press(key)
    await settle(pilot)
    assert app.clipboard == render(ri.tabulate(ri.load(DATA / "resnet18.json")), "md")


@shows("export")
async def exports(app: Explorer, pilot: Keys, key: str) -> None:
    printed = render(ri.tabulate(ri.load(DATA / "resnet18.json")), "csv")
    await pilot.press(key)
    await fill(app, pilot, "table.csv")
    assert Path("table.csv").read_text(encoding="utf-8") == printed
    await pilot.press(key)
    await fill(app, pilot, "table.csv")
    assert "exists already" in text_of(app.screen, "#form-problem")  # type: ignore[arg-type]
    await fill(app, pilot, "trace.json", "no", "yes")
    assert ri.load("trace.json") == ri.load(DATA / "resnet18.json")


@shows("explain", "taps", "cost")
async def answers_a_question(app: Explorer, pilot: Keys, key: str) -> None:
    said = {"E": "conv1", "W": "layer4", "C": "training"}[key]
    await pilot.press("j", key)
    await settle(pilot)
    assert said in text_of(app.screen, "#report-text")  # type: ignore[arg-type]
    await pilot.press("escape")
    await settle(pilot)
    assert len(app.screen_stack) == 1


@shows("open_source")
async def opens_the_source(app: Explorer, pilot: Keys, key: str) -> None:
    await pilot.press("j", key)
    await settle(pilot)
    # An editor needs a terminal: without one the place is copied.
    place, _, line = app.clipboard.rpartition(":")
    assert "class Conv2d" in Path(place).read_text(encoding="utf-8").splitlines()[int(line) - 1]


@shows("picture")
async def takes_a_picture(app: Explorer, pilot: Keys, key: str) -> None:
    await pilot.press(key)
    await fill(app, pilot, "screen.svg")
    picture = Path("screen.svg").read_text(encoding="utf-8")
    assert picture.startswith("<svg")
    assert "conv1" in picture


# -- habits --------------------------------------------------------------------------------------


@shows("theme")
async def chooses_a_theme(app: Explorer, pilot: Keys, key: str) -> None:
    before = app.theme
    await pilot.press(key, "down")
    await settle(pilot)
    assert app.theme != before, "it is shown while it is highlighted"
    await pilot.press("escape")
    await settle(pilot)
    assert app.theme == before
    await pilot.press(key)
    await fill(app, pilot, "nord")
    assert app.theme == "nord"
    await pilot.press(key)
    await fill(app, pilot, before)
    assert app.theme == before


@shows("help")
async def helps(app: Explorer, pilot: Keys, key: str) -> None:
    await pilot.press(key)
    await settle(pilot)
    assert app.screen is not app.screen_stack[0]
    said = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
    assert "In the table, where you are" in said
    await fill(app, pilot, "next stage")
    assert app.screen is app.screen_stack[0]
    assert chosen_path(table_of(app)) == "layer1", "enter does what is highlighted"
    await pilot.press(key, "escape")
    await settle(pilot)
    assert app.screen is app.screen_stack[0]
    assert chosen_path(table_of(app)) == "layer1"


@shows("command_palette")
async def opens_the_palette(app: Explorer, pilot: Keys, key: str) -> None:
    await pilot.press(key)
    await settle(pilot)
    assert isinstance(app.screen, CommandPalette)
    await pilot.press("escape")
    await settle(pilot)
    assert not isinstance(app.screen, CommandPalette)


@shows("quit")
async def quits(app: Explorer, pilot: Keys, key: str) -> None:
    await pilot.press(key)
    await settle(pilot)
    assert app.return_value == 0
    assert Path("state.json").exists()


# -- the keys of the panes -----------------------------------------------------------------------

OF_ROWS: dict[str, Proof] = {}
"""A proof for each action of the tree and the table; it starts in the pane, on its first row."""


def of_rows(*actions: str) -> Callable[[Proof], Proof]:
    """Marks the proof of these actions of a list of rows."""

    def register(proof: Proof) -> Proof:
        OF_ROWS.update(dict.fromkeys(actions, proof))
        return proof

    return register


def bindings_of(pane: type[Rows] | type[CardPanel]) -> dict[str, str]:
    """The keys of every action of a pane."""
    return {bound.action: bound.key for bound in pane.BINDINGS if isinstance(bound, Binding)}


@pytest.mark.parametrize("kept_open", SIZES[:1], ids=size_name, indirect=True)
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


@of_rows("move(1)", "move(-1)")
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


@of_rows("page(1)", "page(-1)")
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


@of_rows("end(1)", "end(-1)")
async def goes_to_an_end(app: Explorer, pilot: Keys, key: str) -> None:
    rows = focused(app)
    rows.cursor = 3
    await pilot.press(key)
    assert rows.cursor == (len(rows.shown) - 1 if key in ("G", "end") else 0)


@of_rows("fold", "close", "open")
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


@of_rows("fold_all", "unfold_all")
async def folds_all(app: Explorer, pilot: Keys, key: str) -> None:
    rows = focused(app)
    whole = shown_paths(rows)
    await pilot.press("minus")
    assert [path for path in shown_paths(rows) if path.startswith("layer")] == [
        f"layer{stage}" for stage in (1, 2, 3, 4)
    ]
    await pilot.press("equals_sign")
    assert shown_paths(rows) == whole


@of_rows("section('stage', 1)", "section('stage', -1)")
@of_rows("section('block', 1)", "section('block', -1)")
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


@pytest.mark.parametrize("kept_open", SIZES, ids=size_name, indirect=True)
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


# -- one after the other -------------------------------------------------------------------------

smallest = pytest.mark.parametrize("kept_open", SIZES[:1], ids=size_name, indirect=True)


@smallest
def test_what_is_typed_right_after_the_slash_is_the_filter(kept_open: KeptOpen) -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        for key in "/fc/":
            app.post_message(Key(character_to_key(key), key))
        await settle(pilot)
        assert app.query_one("#filter", Input).value == "fc/"
        await pilot.press("escape")

    kept_open.run(steps)


@smallest
def test_chosen_columns_do_not_hinder_a_comparison(kept_open: KeptOpen) -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        await pilot.press("c")
        usual = app.screen.query_one(Input).value
        await fill(app, pilot, "macs, path")
        await pilot.press("d")
        await fill(app, pilot, "resnet34")
        assert "against" in str(table_of(app).border_title)
        await pilot.press("d")
        await settle(pilot)
        assert [column.key for column in table_of(app).columns] == ["macs", "path"]
        await pilot.press("c")
        await fill(app, pilot, usual)

    kept_open.run(steps)


@smallest
@pytest.mark.parametrize("then", ["a", "x"])
def test_a_flat_list_stays_one_whatever_is_shown(kept_open: KeptOpen, then: str) -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        table = table_of(app)
        await pilot.press("t")
        await settle(pilot)
        before = shown_paths(table)
        await pilot.press(then)
        await settle(pilot)
        assert shown_paths(table) != before
        assert not any(table.every[place].subtotal for place in table.shown)
        await pilot.press(then, "escape")
        await settle(pilot)
        assert any(table.every[place].subtotal for place in table.shown), "escape ends it"
        await pilot.press("t")
        await settle(pilot)
        assert shown_paths(table) == before, "and t begins it again"

    kept_open.run(steps)


@pytest.mark.parametrize("name", SAVED)
def test_nothing_has_changed_in_the_same_trace(name: str) -> None:
    table = ri.tabulate(ri.load(DATA / f"{name}.json"))
    assert changes(table, table) == set()
