"""Keys as a person writes them, and what the line of keys says of them."""

from __future__ import annotations

import pytest
from textual.binding import Binding

from resnet_inspect.tui.keys import (
    ACTIONS,
    ALSO,
    ALWAYS,
    FOOTER,
    GROUPS,
    OF_STEPS,
    OF_TRAINING,
    Action,
    bindings,
    hints,
    hints_of,
    identifier,
    key_names,
)


@pytest.mark.parametrize(("written", "read"), [
    ("slash", "/"), ("N", "N"), ("ctrl+d", "^d"), ("pagedown,ctrl+d", "pgdn ^d"),
    ("alt+left", "alt+←"), ("shift+tab", "shift+tab"), ("full_stop", "."), ("ctrl+shift+k",
    "ctrl+shift+k"), ("f1", "f1"), ("ctrl+slash", "^/"),
])  # fmt: skip
def test_keys_are_written_as_people_do(written: str, read: str) -> None:
    assert key_names(written) == read


@pytest.mark.parametrize(("name", "found"), [
    ("next_match", "next-match"), ("pane(1)", "pane-1"), ("step(-1)", "step-less-1"),
    ("resize(2)", "resize-2"), ("resize(-2)", "resize-less-2"),
])  # fmt: skip
def test_an_identifier_is_what_a_keymap_can_name(name: str, found: str) -> None:
    assert identifier(Action(name, "x", "", "", "look")) == found


def test_whatever_is_said_of_actions_names_one_that_there_is() -> None:
    names = {action.name for action in ACTIONS}
    for said in (FOOTER, OF_TRAINING, OF_STEPS, ALWAYS, ALSO):
        assert set(said) <= names
    assert {action.group for action in ACTIONS} == set(GROUPS)
    assert len(set(FOOTER)) == len(FOOTER)


def test_no_two_actions_have_one_key() -> None:
    every = [key for action in ACTIONS for key in action.keys.split(",")]
    assert len(every) == len(set(every))
    assert [binding.id for binding in bindings() if isinstance(binding, Binding)] == [
        identifier(action) for action in ACTIONS
    ]


def test_a_hint_has_the_first_key_of_the_keymap_or_its_own() -> None:
    own = hints({})
    assert (own["filter"].key, own["filter"].label) == ("/", "filter")
    assert own["undo"].key == "^z", "the first of several"
    assert own["pane(1)"].action == "app.pane(1)"
    changed = hints({"undo": "ctrl+u,backspace", "step-less-1": "left"})
    assert (changed["undo"].key, changed["step(-1)"].key) == ("^u", "←")
    assert changed["filter"] == own["filter"]


def test_of_a_pane_the_keys_that_are_to_be_shown_are_named() -> None:
    pane = [
        Binding("space", "fold", "fold", id="fold"),
        Binding("j", "move(1)", "down", show=False, id="down"),
        Binding("enter,right", "follow", "follow"),
        ("x", "plain", "plain"),
    ]
    found = hints_of(pane, {"fold": "ctrl+f", "down": "k"})
    assert [(hint.key, hint.label, hint.action) for hint in found] == [
        ("^f", "fold", "pane.fold"), ("enter", "follow", "pane.follow"),
    ]  # fmt: skip


def test_other_words_find_an_action() -> None:
    compare = next(action for action in ACTIONS if action.name == "compare")
    assert "side by side" in compare.also
    assert Action("nothing_like_it", "x", "", "", "look").also == ""
