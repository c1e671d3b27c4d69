"""What flows in a program of one's own, which computes what it would have."""

from __future__ import annotations

import copy
import gc
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from flowing import PATHS, Residual, Seen, check_flow, flows
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

import resnet_inspect as ri
from resnet_inspect import pipeline
from resnet_inspect.errors import UnknownName, UsageError, WorkFailed


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x).relu()


EVERYTHING = ri.Selection(everything=True)
Call = Callable[[Tensor], Tensor]
Setup = Callable[[Residual], AbstractContextManager[Call]]
"""How a program runs its network, as a context that gives what is called."""


@contextmanager
def plainly(model: Residual) -> Iterator[Call]:
    yield model


@contextmanager
def with_parts_checkpointed(model: Residual) -> Iterator[Call]:
    branch = model.branch.forward
    model.branch.forward = lambda x: checkpoint(branch, x, use_reentrant=False)
    yield model
    del model.branch.forward


@contextmanager
def with_parts_checkpointed_reentrantly(model: Residual) -> Iterator[Call]:
    branch = model.branch.forward
    model.branch.forward = lambda x: checkpoint(branch, x, use_reentrant=True)
    yield model
    del model.branch.forward


@contextmanager
def checkpointed(model: Residual) -> Iterator[Call]:
    yield lambda x: checkpoint(model, x, use_reentrant=False)


@contextmanager
def checkpointed_reentrantly(model: Residual) -> Iterator[Call]:
    yield lambda x: checkpoint(model, x.requires_grad_(), use_reentrant=True)


@contextmanager
def with_autocast(model: Residual) -> Iterator[Call]:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        yield model


@contextmanager
def compiled(model: Residual) -> Iterator[Call]:
    yield torch.compile(model, backend="eager")


@contextmanager
def compiled_in_place(model: Residual) -> Iterator[Call]:
    model.compile(backend="eager")
    yield model


@contextmanager
def compiled_around(model: Residual) -> Iterator[Call]:
    @torch.compile(backend="eager")
    def around(x: Tensor) -> Tensor:
        return model(x) * 1.0

    yield around


@contextmanager
def distributed(model: Residual) -> Iterator[Call]:
    distributed = torch.distributed
    if not distributed.is_available() or not distributed.is_gloo_available():
        pytest.skip("this torch has no gloo")
    distributed.init_process_group("gloo", store=distributed.HashStore(), rank=0, world_size=1)
    try:
        yield nn.parallel.DistributedDataParallel(model)
    finally:
        distributed.destroy_process_group()


SETUPS: tuple[Setup, ...] = (
    plainly, with_parts_checkpointed, with_parts_checkpointed_reentrantly, checkpointed,
    checkpointed_reentrantly, with_autocast, compiled, compiled_in_place, compiled_around,
    distributed,
)  # fmt: skip
PLAIN = {with_autocast: with_autocast}
"""What a program computes where it does not compute what a plain one does, but for rounding."""


class Trained:
    """Three steps of two batches each, whose gradients are accumulated."""

    def __init__(self, model: Residual, setup: Setup, make: Any, is_watched: bool = False) -> None:
        self.outputs: list[weakref.ref[Tensor]] = []
        self.norms: list[dict[str, float]] = []
        self.updates: list[dict[str, float]] = []
        random = torch.Generator().manual_seed(1)
        optimizer = make(model.parameters(), lr=0.1)
        with setup(model) as call, ExitStack() as watching:
            if is_watched:
                whole = call if isinstance(call, nn.Module) else model
                self.watch = watching.enter_context(ri.watch(whole, signals=True, forwards=None))
            for _ in range(3):
                optimizer.zero_grad()
                before = copy.deepcopy(dict(model.named_parameters()))
                for _ in range(2):
                    made = call(torch.randn(4, 3, 8, 8, generator=random))
                    self.outputs.append(weakref.ref(made))
                    functional.cross_entropy(made, torch.arange(4)).backward()
                    parameters = dict(model.named_parameters())
                    self.norms.append({n: p.grad.norm().item() for n, p in parameters.items()})
                    del made
                optimizer.step()
                self.updates.append(
                    {n: ((p - before[n]).norm() / before[n].norm()).item()
                     for n, p in model.named_parameters()}
                )  # fmt: skip


