"""Methods of a network by name, of which its forward is one: any may be run in its place."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from torch import nn

from resnet_inspect.errors import UnknownName, UntraceableModel
from resnet_inspect.traces.model import FORWARD


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
