"""The child process itself: what it is asked and answers, whatever the model's code does."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from by_hand import measured
from children import ROOT, SAVED, MakeChild, closing, is_alive, request, run, until

import resnet_inspect as ri
from resnet_inspect.errors import (
    BuildError,
    ForwardError,
    MissingDevice,
    UnknownName,
    WorkFailed,
)
from resnet_inspect.traces.json.codec import Measured
from resnet_inspect.traces.model import Trace
from resnet_inspect.tui.process import worker as worker_module
from resnet_inspect.tui.process.child import COMMAND, Child
from resnet_inspect.tui.process.errors import Obsolete

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


MEASURER = """
import sys
sys.path[:0] = [{root!r}, {here!r}]
from by_hand import measured
from resnet_inspect.errors import *
from resnet_inspect.tui.process import worker

worker._PAUSE = {pause}

def measure(model, size=None, *, tell, so_far, runs, **given):
{body}

worker.main(None, measure)
"""


@pytest.fixture
def measurer(tmp_path: Path) -> MakeChild:
    """Makes a child that is the worker, with this as the body of `pipeline.measure`."""

    def make(body: str, pause: float = 0) -> Child:
        script = tmp_path / "measurer.py"
        body = textwrap.indent(textwrap.dedent(body), "    ")
        here = str(ROOT / "tests" / "tui")
        script.write_text(MEASURER.format(root=str(ROOT), here=here, body=body, pause=pause))
        return Child([sys.executable, str(script)])

    return make


RUN_BY_RUN = """
for n in range(runs["repeats"]):
    tell(f"measuring, {n + 1} of 5")
    so_far(measured(runs=n + 1))
return measured(runs=5)
"""


def test_the_runs_so_far_come_one_by_one_and_then_the_whole(measurer: MakeChild) -> None:
    states: list[Measured] = []
    steps: list[str] = []

    async def work() -> Measured:
        async with closing(measurer(RUN_BY_RUN)) as child:
            return await child.measure(request(runs={"repeats": 5}), steps.append, states.append)

    assert run(work()) == measured(runs=5)
    assert states == [measured(runs=n) for n in range(1, 6)]
    assert steps == [f"measuring, {n} of 5" for n in range(1, 6)]


def test_states_that_nobody_could_see_are_not_told(measurer: MakeChild) -> None:
    states: list[Measured] = []

    async def work() -> Measured:
        async with closing(measurer(RUN_BY_RUN, pause=60)) as child:
            return await child.measure(request(runs={"repeats": 5}), so_far=states.append)

    assert run(work()) == measured(runs=5)
    assert states == [measured(runs=1)]
    assert 0.1 <= worker_module._PAUSE <= 0.5


@pytest.mark.parametrize(
    ("raised", "kind", "message", "hint"),
    [
        ("MissingDevice('no cuda', hint='cpu')", MissingDevice, "no cuda", "cpu"),
        (
            "type('OutOfMemoryError', (RuntimeError,), {})('CUDA out of memory. Tried')",
            WorkFailed,
            "out of memory",
            "a smaller batch, or another device",
        ),
    ],
)
def test_a_failure_is_one_line_and_a_hint(
    measurer: MakeChild, raised: str, kind: type[WorkFailed], message: str, hint: str
) -> None:
    async def work() -> None:
        async with closing(measurer(f"so_far(measured(runs=1))\nraise {raised}")) as child:
            with pytest.raises(kind) as caught:
                await child.measure(request())
            assert (caught.value.message, caught.value.hint) == (message, hint)

    run(work())


def test_a_tiny_network_is_measured_run_and_told_of_in_the_child() -> None:
    pytest.importorskip("torch")
    states: list[Measured] = []
    asked = request("resnet:basic:1,1:width=8", input=[2, 3, 32, 32])

    async def work() -> Measured:
        async with closing(Child()) as child:
            offered, trace = await asyncio.gather(
                child.offered(asked["model"]), child.ask(asked)
            )  # none of them gives way to the other
            assert (offered["width"], offered["classes"]) == ("8", "None")
            step = {"loss": None, "seed": 0}
            flowing, (one,) = await child.signal({**asked, "step": step, "mode": "train"})
            assert [call.path for call in flowing.calls] == [call.path for call in trace.calls]
            assert (one.loss_name, len(one.flows)) == ("cross-entropy", len(trace.calls))
            with pytest.raises(MissingDevice):
                await child.measure({**asked, "device": "cuda:99"})
            return await child.measure(
                {**asked, "device": "cpu", "runs": {"repeats": 2, "warm_up": 0}},
                so_far=states.append,
            )

    trace, found = run(work(), 120)
    assert states[0][0] == trace
    assert states[0][1].forward == found.forward[:1]
    assert len(found.forward) == 2
    assert all(took[index] > 0 for took in found.forward for index in trace.steps)
