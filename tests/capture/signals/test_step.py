"""What flows through a network that is run for it, held against plain autograd."""

from __future__ import annotations

import copy

import pytest
import torch
from flowing import PATHS, Residual, Seen, check_flow, flows
from torch import Tensor, nn

from resnet_inspect import pipeline
from resnet_inspect.analysis.signals.signal import Signal
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.capture.recording.forward import capture
from resnet_inspect.capture.signals.step import Step
from resnet_inspect.errors import BadInput, WorkFailed
from resnet_inspect.traces.json import codec
from resnet_inspect.views.words.signals import remarks_of


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 2e-2), (torch.float64, 1e-9)]
)
def test_every_number_is_that_of_plain_autograd(dtype: torch.dtype, tolerance: float) -> None:
    torch.manual_seed(0)
    model = Residual().to(dtype).train()
    plain = copy.deepcopy(model)
    x = torch.randn(4, 3, 8, 8, dtype=dtype)
    seen = Seen(plain, PATHS)
    step = Step("mean-square", 0)
    trace = capture(model, (x,), mode="train", step=step)
    signals = step.signals(len(trace.calls))
    loss = plain(x).float().square().mean()
    loss.backward()
    assert signals.loss == pytest.approx(loss.item(), rel=1e-5)
    for path in PATHS:
        there = [i for i, (own, _) in enumerate(seen.outputs) if own == path]
        found = flows(trace, signals, path)
        assert len(found) == len(there) == (2 if path.startswith("branch") else 1)
        for place, flow in zip(there, found, strict=True):
            check_flow(flow, seen.outputs[place][1], seen.gradients[place], tolerance)
    norms = {w.path: (w.norm, w.gradient_norm) for w in signals.weights}
    assert set(norms) == {name for name, _ in plain.named_parameters()}
    for name, parameter in plain.named_parameters():
        assert parameter.grad is not None
        own = (parameter.double().norm().item(), parameter.grad.double().norm().item())
        assert norms[name] == pytest.approx(own, rel=tolerance), name


def test_what_is_changed_in_place_was_measured_before() -> None:
    x = torch.randn(4, 3, 8, 8)
    torch.manual_seed(0)
    in_place = Residual(inplace=True)
    other = Residual(inplace=False)
    other.load_state_dict(in_place.state_dict())
    found = []
    for model in (in_place, other):
        step = Step(None, 0)
        trace = capture(model, (x,), mode="train", step=step)
        found.append(step.signals(len(trace.calls)))
    assert found[0] == found[1]
    assert any(flow is not None and flow.zeros for flow in found[0].flows)


def test_the_model_is_left_as_it_was_found() -> None:
    model = Residual().eval()
    before = copy.deepcopy(model.state_dict())
    step = Step(None, 0)
    capture(model, (torch.randn(4, 3, 8, 8),), mode="train", step=step)
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not any(p._post_accumulate_grad_hooks for p in model.parameters())
    assert not model.training


def test_a_planted_nan_is_found_where_it_first_appears() -> None:
    before = nn.Sequential(*(nn.Conv2d(3, 3, 3, padding=1) for _ in range(5)))
    model = nn.Sequential(before, Residual())
    layers = [f"0.{place}" for place in range(5)]
    layers += [f"1.{path}" for path in ("stem", "norm", "branch.0", "before", "conv")]
    x = torch.randn(4, 3, 8, 8)
    for where in layers:
        weight = model.get_submodule(where).weight
        assert isinstance(weight, Tensor)
        usual = weight.detach().clone()
        with torch.no_grad():
            weight.view(-1)[0] = torch.nan
        step = Step(None, 0)
        trace = capture(model, (x,), mode="train", step=step)
        signals = step.signals(len(trace.calls))
        broken = Signal(Survey(trace), signals).broken
        assert broken is not None
        assert trace.calls[broken.call].module == where
        assert bool(broken.given) == (where != "0.0")
        assert codec.loads_signals(codec.dumps_signals((trace, (signals,)))) == (trace, (signals,))
        with torch.no_grad():
            weight.copy_(usual)


def test_frozen_and_unused_parameters_have_no_gradient() -> None:
    model = Residual()
    model.unused = nn.Linear(2, 2)
    model.stem.requires_grad_(False)
    step = Step(None, 0)
    trace = capture(model, (torch.randn(4, 3, 8, 8),), mode="train", step=step)
    signal = Signal(Survey(trace), step.signals(len(trace.calls)))
    assert [w.path for w in signal.untrained] == ["unused.weight", "unused.bias"]
    assert [w.path for w in signal.signals.weights if not w.trainable] == [
        "stem.weight",
        "stem.bias",
    ]
    stem = signal.signals.flows[next(c.index for c in trace.calls if c.module == "stem")]
    assert stem is not None
    assert stem.gradient_norm is None


def test_a_loss_needs_what_it_is_of() -> None:
    with pytest.raises(WorkFailed, match="class scores"):
        capture(nn.Conv2d(3, 4, 3), (torch.randn(1, 3, 8, 8),), step=Step("cross-entropy", 0))
    with pytest.raises(BadInput, match="no loss"):
        Step("hinge", 0)
    with pytest.raises(BadInput, match="meta"):
        pipeline.signal("resnet18", device="meta")


def test_without_a_backward_pass_it_is_said_and_nothing_is_blamed() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(144, 3)).requires_grad_(False)
    step = Step(None, 0)
    trace = capture(model, (torch.randn(4, 3, 8, 8),), step=step)
    said = list(remarks_of(Signal(Survey(trace), step.signals(len(trace.calls)))))
    assert any("no backward pass was seen" in line for line in said)
    assert any("4 parameter tensors frozen" in line for line in said)
    assert not any("starts from" in line or "got no gradient" in line for line in said)
