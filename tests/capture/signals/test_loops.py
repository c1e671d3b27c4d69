"""What flows in loops of every kind: equal to plain autograd, or said to be unknown."""

from __future__ import annotations

import copy
import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import torch
from flowing import PATHS, Residual, Seen, check_flow, flows
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap
from torch.nn import functional

import resnet_inspect as ri
from resnet_inspect.analysis.signals.signal import Signal
from resnet_inspect.traces.signals import Signals, Weight
from resnet_inspect.views.words.signals import remarks_of
from resnet_inspect.watched import Watch

Loop = Callable[[Residual], None]
"""A training, with what it needs of its own; it uses no random numbers but torch's."""


def batch() -> Tensor:
    return torch.randn(4, 3, 8, 8)


def loss_of(made: Tensor) -> Tensor:
    return functional.cross_entropy(made, torch.arange(len(made)))


def two_optimizers(model: Residual) -> None:
    body = [p for n, p in model.named_parameters() if not n.startswith("head")]
    optimizers = torch.optim.SGD(body, 0.1), torch.optim.AdamW(model.head.parameters())
    for _ in range(2):
        loss_of(model(batch())).backward()
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()


def clipped(model: Residual) -> None:
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    for _ in range(2):
        optimizer.zero_grad()
        loss_of(model(batch())).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        optimizer.step()


def scaled(model: Residual) -> None:
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    for _ in range(2):
        optimizer.zero_grad()
        scaler.scale(loss_of(model(batch()))).backward()
        scaler.unscale_(optimizer)
        scaler.step(optimizer)
        scaler.update()


def with_closures(model: Residual) -> None:
    optimizer = torch.optim.LBFGS(model.parameters(), lr=0.1, max_iter=3)
    images = batch()

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = loss_of(model(images))
        loss.backward()
        return loss

    optimizer.step(closure)


def validated_with_gradients(model: Residual) -> None:
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    for _ in range(2):
        model(batch())
        optimizer.zero_grad()
        loss_of(model(batch())).backward()
        optimizer.step()


def written_into_data(model: Residual) -> None:
    for _ in range(2):
        model.zero_grad()
        loss_of(model(batch())).backward()
        for parameter in model.parameters():
            parameter.data = parameter.data - 0.1 * parameter.grad


def replaced(model: Residual) -> None:
    for _ in range(2):
        model.zero_grad()
        loss_of(model(batch())).backward()
        for module in model.modules():
            for name, parameter in list(module._parameters.items()):
                if parameter is not None:
                    module._parameters[name] = nn.Parameter(parameter - 0.1 * parameter.grad)


def channels_last(model: Residual) -> None:
    model.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    for _ in range(2):
        optimizer.zero_grad()
        loss_of(model(batch().to(memory_format=torch.channels_last))).backward()
        optimizer.step()


LOOPS = (
    two_optimizers, clipped, scaled, with_closures, validated_with_gradients, written_into_data,
    replaced, channels_last,
)  # fmt: skip


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.filterwarnings("ignore")
def test_a_loop_trains_as_it_would_and_has_its_own_figures(loop: Loop) -> None:
    torch.manual_seed(0)
    watched = Residual().train()
    plain, bare = copy.deepcopy(watched), copy.deepcopy(watched)
    torch.manual_seed(1)
    loop(bare)
    torch.manual_seed(1)
    with ri.watch(watched, signals=True, forwards=None) as w:
        loop(watched)
    torch.manual_seed(1)
    seen = Seen(plain, PATHS)
    loop(plain)
    for (name, one), other in zip(bare.named_parameters(), watched.parameters(), strict=True):
        assert torch.equal(one, other), name
    each = 9
    gone_back = [one for one in w.signals if one.loss_name]
    assert len(w.signals) * each == len(seen.outputs)
    assert len(gone_back) == sum(place % each == 0 for place in seen.gradients)
    for step, one in enumerate(w.signals):
        found = {path: iter(flows(w.trace, one, path)) for path in PATHS}
        for place in range(step * each, (step + 1) * each):
            path, made = seen.outputs[place]
            flow = next(found[path])
            check_flow(flow, made, seen.gradients.get(place), 1e-4)
            assert (flow.gradient_norm is None) == (place not in seen.gradients)
    trained = gone_back[0] if len(gone_back) > 1 else None
    for weight in () if trained is None else trained.weights:
        assert weight.gradient_norm is not None
        assert weight.update_ratio or weight.path.endswith("bias"), weight.path
    said = " ".join(remarks_of(Signal(w.trace.survey, gone_back[-1])))
    assert "got no gradient" not in said
    assert "weight" not in said.partition("did not change")[2]


