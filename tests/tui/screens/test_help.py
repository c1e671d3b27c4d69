"""The help: what it lists, and what can be done from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from by_hand import measured
from driving import chosen_path, explore, table_of
from saved import survey_of
from textual.pilot import Pilot

import resnet_inspect as ri
from resnet_inspect.analysis.comparison.networks import compare
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.analysis.timing import Timing
from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.keys import ACTIONS
from resnet_inspect.tui.screens.help import FILTERS, Help
from resnet_inspect.views.tables.comparison import networks
from resnet_inspect.views.tables.filter import query_of
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.timing import beside


def help_of(app: Explorer) -> Help:
    assert isinstance(app.screen, Help)
    return app.screen


@pytest.mark.parametrize(("key", "name", "own"), [
    ("1", "tree", "next stage"), ("2", "table", "next stage"), ("3", "card", "follow"),
])  # fmt: skip
def test_help_begins_with_the_keys_of_the_focused_pane(key: str, name: str, own: str) -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        await pilot.press(key, "question_mark")
        first, *others = help_of(app).chapters
        assert first.heading == f"In the {name}, where you are"
        assert own in [line.label for line in first.keys]
        assert all(line.action for line in first.keys)
        listed = {line.label for chapter in others for line in chapter.keys}
        assert {action.label for action in ACTIONS} <= listed

    explore(drive)


@pytest.mark.parametrize("width", [80, 120, 200])
def test_no_line_of_the_help_is_cut(width: int) -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        await pilot.press("question_mark")
        for options in help_of(app).lists[: 1 + (width == 200)]:
            assert options.option_count
            for i in range(options.option_count):
                prompt = str(options.get_option_at_index(i).prompt)
                assert len(prompt.rstrip()) <= options.scrollable_content_region.width, prompt

    explore(drive, size=(width, 24))


def test_where_there_is_room_the_keys_go_through_two_columns() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        await pilot.press("question_mark", "up")
        left, right = help_of(app).lists
        assert left.highlighted is None
        assert right.highlighted == right.option_count - 1, "around the top is the very last"
        await pilot.press("down")
        assert (left.highlighted, right.highlighted) == (1, None)
        ids = [option.id for options in (left, right) for option in options.options if option.id]
        assert ids == [str(i) for i in range(len(help_of(app).listed))], "each once, in order"

    explore(drive, size=(200, 60))


def test_help_is_searched_and_does_what_is_chosen() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        await pilot.press("question_mark", *"next stage")
        assert help_of(app).listed[0].label == "next stage"
        await pilot.press("enter")
        await pilot.pause()
        assert not isinstance(app.screen, Help)
        assert chosen_path(table_of(app)) == "stem"
        await pilot.press("question_mark", *"no such key", "enter")
        assert help_of(app).query_one(".nothing").display
        await pilot.press("escape")
        assert not isinstance(app.screen, Help)

    explore(drive)


def test_help_shows_the_keys_of_the_keymap(own_state: Path) -> None:
    (own_state / "config.toml").write_text('[keys]\nfilter = "ctrl+f"\n')

    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        await pilot.press("question_mark")
        keys = {k.label: k.keys for chapter in help_of(app).chapters for k in chapter.keys}
        assert keys["filter"] == "^f"

    explore(drive)


def test_the_filters_that_the_help_shows_are_understood_and_find_something() -> None:
    steps = Selection(everything=True)
    trace, found = measured("resnet50")
    speed = Timing(Survey(trace), found)
    table = beside(speed, ri.tabulate(trace, "layers", steps))
    both = networks.view(compare(survey_of("resnet50"), survey_of("resnet34")), steps, unfold=True)
    for written, _ in FILTERS:
        of = both if written.startswith("only") else table
        query = query_of(written, of)
        assert not query.problems, written
        assert 0 < len(query.places(of)) < len(of.rows), written


def test_the_recipes_say_what_the_help_says_of_the_filter() -> None:
    page = (Path(__file__).parents[3] / "docs" / "recipes.md").read_text(encoding="utf-8")
    for written, _ in FILTERS:
        assert f"`{written}`" in page or f"`{written} " in page or f"`{written}`," in page, written
