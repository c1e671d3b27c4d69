"""The way back: networks with undo and redo, places with back and forward."""

from __future__ import annotations

from resnet_inspect.tui.session.history import History, Places
from resnet_inspect.tui.session.request import Request

ONE, TWO, THREE = (Request(name) for name in ("one", "two", "three"))


def test_undo_and_redo_go_through_what_was_looked_at() -> None:
    history = History()
    assert (history.undo(), history.redo()) == (None, None)
    for request in (ONE, TWO, TWO, THREE):
        history.visit(request)
    assert [history.undo(), history.undo(), history.undo()] == [TWO, ONE, None]
    assert [history.redo(), history.redo(), history.redo()] == [TWO, THREE, None]


def test_another_network_forgets_what_was_undone_and_the_same_one_does_not() -> None:
    history = History()
    history.visit(ONE)
    history.visit(TWO)
    history.undo()
    history.visit(ONE)
    assert history.undone == [TWO], "it is looked at already"
    history.visit(THREE)
    assert history.redo() is None
    assert history.undo() == ONE


def test_places_go_back_and_forward_and_only_the_last_are_kept() -> None:
    places = Places()
    assert (places.back(), places.forward()) == (None, None)
    for first in range(300):
        places.visit((first, first))
        places.visit((first, first))
    back = [places.back() for _ in range(200)]
    assert back == [*((first, first) for first in range(298, 99, -1)), None]
    assert places.forward() == (101, 101)
    places.visit((7, 9))
    assert places.forward() is None
    assert places.back() == (101, 101)