@pytest.mark.parametrize("make", [torch.optim.SGD, torch.optim.Adam])
@pytest.mark.parametrize("setup", SETUPS)
@pytest.mark.filterwarnings("ignore")
def test_a_watched_program_computes_what_it_would_have(setup: Setup, make: Any) -> None:
    torch.manual_seed(0)
    watched, bare = (copy.deepcopy(model) for model in [Residual().train()] * 2)
    trained = Trained(watched, setup, make, is_watched=True)
    unwatched = Trained(bare, setup, make)
    assert trained.norms == unwatched.norms
    for (name, one), other in zip(bare.named_parameters(), watched.parameters(), strict=True):
        assert torch.equal(one, other), name
        assert torch.equal(one.grad, other.grad), name
    assert not any(made() is not None for made in trained.outputs), "nothing is kept alive"
    assert not any(p._post_accumulate_grad_hooks for p in watched.parameters())
    assert [one.step for one in trained.watch.signals] == list(range(6))
    assert len(trained.watch.traces) == 1
    for step, one in enumerate(trained.watch.signals):
        for weight in one.weights:
            assert weight.gradient_norm == pytest.approx(trained.norms[step][weight.path])
            assert bool(weight.update_ratio) == bool(step % 2 and weight.norm), "of the second"
            if weight.update_ratio:
                update = trained.updates[step // 2][weight.path]
                assert weight.update_ratio == pytest.approx(update, rel=1e-4)


@pytest.mark.parametrize("setup", SETUPS)
@pytest.mark.filterwarnings("ignore")
def test_what_flows_is_what_plain_autograd_has(setup: Setup) -> None:
    torch.manual_seed(0)
    watched, plain = (copy.deepcopy(model) for model in [Residual().train()] * 2)
    w, seen = Trained(watched, setup, torch.optim.SGD, is_watched=True).watch, Seen(plain, PATHS)
    Trained(plain, PLAIN.get(setup, plainly), torch.optim.SGD)
    each = 9
    assert len(seen.outputs) == 6 * each
    for step, one in enumerate(w.signals):
        found = {path: iter(flows(w.trace, one, path)) for path in PATHS}
        for place in range(step * each, (step + 1) * each):
            path, made = seen.outputs[place]
            flow, gradient = next(found[path]), seen.gradients[place]
            if setup is with_parts_checkpointed_reentrantly and path.startswith("branch"):
                assert flow.gradient_norm is None
                gradient = None
            check_flow(flow, made, gradient, 2e-2 if setup is with_autocast else 1e-4)


@pytest.mark.parametrize("is_in_place", [False, True])
def test_what_is_compiled_runs_compiled_in_steps_that_are_not_watched(is_in_place: bool) -> None:
    graphs = runs = 0

    def backend(graph: torch.fx.GraphModule, inputs: Any) -> Callable[..., Any]:
        nonlocal graphs
        graphs += 1

        def run(*args: Any) -> Any:
            nonlocal runs
            runs += 1
            return graph.forward(*args)

        return run

    model = Small()
    if is_in_place:
        model.compile(backend=backend)
    call = model if is_in_place else torch.compile(model, backend=backend)
    x = torch.randn(4, 3)
    call(x)
    with ri.watch(call, signals=True, every=3, forwards=None) as w:
        for step in range(5):
            runs = 0
            call(x).sum().backward()
            assert runs == (step % 3 != 0), step
    call(x)
    assert [one.step for one in w.signals] == [0, 3]
    assert (graphs, runs) == (1, 2)


def test_two_forwards_before_one_backward_are_one_step() -> None:
    model = Residual()
    x = torch.randn(4, 3, 8, 8)
    with ri.watch(model, signals=True, every=2, forwards=None) as w:
        (model(x) + model(x)).sum().backward()
        norm = model.head.weight.grad.norm().item()
        model(x).sum().backward()
    first = {weight.path: weight for weight in w.signals[0].weights}
    assert first["head.weight"].gradient_norm == pytest.approx(norm)


def test_a_step_ends_with_the_next_forward_and_leaves_nothing_on_the_model() -> None:
    model = Residual()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    made = []
    for forwards, every in ((None, 4), (1, 1)):
        with ri.watch(model, signals=True, every=every, forwards=forwards) as w:
            for step in range(4):
                optimizer.zero_grad()
                hooks = [
                    *(p._post_accumulate_grad_hooks for p in model.parameters()),
                    *(m._forward_hooks for m in model.modules()),
                    *(m._forward_pre_hooks for m in model.modules()),
                ]
                output = model(torch.randn(4, 3, 8, 8))
                assert step < 2 or not any(hooks), step
                output.square().mean().backward()
                made.append({n: p.grad.norm().item() for n, p in model.named_parameters()})
                optimizer.step()
        (signals,) = w.signals
        for weight in signals.weights:
            assert weight.gradient_norm == pytest.approx(made[-4][weight.path])


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
    first = {row["path"]: row for row in w.flow(step=0, selection=EVERYTHING).rows}
    stem = next(flow for flow in flows(w.trace, w.signals[0], "stem"))
    assert (first["stem"]["output_std"], first["stem"]["zeros"]) == (stem.std, 0)
    page = w._repr_html_()
    assert page is not None
    assert page.index("<svg") < page.index("<table")
    with pytest.raises(UnknownName, match="totals"):
        w.flow("totals")
    with pytest.raises(UsageError, match="no step 3"):
        w.flow(step=3)
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
