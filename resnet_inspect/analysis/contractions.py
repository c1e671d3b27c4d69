"""The tensors of an einsum or tensordot, by the letters of its equation."""

from __future__ import annotations

from resnet_inspect.traces.ops import MatMul

_PAIR = {"0": 0, "a": 0, "input": 0, "1": 1, "b": 1, "other": 1}


def factors(op: MatMul) -> tuple[list[str], str]:
    """A letter for each dimension of each tensor that is multiplied, and of the result."""
    terms, _, made = op.equation.partition("->")
    return terms.split(","), made


def place_of(op: MatMul, label: str) -> int | None:
    """Which of the tensors an argument is; of an einsum they stand behind the equation."""
    if op.name != "einsum":
        return _PAIR.get(label)
    first, _, inner = label.partition(".")
    if inner.isdecimal():
        return int(inner)
    return int(first) - 1 if first.isdecimal() else None
