"""What is under way and ended ends the process that does it."""

from __future__ import annotations

import asyncio

import pytest
from driving import SavedChild

from resnet_inspect.tui.actions.recorded.interruption import stoppable


def test_the_answer_comes_through_and_so_does_what_was_wrong() -> None:
    async def answer(error: type[Exception] | None) -> str:
        if error is not None:
            raise error
        return "done"

    child = SavedChild()
    assert asyncio.run(stoppable(child, answer(None))) == "done"  # type: ignore[arg-type]
    with pytest.raises(KeyError):
        asyncio.run(stoppable(child, answer(KeyError)))  # type: ignore[arg-type]
    assert child.killed == 0, "it is asked again"


def test_to_cancel_it_ends_the_child() -> None:
    child = SavedChild()

    async def run() -> None:
        asking = asyncio.ensure_future(stoppable(child, asyncio.sleep(60)))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        assert child.killed == 0
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

    asyncio.run(run())
    assert child.killed == 1
