"""Python looks for cycles again after work that it was kept from doing so, if it did before."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from resnet_inspect.collection import uncollected


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
