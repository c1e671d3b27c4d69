"""One forward pass of a model, recorded: the way from an `nn.Module` to a `Trace`."""

from __future__ import annotations

import copy
from collections.abc import AsyncGenerator, Coroutine, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any, Literal

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from resnet_inspect.capture.members import has_own_call, home, switch, tensors
from resnet_inspect.capture.methods import method_of
from resnet_inspect.capture.recording.dtypes import AsOnADevice
from resnet_inspect.capture.recording.failure import (
    ForwardRaised,
    MetaCannotRun,
    failure_of,
    interrupted,
    needs_numbers,
    why_not_on_meta,
)
from resnet_inspect.capture.recording.provenance import (
    is_exported,
    provenance,
    source_of,
)
from resnet_inspect.capture.recording.recorder import Recorder, room_for_hooks
from resnet_inspect.capture.recording.restoration.loan import like_lazy
from resnet_inspect.capture.recording.restoration.network import left_as_found
from resnet_inspect.capture.recording.zeros import with_zeros, zeros_of
from resnet_inspect.capture.signals.step import Step
from resnet_inspect.capture.signatures import asked_of
from resnet_inspect.capture.wrappers import eagerly, unwrapped
from resnet_inspect.garbage_collection import uncollected
from resnet_inspect.traces.model import FORWARD, Trace

Mode = Literal["eval", "train", "as found"]


def capture(
    model: nn.Module,
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    device: torch.device | None = None,
    mode: Mode = "eval",
    model_name: str | None = None,
    source: str | None = None,
    arguments: Mapping[str, Any] | None = None,
    notes: Sequence[str] = (),
    call: str = FORWARD,
    step: Step | None = None,
    zeros: Mapping[str, int] | None = None,
) -> Trace:
    """Run `model(*args, **kwargs)` once without gradients and return what happened.

    `call` is a method of the model to be run in place of its forward. With a `step` it is run with
    gradients, and back again, and the step is told what flows. `zeros` are those of weights that it
    stands for and does not hold, by the names of its parameters.

    The model and the arguments are left as they were found, also when the forward raises.
    `device` is where it runs (None: where its parameters are); the arguments must be there already.

    Raises `ForwardRaised`, with the trace up to there, if the forward raises, `ForwardInterrupted`
    if it is interrupted; `UntraceableModel` for TorchScript; `MetaCannotRun` if the device is meta
    and an operation needs numbers.
    """
    model, wrappers = unwrapped(model)
    notes = [*notes, *wrappers]
    name = model_name or type(model).__name__
    if call != FORWARD:
        method_of(model, call)
        notes.append(f"its {call} was run, not its forward")
    if any(is_lazy(parameter) for parameter in tensors(model)):
        model = _copy_of_lazy(model)
        notes.append("lazy layers were given their shapes on a copy")
    failure: BaseException | None = None
    on_meta = device is not None and device.type == "meta"
    if zeros is None:  # to look at each weight would take longer than all else on meta
        zeros = {} if on_meta else zeros_of(model)
    # What is on meta takes no memory, so that it may wait with what else there is to throw away.
    waiting = uncollected() if on_meta else nullcontext()
    with waiting, left_as_found(model, device) as loan, _gradients(model, step), eagerly():
        if mode != "as found":
            switch(model, mode == "train")
        if is_exported(model):
            notes.append("exported: its layers run as functions, in the mode that they had then")
        where = provenance(
            source=source or source_of(model),
            arguments=arguments or {},
            device=str(home(model, args) if device is None else device),
            model=model,
            notes=notes,
            call=call,
        )
        as_on_a_device = AsOnADevice() if on_meta else None
        recorder = Recorder(model, as_on_a_device, None if step is None else step.observe)
        result: Any = None
        positional, named = loan.of((tuple(args), dict(kwargs or {})))
        try:
            with room_for_hooks(), recorder:
                if call != FORWARD:
                    result = recorder.called(method_of(model, call), positional, named)
                elif has_own_call(model):
                    result = recorder.called(model, positional, named)
                else:
                    result = model(*positional, **named)
                    recorder.left(positional, named, result)
                _check_has_run(result)
        except BaseException as error:  # a task that is cancelled raises no Exception
            is_refused = as_on_a_device is None or error is as_on_a_device.refusal
            if not is_refused and needs_numbers(error):
                at = recorder.calls[recorder.failed_at or 0].path
                at = at if at[:1].strip(":") else f"{name}{at}"
                raise MetaCannotRun(f"{at}, {why_not_on_meta(error)}") from error
            failure = error
            if not recorder.calls:  # a hook before the forward raised
                recorder.entered(positional, named)
        if step is not None and failure is None:
            step.back(result)
        del result
        trace = trace_of(recorder, failure, zeros, model_name=name, provenance=where)
    if isinstance(failure, KeyboardInterrupt):
        raise interrupted(trace) from failure
    if failure is not None:
        raised = ForwardRaised(trace)
        if isinstance(failure, TypeError | AttributeError | LookupError | ValueError):
            with suppress(Exception):  # it reads their code, for a hint
                raised.asked = asked_of(model, call)
        raise raised from failure
    return trace


def _gradients(model: nn.Module, step: Step | None) -> AbstractContextManager[Any]:
    return torch.no_grad() if step is None else step.around(model)


def _copy_of_lazy(model: nn.Module) -> nn.Module:
    """A deep copy of a model with lazy layers; torch itself cannot copy a lazy buffer."""
    memo = {id(b): like_lazy(b, b.device) for b in tensors(model) if is_lazy(b)}
    return copy.deepcopy(model, memo)


def _check_has_run(result: object) -> None:
    """Raise `TypeError` for a forward that gives what would have to be run first."""
    if isinstance(result, Generator | Coroutine | AsyncGenerator):
        kind = type(result).__name__.replace("_", " ")
        if isinstance(result, Coroutine):
            result.close()  # so that Python does not say the same once more
        raise TypeError(f"it gives a {kind}, of which nothing has run")


def trace_of(
    recorder: Recorder, failure: BaseException | None, zeros: Mapping[str, int], **facts: Any
) -> Trace:
    """What was recorded of a network that was entered, as a trace; `facts` are its other fields."""
    calls = recorder.calls
    network = calls[0]
    failed = None
    if failure is not None:
        at = recorder.failed_at
        failed = failure_of(at if at is not None else 0, failure)
    return Trace(
        modules=with_zeros(recorder.modules(), zeros),
        calls=calls,
        activations=recorder.activations,
        inputs=network.inputs,
        outputs=network.outputs,
        failure=failed,
        **facts,
    )
