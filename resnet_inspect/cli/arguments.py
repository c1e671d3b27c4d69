"""What the options of inputs and builder arguments were given, as the pipeline takes it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from resnet_inspect.errors import BadInput

if TYPE_CHECKING:
    _Type = click.ParamType[Any]
else:  # older versions of click have no type argument here
    _Type = click.ParamType


def read_inputs(inputs: Sequence[tuple[str, Any]]) -> Any:
    """What `--input` was given, as `pipeline.trace` takes it: one shape, or by place and name."""
    if len(inputs) == 1 and not inputs[0][0] and not isinstance(inputs[0][1], list):
        return inputs[0][1]
    positional = [one for keyword, one in inputs if not keyword]
    named = [(keyword, one) for keyword, one in inputs if keyword]
    twice = [keyword for keyword, _ in named if [k for k, _ in named].count(keyword) > 1]
    if twice:
        raise BadInput(f"--input {twice[0]}= is given twice")
    return dict(enumerate(positional)) | dict(named)


def read_settings(settings: Iterable[str]) -> dict[str, Any]:
    """Builder arguments from NAME=VALUE, each value a Python literal or, failing that, a word."""
    found: dict[str, Any] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or not name.isidentifier():
            raise BadInput(
                f"--set {setting} is no NAME=VALUE", hint="for example --set num_classes=10"
            )
        try:
            found[name] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            known = {"true": True, "false": False, "none": None}
            if value.lower() not in known:
                raise BadInput(
                    f"--set {name}: {value!r} is no Python literal",
                    hint="numbers, True, False, None, 'text' and lists of them are",
                ) from None
            found[name] = known[value.lower()]
    return found
