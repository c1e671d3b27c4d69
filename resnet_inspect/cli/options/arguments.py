"""Arguments of a network's builder, from what `--set` was given."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any

from resnet_inspect.errors import BadInput


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
