"""A model, its arguments and torch itself are after a trace what they were before."""

from __future__ import annotations

import copy
import gc
import random
import weakref
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
import torchvision
from snapshot import Snapshot, _of_torch
from torch import Tensor, nn
from torch.nn import functional

import resnet_inspect as ri
from resnet_inspect.errors import ForwardError, ForwardInterrupted

SIZE = (2, 3, 64, 64)


def resnet(break_at: str = "") -> nn.Module:
    """A ResNet-18 with gradients set and a user's own hooks; raises at a layer if told to."""
    torch.manual_seed(0)
    model = torchvision.models.resnet18()
    for i, parameter in enumerate(model.parameters()):
        parameter.requires_grad_(i % 3 > 0)
        if i % 3 == 1:
            parameter.grad = torch.full_like(parameter, 0.25)
    model.layer1[0].conv1.register_forward_pre_hook(lambda module, args: None)
    model.layer1[0].conv1.register_forward_hook(lambda module, args, result: None)
    model.layer2.register_forward_hook(lambda module, args, kwargs, result: None, with_kwargs=True)
    model.fc.register_full_backward_hook(lambda module, given, made: None)
    model.register_state_dict_post_hook(lambda *seen: None)
    if break_at:

        def fail(module: nn.Module, args: Any) -> None:
            raise RuntimeError("on purpose")

        layer = model.get_submodule(break_at)
        layer.forward = lambda x: fail(layer, x)
    return model


def all_in_train(model: nn.Module) -> None:
    model.train()


def all_in_eval(model: nn.Module) -> None:
    model.eval()


def norms_in_eval(model: nn.Module) -> None:
    """As one fine-tunes: in train mode, but for the batch norms."""
    model.train()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()


@pytest.mark.parametrize("mode", ["eval", "train", "as found"])
@pytest.mark.parametrize("device", ["cpu", "meta", None])
@pytest.mark.parametrize("prepare", [all_in_train, all_in_eval, norms_in_eval])
def test_a_trace_changes_nothing(
    prepare: Callable[[nn.Module], None], device: str | None, mode: Any
) -> None:
    model = resnet()
    prepare(model)
    before = Snapshot(model)
    ri.trace(model, SIZE, device=device, mode=mode)
    before.compare(Snapshot(model))


@pytest.mark.parametrize("mode", ["eval", "train", "as found"])
@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize("prepare", [all_in_train, norms_in_eval])
def test_a_trace_that_breaks_changes_nothing_and_says_where(
    prepare: Callable[[nn.Module], None], device: str, mode: Any
) -> None:
    model = resnet(break_at="layer3.1.conv2")
    prepare(model)
    before = Snapshot(model)
    with pytest.raises(ForwardError) as raised:
        ri.trace(model, SIZE, device=device, mode=mode)
    before.compare(Snapshot(model))
    trace = raised.value.trace
    assert trace.failure is not None
    failed = trace.calls[trace.failure.call]
    assert failed.path == failed.module == "layer3.1.conv2"
    assert failed is trace.calls[-1]
    assert not failed.outputs
    assert trace.spec(failed.inputs[0]).shape == (2, 256, 4, 4)
    assert trace.failure.error == "RuntimeError"
    assert "on purpose" in trace.failure.message
    assert "layer3.1.conv2" in raised.value.message
    whole = ri.trace(resnet(), SIZE, device=device)
    assert [c.path for c in trace.calls] == [c.path for c in whole.calls[: len(trace.calls)]]
    assert trace.outputs == ()


class MarkedInterrupt(KeyboardInterrupt):
    """Ctrl-C, told apart from a real one."""


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_ctrl_c_in_the_middle_changes_nothing(device: str) -> None:
    model = resnet()
    model.train()

    def interrupt(x: Tensor) -> Tensor:
        raise MarkedInterrupt

    model.layer2[0].conv1.forward = interrupt
    before = Snapshot(model)
    with pytest.raises(ForwardInterrupted) as stopped:
        ri.trace(model, SIZE, device=device, mode="train")
    assert isinstance(stopped.value.__cause__, MarkedInterrupt)
    assert str(stopped.value) == "interrupted after 21 calls, in layer2.0.conv1"
    assert stopped.value.trace.calls[-1].path == "layer2.0.conv1"
    before.compare(Snapshot(model))


