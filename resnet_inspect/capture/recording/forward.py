"""One forward pass of a model, recorded: the way from an `nn.Module` to a `Trace`."""

from __future__ import annotations

import copy
import functools
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from resnet_inspect.capture.members import check_made, has_own_call, switch, tensors
from resnet_inspect.capture.recording.calls.arguments import check_has_run
from resnet_inspect.capture.recording.dtypes import AsOnADevice
from resnet_inspect.capture.recording.provenance import is_exported, provenance
from resnet_inspect.capture.recording.recorder import Recorder, room_for_hooks
from resnet_inspect.capture.recording.restoration.loan import like_lazy
from resnet_inspect.capture.recording.restoration.network import left_as_found
from resnet_inspect.capture.recording.zeros import with_zeros, zeros_of
from resnet_inspect.capture.signals.step import Step
from resnet_inspect.capture.signatures import Asked, asked_of
from resnet_inspect.errors import ForwardInterrupted, UnknownName, UntraceableModel
from resnet_inspect.escaping import first_line, represented, said
from resnet_inspect.garbage_collection import uncollected
from resnet_inspect.traces.model import FORWARD, Failure, Trace

_NOT_THE_USERS = tuple(
    f"{folder}{os.sep}" for folder in (Path(torch.__file__).parent, Path(__file__).parents[2])
)

Mode = Literal["eval", "train", "as found"]


class MetaCannotRun(Exception):
    """The meta device cannot run a network that others may; the message says what, and why."""


class ForwardRaised(Exception):
    """The forward pass raised or called `sys.exit`; `trace` has the calls up to there.

    Its cause is what was raised.
    """

    def __init__(self, trace: Trace) -> None:
        super().__init__(trace.model_name)
        self.trace = trace
        self.asked: Asked | None = None
        """What the forward takes, where that is no tensor and may be why it raised."""
        self.hint = ""
        """How to go on, where the failure alone does not tell."""


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
            device=str(device) if device is not None else device_of(model, args),
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
                check_has_run(result)
        except BaseException as error:  # a task that is cancelled raises no Exception
            is_refused = as_on_a_device is None or error is as_on_a_device.refusal
            if not is_refused and _needs_numbers(error):
                at = recorder.calls[recorder.failed_at or 0].path
                at = at if at[:1].strip(":") else f"{name}{at}"
                raise MetaCannotRun(f"{at}, {_why(error)}") from error
            failure = error
            if not recorder.calls:  # a hook before the forward raised
                recorder.entered(positional, named)
        if step is not None and failure is None:
            step.back(result)
        del result
        trace = trace_of(recorder, failure, zeros, model_name=name, provenance=where)
    if isinstance(failure, KeyboardInterrupt):
        raise _interrupted(trace) from failure
    if failure is not None:
        raised = ForwardRaised(trace)
        if isinstance(failure, TypeError | AttributeError | LookupError | ValueError):
            with suppress(Exception):  # it reads their code, for a hint
                raised.asked = asked_of(model, call)
        raise raised from failure
    return trace


def _gradients(model: nn.Module, step: Step | None) -> AbstractContextManager[Any]:
    return torch.no_grad() if step is None else step.around(model)


def _interrupted(trace: Trace) -> ForwardInterrupted:
    """The interrupt, with how far the forward had come."""
    assert trace.failure is not None
    ended = sum(bool(call.outputs) for call in trace.calls)
    path = trace.calls[trace.failure.call].path or trace.model_name
    calls = "call" if ended == 1 else "calls"
    return ForwardInterrupted(f"interrupted after {ended:,} {calls}, in {path}", trace)


def unwrapped(model: nn.Module) -> tuple[nn.Module, list[str]]:
    """The network inside DataParallel and torch.compile, and a note for each wrapper taken off.

    Raises `UntraceableModel` if it is TorchScript, or has a module that is not made ready.
    """
    notes = []
    while (inner := within(model)) is not None:
        notes.append(
            "torch.compile: the module was traced uncompiled"
            if is_compiled(model)
            else f"{type(model).__name__}: the module inside was traced, on one device"
        )
        model = inner
    if isinstance(model, torch.jit.ScriptModule):
        raise UntraceableModel(
            "a TorchScript model runs outside Python, where no layer can be watched",
            hint="trace the nn.Module that it was made from",
        )
    check_made(model)
    return model, notes


def within(wrapper: nn.Module) -> nn.Module | None:
    """The module inside DataParallel or torch.compile; None of what is neither."""
    inner: nn.Module | None = None
    if isinstance(wrapper, nn.DataParallel | nn.parallel.DistributedDataParallel):
        inner = wrapper.module
    elif is_compiled(wrapper):
        inner = wrapper._orig_mod  # type: ignore[assignment]
    return inner


def is_compiled(model: nn.Module) -> bool:
    """Whether it is what `torch.compile` makes of a module."""
    return type(model).__name__ == "OptimizedModule" and hasattr(model, "_orig_mod")


def _copy_of_lazy(model: nn.Module) -> nn.Module:
    """A deep copy of a model with lazy layers; torch itself cannot copy a lazy buffer."""
    memo = {id(b): like_lazy(b, b.device) for b in tensors(model) if is_lazy(b)}
    return copy.deepcopy(model, memo)


