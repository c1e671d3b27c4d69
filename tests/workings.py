"""What a written-out working comes to, in exact arithmetic."""

from __future__ import annotations

import ast
import operator
import re
from fractions import Fraction
from math import ceil, floor

OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def value_of(working: str) -> Fraction:
    """The value of a working, in exact arithmetic."""
    source = re.sub(r"(?<=\d),(?=\d{3})", "", working)
    for written, meant in (
        ("·", "*"), ("−", "-"), ("⌊", "floor("), ("⌋", ")"), ("⌈", "ceil("), ("⌉", ")"),
    ):  # fmt: skip
        source = source.replace(written, meant)

    def walk(node: ast.AST) -> Fraction:
        match node:
            case ast.Constant(value=int(number)):
                return Fraction(number)
            case ast.BinOp():
                return Fraction(OPERATORS[type(node.op)](walk(node.left), walk(node.right)))
            case ast.UnaryOp(op=ast.USub()):
                return -walk(node.operand)
            case ast.Call(func=ast.Name(id=name), args=[inner]):
                return Fraction({"floor": floor, "ceil": ceil}[name](walk(inner)))
        raise AssertionError(ast.dump(node))

    return walk(ast.parse(source, mode="eval").body)
