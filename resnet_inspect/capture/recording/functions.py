"""Calls of torch's functions: what is no module, such as residual adds and flatten."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
import torch.utils.checkpoint
from torch import Tensor
from torch.overrides import TorchFunctionMode

from resnet_inspect.capture.readers.names import function_name, works_in_place
from resnet_inspect.capture.readers.registry import read_function
from resnet_inspect.capture.recording.calls.arguments import arguments, tensors_in
from resnet_inspect.capture.recording.calls.stack import CallStack
from resnet_inspect.capture.recording.calls.tensors import version_of

_CHECKPOINT = torch.utils.checkpoint.__file__
"""Some versions of `checkpoint` make empty tensors for its books; they are not the network's."""
_COMPILER = os.path.join(os.path.dirname(torch.__file__), "_dynamo", "variables")
"""Some try out operators while they are imported, which the first `checkpoint` does."""

Run = Callable[[Callable[..., Any], tuple[Any, ...], Mapping[str, Any]], Any]
"""Gives what a function gives for these arguments."""


class FunctionMode(TorchFunctionMode):
    """Records every call of a torch function that no opaque call makes; `run` runs them."""

    def __init__(self, stack: CallStack, run: Run) -> None:
        super().__init__()
        self._stack = stack
        self._run = run

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        file = sys._getframe(1).f_code.co_filename
        books = func is torch.empty or getattr(func, "__name__", "") == "__get__"
        if (books and file == _CHECKPOINT) or file.startswith(_COMPILER):
            return func(*args, **(kwargs or {}))
        return self._record(func, args, kwargs or {})

    def _record(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        stack = self._stack
        caller = stack.innermost
        if caller is None or stack.is_opaque:
            return self._run(function, args, kwargs)
        given = arguments(args, kwargs)
        versions = [version_of(tensor) for _, tensor in given]
        name = function_name(function)
        caller_made_calls = caller.made_calls
        op = read_function(name, args, kwargs, in_place=False)
        call = stack.begin(f"{caller.path}:{name}", None, op, given, opaque=True)
        try:
            result = self._run(function, args, kwargs)
        except BaseException:
            stack.fail(call)
            raise
        stack.leave(call)
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
        if not works and stack.take_back(call):  # x.size(), or x.contiguous() that hands on x
            caller.made_calls = caller_made_calls
        if changed:
            call.op = read_function(name, args, kwargs, in_place=True)
        if made:
            stack.give(call, made)
        return result


def plainly(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """Just call the function."""
    return function(*args, **kwargs)


def _is_among(tensor: Tensor, others: Sequence[Tensor]) -> bool:
    return any(tensor is other for other in others)
