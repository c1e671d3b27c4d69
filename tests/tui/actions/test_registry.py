"""An action is a function and a line in `ACTIONS`; what is in both is on a key and in the help."""

from __future__ import annotations

import pytest
from driving import in_a_fresh_interpreter

from resnet_inspect.tui.actions.families import METHODS
from resnet_inspect.tui.actions.registry import does
from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.keys import ACTIONS, identifier

TEXTUALS_OWN = {"command_palette"}

TOY = """
from resnet_inspect.tui import keys

keys.ACTIONS += (keys.Action("greet('toy')", "Z", "greet", "say hello", "habits"),)

from resnet_inspect.tui.actions.registry import does

@does("greet")
def greet(app, name):
    app.problem(f"hello {name}")

from driving import drive, explorer_of, settle, text_of
from textual.widgets import OptionList

async def steps(app, pilot):
    await pilot.press("Z")
    assert text_of(app, "#problem") == "hello toy"
    titles = [command.title for command in app.get_system_commands(app.screen)]
    assert "greet: say hello" in titles
    await pilot.press("question_mark")
    await settle(pilot)
    lines = app.screen.query_one(OptionList).options
    assert any("say hello" in str(line.prompt) for line in lines)

drive(explorer_of("resnet18"), steps)
"""


def test_every_action_is_done_by_one_function() -> None:
    assert {action.name.partition("(")[0] for action in ACTIONS} == {*METHODS, *TEXTUALS_OWN}


def test_two_functions_cannot_do_one_action() -> None:
    with pytest.raises(ValueError, match="two functions do quit"):
        does("quit")(print)


def test_a_new_action_has_its_key_its_help_and_its_command() -> None:
    in_a_fresh_interpreter(TOY)


def test_every_action_has_a_method_and_a_name_of_its_own() -> None:
    names = [identifier(action) for action in ACTIONS]
    assert len(set(names)) == len(names)
    for action in ACTIONS:
        assert hasattr(Explorer, f"action_{action.name.partition('(')[0]}"), action.name
