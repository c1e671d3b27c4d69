"""Fields of dataclasses as JSON has them: each is read as the type that it declares, or refused."""

from __future__ import annotations

import reprlib
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from math import isfinite
from typing import Any, NoReturn, TypeVar

from resnet_inspect.traces.ops import LATER, OPS, Conv, Op, Window
from resnet_inspect.traces.run import Images, Recipe
from resnet_inspect.traces.signals import Flow, Weight
from resnet_inspect.traces.tensors import Port
from resnet_inspect.traces.timing import Ceiling, Machine, Peak

T = TypeVar("T")


def plain(value: Any) -> Any:
    """A dataclass as nested dicts and lists; a field that is not compared is no part of it.

    One that came later is left out where it says nothing, so that older versions read the file.
    """
    if is_dataclass(value):
        return {
            f.name: plain(getattr(value, f.name))
            for f in fields(value)
            if f.compare and not (f.metadata == LATER and getattr(value, f.name) == f.default)
        }
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return value


def read_dataclass(kind: type[T], entry: Any) -> T:
    """A dataclass from the dict that `plain` made of it, each field of the type it declares."""
    arguments = {}
    for field in fields(kind):  # type: ignore[arg-type]
        if field.name in entry:
            arguments[field.name] = _READERS[str(field.type)](entry[field.name])
    unknown = sorted(set(entry) - {*arguments, "op"})
    if unknown:
        raise ValueError(f"{kind.__name__} has no field {unknown[0]!r}")
    return kind(**arguments)


def read_op(entry: Any) -> Op:
    """An op from its fields as JSON has them; raises `ValueError` and the like for what is none."""
    op: Op = read_dataclass(OPS[entry["op"]], entry)
    if isinstance(op, Conv) and op.groups == 0:
        raise ValueError("a convolution has at least one group")
    return op


def _read_window(entry: Any) -> Window:
    window = read_dataclass(Window, entry)
    dimensions = len(window.kernel_size)
    after = window.padding if window.padding_after is None else window.padding_after
    others = (window.stride, window.padding, window.dilation, after)
    if dimensions == 0 or any(len(numbers) != dimensions for numbers in others):
        raise ValueError("a window has one number for each spatial dimension")
    if 0 in window.kernel_size + window.stride + window.dilation:
        raise ValueError("kernel size, stride and dilation of a window are at least 1")
    return window


def _refuse(expected: str, value: Any) -> NoReturn:
    raise ValueError(f"expected {expected}, found {reprlib.repr(value)}")


def read_text(value: Any) -> str:
    """Text that can be written down again; like all of these, raises `ValueError` for others."""
    if not isinstance(value, str):
        _refuse("text", value)
    if not value.isascii():
        value.encode()  # raises for half of a surrogate pair, which nothing could write down again
    return value


def read_count(value: Any) -> int:
    """A whole number from 0."""
    if type(value) is not int or not 0 <= value < 2**63:
        _refuse("a count", value)
    return value


def _read_offset(value: Any) -> int:
    if type(value) is not int or not -(2**63) <= value < 2**63:
        _refuse("a whole number", value)
    return value


def _read_number(value: Any) -> float:
    """A finite number."""
    if type(value) not in (int, float) or not isfinite(value):
        _refuse("a number", value)
    return float(value)


def read_flag(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        _refuse("true or false", value)
    return value


def read_list(value: Any) -> list[Any]:
    """A list of anything."""
    if not isinstance(value, list):
        _refuse("a list", value)
    return value


def _or_none(read: Callable[[Any], T]) -> Callable[[Any], T | None]:
    return lambda value: None if value is None else read(value)


def several(read: Callable[[Any], T]) -> Callable[[Any], tuple[T, ...]]:
    """What reads a list of what `read` reads."""
    # A list first, since a generator takes half as long again, for very many short ones.
    return lambda value: tuple([read(item) for item in read_list(value)])


def _read_pair(value: Any) -> tuple[str, str]:
    first, second = read_list(value)
    return read_text(first), read_text(second)


def _read_from(value: Any) -> tuple[str, int]:
    part, epoch = read_list(value)
    return read_text(part), read_count(epoch)


def _read_two_counts(value: Any) -> tuple[int, int]:
    first, second = read_list(value)
    return read_count(first), read_count(second)


def _read_port(value: Any) -> Port:
    label, activation = read_list(value)
    return Port(read_text(label), read_count(activation))


read_counts = several(read_count)
read_texts = several(read_text)
read_ports = several(_read_port)
read_text_or_none = _or_none(read_text)
read_count_or_none = _or_none(read_count)

_READERS: dict[str, Callable[[Any], Any]] = {
    "int": read_count,
    "str": read_text,
    "bool": read_flag,
    "Sizes": read_counts,
    "Offsets": several(_read_offset),
    "Offsets | None": _or_none(several(_read_offset)),
    "Sizes | None": _or_none(read_counts),
    "bool | None": _or_none(read_flag),
    "Window": _read_window,
    "Window | None": _or_none(_read_window),
    "tuple[int | None, ...]": several(read_count_or_none),
    "tuple[str, ...]": read_texts,
    "tuple[tuple[str, str], ...]": several(_read_pair),
    "tuple[int, ...]": read_counts,
    "tuple[tuple[int, ...], ...]": several(read_counts),
    "tuple[tuple[int, int], ...]": several(_read_two_counts),
    "int | None": read_count_or_none,
    "float": _read_number,
    "tuple[float, ...]": several(_read_number),
    "float | None": _or_none(_read_number),
    "tuple[tuple[str, int], ...]": several(_read_from),
    "Images": lambda entry: read_dataclass(Images, entry),
    "Recipe": lambda entry: read_dataclass(Recipe, entry),
    "Machine": lambda entry: read_dataclass(Machine, entry),
    "Ceiling": lambda entry: read_dataclass(Ceiling, entry),
    "tuple[Flow | None, ...]": several(_or_none(lambda entry: read_dataclass(Flow, entry))),
    "tuple[Weight, ...]": several(lambda entry: read_dataclass(Weight, entry)),
    "Peak": lambda entry: read_dataclass(Peak, entry),
}
"""How a field is read, by the type that its dataclass declares."""
