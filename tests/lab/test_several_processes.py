"""A training by two processes, as Lightning starts them: one run, the same weights in both."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import runs
import torch
from commands import environment, python

from resnet_inspect.errors import BadInput, InspectError, WorkFailed
from resnet_inspect.pipeline.lab.training import resume
from resnet_inspect.pipeline.run import load_run

pytest.importorskip("lightning")
safetensors = pytest.importorskip("safetensors.torch")

pytestmark = [
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(sys.platform != "linux", reason="gloo is tried there"),
]

PROGRAM = """
import sys
import torch
import resnet_inspect as ri
from resnet_inspect.lab.record import Recorder

def kept(recorder, trainer, task):
    torch.save(task.network.state_dict(), f"rank{trainer.global_rank}.pt")

Recorder.on_train_end = kept
ri.train(
    "resnet:basic:1,1:width=4,stem=cifar", output="run", epochs=2, schedule="none",
    device="cpu", devices=2, signals=5,
)
"""


def test_two_processes_train_one_network(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    done = python("program.py", cwd=tmp_path, env=environment(), afresh=True)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "run"
    found = load_run(folder)
    assert found.record.state == "finished"
    assert [epoch.epoch for epoch in found.epochs] == [1, 2]
    losses = [epoch.train_loss or 9 for epoch in found.epochs]
    assert losses[1] < losses[0] < 2.5
    # 1,438 images in steps of 64 by each of two
    assert [one.step for one in found.signals] == [0, 5, 10, 15, 20]
    first, second = (torch.load(tmp_path / f"rank{rank}.pt") for rank in (0, 1))
    trained = [name for name in first if "running" not in name]
    assert all(torch.equal(first[name], second[name]) for name in trained)
    last = safetensors.load_file(folder / "last.safetensors")
    assert all(torch.equal(first[name], last[name]) for name in last)
    assert len(resume(folder, epochs=3, device="cpu").epochs) == 3, "by one alone"


def test_the_first_process_that_fails_says_why(tmp_path: Path) -> None:
    from resnet_inspect.lab.record import Recorder, States
    from resnet_inspect.lab.training import _told

    runs.write(runs.made(), tmp_path)
    first, second = (
        Recorder(tmp_path, runs.RECORD, (), States(), lambda place: None, said) for _ in range(2)
    )
    second.is_first = False
    broken, lost = BadInput("1.png is no image"), RuntimeError("connection closed by peer")
    second.on_exception(None, None, broken)  # type: ignore[arg-type]
    first.on_exception(None, None, lost)  # type: ignore[arg-type]
    assert load_run(tmp_path).record.why == "1.png is no image"
    assert _told(second, broken) is broken
    assert str(_told(first, lost)) == "1.png is no image"
    runs.write(runs.made(), tmp_path)
    first.on_exception(None, None, broken)  # type: ignore[arg-type]
    assert _told(first, broken) is broken
    assert isinstance(_told(second, lost), SystemExit), "it is said once"


def said(error: Exception) -> InspectError:
    return error if isinstance(error, InspectError) else WorkFailed(str(error))
