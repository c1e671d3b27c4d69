"""The words of a lock's lines: names, tensors, ops. What one function writes, another reads.

Readers raise `ValueError`, or what `read_op` of the traces' codec raises, for words that cannot be.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import MISSING, Field, fields, replace
from typing import Any

from resnet_inspect.escaping import visible
from resnet_inspect.traces.json.fields import read_op as read_fields
from resnet_inspect.traces.ops import LEARNED, OPS, Op, Reshape, Window, same_values
from resnet_inspect.traces.tensors import TensorSpec

_ITEMSIZES = {
    "bool": 1, "uint8": 1, "int8": 1, "int16": 2, "int32": 4, "int64": 8, "float16": 2,
    "bfloat16": 2, "float32": 4, "float64": 8, "complex64": 8, "complex128": 16,
}  # fmt: skip
"""Bytes per element that a lock does not write."""

FLOAT = TensorSpec((), "float32", 4)
"""What a call that takes nothing is expected to give."""

_USUAL = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}
"""Fields of convolutions and pools that are written where they are something else."""

_WORDS = {op.lower(): op for op in OPS}

_QUOTED = r'"(?:[^"\\]|\\.)*"'
_PLAIN = r"[\w.:\-]*[\w.\-]"
"""Names that are written as they are: they do not end in a colon, as the keys of lines do."""
_NAME = rf"(?:{_QUOTED}|{_PLAIN})"
TOKEN = re.compile(rf'(?:{_QUOTED}|[^ "])+')
_TENSOR = re.compile(rf"(\(\)|[0-9]+(?:x[0-9]+)*)(?:\*([0-9]+))?(?::({_NAME})(?:/([0-9]+))?)?")
PLACE = re.compile(rf"({_NAME})(?:#([0-9]+))?(?:\[([0-9]+)\])?")
_NUMBER = re.compile(r"-?[0-9]{1,19}")
AMOUNTS = ("parameters", "frozen", "buffers")


def write_name(written: str) -> str:
    """A name as one token: itself, or quoted as in JSON."""
    is_plain = re.fullmatch(_PLAIN, written) and visible(written) == written
    return written if is_plain else json.dumps(written)


def read_name(token: str) -> str:
    """The name that `write_name` wrote."""
    if not re.fullmatch(_NAME, token):
        raise ValueError(f"{token} is no name")
    return str(json.loads(token)) if token.startswith('"') else token


def _number(token: str) -> int:
    if not _NUMBER.fullmatch(token):
        raise ValueError(f"{token} is no number")
    return int(token)


def _sizes(values: Iterable[int | None]) -> str:
    return "x".join("any" if value is None else str(value) for value in values) or "()"


def _read_sizes(token: str) -> list[int | None]:
    parts = [] if token == "()" else token.split("x")
    return [None if part == "any" else _number(part) for part in parts]


def _dtype(spec: TensorSpec, expected: TensorSpec) -> str:
    """The element type, where it is not the expected one: ":int64"."""
    if (spec.dtype, spec.itemsize) == (expected.dtype, expected.itemsize):
        return ""
    usual = _ITEMSIZES.get(spec.dtype) == spec.itemsize
    return f":{write_name(spec.dtype)}" + ("" if usual else f"/{spec.itemsize}")


def write_tensor(spec: TensorSpec, expected: TensorSpec) -> str:
    """Shape and, where it is not the expected one, element type: "1x64x56x56:bfloat16".

    A tensor that stands for several, inside a `vmap`, says for how many: "3x8x8*4".
    """
    mapped = "" if spec.mapped == 1 else f"*{spec.mapped}"
    return _sizes(spec.shape) + mapped + _dtype(spec, expected)


def read_tensor(token: str, expected: TensorSpec) -> TensorSpec:
    """The tensor that `write_tensor` wrote."""
    found = _TENSOR.fullmatch(token)
    if found is None:
        raise ValueError(f"{token} is no tensor")
    shape = tuple(size or 0 for size in _read_sizes(found[1]))
    mapped = _number(found[2]) if found[2] else 1
    if found[3] is None:
        return replace(expected, shape=shape, mapped=mapped)
    dtype = read_name(found[3])
    if found[4] is None and dtype not in _ITEMSIZES:
        raise ValueError(f"{dtype} is no element type")
    return TensorSpec(shape, dtype, int(found[4]) if found[4] else _ITEMSIZES[dtype], mapped)


def write_counts(specs: Iterable[TensorSpec], expected: TensorSpec) -> str:
    """Numbers of elements by their type: "128+1:int64"."""
    counted: Counter[tuple[str, int]] = Counter()
    for spec in specs:
        counted[spec.dtype, spec.itemsize] += spec.elements
    kinds = [(number, kind) for kind, number in counted.items() if number]
    return "+".join(write_tensor(TensorSpec((n,), *kind), expected) for n, kind in kinds)


def _op_fields(op: type) -> Iterator[Field[Any]]:
    """The fields of an op that a lock holds, those of its window in their place."""
    for one in fields(op):
        if one.name not in LEARNED:
            yield from fields(Window) if one.type == "Window" else (one,)


def write_op(op: Op) -> list[str]:
    """An op as its word, its kind or name, and the fields that are not as usual."""
    words = [type(op).__name__.lower()]
    for one in _op_fields(type(op)):
        value = getattr(op, one.name, MISSING)
        if value is MISSING:
            value = getattr(op.window, one.name)  # type: ignore[union-attr]
        if one.type == "bool":
            words += [one.name] if value else []
        elif _is_kind(one):
            words.append(write_name(value))
        elif value == one.default or _is_usual(one.name, value):
            continue
        elif one.type == "str":
            words.append(f"{one.name}={write_name(value)}")
        else:
            words.append(f"{one.name}={_sizes(value) if isinstance(value, tuple) else value}")
    return words


def _is_kind(one: Field[Any]) -> bool:
    """Whether a field is the word behind the op's own: "batch" of a norm, "relu"."""
    return one.type == "str" and one.default is MISSING


