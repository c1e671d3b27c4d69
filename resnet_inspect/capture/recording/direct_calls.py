"""Modules whose `forward` is called itself, as `self.conv.forward(x)`: no hook of theirs is run.

Only where the code of a network names a `forward` to call is anything put on its modules.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, FunctionType
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import nn

from resnet_inspect.capture.members import modules

_CALLS = nn.Module._call_impl.__code__.co_filename
"""Where hooks are run and the forward is called by torch itself."""

_NAME = "forward"

Enter = Callable[[nn.Module, tuple[Any, ...], dict[str, Any]], Any]
Leave = Callable[[nn.Module, tuple[Any, ...], dict[str, Any], Any], Any]


@contextmanager
def noticed(model: nn.Module, enter: Enter, leave: Leave) -> Iterator[None]:
    """Call `enter` and `leave` as hooks are, where a module inside of a model is called past them.

    The modules are as they were on leaving.
    """
    every = modules(model)
    is_done = any(map(_names_a_forward, every))
    taken = [m for m in every[1:] if not isinstance(m, torch.jit.ScriptModule)] if is_done else []
    before = [(vars(module), vars(module).get(_NAME)) for module in taken]
    try:
        for module in taken:
            own = _attribute(module, _NAME)
            if callable(own):
                vars(module)[_NAME] = _noticing(module, own, enter, leave)
        yield
    finally:
        for attributes, own in before:
            if own is None:
                attributes.pop(_NAME, None)
            else:
                attributes[_NAME] = own


def _noticing(
    module: nn.Module, own: Callable[..., Any], enter: Enter, leave: Leave
) -> Callable[..., Any]:

    @functools.wraps(own)
    def forward(*args: Any, **kwargs: Any) -> Any:
        if sys._getframe(1).f_code.co_filename == _CALLS:
            return own(*args, **kwargs)
        enter(module, args, kwargs)
        result = own(*args, **kwargs)
        leave(module, args, kwargs, result)
        return result

    return forward


_KNOWN: WeakKeyDictionary[type | FunctionType, bool] = WeakKeyDictionary()


def _names_a_forward(module: nn.Module) -> bool:
    """Whether a method or function of a module, or one that they call, names a `forward`."""
    kind = type(module)
    if _is_of_torch(kind):
        return False
    own = [value for value in vars(module).values() if isinstance(value, FunctionType)]
    written: tuple[type | FunctionType, ...] = (kind, *own)
    for one in written:
        if one not in _KNOWN:
            _KNOWN[one] = any(_NAME in code.co_names + code.co_consts for code in _codes(one))
    return any(_KNOWN[one] for one in written)


def _is_of_torch(found: type | FunctionType) -> bool:
    return f"{found.__module__}.".startswith("torch.")


def _attribute(of: object, name: str) -> Any:
    """An attribute, or None: what stands in a class may be of any kind, and raise."""
    try:
        return getattr(of, name)
    except Exception:
        return None


def _codes(one: type | FunctionType) -> Iterator[CodeType]:
    """The code of a class or function and of the functions that it names, torch's own left out."""
    waiting: list[Any] = [one]
    if isinstance(one, type):
        bases = [base for base in one.__mro__ if not _is_of_torch(base)]
        waiting = [value for base in bases for value in vars(base).values()]
    seen = set()
    while waiting:
        function = waiting.pop()
        for inner in ("__func__", "fget", "__wrapped__"):
            found = _attribute(function, inner)
            function = function if found is None else found
        if not isinstance(function, FunctionType) or _is_of_torch(function):
            continue
        nested = [function.__code__]
        while nested:
            code = nested.pop()
            if code in seen:
                continue
            seen.add(code)
            yield code
            nested += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
            waiting += [function.__globals__.get(name) for name in code.co_names]