@pytest.mark.parametrize("raising", [False, True])
@pytest.mark.parametrize("stochastic", [torch.rand, functional.dropout])
def test_random_number_generators_go_on_where_they_were(
    stochastic: Callable[..., Tensor], raising: bool
) -> None:
    class Noisy(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            random.random()
            np.random.rand()
            noise = (
                functional.dropout(x) if stochastic is functional.dropout else torch.rand(x.shape)
            )
            if raising:
                raise ValueError
            return x + noise

    model = Noisy()
    before = Snapshot(model)
    drawn = []
    for _ in range(2):
        state = torch.get_rng_state()
        drawn.append(torch.rand(3))
        torch.set_rng_state(state)
        if raising:
            with pytest.raises(ForwardError):
                ri.trace(model, (2, 3), mode="train")
        else:
            ri.trace(model, (2, 3), mode="train")
    assert torch.equal(*drawn)
    before.compare(Snapshot(model))


def test_a_named_variant_leaves_the_random_numbers_too() -> None:
    before = _of_torch()
    ri.trace("resnet18", (1, 3, 64, 64), device="cpu")
    assert _of_torch() == before


class Remembering(nn.Module):
    """A network that writes into itself whatever can be written."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.counter = 7
        self.last: Tensor | None = None
        self.kept = [torch.zeros(2)]
        self.cache: dict[str, Any] = {"nested": {"shapes": [1]}}
        self.paths = {"a"}
        self.plain = torch.zeros(3)
        self.register_buffer("steps", torch.zeros(1))
        self.register_buffer("hidden", torch.zeros(1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        self.counter += 1
        self.last = x
        self.kept.append(x)
        self.cache["x"] = x
        self.cache["nested"]["shapes"].append(x.shape)
        self.paths.add("b")
        self.plain += 1
        self.steps += 1
        self.hidden = self.hidden + 1
        self.new = x
        self.register_buffer("late", x, persistent=False)
        self.extra = nn.ReLU()
        self.conv.stride = (2, 2)
        del self.counter
        return self.conv(x)


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_a_model_that_writes_into_itself_comes_back_unchanged(device: str) -> None:
    model = Remembering()
    before = Snapshot(model)
    made = ri.trace(model, (1, 3, 8, 8), device=device)
    before.compare(Snapshot(model))
    assert made.spec(made.outputs[0]).shape == (1, 4, 3, 3)
    assert model.cache == {"nested": {"shapes": [1]}}
    assert model.paths == {"a"}
    assert (model.kept[0] == 0).all()
    assert (model.plain == 0).all()
    assert model.conv.stride == (1, 1)


@pytest.mark.parametrize("kind", ["one", "tuple", "dict", "nested"])
def test_arguments_that_the_forward_writes_into_are_unchanged(kind: str) -> None:
    class Writing(nn.Module):
        def forward(self, *args: Any, **kwargs: Any) -> Tensor:
            first = args[0] if args else kwargs["x"]
            x = first["deep"][0] if isinstance(first, dict) else first
            if isinstance(first, dict):
                first["more"] = x
            return x.add_(1).relu_()

    x = torch.full((2, 3), -3.0)
    given = {"one": x, "tuple": (x,), "dict": {"x": x}, "nested": ({"deep": [x]},)}[kind]
    ri.trace(Writing(), inputs=given)
    assert (x == -3).all()
    if kind == "nested":
        assert list(given[0]) == ["deep"]


def test_a_recurrent_layer_keeps_its_flat_weights() -> None:
    model = nn.LSTM(4, 5)
    before = Snapshot(model)
    ri.trace(model, (3, 1, 4), device="meta")
    before.compare(Snapshot(model))
    assert all(a is b for a, b in zip(model._flat_weights, model.parameters(), strict=True))


@pytest.mark.parametrize("raising", [False, True])
@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_the_model_is_freed_when_it_is_dropped(device: str, raising: bool) -> None:
    model = resnet(break_at="layer3.1.conv2" if raising else "")
    seen = weakref.ref(model)
    weight = weakref.ref(model.layer4[0].conv1.weight)
    if raising:
        with pytest.raises(ForwardError) as raised:
            ri.trace(model, SIZE, device=device)
        trace = raised.value.trace
        del raised
    else:
        trace = ri.trace(model, SIZE, device=device)
    del model
    gc.collect()
    assert trace.calls
    assert seen() is None
    assert weight() is None


def alive_within(run: Callable[[nn.Module], object]) -> list[str]:
    """Which of some layers' outputs are alive when layer3.1 is entered."""
    model = resnet(break_at="layer3.1.conv2").eval()
    made: dict[str, weakref.ref[Any]] = {}
    alive: list[str] = []

    def remember(path: str) -> Callable[..., None]:
        def hook(module: nn.Module, args: Any, result: Tensor) -> None:
            made[path] = weakref.ref(result)

        return hook

    paths = ("conv1", "layer1.0.conv1", "layer1.1", "layer2.0.bn2", "layer2.0", "layer2.1")
    for path in paths:
        model.get_submodule(path).register_forward_hook(remember(path))

    def look(module: nn.Module, args: Any) -> None:
        alive.extend(path for path, tensor in made.items() if tensor() is not None)

    model.layer3[1].register_forward_pre_hook(look)
    with pytest.raises((ForwardError, RuntimeError)):
        run(model)
    assert list(made) == list(paths)
    return alive


def test_activations_die_during_a_trace_as_in_a_plain_forward() -> None:
    def plainly(model: nn.Module) -> None:
        with torch.no_grad():
            model(torch.ones(SIZE))

    alive = alive_within(lambda model: ri.trace(model, SIZE, device="cpu"))
    assert alive == alive_within(plainly) == ["layer2.1"]  # the input of layer3, which runs


def live_tensors() -> int:
    gc.collect()
    return sum(issubclass(type(thing), Tensor) for thing in gc.get_objects())


def test_a_trace_holds_no_tensor() -> None:
    model = resnet()
    ri.trace(model, SIZE)
    before = live_tensors()
    trace = ri.trace(model, SIZE)
    assert live_tensors() == before

    kinds: set[type] = set()
    waiting: list[Any] = [trace]
    while waiting:
        value = waiting.pop()
        kinds.add(type(value))
        if isinstance(value, list | tuple | set | frozenset):
            waiting.extend(value)
        elif isinstance(value, dict):
            waiting.extend([*value, *value.values()])
        elif type(value).__module__.startswith("resnet_inspect"):
            names = type(value).__dataclass_fields__
            waiting.extend(getattr(value, name) for name in names)
    strange = {k for k in kinds if k.__module__.split(".")[0] not in ("builtins", "resnet_inspect")}
    assert strange == set()


def test_two_traces_of_one_model_are_equal_but_for_their_time() -> None:
    model = resnet()
    first, second = ri.trace(model, SIZE), ri.trace(model, SIZE)
    assert (first.calls, first.modules, first.activations) == (
        second.calls,
        second.modules,
        second.activations,
    )


class Merging(nn.Linear):
    """A layer that adds an update to its weight when it goes to eval mode, as LoRA layers do."""

    def __init__(self) -> None:
        super().__init__(4, 4)
        self.merged = False

    def train(self, mode: bool = True) -> Merging:
        if not mode and not self.merged:
            self.weight.data += 1.0
            self.merged = True
        return super().train(mode)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.bias.data.clamp_(max=0.0)
        return super().forward(x)


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_weights_that_the_model_changes_in_place_are_put_back(device: str) -> None:
    model = Merging().train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    ri.trace(model, (1, 4), device=device)
    assert not model.merged
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[name]), name


