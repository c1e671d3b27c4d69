"""Numbers with commas, and amounts with prefixes: 1,8,32 and 16GiB."""

from __future__ import annotations

import math
import re
from typing import Any

import click

from resnet_inspect.cli.parameters.type import Type


class Numbers(Type):
    """Positive whole numbers with commas: 1,8,32."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """A tuple of integers."""
        if isinstance(value, tuple):
            return value
        parts = [part.strip() for part in str(value).split(",")]
        try:
            found = tuple(int(part) if part.isdecimal() else 0 for part in parts)
        except ValueError:  # of more digits than Python reads
            found = (0,)
        if 0 in found:
            self.fail(f"'{value}' is no list of positive numbers: write 1,8,32", param, ctx)
        return found


class Decimals(Type):
    """Numbers with commas: 0.485,0.456,0.406."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """A tuple of numbers."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(map(float, str(value).split(",")))
        except ValueError:
            self.fail(f"'{value}' is no list of numbers: write 0.5,0.5,0.5", param, ctx)


_PREFIXES = {"": 1.0} | {
    f"{letter}{i}": (1024.0 if i else 1000.0) ** power
    for power, letter in enumerate("KMGTP", start=1)
    for i in ("", "i")
}


class Quantity(Type):
    """Amounts with decimal or binary prefixes: 16GiB, 24G; or several of them with commas."""

    name = "quantity"

    def __init__(self, count: int = 1) -> None:
        self.count = count

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """A tuple of `count` positive numbers."""
        if isinstance(value, tuple):
            return value
        parts = str(value).split(",")
        found = tuple(self._number(part.strip()) for part in parts)
        if len(found) != self.count or None in found:
            example = "10T,100G" if self.count > 1 else "16GiB"
            self.fail(f"'{value}' is no amount: write {example}", param, ctx)
        return found

    def _number(self, written: str) -> float | None:
        parts = re.fullmatch(r"([\d.]+)\s*([A-Za-z/]*)", written)
        if parts is None:
            return None
        number, unit = parts.groups()
        prefix = re.sub(r"(B|FLOPS?|FLOP)?(/s)?$", "", unit, flags=re.IGNORECASE)
        prefix = prefix[:1].upper() + prefix[1:].lower()
        try:
            found = float(number) * _PREFIXES[prefix]
        except (ValueError, KeyError):
            return None
        return found if 0 < found < math.inf else None
