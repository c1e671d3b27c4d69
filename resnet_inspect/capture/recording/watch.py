"""The forwards of a running program, recorded as they happen.

Nothing is run, copied, moved or switched here: gradients, mode and weights are the program's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any

import torch
from torch import nn

from resnet_inspect.capture.members import has_own_call, home
from resnet_inspect.capture.methods import method_of
from resnet_inspect.capture.recording.forward import trace_of
from resnet_inspect.capture.recording.provenance import provenance, source_of
from resnet_inspect.capture.recording.recorder import Recorder
from resnet_inspect.capture.recording.zeros import zeros_of
from resnet_inspect.capture.signals.observer import Observer
from resnet_inspect.capture.wrappers import compiled_around, eagerly, unwrapped
from resnet_inspect.errors import UntraceableModel
from resnet_inspect.traces.model import FORWARD, Trace
from resnet_inspect.traces.signals import Signals

_CALL = "_compiled_call_impl"
"""What `nn.Module.__call__` runs, where an instance has it, hooks and all.

Hooks around the network would not do: none is called for an interrupt. And torch leaves this
attribute out where a module is copied or pickled, so no copy made meanwhile is watched.
"""


Ask = Callable[[], Signals]
"""Gives what has flowed so far in a step."""


@contextmanager
def watching(
    model: nn.Module,
    take: Callable[[Trace], None],
    *,
    forwards: int | None,
    call: str = FORWARD,
    every: int = 1,
    flows: Callable[[Trace, Ask], None] | None = None,
) -> Iterator[None]:
    """Record what `model` does when it is called inside this context; `take` gets each trace.

    `call` is the method whose calls are recorded, where it is not the model's forward. Of `every`
    so many forwards the first is recorded. `flows` gets, after `take`, what can be asked for the
    signals of that step, now and later; with it, forwards without gradients are let by. A step ends
    with the first forward after a backward pass has come to it: from then on nothing is on the
    model but what sees that it is called. What a checkpoint runs again is no forward.

    After `forwards` forwards that came to their end (None: any number) the rest is let by. One
    that raises is recorded up to there and raises as it would have.

    Raises `UntraceableModel` for TorchScript and for DataParallel on several devices.
    """
    if isinstance(model, nn.DataParallel) and len(model.device_ids) > 1:
        raise UntraceableModel(
            "DataParallel runs copies of the model on several devices at once",
            hint="watch it on one: nn.DataParallel(model, device_ids=[0])",
        )
    compiled = compiled_around(model)
    model, notes = unwrapped(model)
    runs_hooks = call == FORWARD and not has_own_call(model)
    attribute = _CALL if runs_hooks else call
    found = vars(model).get(attribute)
    usual = model._call_impl if runs_hooks else method_of(model, call)
    run: Callable[..., Any] = found or usual
    unwatched = run if compiled is None or call != FORWARD else compiled.forward
    forced = eagerly()
    called = [] if call == FORWARD else [f"its {call} was run, not its forward"]
    is_recording = is_owed = False
    left = forwards
    number = -1
    observer: Observer | None = None

    def is_step() -> bool:
        nonlocal is_owed
        if torch._C._current_graph_task_id() != -1:  # a checkpoint runs it again
            return is_owed
        is_owed = flows is not None and not torch.is_grad_enabled()
        return not is_owed

    def end() -> None:
        nonlocal observer
        if observer is not None:
            observer.compare(model)
            observer.leave()
            observer = None

    def put_back() -> None:
        if found is None:
            del vars(model)[attribute]
        else:
            vars(model)[attribute] = found

    def let_by(*args: Any, **kwargs: Any) -> Any:
        if isinstance(forced, nullcontext):
            return run(*args, **kwargs)
        try:
            put_back()
            with torch.compiler.set_stance("default"):
                return unwatched(*args, **kwargs)
        finally:
            vars(model)[attribute] = record

    def record(*args: Any, **kwargs: Any) -> Any:
        nonlocal is_recording, left, number, observer
        if is_recording:
            return run(*args, **kwargs)
        if not is_step():
            return let_by(*args, **kwargs)
        if observer is not None and observer.has_come:
            end()
        if left == 0:
            return let_by(*args, **kwargs)
        number += 1
        is_same_step = observer is not None and observer.may_come
        if number % every or is_same_step:
            return let_by(*args, **kwargs)
        end()
        if flows is not None:
            observer = Observer()
            observer.watch(model)
            observer.sample(model)
        where = provenance(
            source=source_of(model),
            arguments={},
            device=str(home(model, args)),
            model=model,
            notes=[*notes, *called, "watched in a running program"],
            call=call,
        )
        recorder = Recorder(model, observe=None if observer is None else observer.observe)

        def taken(failure: BaseException | None) -> None:
            if recorder.calls:
                name = type(model).__name__
                zeros = zeros_of(model) if flows is None or number == 0 else {}
                made = trace_of(recorder, failure, zeros, model_name=name, provenance=where)
                take(made)
                if flows is not None and observer is not None and failure is None:
                    flows(made, partial(observer.signals, len(made.calls), step=number))

        is_recording = True
        try:
            with eagerly(), recorder:  # again, for what has been compiled since
                if runs_hooks:
                    result = run(*args, **kwargs)
                    recorder.left(args, kwargs, result)
                else:
                    result = recorder.called(run, args, kwargs)
        except BaseException as error:
            taken(error)
            end()
            raise
        finally:
            is_recording = False
        taken(None)
        left = None if left is None else left - 1
        return result

    with forced:
        vars(model)[attribute] = record
        try:
            yield
        finally:
            end()
            if vars(model).get(attribute) is record:  # else the program has compiled it meanwhile
                put_back()
