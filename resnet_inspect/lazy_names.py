"""The names of a package that are loaded when they are first used.

A package that offers many names says in `_HOMES` where each is from, and its `__getattr__` asks
here: whoever wants one of them loads no other. Checkers of types, and completion, see the names by
the imports that stand under `TYPE_CHECKING` beside them, and in `__all__`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any


def load(package: str, name: str, homes: Mapping[str, str]) -> Any:
    """What has this name, from its module below `resnet_inspect`; the package has it from then on.

    Raises `AttributeError` for a name that has no home.
    """
    if name not in homes:
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
    found = getattr(import_module(f"resnet_inspect.{homes[name]}"), name)
    setattr(sys.modules[package], name, found)
    return found
