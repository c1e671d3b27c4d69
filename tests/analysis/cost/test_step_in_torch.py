"""What a training step takes, against a real step: storages that are counted, FLOPs that are."""

from __future__ import annotations

from contextlib import nullcontext

import checkpointed_networks
import pytest
import torch
from checkpointed_networks import NETWORKS, Blocks, Nested
from counted import Alive
from real_steps import FROZEN, SIZE, flops, freeze, step, traced
from torch import nn
from torch.utils.checkpoint import checkpoint

from resnet_inspect import pipeline
from resnet_inspect.analysis.cost import macs, memory
from resnet_inspect.analysis.structure import freezing
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.json import codec
from resnet_inspect.views.tables import cost
from resnet_inspect.views.tables.cost.figures import Candidate

pytestmark = pytest.mark.filterwarnings("ignore:None of the inputs have requires_grad")


class Cast(Blocks):
    def forward(self, x):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return super().forward(x)


@pytest.mark.parametrize("frozen", FROZEN)
def test_a_step_of_a_network_frozen_in_parts(frozen):
    model = Blocks()
    survey = Survey(traced(model))
    names = freezing.parameters_of(survey, FROZEN[frozen]) if FROZEN[frozen] else frozenset()
    freeze(model, names)
    asked, real = memory.of(freezing.frozen(survey.trace, names)), memory.of(traced(model))
    assert asked == real
    assert real.training == pytest.approx(step(model), rel=0.1)
    assert real.training >= real.inference


@pytest.mark.parametrize("kind", [None, False, True], ids=["none", "plain", "reentrant"])
@pytest.mark.parametrize("network", NETWORKS)
def test_a_step_with_checkpoints(network, kind):
    model = network(kind)
    trace = traced(model)
    found = memory.of(trace)
    assert found.training == pytest.approx(step(model), rel=0.01)
    assert found.training >= found.inference
    assert codec.loads(codec.dumps(trace)) == trace
    assert 2 * macs.training_macs(Survey(trace)) == flops(model)


def test_a_checkpoint_is_known_by_what_it_is_run_in():
    calls = {call.path: call for call in traced(Nested(False)).calls}
    outer, inner = calls["units.1.a"].checkpoints
    assert calls["units.0"].checkpoints[0] == outer != calls["units.2"].checkpoints[0]
    assert (calls["enter"].checkpoints, outer.reentrant) == ((), False)
    assert calls["units.1"].index == inner.first > outer.first == calls["units.0"].index


def test_a_step_under_autocast():
    assert memory.of(traced(Cast())).training == pytest.approx(step(Cast()), rel=0.1)
    assert memory.of(traced(Cast())).held < 0.8 * memory.of(traced(Blocks())).held


class Selective(nn.Conv2d):
    def forward(self, x):
        none = lambda: (nullcontext(), nullcontext())  # noqa: E731
        return checkpoint(super().forward, x, use_reentrant=False, context_fn=none)


def test_what_a_selective_checkpoint_keeps_is_said_to_be_rough():
    trace = traced(nn.Sequential(nn.Conv2d(3, 8, 3), Selective(8, 8, 3)))
    assert trace.calls[-1].checkpoints[-1].selective
    remarks = cost.view([Candidate.of(Survey(trace))]).remarks
    assert any("selective checkpoints" in r and "a rough figure" in r for r in remarks)
    plain = Candidate.of(Survey(traced(Blocks(False))))
    assert not any("rough" in remark for remark in cost.view([plain]).remarks)


@pytest.mark.parametrize("frozen", ["units.1", "units.0.a", "units.2,units.3"])
def test_a_step_with_frozen_layers_between_others(frozen):
    model = Blocks()
    for name, parameter in model.named_parameters():
        parameter.requires_grad = not name.startswith(tuple(frozen.split(",")))
    assert memory.of(traced(model)).training == pytest.approx(step(model), rel=0.02)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16])
def test_a_step_in_another_type(dtype):
    model = Blocks().to(dtype)
    found = memory.of(traced(model))
    assert found.parameters == sum(p.nbytes for p in model.parameters())
    assert found.training == pytest.approx(step(model, torch.rand(SIZE, dtype=dtype)), rel=0.02)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_the_type_that_is_asked_for_is_that_of_a_converted_network(dtype):
    place = f"{checkpointed_networks.__file__}:Blocks"
    found = memory.of(pipeline.trace(place, SIZE, mode="train", dtype=dtype))
    converted = getattr(torch, dtype)
    real = step(Blocks().to(converted), torch.rand(SIZE, dtype=converted))
    assert found.training == pytest.approx(real, rel=0.02)
    assert found.inference == memory.of(traced(Blocks().to(converted))).inference


