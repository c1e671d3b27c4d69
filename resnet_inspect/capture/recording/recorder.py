"""Forward hooks and functional ops -> calls and activations.

Hooks on every module see the modules; a torch function mode, open during the same forward, sees
what is no module: residual adds, flatten, functional relu. Each tensor gets a number when it is
produced, inputs are taken in the pre-hook, so the edges between calls come for free. No tensor is
kept alive (`tensors`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.utils.checkpoint
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils.hooks import RemovableHandle

from resnet_inspect.capture.members import class_name, has_own_call, modules, named_modules
from resnet_inspect.capture.readers.names import function_name, works_in_place
from resnet_inspect.capture.readers.registry import read_function, read_op
from resnet_inspect.capture.recording.calls.arguments import arguments, first_shape, tensors_in
from resnet_inspect.capture.recording.calls.checkpoints import Begun, begun
from resnet_inspect.capture.recording.calls.tensors import Tensors, version_of
from resnet_inspect.capture.recording.direct_calls import noticed
from resnet_inspect.capture.recording.dtypes import AsOnADevice
from resnet_inspect.capture.recording.modules import Member, held_tensors, module_specs
from resnet_inspect.traces.model import Call, Checkpoint
from resnet_inspect.traces.modules import ModuleSpec
from resnet_inspect.traces.ops import Container, Elementwise, Op, Reshape, Unknown
from resnet_inspect.traces.tensors import Activation, Port

_CHECKPOINT = torch.utils.checkpoint.__file__
"""Some versions of `checkpoint` make empty tensors for its books; they are not the network's."""
_COMPILER = os.path.join(os.path.dirname(torch.__file__), "_dynamo", "variables")
"""Some try out operators while they are imported, which the first `checkpoint` does."""


@dataclass(slots=True)
class _Open:
    """A call while it is being recorded."""

    index: int
    path: str
    module: str | None
    nth: int
    parent: int | None
    op: Op
    opaque: bool
    inputs: tuple[Port, ...] = ()
    reads: tuple[str, ...] = ()
    outputs: tuple[Port, ...] = ()
    checkpoints: tuple[Checkpoint, ...] = ()
    begun: Begun = ()
    """The checkpoints around the calls that it has just made."""
    made_calls: bool = False
    past_hooks: bool = False
    taken: frozenset[int] = field(default_factory=frozenset)

    def take(self, inputs: Sequence[Port], reads: Sequence[str]) -> None:
        self.inputs = tuple(inputs)
        self.reads = tuple(reads)
        self.taken = frozenset(port.activation for port in inputs)

    def close(self) -> Call:
        return Call(
            self.index, self.path, self.module, self.nth, self.parent, self.op,
            self.inputs, self.outputs, self.reads, self.past_hooks, self.checkpoints,
        )  # fmt: skip


Observe = Callable[[int, Sequence[Tensor]], None]
"""Told the index of a call that ends, and the tensors that it gives."""

TRANSFORM = "vmap"
"""The step between the tensors of a transform and those outside of it."""


