"""How numbers, shapes, bytes and absence are written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from unicodedata import category, east_asian_width

from resnet_inspect.escaping import message as message
from resnet_inspect.escaping import visible as visible
from resnet_inspect.traces.tensors import Shape

NOTHING = ""
"""Written where a column does not apply to a row."""
NOT_KNOWN = "?"
"""Written where there is a number and it could not be found."""
RAISED = "✗"
"""Written behind the path of what the forward pass raised in."""


def integer(number: int) -> str:
    """25,557,032"""
    return f"{number:,}"


def quantity(number: int) -> str:
    """118.0 M, 4.089 G: four significant digits and a decimal prefix; small numbers whole."""
    return _prefixed(number, 1000, ("", "k", "M", "G", "T", "P", "E"), "")


def nbytes(number: int) -> str:
    """97.49 MiB: four significant digits and a binary prefix."""
    return _prefixed(number, 1024, ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"), " ")


def seconds(number: float) -> str:
    """1.234 ms, 56.78 µs: four significant digits; "0 s" for nothing."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9)):
        if number >= 0.9995 * scale:
            return f"{_four_digits(number / scale)} {unit}"
    return f"{_four_digits(number / 1e-9)} ns" if number else "0 s"


def signed_seconds(number: float) -> str:
    """+1.234 ms, -56.78 µs"""
    return f"{'-' if number < 0 else '+'}{seconds(abs(number))}"


def _four_digits(number: float) -> str:
    decimals = 3 if number < 9.9995 else 2 if number < 99.995 else 1 if number < 999.95 else 0
    return f"{number:.{decimals}f}"


def _prefixed(number: int, base: int, prefixes: Sequence[str], gap: str) -> str:
    power = 0
    while power < len(prefixes) - 1 and number >= base ** (power + 1) * 0.99995:
        power += 1
    if power == 0:
        return f"{number:,}{gap}{prefixes[0]}"
    scaled = number / base**power
    return f"{_four_digits(scaled)} {prefixes[power]}"


def shape(sizes: Sequence[int]) -> str:
    """1×64×56×56; "scalar" for a tensor without dimensions."""
    return "×".join(map(str, sizes)) if sizes else "scalar"


def sizes(numbers: Sequence[int | Fraction]) -> str:
    """7×7, one number for each spatial dimension."""
    return "×".join(map(plain, numbers))


def alike(numbers: Sequence[int | Fraction]) -> str:
    """Numbers per dimension, one where they are all alike: 2, 1×2."""
    return plain(numbers[0]) if len(set(numbers)) == 1 else sizes(numbers)


def window(kernel_size: Sequence[int], stride: Sequence[int]) -> str:
    """Kernel, and stride where it is not 1: 1×1, 3×3/2, 1×7/1×2."""
    return sizes(kernel_size) + ("" if set(stride) == {1} else f"/{alike(stride)}")


def plain(number: int | Fraction) -> str:
    """A whole number as it is, another with up to three decimals."""
    return (
        str(number) if isinstance(number, int) else f"{float(number):.3f}".rstrip("0").rstrip(".")
    )


def padding(before: Sequence[int], after: Sequence[int] | None) -> str:
    """3×3; 0+1×0+1 where more is added after than before."""
    if after is None:
        return sizes(before)
    return "×".join(f"{b}+{a}" for b, a in zip(before, after, strict=True))


def share(part: float) -> str:
    """2.6%; "<0.1%" for what would round to nothing, "0%" for nothing; the same at the top."""
    if part == 0:
        return "0%"
    if part < 0.0005:
        return "<0.1%"
    if 0.9995 <= part < 1:
        return ">99.9%"
    return f"{part * 100:.1f}%"


def count(number: int, noun: str) -> str:
    """1 block, 2 blocks"""
    plural = noun if number == 1 else f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {plural}"


def some(names: Iterable[str]) -> str:
    """k, q, v, o; of more than five the first four: a, b, c, d and 12 more."""
    every = tuple(names)
    left = f" and {len(every) - 4:,} more" if len(every) > 5 else ""
    return ", ".join(every[:4] if left else every) + left


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th"""
    ending = (
        "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    )
    return f"{number}{ending}"


def map_shape(of: Shape, *, ascii: bool = False) -> str:
    """A shape as drawings write it: without its batch dimension, a square or cube as a power.

    256×56², 64×8×56², 1000; in ASCII 256x56x56.
    """
    inner = of[1:] if len(of) > 1 else of
    if ascii:
        return shape(inner).replace("×", "x")
    for power, sign in ((3, "³"), (2, "²")):
        if len(inner) > power and len(set(inner[-power:])) == 1:
            return shape(inner[: -power + 1]) + sign
    return shape(inner)


def one_cell_each(name: str) -> str:
    """A name in which every character takes one cell of a terminal."""
    return "".join(
        "□" if east_asian_width(c) in "WF" or category(c) in {"Mn", "Me", "Cf"} else c
        for c in visible(name)
    )


Value = None | bool | int | float | str | tuple["Value", ...]
"""What a cell holds: plain values that JSON knows, tuples for lists."""


def times(ratio: float) -> str:
    """×1.17, ×0.034: how many times one is the other."""
    return f"×{ratio:.2f}" if ratio >= 0.1 else f"×{ratio:.2g}"
