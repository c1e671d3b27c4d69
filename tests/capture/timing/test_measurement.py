"""Networks against the clock: whose time it is, never how much of it."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable

import pytest
import torch
from clocked_networks import SIZE, TINY, measured
from torch import Tensor, nn

from resnet_inspect import pipeline
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.analysis.timing import Timing
from resnet_inspect.capture.timing.measurement import moved
from resnet_inspect.errors import BadInput, WorkFailed
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.timing import Ceiling, Measurements


@pytest.fixture(scope="module")
def tiny() -> tuple[Trace, Measurements]:
    runs = {"repeats": 3, "warm_up": 1, "backward": True}
    return pipeline.measure(TINY, SIZE, runs=runs)


def test_every_step_has_a_time_in_every_run(tiny: tuple[Trace, Measurements]) -> None:
    trace, found = tiny
    assert len(found.forward) == len(found.backward) == len(found.whole_backward) == 3
    for run in found.forward:
        assert all(run[index] > 0 for index in trace.steps)
    for run in found.backward:
        assert all(run[c.index] > 0 for c in trace.calls if c.path.endswith(("conv1", "bn2", "fc")))


def test_the_backward_pass_of_an_add_is_told_apart(tiny: tuple[Trace, Measurements]) -> None:
    trace, found = tiny
    (add,) = trace.calls_at["layer2.0:add"]
    assert all(run[add] > 0 for run in found.backward)


def test_the_runs_are_dealt_out_whole(tiny: tuple[Trace, Measurements]) -> None:
    trace, found = tiny
    speed = Timing(Survey(trace), found)
    assert speed.hooks == speed.hooked.seconds - speed.whole.seconds
    assert speed.hooked.seconds == sorted(sum(run) for run in found.forward)[1] / 1e9
    assert min(found.whole_forward) > 0
    assert speed.ceilings.peak > 0
    assert speed.ceilings.bandwidth > 0


def test_the_machine_is_described(tiny: tuple[Trace, Measurements]) -> None:
    machine = tiny[1].machine
    assert machine.device == "cpu"
    assert machine.name
    assert machine.torch_version == torch.__version__
    assert machine.threads == torch.get_num_threads()


def test_threads_are_put_back() -> None:
    before = torch.get_num_threads()
    _, found = measured(nn.Linear(4, 4), 2, 4, threads=before + 1)
    assert found.machine.threads == before + 1
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("compile", [lambda model: _Refusing(model), lambda model: _refuse()])
def test_what_cannot_be_compiled_is_a_note(
    monkeypatch: pytest.MonkeyPatch, compile: Callable[[nn.Module], nn.Module]
) -> None:
    monkeypatch.setattr(torch, "compile", compile)
    _, found = measured(nn.Linear(4, 4), 2, 4, compiled=True)
    assert found.compiled == ()
    assert found.notes == ("torch.compile cannot work here: RuntimeError: no compiler",)


def test_a_network_that_compiles_at_first_and_then_not_is_a_note(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch, "compile", lambda model: Hungry(RuntimeError("later")))
    _, found = measured(nn.Linear(4, 4), 2, 4, compiled=True, warm_up=1)
    assert found.compiled == ()
    assert found.notes == ("torch.compile cannot work here: RuntimeError: later",)


class _Refusing(nn.Module):
    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Ceiling:
        return _refuse()


@pytest.mark.parametrize(
    ("layer", "shape", "layout"),
    [
        (nn.Conv2d(4, 8, 3), (2, 4, 8, 8), torch.channels_last),
        (nn.Conv3d(4, 8, 3), (2, 4, 8, 8, 8), torch.channels_last_3d),
    ],
)
def test_channels_stand_last_in_images_and_videos(
    layer: nn.Module, shape: tuple[int, ...], layout: torch.memory_format
) -> None:
    given: list[Tensor] = []
    layer.register_forward_pre_hook(lambda module, args: given.append(args[0]))
    _, found = measured(layer, *shape, channels_last=True)
    assert found.channels_last
    assert given[-1].is_contiguous(memory_format=layout)
    assert next(layer.parameters()).is_contiguous(memory_format=layout)


def test_what_cannot_be_measured_is_refused() -> None:
    with pytest.raises(BadInput, match="meta"):
        pipeline.measure(TINY, SIZE, device="meta")
    with pytest.raises(BadInput, match="gradient"):
        measured(nn.ReLU(), 2, 4, backward=True)


def _refuse(*_: object) -> Ceiling:
    raise RuntimeError("no\ncompiler")


class Hungry(nn.Module):
    """Has what it needs when it is traced, and not when it is measured."""

    def __init__(self, error: RuntimeError) -> None:
        super().__init__()
        self.error, self.turn = error, 0

    def forward(self, x: Tensor) -> Tensor:
        self.turn += 1
        if self.turn > 1:
            raise self.error
        return x + 1


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (torch.OutOfMemoryError("CUDA out of memory.\nmore"), "cpu has too little memory: CUDA"),
        (RuntimeError(), "a run raised: RuntimeError"),
    ],
)
def test_a_run_that_raises_is_one_line(error: RuntimeError, words: str) -> None:
    with pytest.raises(WorkFailed, match=words) as caught:
        measured(Hungry(error), 2, 4)
    assert "\n" not in caught.value.message


def test_what_a_device_cannot_hold_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nn.Linear, "to", _refuse)
    with pytest.raises(WorkFailed, match="meta cannot hold the network: no"):
        moved(nn.Linear(4, 4), torch.device("meta"))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_a_graphics_card() -> None:
    runs = {"repeats": 3, "warm_up": 2, "backward": True}
    trace, found = pipeline.measure("resnet18", SIZE, device="cuda", runs=runs)
    assert found.machine.name == torch.cuda.get_device_name(0)
    convolutions = [call.index for call in trace.calls if call.path.endswith("conv1")]
    for run in (*found.forward, *found.backward):
        assert all(run[index] > 0 for index in convolutions)
    weights = sum(p.tensor.nbytes for m in trace.modules for p in m.parameters)
    assert found.peak.allocated is not None
    assert found.peak.allocated >= found.peak.nbytes + weights


class Cyclic(nn.Module):
    """Leaves its map in a cycle after each run, where only a collection finds it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.alive: list[int] = []
        self.left: list[weakref.ref[Tensor]] = []
        self.collecting: list[bool] = []

    def forward(self, x: Tensor) -> Tensor:
        self.alive.append(sum(kept() is not None for kept in self.left))
        self.collecting.append(gc.isenabled())
        made: Tensor = self.conv(x)
        cycle: list[object] = [made.detach()]
        cycle.append(cycle)
        self.left.append(weakref.ref(cycle[0]))  # type: ignore[arg-type]
        return made