def weight_of(signals: Signals, path: str) -> Weight:
    return next(weight for weight in signals.weights if weight.path == path)


def said_of(w: Watch, step: int = -1) -> str:
    return " ".join(remarks_of(Signal(w.trace.survey, w.signals[step])))


def test_networks_against_each_other_have_steps_of_their_own() -> None:
    """A discriminator goes forward twice before it goes back, then once for the generator."""
    torch.manual_seed(0)
    generator = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 6))
    discriminator = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 1))
    optimizers = [torch.optim.SGD(m.parameters(), 0.1) for m in (generator, discriminator)]
    norms: list[float] = []
    with (
        ri.watch(generator, signals=True, forwards=None) as g,
        ri.watch(discriminator, signals=True, forwards=None) as d,
    ):
        for _ in range(2):
            made = generator(torch.randn(4, 3))
            optimizers[1].zero_grad()
            real = discriminator(torch.randn(4, 6)).square().mean()
            (real - discriminator(made.detach()).mean()).backward()
            norms.append(discriminator[0].weight.grad.norm().item())
            optimizers[1].step()
            optimizers[0].zero_grad()
            discriminator(made).mean().backward()
            optimizers[0].step()
    assert [one.step for one in g.signals] == [0, 1]
    assert [one.step for one in d.signals] == [0, 2, 3, 5]
    for signals, norm in zip(d.signals[::2], norms, strict=True):
        assert weight_of(signals, "0.weight").gradient_norm == pytest.approx(norm)
    for w in (g, d):
        for step in range(2):
            assert "no backward pass" not in said_of(w, step)


def test_several_backward_passes_have_no_gradient_of_their_own() -> None:
    model = Residual()
    with ri.watch(model, signals=True) as w:
        loss = loss_of(model(batch()))
        loss.backward(retain_graph=True)
        loss.backward()
    (signals,) = w.signals
    stem = flows(w.trace, signals, "stem")[0]
    assert (stem.gradient_norm, stem.gradient_passes) == (None, 2)
    norm = model.stem.weight.grad.norm().item()
    assert weight_of(signals, "stem.weight").gradient_norm == pytest.approx(norm)
    assert "2 backward passes brought gradients" in said_of(w)


def test_a_gradient_penalty_is_taken_as_it_would_be() -> None:
    torch.manual_seed(0)
    watched = Residual().train()
    bare = copy.deepcopy(watched)
    images = batch()

    def step(model: Residual) -> None:
        x = images.clone().requires_grad_()
        made = model(x)
        (slope,) = torch.autograd.grad(made.sum(), x, create_graph=True)
        (loss_of(made) + slope.square().sum()).backward()

    with ri.watch(watched, signals=True) as w:
        step(watched)
    step(bare)
    for one, other in zip(bare.parameters(), watched.parameters(), strict=True):
        assert torch.equal(one.grad, other.grad)
    (signals,) = w.signals
    for name, parameter in bare.named_parameters():
        norm = parameter.grad.norm().item()
        assert weight_of(signals, name).gradient_norm == pytest.approx(norm), name
    assert "2 backward passes" in said_of(w)


def test_gradients_that_are_taken_and_not_kept_are_no_missing_ones() -> None:
    model = Residual()
    with ri.watch(model, signals=True) as w:
        torch.autograd.grad(loss_of(model(batch())), list(model.parameters()))
    assert flows(w.trace, w.signals[0], "stem")[0].gradient_norm
    said = said_of(w)
    assert "torch.autograd.grad gives none" in said
    assert "unused" not in said


