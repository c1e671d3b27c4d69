"""The child process as the explorer asks it, and that nothing of it is left behind."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from children import ANSWER, DATA, ROOT, SAVED, MakeChild, closing, is_alive, request, run, until

import resnet_inspect as ri
from resnet_inspect.errors import (
    BadInput,
    ForwardError,
    TraceFileError,
    UnknownName,
    WorkFailed,
)
from resnet_inspect.traces.json import codec
from resnet_inspect.traces.model import Trace
from resnet_inspect.tui.process.child import Child
from resnet_inspect.tui.process.errors import ChildDied


def test_steps_come_in_order_and_then_the_trace(fake: MakeChild) -> None:
    async def work() -> None:
        async with closing(fake(ANSWER)) as child:
            assert child.pid is None
            steps: list[str] = []
            trace = await child.ask(request(), steps.append)
            assert steps == ["one", "two resnet18"]
            assert trace == ri.load(SAVED)
            first = child.pid
            await child.ask(request())
            assert child.pid == first

    run(work())


def test_the_request_is_passed_on_as_it_is(fake: MakeChild) -> None:
    async def work() -> None:
        body = """
            for request in requests():
                say(id=request["id"], step=json.dumps(request))
                say(id=request["id"], trace=SAVED)
        """
        async with closing(fake(body)) as child:
            steps: list[str] = []
            asked = {"model": "a×b", "input": (1, 3, 8, 8), "arguments": {"num_classes": 10}}
            await child.ask(asked, steps.append)
            assert json.loads(steps[0]) == {
                "id": 1, "ask": "trace", "model": "a×b", "input": [1, 3, 8, 8],
                "arguments": {"num_classes": 10},
            }  # fmt: skip
            with pytest.raises(BadInput, match="cannot be passed on"):
                await child.ask(request(arguments={"x": {1, 2}}))
            await child.ask(request())

    run(work())


@pytest.mark.parametrize(
    ("answer", "kind", "message", "hint"),
    [
        ({"slug": "bad-input", "message": "no", "hint": "try"}, BadInput, "no", "try"),
        ({"slug": "unknown-name", "message": "no", "hint": "try"}, UnknownName, "no", "try"),
        ({"slug": "unexpected", "message": "oh", "hint": ""}, WorkFailed, "oh", ""),
        ({"slug": "forward", "message": "oh"}, WorkFailed, "oh", ""),
        ({"slug": 5, "message": None}, WorkFailed, "None", ""),
        ("what", WorkFailed, "the tracing process failed and did not say why", ""),
    ],
)
def test_errors_come_back_as_what_they_were(
    fake: MakeChild, answer: Any, kind: type[WorkFailed], message: str, hint: str
) -> None:
    async def work() -> None:
        body = f"""
            for request in requests():
                say(id=request["id"], error=json.loads({json.dumps(answer)!r}))
        """
        async with closing(fake(body)) as child:
            with pytest.raises(kind) as raised:
                await child.ask(request())
            assert type(raised.value) is kind
            assert (raised.value.message, raised.value.hint) == (message, hint)

    run(work())


def test_a_forward_that_raised_brings_its_partial_trace(fake: MakeChild) -> None:
    broken = (DATA / "broken.json").read_text(encoding="utf-8")

    async def work() -> None:
        body = f"""
            for request in requests():
                say(id=request["id"], error=dict(
                    slug="forward", message="layer x broke", hint="", partial={broken!r}))
        """
        async with closing(fake(body)) as child:
            with pytest.raises(ForwardError, match="layer x broke") as raised:
                await child.ask(request())
            assert raised.value.trace == codec.loads(broken)

    run(work())


def test_a_damaged_trace_is_an_error_and_not_the_end(fake: MakeChild) -> None:
    async def work() -> None:
        body = """
            for request in requests():
                damaged = request["model"] == "damaged"
                say(id=request["id"], trace=SAVED[:1000] if damaged else SAVED)
        """
        async with closing(fake(body)) as child:
            with pytest.raises(TraceFileError):
                await child.ask(request("damaged"))
            await child.ask(request())

    run(work())


def test_a_large_trace_does_not_hold_up_the_screen(fake: MakeChild) -> None:
    async def work() -> float:
        body = """
            for request in requests():
                say(id=request["id"], trace=SAVED + " " * 8_000_000)
        """
        async with closing(fake(body)) as child:
            worst = 0.0
            asked = asyncio.create_task(child.ask(request()))
            while not asked.done():
                before = time.perf_counter()
                await asyncio.sleep(0.001)
                worst = max(worst, time.perf_counter() - before)
            assert await asked == ri.load(SAVED)
            return worst

    assert run(work()) < 0.5


def test_a_process_that_cannot_be_started_is_said(tmp_path: Path) -> None:
    async def work() -> None:
        async with closing(Child([str(tmp_path / "nothing")])) as child:
            for _ in range(2):
                with pytest.raises(ChildDied, match="could not be started: No such file"):
                    await child.ask(request())

    run(work())


def test_a_cancelled_question_leaves_the_next_one_its_answer(fake: MakeChild) -> None:
    async def work() -> None:
        body = """
            for request in requests():
                say(id=request["id"], step="begun")
                time.sleep(0.2 if request["model"] == "slow" else 0)
                say(id=request["id"], trace=SAVED.replace("ResNet", "Other"))
        """
        async with closing(fake(body)) as child:
            begun = asyncio.Event()
            slow = asyncio.create_task(child.ask(request("slow"), lambda _: begun.set()))
            await begun.wait()
            slow.cancel()
            with pytest.raises(asyncio.CancelledError):
                await slow
            await child.ask(request())
            first = child.pid
            for _ in range(20):  # as one types
                slow = asyncio.create_task(child.ask(request()))
                await asyncio.sleep(0.002)
                slow.cancel()
            await child.ask(request())
            assert child.pid == first

    run(work())


def test_to_cancel_the_first_question_does_not_start_the_process_over(fake: MakeChild) -> None:
    async def work() -> None:
        async with closing(fake("print(os.getpid(), file=sys.stderr)\n" + ANSWER)) as child:
            first = asyncio.create_task(child.ask(request()))
            await asyncio.sleep(0)
            first.cancel()
            both = await asyncio.gather(child.ask(request()), child.ask(request()))
            assert both == [ri.load(SAVED)] * 2
            assert len(child._connections) == 1

    run(work())


def test_to_kill_ends_the_process_its_children_and_the_questions(
    fake: MakeChild, tmp_path: Path
) -> None:
    async def work() -> None:
        body = f"""
            for request in requests():
                below = subprocess.Popen(["sleep", "60"])
                open({str(tmp_path / "pid")!r}, "w").write(str(below.pid))
                say(id=request["id"], step="begun")
                time.sleep(60)
        """
        async with closing(fake(body)) as child:
            begun = asyncio.Event()
            asked = asyncio.create_task(child.ask(request(), lambda _: begun.set()))
            await begun.wait()
            above, below = child.pid, int((tmp_path / "pid").read_text())
            assert above is not None
            assert is_alive(above)
            assert is_alive(below)
            assert os.getpgid(below) == above != os.getpgid(0)
            before = time.perf_counter()
            child.kill()
            with pytest.raises(ChildDied, match="stopped"):
                await asked
            assert time.perf_counter() - before < 0.5
            await until(lambda: not is_alive(above) and not is_alive(below))

    run(work())


def test_to_close_while_it_starts_leaves_nothing(fake: MakeChild) -> None:
    async def work() -> None:
        child = fake(ANSWER)
        asked = asyncio.create_task(child.ask(request()))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await child.close()
        with pytest.raises(ChildDied):
            await asked
        with pytest.raises(ChildDied, match="closed"):
            await child.ask(request())
        await child.close()

    run(work())


def test_an_event_loop_that_ends_without_closing_leaves_no_process(fake: MakeChild) -> None:
    async def work() -> int:
        child = fake("signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + ANSWER + "time.sleep(60)")
        await child.ask(request())
        assert child.pid is not None
        return child.pid

    before = time.perf_counter()
    pid = asyncio.run(work())
    assert not is_alive(pid)
    assert time.perf_counter() - before < 5


def test_the_explorers_side_needs_neither_torch_nor_textual() -> None:
    code = (
        "import sys, resnet_inspect.tui.process.child;"
        "import resnet_inspect.tui.settings.config, resnet_inspect.tui.settings.state;"
        "print(*({m.partition('.')[0] for m in sys.modules} & {'torch', 'textual', 'rich'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.split() == []


# With torch.


def test_a_trace_from_the_child_is_that_of_the_pipeline() -> None:
    pytest.importorskip("torchvision")

    async def work() -> tuple[Trace, list[str]]:
        async with closing(Child()) as child:
            steps: list[str] = []
            trace = await child.ask(request(input=(2, 3, 64, 64)), steps.append)
            return trace, steps

    trace, steps = run(work(), 120)
    expected = ri.trace("resnet18", (2, 3, 64, 64))
    at = expected.provenance.captured_at
    assert replace(trace, provenance=replace(trace.provenance, captured_at=at)) == expected
    assert steps == [
        "importing torch",
        "importing torchvision",
        "building resnet18",
        "running resnet18 on meta",
    ]


def test_what_cannot_be_traced_comes_with_a_hint_or_with_what_could() -> None:
    pytest.importorskip("torchvision")

    async def work() -> None:
        async with closing(Child()) as child:
            with pytest.raises(UnknownName) as unknown:
                await child.ask(request("resnet19"))
            assert "did you mean resnet18" in unknown.value.hint
            with pytest.raises(BadInput):
                await child.ask(request(input=[224]))
            with pytest.raises(ForwardError, match="conv1") as broken:
                await child.ask(request(input=[1, 4, 64, 64]))
            assert broken.value.trace.failure is not None
            assert (await child.ask(request())).model_name == "resnet18"

    run(work(), 120)
