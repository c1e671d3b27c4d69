"""What flows through a network, held against plain autograd."""

from __future__ import annotations

import copy
import gc
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

import resnet_inspect as ri
from resnet_inspect import pipeline
from resnet_inspect.analysis.signals import Signal, gradient_rms
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.capture.recording.forward import capture
from resnet_inspect.capture.signals import Observer, Step
from resnet_inspect.errors import BadInput, WorkFailed
from resnet_inspect.traces import codec
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.signals import Flow, Signals


class Residual(nn.Module):
    """A stem, a shared block that runs twice, a pre-activated one, and a head."""

    def __init__(self, inplace: bool = True) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.relu = nn.ReLU(inplace)
        self.branch = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8))
        self.before = nn.BatchNorm2d(8)
        self.conv = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.norm(self.stem(x)))
        for _ in range(2):
            x = functional.relu(self.branch(x) + x)
        x = x + self.conv(self.relu(self.before(x)))
        return self.head(x.mean((2, 3)))


class Seen:
    """Outputs and their gradients by autograd itself, module by module, in the order of calls."""

    def __init__(self, model: nn.Module, paths: tuple[str, ...]) -> None:
        self.outputs: list[tuple[str, Tensor]] = []
        self.gradients: dict[int, Tensor] = {}
        for path in paths:
            model.get_submodule(path).register_forward_hook(self._hook(path))

    def _hook(self, path: str) -> Callable[..., None]:
        def hook(module: nn.Module, args: Any, made: Tensor) -> None:
            place = len(self.outputs)
            self.outputs.append((path, made.detach().clone()))
            made.register_hook(lambda gradient: self.gradients.__setitem__(place, gradient.clone()))

        return hook


PATHS = ("stem", "norm", "branch.0", "branch.1", "before", "conv", "head")


def flows(trace: Trace, signals: Signals, path: str) -> list[Flow]:
    found = [signals.flows[call.index] for call in trace.calls if call.module == path]
    return [flow for flow in found if flow is not None]


def check_flow(flow: Flow, made: Tensor, gradient: Tensor, tolerance: float) -> None:
    x, about = made.double(), {"rel": tolerance, "abs": tolerance}
    assert flow.elements == x.numel()
    assert flow.mean == pytest.approx(x.mean().item(), **about)
    assert flow.std == pytest.approx(x.std(correction=0).item(), **about)
    assert flow.largest == pytest.approx(x.abs().max().item(), **about)
    assert flow.zeros == int((x == 0).sum())
    others = [axis for axis in range(x.dim()) if axis != 1]
    assert flow.channel_mean_squared == pytest.approx(
        x.mean(others).square().mean().item(), **about
    )
    assert flow.channel_variance == pytest.approx(
        x.var(others, correction=0).mean().item(), **about
    )
    norm = gradient.double().norm().item()
    assert flow.gradient_norm == pytest.approx(norm, rel=tolerance)
    rms = gradient_rms(flow)
    assert rms == pytest.approx(gradient.double().square().mean().sqrt().item(), rel=tolerance)


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


@pytest.mark.parametrize("where", ["stem", "norm", "branch.0", "before", "conv"])
def test_a_planted_nan_is_found_where_it_first_appears(where: str) -> None:
    model = Residual()
    weight = model.get_submodule(where).weight
    assert isinstance(weight, Tensor)
    with torch.no_grad():
        weight.view(-1)[0] = torch.nan
    step = Step(None, 0)
    trace = capture(model, (torch.randn(4, 3, 8, 8),), mode="train", step=step)
    signals = step.signals(len(trace.calls))
    broken = Signal(Survey(trace), signals).broken
    assert broken is not None
    assert trace.calls[broken.call].module == where
    assert bool(broken.given) == (where != "stem")
    assert codec.loads_signals(codec.dumps_signals((trace, (signals,)))) == (trace, (signals,))


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


# -- the figures of the papers ---------------------------------------------------------------------


def growth(name: str, seed: int) -> float:
    trace, (signals,) = pipeline.signal(name, (32, 3, 32, 32), mode="train", seed=seed)
    found = Signal(Survey(trace), signals).growth
    assert found is not None
    return found.ratio


