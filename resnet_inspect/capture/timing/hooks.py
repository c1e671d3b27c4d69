"""Whose time begins: hooks on every module of a traced network say it, a stopwatch notes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any

from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from resnet_inspect.capture.members import named_modules
from resnet_inspect.capture.recording.direct_calls import noticed
from resnet_inspect.capture.timing.machine import Clock
from resnet_inspect.errors import WorkFailed
from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.tensors import Port
from resnet_inspect.traces.timing import Boundary

Notice = Callable[[int], None]
"""Told, at each boundary, which call the time from here on belongs to."""


class Stopwatch:
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


def nobody(owner: int) -> None:
    """Take no notice."""


class Hooks:
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
        self._paths: dict[int, str] = {}
        self._exit = ExitStack()

    def __enter__(self) -> None:
        before, after = nn.Module.register_forward_pre_hook, nn.Module.register_forward_hook
        with ExitStack() as undo:
            for path, module in named_modules(self._model):
                # One that a forward has added since is in no trace; of several names the first is.
                if id(module) in self._paths or path not in self._trace.module_at:
                    continue
                self._paths[id(module)] = path
                is_inside = module is not self._model
                enter, leave = partial(self._enter, path), partial(self._leave, path)
                handle = before(module, enter, with_kwargs=True)
                undo.callback(handle.remove)
                handle = after(module, leave, prepend=is_inside, with_kwargs=True)
                undo.callback(handle.remove)
            undo.enter_context(noticed(self._model, self._enter_module, self._leave_module))
            self._exit = undo.pop_all()

    def __exit__(self, *exception: object) -> None:
        self._exit.close()

    def _enter_module(self, module: nn.Module, args: Any, kwargs: Any) -> None:
        self._enter(self._paths[id(module)], module, args, kwargs)

    def _leave_module(self, module: nn.Module, args: Any, kwargs: Any, made: Any) -> None:
        self._leave(self._paths[id(module)], module, args, kwargs, made)

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
        tensors = tensors_of(value)
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


def tensors_of(*values: Any) -> list[Tensor]:
    """The tensors in nested values, in order."""
    return [leaf for leaf in tree_leaves(values) if isinstance(leaf, Tensor)]
