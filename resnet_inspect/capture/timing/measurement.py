"""A traced network run again and again against a clock: what each call takes and what it holds.

Hooks read the clock where the forward of a module begins and ends, and nothing else; `course` says
which call the time between two readings belongs to. Runs with hooks and runs without alternate, so
that both meet the same conditions and what the hooks cost can be told. In the backward pass the
clock is read where autograd comes to what a call has made.

The network is the caller's to change: it is run in the mode it is in, with its statistics and its
gradients. A profiler would give kernels; here it is calls, on every device alike.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from resnet_inspect.capture.inputs import floating_dtype
from resnet_inspect.capture.recording.tensors import weak
from resnet_inspect.capture.timing.machine import Clock, copy_ceiling, machine_of, matmul_ceiling
from resnet_inspect.collection import collected_when_asked
from resnet_inspect.errors import BadInput, InspectError, WorkFailed
from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.tensors import Port
from resnet_inspect.traces.timing import Boundary, Measurements, Peak, course

Notice = Callable[[int], None]
"""Told, at each boundary, which call the time from here on belongs to."""
SoFar = Callable[[Measurements], None]
"""Told, after each run that counts, what all runs so far have measured."""


@dataclass(frozen=True, slots=True)
class Runs:
    """What is run, and how often."""

    repeats: int = 20
    warm_up: int = 5
    backward: bool = False
    compiled: bool = False
    channels_last: bool = False
    threads: int | None = None
    """Threads of the CPU; None for torch's own choice."""


def measure(
    model: nn.Module,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    trace: Trace,
    device: torch.device,
    runs: Runs,
    tell: Callable[[str], None],
    so_far: SoFar | None = None,
) -> Measurements:
    """Run the network whose trace this is on these arguments; all of it is on `device`.

    `so_far` is called between runs, while no clock is read.

    Raises `WorkFailed` if a run raises, or goes another way than the traced one; `BadInput` for a
    backward pass through a network that has nothing to train.
    """
    if runs.channels_last:
        for tensor in (*model.parameters(), *model.buffers()):
            tensor.data = _channels_last(tensor.data)
        args = [_channels_last(value) for value in args]
        kwargs = {name: _channels_last(value) for name, value in kwargs.items()}
    subject = _Subject(model, tuple(args), dict(kwargs), trace, device)
    if runs.backward and not any(p.requires_grad for p in model.parameters()):
        raise BadInput("no parameter takes a gradient: there is no backward pass")
    with _threads(runs.threads):
        try:
            # A search for cycles within a run would fall into the time of whatever layer runs.
            with collected_when_asked():
                return _measured(subject, runs, tell, so_far)
        except torch.OutOfMemoryError as error:
            raise WorkFailed(
                f"{device} has too little memory: {_line(error)}", hint="a smaller --batch"
            ) from error
        except InspectError:
            raise
        except (Exception, SystemExit) as error:  # such as a backward pass that cannot be
            raise WorkFailed(f"a run raised: {_line(error)}") from error


def moved(model: nn.Module, device: torch.device) -> nn.Module:
    """The network on that device; raises `WorkFailed` where it cannot hold it."""
    try:
        return model.to(device)
    except (RuntimeError, TypeError) as error:  # too little memory; a dtype that MPS has not
        raise WorkFailed(f"{device} cannot hold the network: {_line(error)}") from error


