"""Child processes in tests: what is asked of them, and that nothing of one is left."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from resnet_inspect.tui.process.child import Child

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
SAVED = DATA / "resnet18.json"

MakeChild = Callable[..., Child]
"""Makes a child whose process runs this code."""

ANSWER = """
for request in requests():
    say(id=request["id"], step="one")
    say(id=request["id"], step="two " + request["model"])
    say(id=request["id"], trace=SAVED)
"""
"""Code of a child process that answers every request with a saved trace."""


@contextlib.asynccontextmanager
async def closing(child: Child) -> AsyncIterator[Child]:
    """The child, which is gone at the end."""
    try:
        yield child
    finally:
        pid = child.pid
        await child.close()
        assert child.pid is None
        assert pid is None or not is_alive(pid)


def run(work: Any, seconds: float = 30) -> Any:
    """Run a coroutine to its end, which comes soon; no task and no warning is left over."""

    async def within() -> Any:
        complaints: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, what: complaints.append(what))
        result = await asyncio.wait_for(work, seconds)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left
        assert not complaints
        return result

    return asyncio.run(within())


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that is dead and not yet reaped does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in {"Z", "X"}


async def until(condition: Callable[[], bool], seconds: float = 5) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


def request(model: str = "resnet18", **more: Any) -> dict[str, Any]:
    return {"model": model, **more}