class Keeps(nn.Module):
    """Changes all that it holds of Python's, and takes a hook off."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Conv2d(3, 3, 1)
        self.list, self.set, self.deque = [1], {1}, deque([1], maxlen=2)
        self.ordered = OrderedDict(a=1, b=2)
        self.default = defaultdict(list, a=[1])
        self.bytes, self.counter, self.named = (
            bytearray(b"ab"),
            Counter("aab"),
            Named([1], {"a": 1}),
        )
        self.own = Own([1])
        self.nested: Any = {"a": [OrderedDict(b=deque([[1]]))]}
        self.itself: list[Any] = [1]
        self.itself.append(self.itself)
        self.array = np.ones(3)
        self.random, self.numpy = random.Random(1), np.random.default_rng(1)
        self.generator = torch.Generator().manual_seed(1)
        self.held = {"maps": [torch.zeros(2)]}
        self.removes_itself = self.inner.register_forward_hook(self.taken_off)
        self.register_buffer("seen", torch.zeros(1))

    def taken_off(self, *given: Any) -> None:
        self.removes_itself.remove()

    def forward(self, x: Tensor) -> Tensor:
        self.list.append(2)
        self.set.add(2)
        self.deque += [2, 3]
        self.ordered.move_to_end("a")
        self.default["b"].append(2)
        self.default["a"].append(2)
        self.bytes += b"c"
        self.counter["a"] -= 1
        self.named.parts.append(2)
        self.named.by_name.clear()
        self.own += [2]
        self.nested["a"][0]["b"][0].append(2)
        self.itself.clear()
        self.array *= 2
        drawn = self.random.random(), self.numpy.random(), torch.rand(1, generator=self.generator)
        self.held["maps"][0] += float(drawn[0])
        self.held["maps"].append(x)
        self.seen += 1
        self.inner.training = not self.inner.training
        return self.inner(x)

    def state(self) -> Any:
        """All of it, in values that can be compared."""
        kinds = (self.list, self.set, self.deque, list(self.ordered), self.default, self.counter)
        drawn = self.random.getstate(), self.numpy.bit_generator.state["state"]
        tensors = self.generator.get_state().tolist(), self.seen.tolist(), self.held["maps"]
        hooks = list(self.inner._forward_hooks), self.inner.training
        mixed = bytes(self.bytes), self.named, list.copy(self.own), self.nested, self.array.tolist()
        return copy.deepcopy((kinds, drawn, repr(tensors), hooks, mixed, len(self.itself)))


class Own(list):  # type: ignore[type-arg]
    """A list whose own code is not to be run by those who look."""

    def __iter__(self) -> Any:
        raise RuntimeError("looked into")

    def __repr__(self) -> str:
        return "own"


class Named(NamedTuple):
    parts: list[int]
    by_name: dict[str, int]


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_collections_hooks_and_generators_are_as_found(device: str) -> None:
    model = Keeps()
    held = vars(model).copy()
    before = model.state()
    ri.trace(model, (1, 3, 4, 4), device=device)
    assert model.state() == before
    assert all(vars(model)[name] is value for name, value in held.items())
    assert model.nested["a"][0]["b"][0] == [1]
    model.train()
    with torch.no_grad():
        model(torch.zeros(1, 3, 4, 4))
    assert model.state() != before, "what was compared does change"
    assert not model.inner._forward_hooks, "the hook that was put back takes itself off"