def test_transforms_are_not_measured_and_nothing_is_said_to_be_missing() -> None:
    model = Residual().eval()
    parameters = dict(model.named_parameters())

    def loss(values: dict[str, Tensor], image: Tensor) -> Tensor:
        return functional_call(model, values, (image[None],)).square().mean()

    images = batch()
    expected = vmap(grad(loss), (None, 0))(parameters, images)
    with ri.watch(model, signals=True) as w:
        found = vmap(grad(loss), (None, 0))(parameters, images)
    for name, value in expected.items():
        assert torch.equal(value, found[name]), name
    assert "got no gradient" not in said_of(w)
    assert "no backward pass was seen" in said_of(w)


def test_weights_that_are_lent_for_a_call_have_their_gradients() -> None:
    model = Residual()
    slow = dict(model.named_parameters())
    fast = {name: value * 0.5 for name, value in slow.items()}
    for value in fast.values():
        value.retain_grad()
    with ri.watch(model, signals=True) as w:
        loss_of(functional_call(model, fast, (batch(),))).backward()
    for name, value in fast.items():
        assert value.grad is not None
        expected = pytest.approx(value.grad.norm().item())
        assert weight_of(w.signals[0], name).gradient_norm == expected, name
    assert not any(value._backward_hooks for value in fast.values())
    assert "no gradient" not in said_of(w)


class Raises(torch.autograd.Function):
    fails = False

    @staticmethod
    def forward(context: Any, x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:
        if Raises.fails:
            raise ValueError("in the backward")
        return gradient


@pytest.mark.parametrize("where", ["forward", "backward"])
def test_an_exception_ends_its_step_alone(where: str) -> None:
    model = nn.Sequential(nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 2))
    fails = True

    def fail(module: nn.Module, args: Any, made: Tensor) -> Any:
        if fails and where == "forward":
            raise ValueError("in the forward")
        return Raises.apply(made)

    model[1].register_forward_hook(fail)
    Raises.fails = where == "backward"
    with ri.watch(model, signals=True, forwards=None) as w:
        with pytest.raises(ValueError, match=where):
            model(torch.randn(4, 3)).sum().backward()
        fails = Raises.fails = False
        hooks = [p._post_accumulate_grad_hooks for p in model.parameters()]
        assert where == "backward" or not any(hooks)
        model.zero_grad()
        model(torch.randn(4, 3)).sum().backward()
    last = w.signals[-1]
    assert [one.is_whole for one in w.signals] == [False, True][where == "forward" :]
    assert "got no gradient" not in said_of(w, 0)
    for name, parameter in model.named_parameters():
        assert weight_of(last, name).gradient_norm == pytest.approx(parameter.grad.norm().item())


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
def test_without_gradients_there_is_no_step(context: Any) -> None:
    model = Residual().eval()
    with ri.watch(model, signals=True, forwards=None) as w:
        with context():
            model(batch())
        assert w.signals == ()
        model(batch()).sum().backward()
    assert [one.step for one in w.signals] == [0]


def test_a_model_that_is_moved_or_grows_between_steps_is_measured_as_it_is() -> None:
    model = nn.Sequential(nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 2))
    with ri.watch(model, signals=True, forwards=None) as w:
        model(torch.randn(4, 3)).sum().backward()
        model.double()
        model(torch.randn(4, 3).double()).sum().backward()
        model[2].register_parameter("more", nn.Parameter(torch.ones(2)))
        model(torch.randn(4, 3).double()).sum().backward()
    first, second, third = w.signals
    assert all(weight.update_ratio is None for weight in first.weights), "of another type"
    assert [len(one.weights) for one in (first, second, third)] == [4, 4, 5]
    assert "got no gradient (unused, or detached from the loss): 2.more" in said_of(w)
    assert "2.more" not in said_of(w, 1)


