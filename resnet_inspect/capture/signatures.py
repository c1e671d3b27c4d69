"""How a forward takes what it is given: by its parameters, in one mapping, as a list, or otherwise.

What its code shows is for a hint, where it has raised. Nothing here runs it.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

_DEEPEST = 4
"""How many methods and modules an argument is followed into."""

_OF_LISTS = frozenset({"enumerate", "zip", "cat", "concat", "stack", "list", "tuple", "sum", "map"})
"""Functions that take several tensors as one argument."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A first parameter that is used as no tensor is."""

    kind: Literal["mapping", "list", "object"]
    class_name: str
    """The network's."""
    method: str
    parameter: str
    names: tuple[str, ...]
    """The keys or attributes that are taken from it; for each tensor of a list, if their number is
    known, what it is called."""


def as_taken(
    forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments as the forward takes them: by its parameters, or all in one mapping.

    Names that are no parameter's are keys, where the forward has one parameter that must be given
    and takes no other keywords.
    """
    parameters = _parameters(forward)
    kinds = {parameter.kind for parameter in parameters}
    names = {parameter.name for parameter in parameters}
    needed = [p for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
    is_open = kinds & {inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL}
    if args or not kwargs or is_open or len(needed) != 1 or names & kwargs.keys():
        return args, kwargs
    return (kwargs,), {}


def asked_of(model: nn.Module, method: str) -> Asked | None:
    """What the code of a method asks of its first argument; None where a tensor would do."""
    forward = getattr(model, method, model.forward)
    parameters = _parameters(forward)
    if not parameters or isinstance(model, torch.fx.GraphModule):  # whose code torch has written
        return None
    uses = list(_uses(model, forward, _DEEPEST))
    for kind in ("mapping", "list", "object"):
        found = [name for use, names in uses if use == kind for name in names]
        if any(use == kind for use, _ in uses):
            names = tuple(dict.fromkeys(found))
            return Asked(kind, type(model).__name__, method, parameters[0].name, names)
    return None


def _parameters(forward: Callable[..., Any]) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(forward).parameters.values())
    except (TypeError, ValueError):
        return []


def _uses(
    owner: nn.Module, function: Callable[..., Any], deepest: int
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """How a function uses its first parameter, here and in what it hands it on to."""
    parameters = _parameters(function)
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError, ValueError):
        return
    if not parameters or not deepest:
        return
    name = parameters[0].name

    def is_it(node: ast.AST) -> bool:
        return isinstance(node, ast.Name) and node.id == name

    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=value, slice=ast.Constant(value=str() as key)) if is_it(value):
                yield "mapping", (key,)
            case ast.Call(
                func=ast.Attribute(value=value, attr="get" | "pop"),
                args=[ast.Constant(value=str() as key), *_],
            ) if is_it(value):
                yield "mapping", (key,)
            case ast.Attribute(value=value, attr="items" | "keys" | "get" | "pop") if is_it(value):
                yield "mapping", ()
            case ast.Attribute(value=value, attr=attribute) if is_it(value):
                if not hasattr(Tensor, attribute):
                    yield "object", (attribute,)
            case ast.Assign(
                targets=[ast.Tuple(elts=parts) | ast.List(elts=parts)], value=value
            ) if is_it(value):
                yield "list", tuple(p.id for p in parts if isinstance(p, ast.Name))
            case ast.For(iter=value) | ast.comprehension(iter=value) | ast.Starred(value=value) if (
                is_it(value)
            ):
                yield "list", ()
            case ast.Call(func=called, args=[value, *_]) if is_it(value):
                if _last_name(called) in _OF_LISTS:
                    yield "list", ()
                elif isinstance(called, ast.Attribute) and _last_name(called.value) == "self":
                    taker = getattr(owner, called.attr, None)
                    if isinstance(taker, nn.Module):
                        yield from _uses(taker, taker.forward, deepest - 1)
                    elif inspect.ismethod(taker):
                        yield from _uses(owner, taker, deepest - 1)


def _last_name(node: ast.AST) -> str:
    """The name of a function or variable, without what it is an attribute of."""
    return getattr(node, "id", getattr(node, "attr", ""))
