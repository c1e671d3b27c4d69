"""Forward hooks and functional ops -> calls and activations.

Hooks on every module see the modules; a torch function mode (`functions`), open during the same
forward, sees what is no module. Both tell the stack of calls.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import nn
from torch.utils.hooks import RemovableHandle

from resnet_inspect.capture.members import class_name, has_own_call, modules, named_modules
from resnet_inspect.capture.readers.registry import read_op
from resnet_inspect.capture.recording.calls.arguments import arguments, first_shape, tensors_in
from resnet_inspect.capture.recording.calls.stack import CallStack, Observe, OpenCall
from resnet_inspect.capture.recording.direct_calls import noticed
from resnet_inspect.capture.recording.dtypes import AsOnADevice
from resnet_inspect.capture.recording.functions import FunctionMode, plainly
from resnet_inspect.capture.recording.modules import Member, held_tensors, module_specs
from resnet_inspect.traces.model import Call
from resnet_inspect.traces.modules import ModuleSpec
from resnet_inspect.traces.ops import Container, Elementwise, Op, Unknown
from resnet_inspect.traces.tensors import Activation


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
        self._run = plainly if runner is None else runner.run
        self._stack = CallStack(held_tensors(model), observe)
        self._is_aside = False
        self._paths: dict[int, list[str]] = {}
        for path, module in named_modules(model):
            self._paths.setdefault(id(module), []).append(path)
        self._members = [Member.of(module) for module in modules(model)]
        self._exit = ExitStack()

    def __enter__(self) -> Recorder:
        with ExitStack() as undo:
            handles: list[RemovableHandle] = []
            undo.callback(_remove, handles)
            for member in self._members:
                if member.module is not self.model or not has_own_call(self.model):
                    handles += self._watch(member.module)
            undo.enter_context(noticed(self.model, self._enter_past_hooks, self._leave_module))
            undo.enter_context(FunctionMode(self._stack, self._run))
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
        return self._stack.calls

    @property
    def activations(self) -> tuple[Activation, ...]:
        """Every tensor value seen so far."""
        return self._stack.activations

    @property
    def failed_at(self) -> int | None:
        """Index of the innermost call that was running when the forward raised."""
        return self._stack.failed_at

    def modules(self) -> tuple[ModuleSpec, ...]:
        """What each module of the model is that was there when it was entered."""
        return module_specs(self._members, self._paths)

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
                self._module_entered(module, args, kwargs).past_hooks = True

    def _take_arguments(
        self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        with self._aside() as alone:
            call = self._open_call_of(module) if alone else None
            if call is not None:
                given = arguments(args, kwargs)
                call.op = read_op(module, first_shape(given))
                self._stack.take(call, given)

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

    def _open_call_of(self, module: nn.Module) -> OpenCall | None:
        return self._stack.of_module(self._paths.get(id(module), [""])[0])

    def _module_entered(
        self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> OpenCall:
        parent = self._stack.innermost
        given = arguments(args, kwargs)
        if parent is None and len(args) == 1 and isinstance(args[0], list | tuple) and not kwargs:
            given = list(tensors_in(args[0], "0"))  # a list is told from several arguments
        op = read_op(module, first_shape(given))
        paths = self._paths.get(id(module), [""])
        path = paths[0]
        if len(paths) > 1 and parent is not None and parent.module is not None:
            inside = f"{parent.path}." if parent.path else ""
            path = next((p for p in paths if p.startswith(inside)), path)
        opaque = not isinstance(op, Container)
        return self._stack.begin(path, paths[0], op, given, opaque=opaque)

    def _module_left(
        self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any
    ) -> None:
        call = self._open_call_of(module)
        if call is None:
            return
        made = list(tensors_in(result))
        if call is self._stack.innermost:
            self._stack.cross([tensor for _, tensor in made])
        self._stack.leave(call)
        works_itself = call.opaque or not (call.made_calls or self._stack.is_opaque)
        self._stack.give(call, made, works_itself=works_itself)
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