def _is_usual(name: str, value: object) -> bool:
    usual = _USUAL.get(name)
    if isinstance(value, tuple):
        return usual is not None and set(value) == {usual}
    return value == usual and usual is not None


def read_op(words: Sequence[str]) -> Op:
    """The op that `write_op` wrote."""
    word, *rest = words
    if word not in _WORDS:
        raise ValueError(f"there is no op {word}")
    op = _WORDS[word]
    entry: dict[str, Any] = {"op": op}
    known = list(_op_fields(OPS[op]))
    given = iter(rest)
    entry.update({one.name: read_name(next(given)) for one in known if _is_kind(one)})
    types = {one.name: str(one.type) for one in known if not _is_kind(one)}
    for token in given:
        name, equals, value = token.partition("=")
        if name not in types or name in entry or bool(equals) == (types[name] == "bool"):
            raise ValueError(f"{word} takes no {token}")
        entry[name] = _read_value(types[name], value) if equals else True
    entry.update({name: False for name, type in types.items() if type == "bool"} | entry)
    dimensions = len(entry.get("kernel_size", ()))
    for name, usual in _USUAL.items():
        if name in types:
            entry.setdefault(name, usual if types[name] == "int" else [usual] * dimensions)
    if "kernel_size" in types:
        names = [one.name for one in fields(Window)]
        entry["window"] = {name: entry.pop(name) for name in names if name in entry}
    return read_fields(entry)


def _read_value(type: str, token: str) -> Any:
    if type == "int":
        return _number(token)
    return read_name(token) if type == "str" else _read_sizes(token)


def usually_shares(op: Op) -> bool:
    """Whether an op usually gives the memory that it takes."""
    in_place: bool = getattr(op, "in_place", False)
    return in_place or isinstance(op, Reshape) or same_values(op)