def eagerly() -> AbstractContextManager[Any]:
    """A context in which compiled parts run uncompiled, so that their hooks are called."""
    if "torch._dynamo" in sys.modules:
        stance: AbstractContextManager[Any] = torch.compiler.set_stance("force_eager")
        return stance
    return nullcontext()


def _needs_numbers(error: BaseException) -> bool:
    """Whether an exception on meta says that numbers were needed, not that a shape was wrong.

    A forward that makes tensors of its own makes them on the CPU: "device meta" is about those.
    """
    text = said(error).lower()
    if isinstance(error, NotImplementedError):
        return 'the required "forward" function' not in text
    return isinstance(error, Exception) and any(
        words in text
        for words in ("meta tensor", "meta device", "device meta", "device_type 'meta'", "is_cpu()")
    )


def _why(error: BaseException) -> str:
    """Why meta cannot run what raised this, in words that follow a comma."""
    text = said(error)
    if "autocast" in text:
        return "which asks for the autocast of the device it runs on"
    return "which needs numbers"


def method_of(model: nn.Module, name: str) -> Callable[..., Any]:
    """A method of a model by name.

    Raises `UnknownName`, with those near it, for none, and `UntraceableModel` for no forward.
    """
    try:
        found = getattr(model, name)
    except Exception:
        found = None
    if name == FORWARD and not callable(found):
        raise UntraceableModel(f"the forward of {type(model).__name__} is no method")
    if not callable(found) or isinstance(found, nn.Module):
        own = [n for kind in type(model).__mro__ if kind is not nn.Module for n in vars(kind)]
        known = [n for n in own if not n.startswith("_") and not hasattr(nn.Module, n)]
        what = f"method of {type(model).__name__}"
        raise UnknownName(what, name, known, see=f"it has {', '.join(known) or 'forward alone'}")
    method: Callable[..., Any] = found
    return method


def run_instead_of_forward(model: nn.Module, name: str) -> None:
    """Have a network that may be changed run another method when it is called.

    Within that method its forward is its own, since methods such as `predict` call it. Raises
    `UnknownName` as `method_of` does.
    """
    if name == FORWARD:
        return
    method, attributes = method_of(model, name), vars(model)
    own = attributes.get(FORWARD)

    @functools.wraps(method)
    def run(*args: Any, **kwargs: Any) -> Any:
        outside = attributes.pop(FORWARD, None)
        if own is not None:
            attributes[FORWARD] = own
        try:
            return method(*args, **kwargs)
        finally:
            attributes.pop(FORWARD, None)
            if outside is not None:
                attributes[FORWARD] = outside

    attributes[FORWARD] = attributes[name] = run


def runnable(found: Any) -> Any:
    """The module of a program that `torch.export` made; anything else is what it is."""
    is_program = type(found).__name__ == "ExportedProgram" and hasattr(found, "graph_module")
    return found.module() if is_program else found


def is_of_no_shape(error: BaseException | None) -> bool:
    """Whether an exception is none that torch raises for shapes, so that meta may be the cause."""
    is_ours = isinstance(error, Exception)
    return is_ours and not isinstance(error, RuntimeError | ValueError | IndexError)


def _one_line(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f"it calls sys.exit({'' if error.code is None else represented(error.code)})"
    return first_line(error)


def _failure(call: int, error: BaseException) -> Failure:
    if isinstance(error, KeyboardInterrupt):  # whatever class of it was raised
        return Failure(call, "KeyboardInterrupt", "KeyboardInterrupt", _where(error))
    return Failure(call, type(error).__name__, _one_line(error), _where(error))


def _where(error: BaseException) -> str:
    """The innermost line of the traceback that is neither torch's nor this package's."""
    found = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        code = frame.f_code
        if code.co_filename.startswith("<") or code.co_filename.startswith(_NOT_THE_USERS):
            continue
        found = f"{Path(code.co_filename).name}, line {line}, in {code.co_name}"
    return found


def source_of(model: nn.Module) -> str:
    """What a module that came without a name is known by: "python:" and its class."""
    return f"python:{type(model).__module__}.{type(model).__qualname__}"


def device_of(model: nn.Module, args: Sequence[Any]) -> str:
    """The device of the first parameter, buffer or argument; the CPU if there is none."""
    for tensor in (*tensors(model), *args):
        if isinstance(tensor, torch.Tensor):
            return str(tensor.device)
    return "cpu"


def trace_of(
    recorder: Recorder, failure: BaseException | None, zeros: Mapping[str, int], **facts: Any
) -> Trace:
    """What was recorded of a network that was entered, as a trace; `facts` are its other fields."""
    calls = recorder.calls
    network = calls[0]
    failed = None
    if failure is not None:
        at = recorder.failed_at
        failed = _failure(at if at is not None else 0, failure)
    return Trace(
        modules=with_zeros(recorder.modules(), zeros),
        calls=calls,
        activations=recorder.activations,
        inputs=network.inputs,
        outputs=network.outputs,
        failure=failed,
        **facts,
    )