def _line(error: BaseException) -> str:
    """The first line of what an error says; its kind, if it says nothing."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _measured(
    subject: _Subject, runs: Runs, tell: Callable[[str], None], so_far: SoFar | None
) -> Measurements:
    """What needs no repeating comes first, so that the runs so far are a whole measurement."""
    for n in range(runs.warm_up):
        tell(f"warming up, {n + 1} of {runs.warm_up}")
        subject.run(backward=runs.backward)
    tell("measuring what the device can do")
    dtype = floating_dtype(subject.model)
    matmul = matmul_ceiling(subject.clock, subject.device, dtype)
    copy = copy_ceiling(subject.clock, subject.device)
    tell("measuring memory")  # last of these: it runs the network, which a copy put out of caches
    peak = subject.peak(backward=runs.backward)
    of_host = "the clock of mps is the host's: each call waits for the one before it"
    found = Measurements(
        machine=machine_of(subject.device),
        measured_at=datetime.now(UTC).replace(microsecond=0).isoformat(),
        channels_last=runs.channels_last,
        warm_up=runs.warm_up,
        forward=(),
        whole_forward=(),
        backward=(),
        whole_backward=(),
        compiled=(),
        matmul=matmul,
        copy=copy,
        peak=peak,
        notes=(of_host,) if subject.device.type == "mps" else (),
    )
    for n in range(runs.repeats):
        tell(f"measuring, {n + 1} of {runs.repeats}")
        found = _with_a_run(found, subject, backward=runs.backward)
        if so_far is not None:
            so_far(found)
    if runs.compiled:
        tell("compiling")
        compiled, notes = _compiled(subject, runs)
        found = replace(found, compiled=compiled, notes=(*notes, *found.notes))
    return found


def _with_a_run(found: Measurements, subject: _Subject, *, backward: bool) -> Measurements:
    """The same with one more run of each kind."""
    forward, back = subject.run(backward=backward)
    return replace(
        found,
        whole_forward=(*found.whole_forward, forward),
        whole_backward=(*found.whole_backward, *([back] if backward else [])),
        forward=(*found.forward, subject.forward_by_call(with_gradients=backward)),
        backward=(*found.backward, *([subject.backward_by_call()] if backward else [])),
    )


# -- the network -----------------------------------------------------------------------------------


class _Subject:
    """A network with its arguments, to be run in several ways."""

    def __init__(
        self,
        model: nn.Module,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        trace: Trace,
        device: torch.device,
    ) -> None:
        self.model = model
        self.args = args
        self.kwargs = kwargs
        self.trace = trace
        self.device = device
        self.clock = Clock(device)
        self._course = course(trace)

    def run(self, *, backward: bool) -> tuple[int, int]:
        """Nanoseconds of a forward and a backward pass without hooks; 0 for one not made."""
        self._before()
        with torch.set_grad_enabled(backward):
            started = self.clock.mark()
            made = self.model(*self.args, **self.kwargs)
            (forward,) = self.clock.between([started, self.clock.mark()])
        if not backward:
            return forward, 0
        loss = _loss(made)
        self.clock.wait()
        started = self.clock.mark()
        loss.backward()  # type: ignore[no-untyped-call]
        return forward, self.clock.between([started, self.clock.mark()])[0]

    def forward_by_call(self, *, with_gradients: bool) -> tuple[int, ...]:
        """Nanoseconds of each call in a forward pass, its callees not included."""
        watch = _Stopwatch(self.clock)
        self._before()
        with torch.set_grad_enabled(with_gradients), self._hooked(watch.notice):
            self.model(*self.args, **self.kwargs)
        return watch.by_call(len(self.trace.calls))

    def backward_by_call(self) -> tuple[int, ...]:
        """Nanoseconds of what autograd did for each call."""
        watch = _Stopwatch(self.clock)
        self._before()
        with torch.enable_grad(), self._hooked(_nobody, watch.notice):
            loss = _loss(self.model(*self.args, **self.kwargs))
        self.clock.wait()
        watch.notice(0)
        loss.backward()  # type: ignore[no-untyped-call]
        watch.notice(0)
        return watch.by_call(len(self.trace.calls))

    def peak(self, *, backward: bool) -> Peak:
        """The fullest moment of one pass, and what the allocator says of another."""
        self._before()
        there = (*self.model.parameters(), *self.model.buffers(), *_tensors(self.args, self.kwargs))
        alive = _Alive(there)
        with torch.set_grad_enabled(backward), alive:
            with self._hooked(alive.notice, alive.notice if backward else None):
                made = self.model(*self.args, **self.kwargs)
            if backward:
                alive.notice(0)
                _loss(made).backward()  # type: ignore[no-untyped-call]
        allocated = None
        if self.device.type == "cuda":
            del made
            self._before()  # without the gradients of the pass above
            torch.cuda.reset_peak_memory_stats(self.device)
            self.run(backward=backward)
            allocated = torch.cuda.max_memory_allocated(self.device)
        holders = sorted(alive.holders.items(), key=lambda held: (-held[1], held[0]))
        return Peak(alive.peak, alive.call, tuple(holders), allocated)

    def _before(self) -> None:
        """Throw away what the run before has left; `measure` lets nothing be collected in a run."""
        self.model.zero_grad(set_to_none=True)
        gc.collect()
        self.clock.wait()

    def _hooked(self, forward: Notice, backward: Notice | None = None) -> _Hooks:
        return _Hooks(self.model, self.trace, self._course, forward, backward)


class _Stopwatch:
    """Reads the clock whenever it is told whose time begins."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._marks: list[Any] = []
        self._owners: list[int] = []

    def notice(self, owner: int) -> None:
        """From here on the time is this call's."""
        self._marks.append(self._clock.mark())
        self._owners.append(owner)

    def by_call(self, calls: int) -> tuple[int, ...]:
        """Nanoseconds that each of so many calls had; what began last has no end and no time."""
        found = [0] * calls
        for owner, nanoseconds in zip(self._owners, self._clock.between(self._marks), strict=False):
            found[owner] += nanoseconds
        return tuple(found)