class Attending(nn.Module):
    """Attention that gives its scores, and attention that does not."""

    def __init__(self, weights: bool, batch_first: bool) -> None:
        super().__init__()
        self.weights, self.batch_first = weights, batch_first
        self.embed = nn.Conv2d(3, 16, 2, 2)
        self.attend = nn.MultiheadAttention(16, 4, batch_first=batch_first)
        self.leave = nn.Linear(16, 8)

    def forward(self, x):
        x = self.embed(x).flatten(2)
        x = x.transpose(1, 2) if self.batch_first else x.permute(2, 0, 1)
        return self.leave(self.attend(x, x, x, need_weights=self.weights)[0])


@pytest.mark.parametrize("weights", [True, False])
@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("frozen", ["", "embed", "embed,attend", "embed,attend,leave"])
def test_a_step_with_attention(weights, batch_first, frozen):
    model = Attending(weights, batch_first)
    for name, parameter in model.named_parameters():
        parameter.requires_grad = not (frozen and name.startswith(tuple(frozen.split(","))))
    found = memory.of(traced(model))
    assert found.training >= found.inference
    if frozen != "embed,attend,leave":
        assert found.training == pytest.approx(step(model), rel=0.1)
    with torch.no_grad(), Alive() as alive:
        model(torch.rand(SIZE))
    assert found.peak == pytest.approx(alive.most, rel=0.15)


class Compared(nn.Module):
    """The same layers on both halves of an image: each weight has two parts of its gradient."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 64, 3, padding=1), nn.Conv2d(64, 128, 3, padding=1)

    def forward(self, x):
        left, right = (self.b(torch.relu(self.a(part))) for part in x.chunk(2, 3))
        return left - right


class Blurred(nn.Module):
    """A fixed filter behind a reflected border: the convolution saves what it takes."""

    def __init__(self, reflects: bool) -> None:
        super().__init__()
        self.a, self.leave = nn.Conv2d(3, 16, 3, padding=1), nn.Conv2d(16, 4, 1)
        self.pad = nn.ReflectionPad2d(1) if reflects else nn.ZeroPad2d(1)
        self.register_buffer("filter", torch.ones(16, 1, 3, 3) / 9)

    def forward(self, x):
        x = nn.functional.conv2d(self.pad(self.a(x)), self.filter, stride=2, groups=16)
        return self.leave(nn.functional.pad(x, (1, 1, 1, 1), mode="replicate"))


@pytest.mark.parametrize("model", [Compared(), Blurred(True), Blurred(False)])
def test_a_step_of_layers_that_run_twice_or_behind_a_border(model):
    assert memory.of(traced(model)).training == pytest.approx(step(model), rel=0.02)


class Hidden(nn.Module):
    """Two calls that cannot be looked into, each of a layer and a function."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 4, 3)
        self.scripted = torch.jit.script(nn.Sequential(nn.Conv2d(8, 8, 3), nn.BatchNorm2d(8)))
        self.act = torch.jit.script(nn.Sequential(nn.Conv2d(8, 8, 1), nn.SiLU()))

    def forward(self, x):
        return self.last(self.act(self.scripted(self.first(x))))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("frozen", ["", "first", "scripted", "first,scripted"])
def test_memory_that_is_known_in_part_is_the_least_of_a_real_step(frozen):
    model = Hidden()
    for name, parameter in model.named_parameters():
        parameter.requires_grad = not (frozen and name.startswith(tuple(frozen.split(","))))
    trace = traced(model)
    found, real = memory.of(trace), step(model)
    assert found.inference <= found.training <= real
    assert found.training > 0.4 * real
    with torch.no_grad(), Alive() as alive:
        model.eval()(torch.rand(SIZE))
    assert found.peak <= alive.most
    table = cost.view([Candidate.of(Survey(trace))], available=2**20)
    written = {key: table.cell(table.rows[0], key).text for key in table.shown}
    for key in ("peak_bytes", "inference_bytes", "saved_bytes", "working_bytes", "training_bytes"):
        assert written[key].startswith("≥ "), key
    for key in ("weights_bytes", "gradient_bytes", "optimizer_bytes", "input_bytes"):
        assert "≥" not in written[key], key
    assert written["training_batch"] == f"≤ {found.largest_batch(2**20, 4, training=True)}"