def plain_growth(name: str, seed: int) -> float:
    """The same by a script of its own."""
    from resnet_inspect.sources import seed as seeds
    from resnet_inspect.sources import source, subject

    chosen = subject(name)
    with seeds.of(seed):
        model = source(chosen.source).build(chosen.name, {}, torch.device("cpu")).train()
    x = torch.randn(32, 3, 32, 32, generator=torch.Generator().manual_seed(seed))
    labels = torch.randint(10, (32,), generator=torch.Generator().manual_seed(seed))
    seen = Seen(model, ("conv1", f"layer3.{len(model.layer3) - 1}.conv2"))
    functional.cross_entropy(model(x), labels).backward()
    first, last = (seen.gradients[place].square().mean().sqrt().item() for place in range(2))
    return first / last


def test_batch_norm_makes_the_gradient_of_a_plain_net_explode() -> None:
    """Yang et al. 2019, arXiv:1902.08129: by a factor a layer; He et al. 2015, 4.1: not vanish."""
    plain = [growth("paper:cifar_plain20", seed) for seed in range(2)]
    residual = growth("paper:cifar_resnet20", 0)
    assert all(10 < ratio < 30 for ratio in plain)
    assert residual < min(plain) / 2
    assert growth("paper:cifar_plain20", 0) == pytest.approx(
        plain_growth("paper:cifar_plain20", 0), rel=1e-4
    )


def test_without_norms_it_vanishes_and_shortcuts_keep_it() -> None:
    line = "resnet:basic:{0},{0},{0}:width=16,stem=cifar,shortcut={1},norm=none,init=default"
    assert growth(line.format(3, "none"), 0) < 1e-6
    assert growth(line.format(3, "A"), 0) > 0.02


def test_variance_on_the_trunk_grows_within_a_stage_and_starts_anew() -> None:
    """Brock et al. 2021, arXiv:2101.08692, figure 1: about one for each block, in training mode."""
    name = "resnet:basic:4,4:width=32,stem=cifar,preact=true"
    trace, (signals,) = pipeline.signal(name, (16, 3, 32, 32), mode="train")
    survey = Survey(trace)
    for stage in survey.anatomy.stages:
        adds = [signals.flows[block.add] for block in stage.blocks]
        variances = [flow.channel_variance for flow in adds if flow is not None]
        rises = [b - a for a, b in pairwise(variances)]
        assert len(rises) == 3
        assert all(0.3 < rise < 3.0 for rise in rises), variances
    ends = [signals.flows[block.add] for stage in survey.anatomy.stages for block in stage.blocks]
    assert ends[3] is not None
    assert ends[4] is not None
    assert ends[4].channel_variance < ends[3].channel_variance


# -- in a program of one's own ---------------------------------------------------------------------


@contextmanager
def checkpointed(model: Residual) -> Iterator[None]:
    branch = model.branch.forward
    model.branch.forward = lambda x: checkpoint(branch, x, use_reentrant=False)
    yield


def autocast(model: Residual) -> AbstractContextManager[Any]:
    return torch.autocast("cpu", dtype=torch.bfloat16)


@pytest.mark.parametrize("around", [lambda model: nullcontext(), checkpointed, autocast])
@pytest.mark.parametrize("make", [torch.optim.SGD, torch.optim.Adam])
def test_a_watched_program_computes_what_it_would_have(
    around: Callable[[Residual], AbstractContextManager[Any]], make: Any
) -> None:
    torch.manual_seed(0)
    bare = Residual().train()
    watched = copy.deepcopy(bare)
    batches = [torch.randn(4, 3, 8, 8) for _ in range(3)]

    def train(model: Residual) -> None:
        optimizer = make(model.parameters(), lr=0.1)
        with around(model):
            for x in batches:
                optimizer.zero_grad()
                functional.cross_entropy(model(x), torch.arange(4)).backward()
                optimizer.step()

    train(bare)
    with ri.watch(watched, signals=True, forwards=None) as w:
        train(watched)
    for (name, one), other in zip(bare.named_parameters(), watched.parameters(), strict=True):
        assert torch.equal(one, other), name
        assert torch.equal(one.grad, other.grad), name
    assert [one.step for one in w.signals] == [0, 1, 2]
    assert len(w.traces) == 1
    last = {weight.path: weight for weight in w.signals[-1].weights}
    for name, parameter in watched.named_parameters():
        assert last[name].gradient_norm == pytest.approx(parameter.grad.norm().item(), rel=1e-5)
    assert all(one.loss_name == "its own" for one in w.signals)
    assert not any(p._post_accumulate_grad_hooks for p in watched.parameters())


