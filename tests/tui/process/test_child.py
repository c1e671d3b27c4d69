"""The child process: its protocol, its deaths, and that nothing of it is left behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from children import closing, is_alive, request, run, until

import resnet_inspect as ri
from resnet_inspect.errors import (
    BadInput,
    BuildError,
    ForwardError,
    TraceFileError,
    UnknownName,
    WorkFailed,
)
from resnet_inspect.traces import codec
from resnet_inspect.traces.model import Trace
from resnet_inspect.tui.process.child import COMMAND, Child
from resnet_inspect.tui.process.errors import ChildDied, Obsolete

ROOT = Path(__file__).parents[3]
DATA = ROOT / "tests" / "data"
SAVED = DATA / "resnet18.json"

FAKE = """
import json, os, signal, subprocess, sys, time

SAVED = open({saved!r}, encoding="utf-8").read()

def say(**answer):
    sys.stdout.write(json.dumps(answer) + "\\n")
    sys.stdout.flush()

def requests():
    for line in iter(sys.stdin.readline, ""):
        yield json.loads(line)

{body}
"""

MakeChild = Callable[[str], Child]


@pytest.fixture
def fake(tmp_path: Path) -> MakeChild:
    """Makes a child whose process runs this code."""

    def make(body: str) -> Child:
        script = tmp_path / "worker.py"
        script.write_text(FAKE.format(saved=str(SAVED), body=textwrap.dedent(body)))
        return Child([sys.executable, "-S", str(script)])

    return make


ANSWER = """
for request in requests():
    say(id=request["id"], step="one")
    say(id=request["id"], step="two " + request["model"])
    say(id=request["id"], trace=SAVED)
"""


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


def test_a_process_that_cannot_be_started_is_said(tmp_path: Path) -> None:
    async def work() -> None:
        async with closing(Child([str(tmp_path / "nothing")])) as child:
            for _ in range(2):
                with pytest.raises(ChildDied, match="could not be started: No such file"):
                    await child.ask(request())

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
            assert len(child._lives) == 1

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


# The worker, with a tracer that needs no torch.

TRACER = """
import os, sys, time
sys.path.insert(0, {root!r})
import resnet_inspect
from resnet_inspect.errors import *
from resnet_inspect.tui.process.worker import main

SAVED = resnet_inspect.load({saved!r})

def trace(model, size=None, *, tell, mode="eval", **given):
{body}

main(trace)
"""


@pytest.fixture
def worker(tmp_path: Path) -> MakeChild:
    """Makes a child that is the worker, with this as the body of `pipeline.trace`."""

    def make(body: str) -> Child:
        script = tmp_path / "worker.py"
        body = textwrap.indent(textwrap.dedent(body), "    ")
        script.write_text(TRACER.format(root=str(ROOT), saved=str(SAVED), body=body))
        return Child([sys.executable, str(script)])

    return make


def test_a_newer_request_makes_those_that_wait_obsolete(worker: MakeChild) -> None:
    async def work() -> None:
        body = """
            tell(f"at {model}")
            time.sleep(0.3 if model == "first" else 0)
            return SAVED
        """
        async with closing(worker(body)) as child:
            steps: list[str] = []
            begun = asyncio.Event()

            def on_step(step: str) -> None:
                steps.append(step)
                begun.set()

            first = asyncio.create_task(child.ask(request("first"), on_step))
            await begun.wait()
            others = [
                asyncio.create_task(child.ask(request(name), on_step))
                for name in ("second", "third", "fourth")
            ]
            found = await asyncio.gather(first, *others, return_exceptions=True)
            assert [type(each) for each in found] == [Trace, Obsolete, Obsolete, Trace]
            assert steps == ["at first", "at fourth"]

    run(work())


def test_what_the_model_prints_and_reads_is_kept_from_the_protocol(worker: MakeChild) -> None:
    async def work() -> None:
        body = """
            print('{"id": 1, "error": {}}')
            os.write(1, b'{"id": 1, "step": "not mine"}\\n')
            os.system('echo \\'{"id": 1, "step": "nor mine"}\\'; cat')
            assert sys.stdin.read() == ""
            tell(f"{model} {size} {mode} {given}")
            os.kill(os.getpid(), 2)
            return SAVED
        """
        async with closing(worker(body)) as child:
            steps: list[str] = []
            asked = request("m", input=[1, 2], dtype="bf16", device=None, arguments={"a": 1})
            assert await child.ask(asked, steps.append) == ri.load(SAVED)
            assert steps == ["m [1, 2] eval {'dtype': 'bf16', 'arguments': {'a': 1}}"]

    run(work())


@pytest.mark.parametrize(
    ("raised", "kind", "message", "hint"),
    [
        ("UnknownName('model', 'x', ['xy'])", UnknownName, "unknown model 'x'", "did you mean xy?"),
        ("BuildError('no', hint='so')", BuildError, "no", "so"),
        ("ForwardError('no', hint='so', trace=SAVED)", ForwardError, "no", "so"),
        ("MemoryError()", WorkFailed, "out of memory", "the meta device needs none"),
        ("SystemExit(3)", WorkFailed, "unexpected SystemExit: 3", ""),
        ("KeyboardInterrupt()", WorkFailed, "unexpected KeyboardInterrupt", ""),
        ("ValueError('a\\nb')", WorkFailed, "unexpected ValueError: a", ""),
    ],
)
def test_whatever_is_raised_is_answered(
    worker: MakeChild, raised: str, kind: type[WorkFailed], message: str, hint: str
) -> None:
    async def work() -> None:
        async with closing(worker(f"raise {raised}")) as child:
            for _ in range(2):
                with pytest.raises(kind) as caught:
                    await child.ask(request())
                assert type(caught.value) is kind
                assert (caught.value.message, caught.value.hint) == (message, hint)
                if isinstance(caught.value, ForwardError):
                    assert caught.value.trace == ri.load(SAVED)

    run(work())


def test_requests_that_are_none_are_answered() -> None:
    with subprocess.Popen(
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for line in (b"\xff\n", b"[]\n", b'{"id": 7, "ask": "tea", "model": "resnet18"}\n'):
            process.stdin.write(line)
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
            assert answer["error"]["slug"] == "bad-input"
            assert answer["id"] in (None, 7)
        process.stdin.close()
        assert process.wait(5) == 0


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_worker_ends_with_its_parent(tmp_path: Path, ending: signal.Signals) -> None:
    code = """
        import asyncio, sys
        from resnet_inspect.errors import InspectError
        from resnet_inspect.tui.process.child import Child

        async def work():
            child = Child()
            try:
                await child.ask({"ask": "tea", "model": "x"})
            except InspectError:
                pass
            print(child.pid, flush=True)
            await asyncio.sleep(60)

        asyncio.run(work())
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_alive(pid)
        parent.send_signal(ending)
        parent.wait(10)
    run(until(lambda: not is_alive(pid)))


def test_the_explorers_side_needs_neither_torch_nor_textual() -> None:
    code = (
        "import sys, resnet_inspect.tui.process.child, resnet_inspect.tui.settings.config;"
        "print(*({m.partition('.')[0] for m in sys.modules} & {'torch', 'textual', 'rich'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.split() == []


# The worker with torch.


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
