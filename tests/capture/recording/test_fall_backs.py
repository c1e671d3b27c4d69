"""What cannot be built or run on meta is traced all the same, and what was done is said."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from small_networks import Forward
from torch import Tensor, nn

import resnet_inspect as ri
from resnet_inspect import pipeline
from resnet_inspect.errors import BadInput, ForwardError

pytestmark = pytest.mark.filterwarnings(
    "ignore:traced on the CPU", "ignore:The PyTorch API of nest"
)

CODE = """
import torch
from torch import nn

class Tail(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, 8, 3)
        self.fc = nn.Linear(8, 4)

    def forward(self, x):
        return self.fc(self.c(x).relu().mean((2, 3)))

class SetData(Tail):
    def __init__(self):
        super().__init__()
        self.c.bias.data = torch.Tensor([0.4] * 8)

def orthogonal():
    net = Tail()
    nn.utils.parametrizations.orthogonal(net.fc)
    return net

def exported():
    return torch.export.export(Tail().eval(), (torch.randn(1, 3, 8, 8),)).module()

def program():
    return torch.export.export(Tail().eval(), (torch.randn(1, 3, 8, 8),))

instance = exported()

class Fixed(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.fc = nn.Conv2d(3, 8, 3), nn.Linear(8 * 36, 4)

    def forward(self, x):
        return self.fc(self.c(x).flatten(1))

def fixed():
    return torch.export.export(Fixed().eval(), (torch.randn(1, 3, 8, 8),)).module()

def fixed_program():
    return torch.export.export(Fixed().eval(), (torch.randn(1, 3, 8, 8),))

fixed_instance = fixed()

class Autocast(Tail):
    def forward(self, x):
        with torch.autocast(x.device.type, dtype=torch.bfloat16):
            return super().forward(x)

class Lazy(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.fc = nn.LazyConv2d(8, 3), nn.LazyLinear(4)

    def forward(self, x):
        return self.fc(self.c(x).relu().mean((2, 3)))
"""

MACS = 36 * 8 * 27 + 8 * 4


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("code") / "nets.py"
    file.write_text(CODE)
    return file


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("Tail", ""),
        ("SetData", "built on the CPU"),
        ("orthogonal", "traced on the CPU"),
        ("exported", "exported: its layers run as functions"),
        ("program", "exported: its layers run as functions"),
        ("instance", "exported: its layers run as functions"),
        ("Autocast", "traced on the CPU: meta cannot run Autocast, which asks for the autocast"),
        ("Lazy", "lazy layers were given their shapes"),
    ],
)
def test_it_is_traced_and_a_note_says_how(code: Path, name: str, note: str) -> None:
    trace = ri.trace(f"{code}:{name}", (1, 3, 8, 8))
    assert trace.totals.macs == MACS
    assert sum(said.startswith(note) for said in trace.provenance.notes) == bool(note)
    assert len(trace.provenance.notes) == bool(note)


@pytest.mark.parametrize("name", ["Lazy", "exported"])
def test_others_are_asked_of_it(code: Path, name: str) -> None:
    survey, verdicts = pipeline.verify(f"{code}:{name}", (1, 3, 8, 8))
    assert survey.totals.macs == MACS
    said = {(v.opinion.figure, v.opinion.by): v.opinion.value for v in verdicts}
    assert said["macs", "FlopCounterMode / 2"] == MACS


def test_the_calls_of_an_exported_network_are_what_they_are(code: Path) -> None:
    trace = ri.trace(f"{code}:exported", (1, 3, 8, 8))
    ops = [type(call.op).__name__ for call in trace.calls if call.module is None]
    assert ops[:3] == ["Conv", "Activate", "Reduce"]
    assert trace.totals.not_counted == ()


@pytest.mark.parametrize("name", ["fixed", "fixed_program", "fixed_instance"])
def test_an_exported_network_has_the_mode_and_the_usual_input_of_its_export(
    code: Path, name: str
) -> None:
    trace = ri.trace(f"{code}:{name}")
    assert trace.spec(trace.inputs[0]).shape == (1, 3, 8, 8)
    assert trace.provenance.mode == "as exported"
    with pytest.raises(ForwardError) as raised:
        ri.trace(f"{code}:{name}", (1, 3, 9, 9))
    assert raised.value.hint == ""


def test_an_exported_program_is_taken_as_it_is() -> None:
    made = torch.export.export(nn.Sequential(nn.Conv2d(3, 4, 3)), (torch.ones(1, 3, 8, 8),))
    assert ri.trace(made, (1, 3, 8, 8)).totals.macs == 36 * 4 * 27  # type: ignore[arg-type]


def test_what_is_no_network_is_refused_in_one_line() -> None:
    with pytest.raises(BadInput, match=r"takes a name or an nn\.Module, not a Size"):
        ri.trace(torch.Size((1, 3)), (1, 3))  # type: ignore[arg-type]


@pytest.mark.parametrize("layout", [torch.strided, torch.jagged])
@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_nested_tensors_are_traced(layout: torch.layout, device: str) -> None:
    def run(model: nn.Module, x: Tensor) -> Tensor:
        nested = torch.nested.nested_tensor([x[0], x[0][:2]], layout=layout)
        return torch.nested.to_padded_tensor(model.fc(nested), 0.0)

    trace = ri.trace(Forward(run, fc=nn.Linear(8, 4)), (1, 4, 8), device=device)
    assert trace.spec(trace.outputs[0]).shape == (2, 4, 4)


def test_a_failure_that_is_the_networks_own_is_told_of_meta() -> None:
    model = Forward(lambda m, x: m.conv(x) + None, conv=nn.Conv2d(3, 4, 3))
    with pytest.raises(ForwardError) as raised:
        ri.trace(model, (1, 3, 8, 8), device="meta")
    assert raised.value.trace is not None
    assert raised.value.trace.provenance.device == "meta"
    assert raised.value.trace.provenance.notes == ()


def test_a_hook_that_raises_before_the_forward_is_the_networks_failure() -> None:
    def refuse(module: nn.Module, given: tuple[Tensor, ...]) -> None:
        raise RuntimeError(f"expected 8 pixels, got {given[0].shape[-1]}")

    model = nn.Sequential(nn.Conv2d(3, 4, 3))
    model.register_forward_pre_hook(refuse)
    with pytest.raises(ForwardError, match="expected 8 pixels, got 9") as raised:
        ri.trace(model, (1, 3, 9, 9))
    assert [call.path for call in raised.value.trace.calls] == [""]