class Recorder:
    """Records one forward pass of a model.

    Use it as a context around the forward; `failed_at` names the call that was running if the
    forward raised. `runner` runs the functions, where they are not just to be called. `observe` is
    told what each call has made, before anything else is done with it.
    """

    def __init__(
        self,
        model: nn.Module,
        runner: AsOnADevice | None = None,
        observe: Observe | None = None,
    ) -> None:
        self.model = model
        self._observe = observe
        self._run = _plainly if runner is None else runner.run
        self._calls: list[_Open] = []
        self._open: list[_Open] = []
        self._opaque = 0
        self._raised: int | None = None
        self._is_aside = False
        self._counts: dict[str, int] = {}
        self._tensors = Tensors()
        self._paths: dict[int, list[str]] = {}
        for path, module in named_modules(model):
            self._paths.setdefault(id(module), []).append(path)
        self._members = [Member.of(module) for module in modules(model)]
        self._held = held_tensors(model)
        self._exit = ExitStack()

    def __enter__(self) -> Recorder:
        with ExitStack() as undo:
            handles: list[RemovableHandle] = []
            undo.callback(_remove, handles)
            for member in self._members:
                if member.module is not self.model or not has_own_call(self.model):
                    handles += self._watch(member.module)
            undo.enter_context(noticed(self.model, self._enter_past_hooks, self._leave_module))
            undo.enter_context(_FunctionMode(self))
            self._exit = undo.pop_all()
        return self

    def __exit__(self, *exception: object) -> None:
        self._exit.close()

    def entered(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Record that the network was called, where a hook of its own left no time to."""
        self._enter_module(self.model, args, kwargs)

    def called(
        self, method: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """What a method of the network gives, recorded as if it were the network's forward."""
        self.entered(args, kwargs)
        result = method(*args, **kwargs)
        self.left(args, kwargs, result)
        return result

    def left(self, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
        """Record what the network gave, where that is not: its own code may take hooks off."""
        self._leave_module(self.model, args, kwargs, result)

    def _watch(self, module: nn.Module) -> Iterator[RemovableHandle]:
        """Put hooks right around a module's forward.

        What other hooks do before and after it is its caller's doing, save for those of torch.nn:
        they make the layer's weights (weight norm, pruning, lazy layers). The functions are
        `nn.Module`'s own: TorchScript calls hooks but refuses to register them.
        """
        before, after = nn.Module.register_forward_pre_hook, nn.Module.register_forward_hook
        makes_weights = any(
            getattr(hook, "__module__", "").startswith("torch.nn.")
            for hook in module._forward_pre_hooks.values()
        )
        yield before(module, self._enter_module, prepend=makes_weights, with_kwargs=True)
        if makes_weights:
            yield before(module, self._take_arguments, with_kwargs=True)
        is_inside = module is not self.model
        yield after(module, self._leave_module, prepend=is_inside, with_kwargs=True)

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls recorded so far; those still open have no outputs."""
        return tuple(call.close() for call in self._calls)

    @property
    def activations(self) -> tuple[Activation, ...]:
        """Every tensor value seen so far."""
        return tuple(self._tensors.activations)

    @property
    def failed_at(self) -> int | None:
        """Index of the innermost call that was running when the forward raised."""
        if self._raised is not None:
            return self._raised
        return self._open[-1].index if self._open else None

    def modules(self) -> tuple[ModuleSpec, ...]:
        """What each module of the model is that was there when it was entered."""
        return module_specs(self._members, self._paths)

    # -- modules ---------------------------------------------------------------------------------

    def _enter_module(
        self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        with self._aside() as alone:
            if alone:
                self._module_entered(module, args, kwargs)

    def _enter_past_hooks(
        self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        with self._aside() as alone:
            if alone:
                self._module_entered(module, args, kwargs)
                self._open[-1].past_hooks = True

    def _take_arguments(
        self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        with self._aside() as alone:
            call = self._open_call_of(module) if alone else None
            if call is not None:
                given = arguments(args, kwargs)
                call.op = read_op(module, first_shape(given))
                call.take(*self._ports(given))

    def _leave_module(
        self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any
    ) -> None:
        with self._aside() as alone:
            if alone:
                self._module_left(module, args, kwargs, result)

    @contextmanager
    def _aside(self) -> Iterator[bool]:
        """A context for questions that are not the model's doing; false inside another one.

        To read a parametrized weight is to call modules.
        """
        alone, self._is_aside = not self._is_aside, True
        try:
            with torch._C.DisableTorchFunction():
                yield alone
        finally:
            self._is_aside = not alone

    def _open_call_of(self, module: nn.Module) -> _Open | None:
        path = self._paths.get(id(module), [""])[0]
        return next((call for call in reversed(self._open) if call.module == path), None)

    def _module_entered(
        self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        parent = self._open[-1] if self._open else None
        given = arguments(args, kwargs)
        if parent is None and len(args) == 1 and isinstance(args[0], list | tuple) and not kwargs:
            given = list(tensors_in(args[0], "0"))  # a list is told from several arguments
        op = read_op(module, first_shape(given))
        paths = self._paths.get(id(module), [""])
        path = paths[0]
        if len(paths) > 1 and parent is not None and parent.module is not None:
            inside = f"{parent.path}." if parent.path else ""
            path = next((p for p in paths if p.startswith(inside)), path)
        self._begin(path, paths[0], op, given, opaque=not isinstance(op, Container))

    def _module_left(
        self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any
    ) -> None:
        call = self._open_call_of(module)
        if call is None:
            return
        made = list(tensors_in(result))
        if call is self._open[-1]:
            self._cross([tensor for _, tensor in made])
        self._leave(call)
        works_itself = call.opaque or (not call.made_calls and self._opaque == 0)
        call.outputs = tuple(
            Port(label, self._tensors.made(tensor, call.taken if works_itself else frozenset()))
            for label, tensor in made
        )
        if self._observe is not None:
            self._observe(call.index, [tensor for _, tensor in made])
        if not call.opaque and works_itself and call.outputs:
            call.op = self._unseen(module, args, kwargs, result)

    def _unseen(
        self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any
    ) -> Op:
        """The op of a container that called nothing: it hands on its input, or works unseen."""
        given = {id(tensor) for _, tensor in arguments(args, kwargs)}
        if all(id(tensor) in given for _, tensor in tensors_in(result)):
            return Elementwise("identity")
        return Unknown(
            class_name(module), "its forward does not run through torch's Python functions"
        )

    # -- functions -------------------------------------------------------------------------------

    def _call_function(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if self._opaque or not self._open:
            return self._run(function, args, kwargs)
        given = arguments(args, kwargs)
        versions = [version_of(tensor) for _, tensor in given]
        name = function_name(function)
        caller = self._open[-1]
        caller_made_calls = caller.made_calls
        op = read_function(name, args, kwargs, in_place=False)
        call = self._begin(f"{caller.path}:{name}", None, op, given, opaque=True)
        try:
            result = self._run(function, args, kwargs)
        except BaseException:
            self._leave(call)
            self._raised = call.index
            raise
        self._leave(call)
        changed = [
            tensor
            for i, ((_, tensor), version) in enumerate(zip(given, versions, strict=True))
            if (
                version_of(tensor) != version
                if version is not None
                else i == 0 and works_in_place(function, kwargs)
            )
        ]
        results = list(tensors_in(result)) or [("", tensor) for tensor in changed]
        made = [
            (label, tensor)
            for label, tensor in results
            if _is_among(tensor, changed) or not _is_among(tensor, [t for _, t in given])
        ]
        works = made or name == "backward"
        if not works and self._calls[-1] is call:  # x.size(), or x.contiguous() that hands on x
            self._calls.pop()
            self._counts[call.path] -= 1
            caller.made_calls = caller_made_calls
        if changed:
            call.op = read_function(name, args, kwargs, in_place=True)
        call.outputs = tuple(
            Port(label, self._tensors.made(tensor, call.taken)) for label, tensor in made
        )
        if self._observe is not None and call.outputs:
            self._observe(call.index, [tensor for _, tensor in made])
        return result

    def _leave(self, call: _Open) -> bool:
        """Close `call` and whatever is still open inside it; False if it was not open."""
        while self._open:
            last = self._open.pop()
            self._opaque -= last.opaque
            last.begun = ()
            if last is call:
                return True
        return False

    # -- both ------------------------------------------------------------------------------------

    def _begin(
        self,
        path: str,
        module: str | None,
        op: Op,
        given: Sequence[tuple[str, Tensor]],
        *,
        opaque: bool,
    ) -> _Open:
        self._raised = None
        self._cross([tensor for _, tensor in given])
        parent = self._open[-1] if self._open else None
        if parent is not None:
            parent.made_calls = True
        nth = self._counts[path] = self._counts.get(path, 0) + 1
        call = _Open(
            index=len(self._calls),
            path=path,
            module=module,
            nth=nth,
            parent=None if parent is None else parent.index,
            op=op,
            opaque=opaque,
        )
        if parent is not None:
            parent.begun = begun(parent.begun, call.index, is_module=module is not None)
            call.checkpoints = parent.checkpoints + tuple(one for _, one in parent.begun)
        call.take(*self._ports(given))
        self._calls.append(call)
        self._open.append(call)
        self._opaque += opaque
        return call

    def _cross(self, tensors: Sequence[Tensor]) -> None:
        """Record the steps into a transform of `torch.func` and out of it, which call nothing.

        Their results show what was there before: the same memory, by another shape.
        """
        if self._opaque or not self._open:
            return
        for tensor in tensors:
            before = self._tensors.across(tensor)
            if before is None or id(tensor) in self._held:
                continue
            parent = self._open[-1]
            parent.made_calls = True
            path = f"{parent.path}:{TRANSFORM}"
            nth = self._counts[path] = self._counts.get(path, 0) + 1
            call = _Open(len(self._calls), path, None, nth, parent.index, Reshape(TRANSFORM), True)
            call.inputs = (Port("", before),)
            call.outputs = (Port("", self._tensors.number(tensor)),)
            self._calls.append(call)

    def _ports(self, given: Sequence[tuple[str, Tensor]]) -> tuple[list[Port], list[str]]:
        """What a call was given: the tensors, and the names of the parameters and buffers."""
        inputs = []
        reads = []
        for label, tensor in given:
            held = self._held.get(id(tensor))
            if held is not None:
                reads.append(held[1])
            else:
                inputs.append(Port(label, self._tensors.number(tensor)))
        return inputs, reads


def _plainly(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    return function(*args, **kwargs)


def _remove(handles: list[RemovableHandle]) -> None:
    """Remove all, also those after one at which the user interrupts."""
    try:
        while handles:
            handles.pop().remove()
    finally:
        if handles:
            _remove(handles)


@contextmanager
def room_for_hooks() -> Iterator[None]:
    """Let calls be nested twice as deep, since around each module's own call stand those of hooks.

    Afterwards the limit is what it was, whatever the forward has made of it.
    """
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(2 * limit)
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


class _FunctionMode(TorchFunctionMode):
    """Hands every call of a torch function to the recorder."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self._record = recorder._call_function

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        file = sys._getframe(1).f_code.co_filename
        books = func is torch.empty or getattr(func, "__name__", "") == "__get__"
        if (books and file == _CHECKPOINT) or file.startswith(_COMPILER):
            return func(*args, **(kwargs or {}))
        return self._record(func, args, kwargs or {})


def _is_among(tensor: Tensor, others: Sequence[Tensor]) -> bool:
    return any(tensor is other for other in others)
