"""Long work beside the screen."""

from __future__ import annotations

import asyncio

import pytest

from resnet_inspect.tui.process.background import beside_the_screen


def test_long_work_is_done_in_a_thread_and_short_work_at_once() -> None:
    import threading

    async def run() -> None:
        here = threading.get_ident()
        assert await beside_the_screen(False, threading.get_ident) == here
        assert await beside_the_screen(True, threading.get_ident) != here
        with pytest.raises(ZeroDivisionError):
            await beside_the_screen(True, divmod, 1, 0)

    asyncio.run(run())


def test_the_collector_runs_again_after_long_work() -> None:
    import gc
    import sys

    async def run() -> None:
        gc.enable()  # whatever a test before left
        turn = sys.getswitchinterval()
        await beside_the_screen(True, len, "")
        assert gc.isenabled()
        assert sys.getswitchinterval() == turn

    asyncio.run(run())
