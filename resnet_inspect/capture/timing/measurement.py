"""A traced network run again and again against a clock: what each call takes and what it holds.

Hooks read the clock where the forward of a module begins and ends, and nothing else; `course` says
which call the time between two readings belongs to. Runs with hooks and runs without alternate, so
that both meet the same conditions and what the hooks cost can be told. In the backward pass the
clock is read where autograd comes to what a call has made.

The network is the caller's to change: it is run in the mode it is in, with its statistics and its
gradients. A profiler would give kernels; here it is calls, on every device alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, cast

import torch
from torch import nn

from resnet_inspect.capture.members import floating_dtype, has_own_call, on, tensors
from resnet_inspect.capture.timing.machine import copy_ceiling, machine_of, matmul_ceiling
from resnet_inspect.capture.timing.subject import Subject, channels_last
from resnet_inspect.errors import BadInput, InspectError, WorkFailed
from resnet_inspect.escaping import first_line, named_line
from resnet_inspect.garbage_collection import collected_when_asked
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.timestamps import now
from resnet_inspect.traces.timing import Measurements

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
    if has_own_call(model):
        raise WorkFailed("a network with a __call__ of its own cannot be measured by call")
    if runs.channels_last:
        for tensor in tensors(model):
            tensor.data = channels_last(tensor.data)
        args = [channels_last(value) for value in args]
        kwargs = {name: channels_last(value) for name, value in kwargs.items()}
    subject = Subject(model, tuple(args), dict(kwargs), trace, device)
    if runs.backward and not any(tensor.requires_grad for tensor in tensors(model)):
        raise BadInput("no parameter takes a gradient: there is no backward pass")
    with _threads(runs.threads):
        try:
            # A search for cycles within a run would fall into the time of whatever layer runs.
            with collected_when_asked():
                return _measured(subject, runs, tell, so_far)
        except torch.OutOfMemoryError as error:
            raise WorkFailed(
                f"{device} has too little memory: {first_line(error)}", hint="a smaller --batch"
            ) from error
        except InspectError:
            raise
        except (Exception, SystemExit) as error:  # such as a backward pass that cannot be
            raise WorkFailed(f"a run raised: {first_line(error)}") from error


def moved(model: nn.Module, device: torch.device) -> nn.Module:
    """The network on that device; raises `WorkFailed` where it cannot hold it."""
    try:
        return on(model, device)
    except (RuntimeError, TypeError) as error:  # too little memory; a dtype that MPS has not
        raise WorkFailed(f"{device} cannot hold the network: {first_line(error)}") from error


def _measured(
    subject: Subject, runs: Runs, tell: Callable[[str], None], so_far: SoFar | None
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
        measured_at=now(),
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


def _with_a_run(found: Measurements, subject: Subject, *, backward: bool) -> Measurements:
    """The same with one more run of each kind."""
    forward, back = subject.run(backward=backward)
    return replace(
        found,
        whole_forward=(*found.whole_forward, forward),
        whole_backward=(*found.whole_backward, *([back] if backward else [])),
        forward=(*found.forward, subject.forward_by_call(with_gradients=backward)),
        backward=(*found.backward, *([subject.backward_by_call()] if backward else [])),
    )


@contextmanager
def _threads(wanted: int | None) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(wanted or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _compiled(subject: Subject, runs: Runs) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Nanoseconds of each forward of the compiled network; or a note of why it has none."""
    try:
        torch.compiler.reset()  # what was compiled for another batch would make this one general
        model = cast(nn.Module, torch.compile(subject.model))
        compiled = Subject(model, subject.args, subject.kwargs, subject.trace, subject.device)
        for _ in range(max(runs.warm_up, 1)):
            compiled.run(backward=runs.backward)
        taken = [compiled.run(backward=runs.backward)[0] for _ in range(runs.repeats)]
    except Exception as error:  # whatever the compiler raises, what was measured stays
        return (), (f"torch.compile cannot work here: {named_line(error)[:180]}",)
    return tuple(taken), ()
