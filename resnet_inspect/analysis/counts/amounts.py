"""What some calls hold and do, as numbers that add up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from operator import add, attrgetter, sub


@dataclass(frozen=True, slots=True)
class Amounts:
    """What some calls hold and do; amounts of separate calls add up."""

    parameters: int = 0
    trainable: int = 0
    parameter_bytes: int = 0
    macs: int = 0
    uncounted: int = 0
    """How many of the calls no MAC rule covers; if any, `macs` is partial."""
    activation_bytes: int = 0
    activation_bytes_distinct: int = 0
    zeros: int = 0
    """Parameters that are exactly zero, as far as is known."""
    valueless: int = 0
    """How many of the parameters have no values; if any, `zeros` is partial."""

    def __add__(self, other: Amounts) -> Amounts:
        return Amounts(*map(add, _numbers(self), _numbers(other)))

    def __sub__(self, other: Amounts) -> Amounts:
        return Amounts(*map(sub, _numbers(self), _numbers(other)))

    def __mul__(self, times: int) -> Amounts:
        return self if times == 1 else Amounts(*(a * times for a in _numbers(self)))


_numbers = attrgetter(*(field.name for field in fields(Amounts)))
"""The numbers of `Amounts` in the order of its fields; `astuple` would copy each deeply."""


def summed(every: Iterable[Amounts]) -> Amounts:
    """The amounts of separate calls together; none for no calls."""
    return Amounts(*map(sum, zip(*map(_numbers, every), strict=True)))
