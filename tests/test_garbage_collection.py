"""Python looks for cycles again after work that it was kept from doing so, if it did before."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from resnet_inspect.garbage_collection import hold_off, let_go, uncollected


@pytest.fixture(autouse=True)
def on() -> Iterator[None]:
    """The tests that follow find it on."""
    gc.enable()
    yield
    gc.enable()


def test_it_is_off_within_and_as_it_was_after() -> None:
    with uncollected():
        assert not gc.isenabled()
        with uncollected():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
    gc.disable()
    with uncollected():
        pass
    assert not gc.isenabled()


def test_it_is_on_again_after_work_that_raises() -> None:
    with pytest.raises(KeyError), uncollected():
        raise KeyError
    assert gc.isenabled()


def test_the_last_to_let_go_lets_it_look_again_in_whatever_order_they_do() -> None:
    for order in ("ab", "ba"):
        hold_off("a")
        hold_off("b")
        hold_off("a")  # twice is once
        let_go(order[0])
        assert not gc.isenabled()
        let_go(order[1])
        assert gc.isenabled()
        let_go(order[1])  # nothing, of what is not held
        assert gc.isenabled()


def test_what_somebody_turned_on_or_off_meanwhile_stays_so() -> None:
    hold_off("program")
    gc.enable()
    with uncollected():
        assert not gc.isenabled()
    assert gc.isenabled()
    let_go("program")
    assert gc.isenabled()
    gc.disable()
    hold_off("program")
    hold_off("work")
    let_go("program")
    let_go("work")
    assert not gc.isenabled()
