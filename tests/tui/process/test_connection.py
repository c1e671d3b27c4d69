"""The connection to a child process: what is heard of it, and what it dies of."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest
from children import ANSWER, SAVED, MakeChild, closing, request, run, until

import resnet_inspect as ri
from resnet_inspect.tui.process.errors import ChildDied


def test_lines_that_are_not_of_the_protocol_are_passed_over(fake: MakeChild) -> None:
    async def work() -> None:
        body = r"""
            for request in requests():
                sys.stdout.buffer.write(b"hello\n\n\xff\xfe{\n[1]\nnull\n3\n")
                sys.stdout.buffer.write(b"[" * 100000 + b"\n")
                say(id=None, error={})
                say(id="1", trace=SAVED)
                say(id=[], step="no")
                say(id=99, trace=SAVED)
                say(id=request["id"])
                say(id=request["id"], step="yes")
                say(id=request["id"], trace=SAVED)
                say(id=request["id"], trace="too late")
        """
        async with closing(fake(body)) as child:
            for _ in range(3):
                steps: list[str] = []
                assert await child.ask(request(), steps.append) == ri.load(SAVED)
                assert steps == ["yes"]

    run(work())


DEATHS = {
    "os.kill(os.getpid(), signal.SIGKILL)": "killed: out of memory?",
    "os.kill(os.getpid(), signal.SIGSEGV)": "crashed (SIGSEGV)",
    "os.kill(os.getpid(), signal.SIGTERM)": "terminated (SIGTERM)",
    "os.kill(os.getpid(), signal.SIGUSR1)": "signal SIGUSR1",
    "sys.exit(3)": "exit code 3",
    "sys.exit(0)": "exit code 0",
    "sys.stdout.close(); os.close(1); time.sleep(60)": "stopped answering",
}


@pytest.mark.parametrize(("death", "cause"), DEATHS.items())
def test_a_death_is_told_with_its_cause_and_can_be_retried(
    fake: MakeChild, tmp_path: Path, death: str, cause: str
) -> None:
    async def work() -> None:
        body = f"""
            for request in requests():
                say(id=request["id"], step="begun")
                if not os.path.exists({str(tmp_path / "again")!r}):
                    open({str(tmp_path / "again")!r}, "w").close()
                    print("first words\\n\\x1b[31mlast   words\\n\\n", file=sys.stderr, flush=True)
                    {death}
                say(id=request["id"], trace=SAVED)
        """
        async with closing(fake(body)) as child:
            with pytest.raises(ChildDied) as raised:
                await child.ask(request())
            assert raised.value.cause == cause
            assert raised.value.said == "[31mlast words"
            assert raised.value.message == f"the tracing process ended: {cause}"
            assert raised.value.hint == "its last words: [31mlast words"
            assert child.pid is None
            assert await child.ask(request()) == ri.load(SAVED)

    run(work())


def test_a_death_while_nobody_asks_is_no_error(fake: MakeChild) -> None:
    async def work() -> None:
        async with closing(fake(ANSWER)) as child:
            await child.ask(request())
            assert child.pid is not None
            os.kill(child.pid, signal.SIGKILL)
            await until(lambda: child.pid is None)
            await child.ask(request())

    run(work())


def test_everybody_who_waits_hears_of_a_death(fake: MakeChild) -> None:
    async def work() -> None:
        body = """
            asked = requests()
            next(asked), next(asked), next(asked)
            os.kill(os.getpid(), signal.SIGKILL)
        """
        async with closing(fake(body)) as child:
            heard = await asyncio.gather(
                *(child.ask(request()) for _ in range(3)), return_exceptions=True
            )
            assert [type(each) for each in heard] == [ChildDied] * 3

    run(work())


def test_stderr_may_be_long(fake: MakeChild) -> None:
    async def work() -> None:
        body = """
            for request in requests():
                sys.stderr.write("x" * 3_000_000 + "\\n" + "y" * 500)
                sys.stderr.flush()
                if request["model"] == "last":
                    sys.exit(9)
                say(id=request["id"], trace=SAVED)
        """
        async with closing(fake(body)) as child:
            await child.ask(request())
            with pytest.raises(ChildDied) as raised:
                await child.ask(request("last"))
            assert len(raised.value.said) == 300

    run(work())


def test_what_on_step_raises_goes_to_the_one_who_gave_it(fake: MakeChild) -> None:
    async def work() -> None:
        def refuse(step: str) -> None:
            raise KeyError(step)

        async with closing(fake(ANSWER)) as child:
            with pytest.raises(KeyError, match="one"):
                await child.ask(request(), refuse)
            await child.ask(request())

    run(work())
