"""The base of the types of parameters, in every version of click."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    Type = click.ParamType[Any]
else:  # older versions of click have no type argument here
    Type = click.ParamType
