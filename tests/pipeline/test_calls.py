"""Another method than the forward, in every question that is asked by running a network."""

from __future__ import annotations

from pathlib import Path

import pytest
from torch.utils.flop_counter import FlopCounterMode

from resnet_inspect import locks, pipeline
from resnet_inspect.cli.entry_point import run
from resnet_inspect.errors import UnknownName
from resnet_inspect.traces.json import codec

CODE = """
from torch import nn

class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 4, 3, 2), nn.Linear(4, 2)

    def encode(self, image):
        return self.conv(image).relu()

    def forward(self, x):
        return self.fc(self.encode(x).mean((2, 3)))

    def classify(self, x):
        return self(x).softmax(1)

    def embed(self, x, *, scale):
        return self.encode(x).mean((2, 3)) * scale

    def score(self, x):
        return self.forward(x).softmax(1)

class Other(Encoder):
    def encode(self, image):
        return self.conv(image).sigmoid()
"""
SIZE = (1, 3, 9, 9)
MACS = {"encode": 16 * 4 * 27, "classify": 16 * 4 * 27 + 8, "score": 16 * 4 * 27 + 8}


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("code") / "encoders.py"
    file.write_text(CODE)
    return str(file)


@pytest.mark.parametrize("call", MACS)
def test_others_are_asked_about_that_method(code: str, call: str) -> None:
    survey, verdicts = pipeline.verify(f"{code}:Encoder", SIZE, call=call)
    assert survey.totals.macs == MACS[call]
    assert all(verdict.sound for verdict in verdicts)
    counted = {v.opinion.by: v.opinion.value for v in verdicts if v.opinion.figure == "macs"}
    assert counted["FlopCounterMode / 2"] == MACS[call]


@pytest.mark.parametrize("call", MACS)
def test_that_method_is_run_against_the_clock(code: str, call: str) -> None:
    runs = {"repeats": 1, "warm_up": 0}
    counter = FlopCounterMode(display=False)
    with counter:  # of the trace, the peak and a run with hooks and one without
        traced, measured = pipeline.measure(f"{code}:Encoder", SIZE, runs=runs, call=call)
    of_convolutions = counter.get_flop_counts()["Global"].items()
    found = sum(flops for op, flops in of_convolutions if "convolution" in str(op))
    assert found == 4 * 2 * MACS["encode"]
    assert traced.provenance.call == call
    assert len(measured.forward[0]) == len(traced.calls)


def test_two_networks_are_compared_in_it(code: str) -> None:
    same = [
        pipeline.equivalence_of(f"{code}:Encoder", f"{code}:Other", SIZE, call=call).same
        for call in ("encode", "score")
    ]
    assert same == [False, False]
    assert pipeline.equivalence_of(f"{code}:Encoder", f"{code}:Encoder", SIZE, call="score").same
    with pytest.raises(UnknownName, match="method of ResNet 'encode'"):
        pipeline.equivalence_of(f"{code}:Encoder", "resnet18", (1, 3, 32, 32), call="encode")


def test_files_and_locks_keep_what_was_run(code: str) -> None:
    trace = pipeline.trace(f"{code}:Encoder", SIZE, call="encode")
    assert codec.loads(codec.dumps(trace)).provenance.call == "encode"
    assert locks.loads(locks.dumps(trace)).provenance.call == "encode"
    usual = pipeline.trace(f"{code}:Encoder", SIZE)
    assert '"call"' not in codec.dumps(usual)
    assert "call:" not in locks.dumps(usual)


def test_a_lock_says_what_check_runs(
    code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = str(tmp_path / "encode.lock")
    asked = ["lock", f"{code}:Encoder", "-o", lock, "--input", "1,3,9,9", "--call", "encode"]
    assert run(asked) == 0
    assert run(["check", f"{code}:Encoder", "--lock", lock]) == 0
    assert run(["check", f"{code}:Other", "--lock", lock]) == 1
    assert "--call encode" in capsys.readouterr().err.splitlines()[-1]


def test_code_for_maps_of_another_method_runs_that_method(code: str) -> None:
    survey = pipeline.trace(f"{code}:Encoder", SIZE, call="encode").survey
    assert "model.encode(" in pipeline.features(survey, run_code=True)


def test_inputs_by_name_go_to_others_and_to_both_networks(code: str) -> None:
    size = {0: SIZE, "scale": (4,)}
    survey, verdicts = pipeline.verify(f"{code}:Encoder", size, call="embed")
    assert survey.totals.macs == MACS["encode"]
    assert all(v.opinion.value is not None and v.sound for v in verdicts)
    same = [
        pipeline.equivalence_of(f"{code}:Encoder", f"{code}:{other}", size, call="embed").same
        for other in ("Encoder", "Other")
    ]
    assert same == [True, False]
