"""A watched program computes what it would have computed, and its forwards are traces."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import torch
from snapshot import Snapshot
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

import resnet_inspect as ri
from resnet_inspect.errors import BadInput, UntraceableModel, WorkFailed
from resnet_inspect.traces import invariants

SIZE = (2, 3, 16, 16)


class Noisy(nn.Module):
    """A parametrization that draws a random number each time it is asked."""

    def forward(self, x: Tensor) -> Tensor:
        return x + 0.01 * torch.rand_like(x)


class Unit(nn.Module):
    """A residual unit with a projection."""

    def __init__(self, given: int, made: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(given, made, 3, 2, 1)
        self.bn1 = nn.BatchNorm2d(made)
        self.conv2 = nn.utils.parametrizations.spectral_norm(nn.Conv2d(made, made, 3, 1, 1))
        self.shortcut = nn.Conv2d(given, made, 1, 2)
        nn.utils.parametrize.register_parametrization(self.shortcut, "bias", Noisy())

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv2(functional.relu(self.bn1(self.conv1(x))))
        y += self.shortcut(x)
        return functional.relu(y)


class Net(nn.Module):
    """All that has a state to disturb: batch norm, dropout, parametrizations; and a checkpoint."""

    def __init__(self, *, checkpointed: bool = False) -> None:
        super().__init__()
        self.checkpointed = checkpointed
        self.calls = 0
        self.unit1 = Unit(3, 8)
        self.unit2 = Unit(8, 16)
        self.drop = nn.Dropout(0.5)
        self.fc = nn.Linear(16, 10)

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        x = self.unit1(x)
        x = checkpoint(self.unit2, x, use_reentrant=False) if self.checkpointed else self.unit2(x)
        return self.fc(self.drop(x.mean((2, 3))))


def net(**options: Any) -> Any:
    torch.manual_seed(0)
    return Net(**options)


def batch() -> Tensor:
    return torch.randn(SIZE, generator=torch.Generator().manual_seed(1))


def step(model: nn.Module, optimizer: torch.optim.Optimizer | None = None) -> None:
    optimizer = optimizer or torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    optimizer.zero_grad()
    functional.cross_entropy(model(batch()), torch.tensor([1, 7])).backward()
    optimizer.step()


def what_ran(trace: ri.Trace) -> tuple[Any, ...]:
    return trace.calls, trace.activations, trace.modules


@pytest.mark.parametrize("checkpointed", [False, True])
@pytest.mark.parametrize("forwards", [1, 2, None])
def test_watched_training_gives_the_same_bits(checkpointed: bool, forwards: int | None) -> None:
    def train(model: Net) -> None:
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        torch.manual_seed(2)
        for _ in range(3):
            step(model, optimizer)

    alone, watched = net(checkpointed=checkpointed), net(checkpointed=checkpointed)
    train(alone)
    numbers = torch.get_rng_state()
    with ri.watch(watched, forwards=forwards) as w:
        train(watched)
    assert len(w.traces) == (forwards or 3)
    assert watched.calls == alone.calls == 3
    assert torch.equal(torch.get_rng_state(), numbers)
    expected = alone.state_dict()
    assert any("num_batches_tracked" in name for name in expected)
    for name, value in watched.state_dict().items():
        assert torch.equal(value, expected[name]), name
    for mine, other in zip(watched.parameters(), alone.parameters(), strict=True):
        assert mine.grad is not None
        assert other.grad is not None
        assert torch.equal(mine.grad, other.grad)


@pytest.mark.parametrize("checkpointed", [False, True])
def test_a_watched_step_is_traced_call_for_call_as_by_itself(checkpointed: bool) -> None:
    model = net(checkpointed=checkpointed)
    itself = ri.trace(model, inputs=batch(), mode="train")
    with ri.watch(model, forwards=None) as w:
        step(model)
        step(model)
    assert len(w.traces) == 2
    for trace in w.traces:
        assert what_ran(trace) == what_ran(itself)
        assert invariants.check(trace) == []
    assert [row["path"] for row in w.trace.blocks] == ["unit1", "unit2"]
    assert w.trace.model_name == itself.model_name == "Net"
    mine, other = w.trace.provenance, itself.provenance
    assert (mine.source, mine.device, mine.mode) == (other.source, other.device, "train")
    assert mine.notes == ("watched in a running program",)


def test_the_mode_is_as_found_and_the_trace_there_at_once() -> None:
    model = net().eval()
    with torch.no_grad(), ri.watch(model) as w:
        model(batch())
        assert w.trace.provenance.mode == "eval"
    assert what_ran(w.trace) == what_ran(ri.trace(model, inputs=batch()))


class InPlace(nn.Module):
    """Everything that can be done in place, and what only looks like it."""

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(x * 2, inplace=True)
        x += 1
        x.mul_(2)
        x[:, 0] = 0
        x = x + ~(x > 0)
        return x.contiguous().to(x.dtype)


@pytest.mark.parametrize("model", [Net(), InPlace()], ids=["net", "in place"])
def test_what_is_done_in_place_is_seen_where_torch_does_not_count_it(model: nn.Module) -> None:
    model.eval()
    itself = ri.trace(model, inputs=batch())
    with torch.inference_mode(), ri.watch(model) as w:
        model(batch())
        traced = ri.trace(model, SIZE)
    assert what_ran(w.trace) == what_ran(traced) == what_ran(itself)


@pytest.mark.parametrize("error", [ValueError, SystemExit, KeyboardInterrupt])
def test_what_the_forward_raises_is_raised_and_recorded_up_to_there(error: type) -> None:
    model, raised = net(), error("on purpose")

    def fail(x: Tensor) -> Tensor:
        raise raised

    model.unit2.conv1.forward = fail
    before = Snapshot(model)
    with pytest.raises(error) as caught, ri.watch(model) as w:
        step(model)
    assert caught.value is raised
    assert w.trace.failure is not None
    assert w.trace.failure.error == error.__name__
    assert w.trace.calls[w.trace.failure.call].path == "unit2.conv1"
    assert w.trace.outputs == ()
    assert "unit2.conv1" in w.trace.to_markdown()
    after = Snapshot(model)
    assert after.around["function modes"] == before.around["function modes"] == []
    assert _without_calls(after) == _without_calls(before)


def _without_calls(snapshot: Snapshot) -> Any:
    """What a snapshot says of the modules, but for the counter that `Net` keeps itself."""
    return {
        path: {
            "inside": seen["inside"],
            "attributes": [a for a in seen["attributes"] if a[0] != "calls"],
        }
        for path, seen in snapshot.of_model.items()
    }


def test_nothing_is_left_behind_on_the_model() -> None:
    model = net()
    model(batch())
    before = Snapshot(model)
    with ri.watch(model) as w:
        model(batch())
    after = Snapshot(model)
    assert _without_calls(after) == _without_calls(before)
    assert after.around["function modes"] == before.around["function modes"]
    assert after.around["functions"] == before.around["functions"]
    assert len(w.traces) == 1


def test_what_goes_wrong_after_the_forward_is_no_failure_of_it() -> None:
    model = net()
    with pytest.raises(IndexError), ri.watch(model) as w:
        functional.cross_entropy(model(batch()), torch.tensor([1, 77]))
    assert w.trace.failure is None
    assert "_compiled_call_impl" not in vars(model)


def test_the_trace_is_the_first_forward_that_came_to_its_end() -> None:
    model = net()
    with ri.watch(model) as w:
        for size in ((2, 4, 8, 8), SIZE, (2, 3, 8, 8)):  # a batch that does not fit, two that do
            try:
                model(torch.ones(size))
            except RuntimeError:
                assert w.trace.failure is not None
    assert [t.failure is None for t in w.traces] == [False, True]
    assert w.trace is w.traces[1]
    assert w.trace.spec(w.trace.inputs[0]).shape == SIZE


def test_a_model_that_is_not_called_is_said_to_be_so() -> None:
    model = net()
    with ri.watch(model) as w:
        model.unit1(batch())
        model.forward(batch())
    assert w.traces == ()
    with pytest.raises(WorkFailed, match="Net has not been called") as raised:
        w.trace  # noqa: B018
    assert "model(x)" in raised.value.hint


def test_two_models_are_watched_at_once_and_one_within_the_other() -> None:
    generator, critic = net(), nn.Sequential(nn.Linear(10, 4), nn.Linear(4, 1))
    with ri.watch(generator) as g, ri.watch(critic) as c, ri.watch(generator.unit2) as u:
        critic(generator(batch())).sum().backward()
    assert what_ran(g.trace) == what_ran(ri.trace(generator, inputs=batch(), mode="train"))
    assert what_ran(c.trace) == what_ran(ri.trace(critic, (2, 10), mode="train"))
    assert what_ran(u.trace) == what_ran(ri.trace(generator.unit2, (2, 8, 8, 8), mode="train"))


def test_one_model_is_watched_twice_at_once() -> None:
    model = net()
    with ri.watch(model) as outer, ri.watch(model, forwards=None) as inner:
        step(model)
        step(model)
    assert what_ran(outer.trace) == what_ran(inner.trace)
    assert (len(outer.traces), len(inner.traces)) == (1, 2)
    assert "_compiled_call_impl" not in vars(model)


def test_a_model_that_calls_itself_is_one_forward() -> None:
    class Twice(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return self(x[:1]) + 1 if len(x) > 1 else x * 2

    model = Twice()
    with ri.watch(model, forwards=None) as w:
        model(torch.ones(2, 3))
    assert len(w.traces) == 1
    assert what_ran(w.trace) == what_ran(ri.trace(model, (2, 3), mode="train"))


def compiled(model: nn.Module) -> Any:
    return torch.compile(model, backend="eager")


def compiled_in_place(model: nn.Module) -> nn.Module:
    model.compile(backend="eager")
    return model


@pytest.mark.parametrize(
    ("wrap", "word"),
    [(compiled, "torch.compile"), (compiled_in_place, ""), (nn.DataParallel, "DataParallel")],
)
def test_a_wrapped_model_is_watched_inside(wrap: Callable[..., Any], word: str) -> None:
    inner = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(784, 10))
    plain = ri.trace(inner, SIZE, mode="train")
    model = wrap(inner)
    model(batch())
    kept = dict(vars(inner))
    with ri.watch(model) as w:
        step(model)
    assert what_ran(w.trace) == what_ran(plain)
    assert w.trace.provenance.notes[0].startswith(word)
    assert vars(inner) == kept
    assert list(vars(inner)) == list(kept)


def test_a_compiled_model_is_not_compiled_again() -> None:
    torch._dynamo.reset()
    made: list[int] = []

    def backend(graph: Any, inputs: Any) -> Any:
        made.append(len(inputs))
        return graph.forward

    model: Any = torch.compile(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), backend=backend)
    model(batch())
    with ri.watch(model) as w:
        model(batch())
    model(batch())
    assert len(made) == 1
    assert len(w.traces) == 1


def test_a_model_compiled_meanwhile_stays_compiled() -> None:
    model = nn.Sequential(nn.ReLU())
    with ri.watch(model):
        model.compile(backend="eager")
        kept = vars(model)["_compiled_call_impl"]
    assert vars(model)["_compiled_call_impl"] is kept


def test_a_copy_made_meanwhile_is_not_watched() -> None:
    model = net()
    with ri.watch(model, forwards=None) as w:
        copy.deepcopy(model)(batch())
        assert w.traces == ()
        model(batch())
    assert len(w.traces) == 1
    plain = nn.Sequential(nn.ReLU())
    with ri.watch(plain) as w:
        pickle.loads(pickle.dumps(plain))(batch())
    assert w.traces == ()


def test_no_tensor_is_kept_alive() -> None:
    model = net()
    gc.collect()
    gc.disable()
    try:
        with ri.watch(model, forwards=None) as w:
            result = weakref.ref(model(batch()))
            assert result() is None
            with pytest.raises(RuntimeError):
                model(torch.ones(2, 4, 8, 8))
    finally:
        gc.enable()
    assert len(w.traces) == 2


@pytest.mark.filterwarnings("ignore:.torch.jit:FutureWarning")
def test_what_cannot_be_watched_is_refused() -> None:
    with pytest.raises(BadInput, match="'resnet50'"), ri.watch("resnet50"):  # type: ignore[arg-type]
        pass
    with pytest.raises(BadInput, match="0 forwards"), ri.watch(net(), forwards=0):
        pass
    scripted: Any = torch.jit.trace(nn.ReLU(), torch.ones(1))
    with pytest.raises(UntraceableModel, match="TorchScript"), ri.watch(scripted):
        pass
    spread = nn.DataParallel(net())
    spread.device_ids = [0, 1]
    with pytest.raises(UntraceableModel, match="several devices"), ri.watch(spread):
        pass


def test_every_trace_that_python_gets_is_an_inspection() -> None:
    model = net()
    with ri.watch(model) as w:
        model(batch())
    with pytest.raises(ri.ForwardError) as raised:
        ri.trace(model, (2, 4, 8, 8))

    def interrupt(x: Tensor) -> Tensor:
        raise KeyboardInterrupt

    model.fc.forward = interrupt
    with pytest.raises(ri.ForwardInterrupted) as stopped:
        ri.trace(model, SIZE)
    named = ri.trace("resnet:basic:1,1:stem=cifar")
    for trace in (named, ri.trace(net(), SIZE), w.trace, raised.value.trace, stopped.value.trace):
        assert type(trace) is ri.Inspection