def _nobody(owner: int) -> None:
    """Take no notice."""


class _Hooks:
    """Hooks on every module of a traced network that say whose time begins.

    `forward` is told at once; `backward` when autograd comes to what that call has made.
    """

    def __init__(
        self,
        model: nn.Module,
        trace: Trace,
        way: Sequence[Boundary],
        forward: Notice,
        backward: Notice | None,
    ) -> None:
        self._model = model
        self._trace = trace
        self._coming = iter(way)
        self._forward = forward
        self._backward = backward
        self._calls = (call for call in trace.calls if call.module is not None)
        self._running: list[Call] = []
        self._nodes: set[Any] = set()
        self._exit = ExitStack()

    def __enter__(self) -> None:
        before, after = nn.Module.register_forward_pre_hook, nn.Module.register_forward_hook
        with ExitStack() as undo:
            for path, module in self._model.named_modules():
                if path not in self._trace.module_at:  # added by a forward since
                    continue
                is_inside = module is not self._model
                enter, leave = partial(self._enter, path), partial(self._leave, path)
                handle = before(module, enter, with_kwargs=True)
                undo.callback(handle.remove)
                handle = after(module, leave, prepend=is_inside, with_kwargs=True)
                undo.callback(handle.remove)
            self._exit = undo.pop_all()

    def __exit__(self, *exception: object) -> None:
        self._exit.close()

    def _enter(self, path: str, module: nn.Module, args: Any, kwargs: Any) -> None:
        self._cross(path, False)
        if self._backward is not None:
            self._running.append(next(self._calls))
            self._watch((args, kwargs), self._running[-1].inputs)

    def _leave(self, path: str, module: nn.Module, args: Any, kwargs: Any, made: Any) -> None:
        if self._backward is not None:
            self._watch(made, self._running.pop().outputs)
        self._cross(path, True)

    def _cross(self, path: str, leaving: bool) -> None:
        boundary = next(self._coming, None)
        if boundary is None or boundary.path != path or boundary.leaving != leaving:
            raise WorkFailed(
                f"{path or 'the network'} was called where the trace has another call",
                hint="a forward that takes another way each time cannot be measured by call",
            )
        self._forward(boundary.then)

    def _watch(self, value: Any, ports: Sequence[Port]) -> None:
        """Have autograd say when it comes to these tensors, each the first time it is seen.

        What a function made is seen as an input of the module after it.
        """
        tensors = _tensors(value)
        if len(tensors) != len(ports):
            return
        for tensor, port in zip(tensors, ports, strict=True):
            maker = self._trace.producer.get(port.activation)
            node = tensor.grad_fn
            if maker is not None and node is not None and node not in self._nodes:
                self._nodes.add(node)
                assert self._backward is not None
                node.register_prehook(partial(_reached, self._backward, maker))