def test_only_every_so_many_steps_are_watched_and_nothing_is_kept_alive(tmp_path: Path) -> None:
    model = Residual()
    made: list[weakref.ref[Tensor]] = []
    with ri.watch(model, signals=True, every=3, forwards=None) as w:
        for _ in range(7):
            output = model(torch.randn(4, 3, 8, 8))
            made.append(weakref.ref(output))
            output.sum().backward()
            del output
        gc.collect()
        assert not any(reference() is not None for reference in made)
        assert [one.step for one in w.signals] == [0, 3, 6]
    assert [one.step for one in w.signals] == [0, 3, 6]
    w.save(tmp_path / "run.json")
    trace, steps = pipeline.load_signals(tmp_path / "run.json")
    assert (trace, steps) == (w.trace, w.signals)
    with pytest.raises(ri.InspectError):
        w.save(tmp_path / "run.json")


def test_updates_are_those_of_the_optimizer_and_only_of_that_step() -> None:
    model = Residual()
    model.stem.requires_grad_(False)
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.5)
    before = copy.deepcopy(dict(model.named_parameters()))
    with ri.watch(model, signals=True, every=2, forwards=None) as w:
        after: list[dict[str, Tensor]] = []
        for _ in range(2):
            optimizer.zero_grad()
            model(torch.randn(4, 3, 8, 8)).square().mean().backward()
            optimizer.step()
            after.append(copy.deepcopy(dict(model.named_parameters())))
    (signals,) = w.signals
    for weight in signals.weights:
        old, new = before[weight.path].detach(), after[0][weight.path].detach()
        if not weight.trainable:
            assert weight.update_ratio is None
        else:
            expected = (new - old).norm() / old.norm()
            assert weight.update_ratio == pytest.approx(expected.item(), rel=1e-5, nan_ok=True) or (
                old.norm() == 0 and weight.update_ratio is None
            )
    assert any(weight.update_ratio for weight in signals.weights)


def test_a_watch_without_signals_has_none_to_save(tmp_path: Path) -> None:
    model = Residual()
    with ri.watch(model) as w:
        model(torch.randn(4, 3, 8, 8))
    assert w.signals == ()
    with pytest.raises(WorkFailed, match="no signals"):
        w.save(tmp_path / "run.json")
    assert not (tmp_path / "run.json").exists()


@pytest.mark.parametrize(
    "made",
    [
        torch.randn(2, 3, 40, 41) * 0.01 + 100,  # a mean that squares would drown
        torch.randn(3, 4, 300, 301).relu(),  # more than a chunk
        torch.zeros(2, 3, 4, 4),
        torch.randn(5, 7),
        torch.randn(11),
        torch.randn(2, 6, 5, 4).to(memory_format=torch.channels_last),
        torch.randn(2, 5, 6).half(),
    ],
    ids=lambda made: "x".join(map(str, made.shape)),
)
def test_numbers_of_any_tensor_are_those_in_float64(made: Tensor) -> None:
    observer = Observer()
    observer.observe(0, [made])
    (flow,) = observer.signals(1).flows
    x = made.double()
    assert flow is not None
    assert flow.mean == pytest.approx(x.mean().item(), rel=1e-6, abs=1e-6)
    assert flow.std == pytest.approx(x.std(correction=0).item(), rel=1e-4)
    assert flow.zeros == int((x == 0).sum())
    assert flow.largest == pytest.approx(x.abs().max().item())
    if made.dim() > 1:
        others = [axis for axis in range(made.dim()) if axis != 1]
        variance = x.var(others, correction=0).mean().item()
        assert flow.channel_variance == pytest.approx(variance, rel=1e-4)
    else:
        assert flow.channel_variance is None
