"""What a builder takes: the arguments that can be written, each with its default.

A default is written as a Python literal; "" stands for none. What cannot be written (a class, a
function, a module) is not offered.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import CodeType, FrameType, FunctionType
from typing import Any

from torch import nn

_UNWRITABLE = ("Callable", "Module", "Tensor")
"""What stands in the annotation of a parameter that no literal is for."""


def written(values: Mapping[str, Any]) -> dict[str, str]:
    """The values that are literals, as they are written."""
    found = {name: repr(value) for name, value in values.items()}
    return {name: text for name, text in found.items() if _is_literal(text)}


def _is_literal(text: str) -> bool:
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError):
        return False
    return True


def of_parameters(parameters: Iterable[inspect.Parameter]) -> dict[str, str]:
    """What a class or function takes by name."""
    found: dict[str, str] = {}
    for one in parameters:
        by_name = one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)
        if not by_name or any(word in str(one.annotation) for word in _UNWRITABLE):
            continue
        found |= {one.name: ""} if one.default is one.empty else written({one.name: one.default})
    return found


def of_class(build: Callable[[], nn.Module]) -> dict[str, str]:
    """What the class of a network has defaults for, with what this builder of it gives."""
    names = dict(_constructors(type(build())))
    given: dict[str, Any] = {}

    def look(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code in names:
            given.update({name: frame.f_locals[name] for name in names[frame.f_code]})

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        build()
    finally:
        sys.setprofile(before)
    return written(given)


def _constructors(kind: type) -> Iterator[tuple[CodeType, list[str]]]:
    """The code of a class's constructor, and of those that it hands arguments on to.

    Each with the names of what has a default in it.
    """
    for owner in kind.__mro__:
        init = vars(owner).get("__init__")
        if not isinstance(init, FunctionType):
            continue
        parameters = inspect.signature(init).parameters.values()
        yield init.__code__, [name for name, text in of_parameters(parameters).items() if text]
        if all(one.kind is not one.VAR_KEYWORD for one in parameters):
            return
