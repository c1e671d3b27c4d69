"""The networks that a module of the user's holds, and the arguments that they take."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Mapping, Sequence
from functools import reduce
from types import FunctionType, ModuleType
from typing import Any

from torch import nn

_DEEPEST = 8
"""How many functions that return each other's result are followed to an `nn.Module`."""


def networks_of(module: ModuleType) -> dict[str, Any]:
    """What a module defines and gives networks: classes, instances, functions."""
    found: dict[int, tuple[str, Any]] = {}
    for name, value in vars(module).items():
        try:
            gives = _is_network(module, name, value)
        except Exception:  # what cannot be asked, such as a proxy of what is not there yet, is none
            continue
        if gives:
            found.setdefault(id(value), (name, value))
    return dict(found.values())


def _is_network(module: ModuleType, name: str, value: object) -> bool:
    """Whether something is a network, or makes one and is of this module and not private."""
    if isinstance(value, nn.Module):
        return True
    home = str(getattr(value, "__module__", ""))
    is_own = home == module.__name__ or home.startswith(f"{module.__name__}.")
    return is_own and not name.startswith("_") and _gives_module(value, _DEEPEST)


def _gives_module(value: object, deepest: int) -> bool:
    """Whether a class is an `nn.Module`, or a function says or shows that it returns one."""
    if isinstance(value, type):
        return issubclass(value, nn.Module)
    if not isinstance(value, FunctionType) or not deepest:
        return False
    says = value.__annotations__.get("return")
    if isinstance(says, str):
        says = _global(value, says)
    if isinstance(says, type):
        return issubclass(says, nn.Module)
    return any(_gives_module(_global(value, name), deepest - 1) for name in _returned_calls(value))


def _returned_calls(function: FunctionType) -> list[str]:
    """The names of what a function calls to make what it returns: "ResNet", "models.resnet18"."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError, ValueError):
        return []
    nodes = list(ast.walk(tree))
    assigned = {
        ast.unparse(node.targets[0]): node.value for node in nodes if isinstance(node, ast.Assign)
    }
    returned = [node.value for node in nodes if isinstance(node, ast.Return) and node.value]
    values = [assigned.get(ast.unparse(value), value) for value in returned]
    return [ast.unparse(value.func) for value in values if isinstance(value, ast.Call)]


def _global(function: FunctionType, dotted: str) -> Any:
    """What a dotted name means in a function's module, or None."""
    first, *rest = dotted.split(".")
    found = function.__globals__.get(first)
    return reduce(lambda value, name: getattr(value, name, None), rest, found)


def buildable(networks: Mapping[str, Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Those that can be built with these arguments."""
    return {
        name: found
        for name, found in networks.items()
        if not missing_arguments(found, arguments) and not unknown_arguments(found, arguments)
    }


def parameters_of(found: object) -> Mapping[str, inspect.Parameter]:
    """What a class or function takes, by name; nothing for an instance."""
    if isinstance(found, nn.Module) or not callable(found):
        return {}
    try:
        return inspect.signature(found).parameters
    except Exception:  # some callables of C have none, some of the user's raise
        return {}


def missing_arguments(found: object, arguments: Mapping[str, Any] | Sequence[str]) -> list[str]:
    """The parameters that must be given and are not."""
    optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [
        name
        for name, parameter in parameters_of(found).items()
        if parameter.default is parameter.empty
        and parameter.kind not in optional
        and name not in arguments
    ]


def unknown_arguments(found: object, arguments: Mapping[str, Any]) -> list[str]:
    """The arguments that are given and not taken."""
    parameters = parameters_of(found)
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
        return []
    return [name for name in arguments if name not in parameters]
