"""Text, numbers and patterns as they are compared, however they are written."""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import translate

_UNITS = {"": 1.0, "%": 0.01} | {
    f"{prefix}{tail}": float(base**power)
    for power, prefix in enumerate("kmgtpe", start=1)
    for base, tails in ((1000, ("", "b")), (1024, ("i", "ib")))
    for tail in tails
} | {"b": 1.0} | {"s": 1.0, "ms": 1e-3, "us": 1e-6, "μs": 1e-6, "ns": 1e-9}  # fmt: skip
"""Greek mu: what the micro sign is as folded text."""
_NUMBER = re.compile(r"([-+]?(?:\d[\d,_]*(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?) ?([a-zμ]*|%)")
_SIZES = re.compile(r"\d+(?:x\d+)*x?", re.ASCII)


def folded(text: str) -> str:
    """Text as it is compared: x for ×, no upper case."""
    return text.replace("×", "x").casefold()


def squeezed(text: str) -> str:
    """Text as a number in it is compared: 118.0m for "118.0 M", 1234 for "1,234"."""
    return folded(text).replace(" ", "").replace(",", "")


def number_in(text: str) -> float | None:
    """1500000 from "1.5m" or "1,500,000", 65536 from "64kib", 0.05 from "5%"."""
    found = _NUMBER.fullmatch(text)
    if found is None or found[2] not in _UNITS:
        return None
    try:
        return float(found[1].replace(",", "").replace("_", "")) * _UNITS[found[2]]
    except ValueError:
        return None


def sizes_in(text: str) -> tuple[float, ...] | None:
    """2x2 as numbers; an x at the end, which more will follow, is let go."""
    numbers = [number_in(item) for item in text.removesuffix("x").split("x")]
    if any(number is None for number in numbers):
        return None
    return tuple(number for number in numbers if number is not None)


def whole_numbers(word: str) -> re.Pattern[str] | None:
    """A search for sizes that begin and end with whole numbers: 28x28, not in 128x28."""
    if _SIZES.fullmatch(word) is None:
        return None
    return re.compile(rf"(?<!\d){word}" + ("" if word.endswith("x") else r"(?!\d)"))


def glob_test(pattern: str) -> Callable[[str], bool] | None:
    """A test of whole folded texts, if the pattern has a wildcard."""
    if not any(sign in pattern for sign in "*?["):
        return None
    try:
        match = re.compile(translate(pattern)).match
    except re.error:
        return None
    return lambda text: match(text) is not None