def _reached(notice: Notice, maker: int, gradients: Any) -> None:
    """Autograd comes to a node, which must not hold what holds it: it would stay for ever."""
    notice(maker)


def _loss(made: Any) -> Tensor:
    """The sum of all that a network gives: a number to go back from."""
    sums = [tensor.float().sum() for tensor in _tensors(made) if tensor.requires_grad]
    if not sums:
        raise WorkFailed("nothing that the network gives has a gradient")
    return torch.stack(sums).sum()


def _tensors(*values: Any) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(values) if isinstance(leaf, Tensor)]


_CHANNELS_LAST = {4: torch.channels_last, 5: torch.channels_last_3d}
"""Layouts by the number of dimensions."""


def _channels_last(value: Any) -> Any:
    if isinstance(value, Tensor) and value.dim() in _CHANNELS_LAST:
        return value.to(memory_format=_CHANNELS_LAST[value.dim()])
    return value


# -- memory ----------------------------------------------------------------------------------------


class _Alive(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Sees every storage that is made, by whom, and when it is gone; keeps none alive."""

    def __init__(self, there: Sequence[Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.peak = 0
        self.call = 0
        self.holders: dict[int, int] = {}
        self._running = 0
        self._not_ours = {tensor.untyped_storage()._cdata for tensor in there}
        self._alive: dict[int, tuple[StorageWeakRef, int, int]] = {}
        self._at_most = 0

    def notice(self, owner: int) -> None:
        """From here on it is this call that makes tensors."""
        self._running = owner

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        made = func(*args, **(kwargs or {}))
        for tensor in _tensors(made):
            try:
                storage = tensor.untyped_storage()
            except (NotImplementedError, RuntimeError):  # sparse and nested tensors have none
                continue
            key = storage._cdata  # not used again while there is a weak reference
            if key in self._not_ours or key in self._alive:
                continue
            reference = weak(storage)
            self._alive[key] = reference, self._running, storage.nbytes()
            self._at_most += storage.nbytes()
            if self._at_most > self.peak:
                self._count()
        return made

    def _count(self) -> None:
        self._alive = {key: one for key, one in self._alive.items() if not _is_gone(one[0])}
        self._at_most = sum(nbytes for _, _, nbytes in self._alive.values())
        if self._at_most <= self.peak:
            return
        self.peak, self.call, self.holders = self._at_most, self._running, {}
        for _, owner, nbytes in self._alive.values():
            self.holders[owner] = self.holders.get(owner, 0) + nbytes


def _is_gone(storage: StorageWeakRef) -> bool:
    return bool(storage.expired())  # type: ignore[no-untyped-call]


@contextmanager
def _threads(wanted: int | None) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(wanted or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _compiled(subject: _Subject, runs: Runs) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Nanoseconds of each forward of the compiled network; or a note of why it has none."""
    try:
        torch.compiler.reset()  # what was compiled for another batch would make this one general
        model = cast(nn.Module, torch.compile(subject.model))
        compiled = _Subject(model, subject.args, subject.kwargs, subject.trace, subject.device)
        for _ in range(max(runs.warm_up, 1)):
            compiled.run(backward=runs.backward)
        taken = [compiled.run(backward=runs.backward)[0] for _ in range(runs.repeats)]
    except Exception as error:  # whatever the compiler raises, what was measured stays
        line = " ".join(str(error).split())
        return (), (f"torch.compile cannot work here: {type(error).__name__}: {line[:160]}",)
    return tuple(taken), ()