class Odd(nn.Module):
    """Tied weights, views that are written to, integers, complex numbers, a recurrent part."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(50, 8)
        self.lstm = nn.LSTM(8, 8, batch_first=True)
        self.mix = nn.Linear(8, 8)
        self.head = nn.Linear(8, 50, bias=False)
        self.head.weight = self.embed.weight
        self.same = nn.Identity()

    def forward(self, tokens: Tensor) -> Tensor:
        x, _ = self.lstm(self.embed(tokens))
        y = self.mix(x)
        y.view(-1)[::2].mul_(2.0)
        y.add_(1.0)
        y = torch.fft.ifft(torch.fft.fft(y)).real
        return self.head(self.same(y))


def test_odd_parts_have_the_gradients_of_plain_autograd() -> None:
    torch.manual_seed(0)
    watched = Odd()
    plain = copy.deepcopy(watched)
    tokens = torch.randint(50, (4, 6))
    with ri.watch(watched, signals=True) as w:
        watched(tokens).square().mean().backward()
    seen: dict[str, list[Tensor]] = {}

    def hook(path: str) -> Callable[..., None]:
        def see(module: nn.Module, args: Any, made: Any) -> None:
            made = made[0] if isinstance(made, tuple) else made
            values = [made.detach().clone()]
            made.register_hook(lambda gradient: values.append(gradient.clone()))
            seen[path] = values

        return see

    for path in ("embed", "lstm", "mix", "head"):
        plain.get_submodule(path).register_forward_hook(hook(path))
    plain(tokens).square().mean().backward()
    for path, (made, gradient) in seen.items():
        (flow,) = flows(w.trace, w.signals[0], path)
        check_flow(flow, made, gradient, 1e-4)
    for name, parameter in plain.named_parameters():
        assert torch.equal(parameter.grad, watched.get_parameter(name).grad)
        norm = parameter.grad.norm().item()
        assert weight_of(w.signals[0], name).gradient_norm == pytest.approx(norm)
    assert len(w.signals[0].weights) == len(list(plain.named_parameters()))


def test_sparse_gradients_are_measured_and_what_a_sample_misses_is_not_said_to_stand_still() -> (
    None
):
    model = nn.Sequential(nn.Embedding(5000, 64, sparse=True), nn.Flatten(), nn.Linear(128, 2))
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    tokens = torch.tensor([[1, 4001], [1, 1]])
    with ri.watch(model, signals=True, forwards=None) as w:
        for _ in range(2):
            optimizer.zero_grad()
            model(tokens).square().mean().backward()
            norm = model[0].weight.grad.to_dense().norm().item()
            optimizer.step()
    assert weight_of(w.signals[-1], "0.weight").gradient_norm == pytest.approx(norm)
    changed = weight_of(w.signals[0], "0.weight").update_ratio
    assert changed is None or changed > 0
    assert "0.weight" not in said_of(w, 0)


def test_hooks_leave_what_outlives_its_step() -> None:
    """An input that is trained, as in an attack, goes through a module that hands it on."""
    model = nn.Sequential(nn.Identity(), nn.Flatten(), nn.Linear(12, 2))
    x = torch.randn(2, 12, requires_grad=True)
    made = []
    with ri.watch(model, signals=True, forwards=None) as w:
        for _ in range(3):
            output = model(x)
            made.append(weakref.ref(output))
            output.sum().backward()
            del output
    gc.collect()
    assert not any(one() is not None for one in made)
    assert not x._backward_hooks
    assert len(w.signals) == 3


def test_a_gradient_that_is_not_finite_has_come() -> None:
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 2))
    with ri.watch(model, signals=True) as w:
        (model(torch.randn(4, 3)).sum() * torch.inf).backward()
    assert w.signals[0].weights[0].gradient_nonfinite
    said = said_of(w)
    assert "got no gradient" not in said
    assert "the gradient is not finite at 0.weight" in said


def test_one_network_within_another_that_is_watched_has_the_same_figures() -> None:
    model = Residual()
    with (
        ri.watch(model, signals=True) as outer,
        ri.watch(model.branch, signals=True, forwards=None) as inner,
    ):
        loss_of(model(batch())).backward()
    first = flows(outer.trace, outer.signals[0], "branch.0")[0]
    assert flows(inner.trace, inner.signals[0], "0")[0] == first
    assert weight_of(inner.signals[0], "0.weight").gradient_norm == pytest.approx(
        weight_of(outer.signals[0], "branch.0.weight").gradient_norm
    )