def test_nothing_is_collected_in_a_run_and_what_runs_leave_between_them() -> None:
    model = Cyclic()
    measured(model, 1, 3, 8, 8, repeats=4)
    assert len(model.alive) == 1 + 1 + 2 * 4  # to warm up, for the memory, those that count
    assert not any(model.alive)
    assert not any(model.collecting)
    assert gc.isenabled()


def test_nothing_keeps_a_network_after_its_backward_pass_was_measured() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    alive = weakref.ref(model)
    measured(model, 1, 3, 8, 8, backward=True)
    del model
    gc.collect()
    assert alive() is None


class Keeping(Cyclic):
    """Keeps its last map in a cycle until the next run."""

    def forward(self, x: Tensor) -> Tensor:
        self.alive.append(sum(kept() is not None for kept in self.left))
        made: Tensor = self.conv(x)
        self.last: list[object] = [made.detach()]
        self.last.append(self.last)
        self.left.append(weakref.ref(self.last[0]))  # type: ignore[arg-type]
        return made


def test_what_a_network_keeps_from_run_to_run_does_not_pile_up() -> None:
    model = Keeping()
    measured(model, 1, 3, 8, 8, repeats=6)
    assert max(model.alive) <= 2


def test_whatever_a_run_raises_is_the_networks_and_not_ours() -> None:
    class Second(nn.Module):
        def __init__(self, raised: BaseException) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)
            self.raised = raised

        def forward(self, x: Tensor) -> Tensor:
            if gc.get_freeze_count():  # so only while it is measured
                raise self.raised
            made: Tensor = self.conv(x)
            return made

    for raised in (ValueError("no\nmore"), SystemExit(7)):
        with pytest.raises(WorkFailed, match=r"a run raised: (no|7)$"):
            measured(Second(raised), 1, 3, 8, 8)
    assert not gc.get_freeze_count()
    assert gc.isenabled()
