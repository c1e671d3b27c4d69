"""Readers for products of tensors that say in letters, or by numbers, what is summed over."""

from __future__ import annotations

from string import ascii_letters

from resnet_inspect.capture.readers.registry import Arguments, reads_function
from resnet_inspect.traces.ops import MatMul, Op


@reads_function("einsum", takes=("equation", "first", "second", "third"))
def _einsum(name: str, a: Arguments) -> Op:
    """An einsum, with a letter for every dimension, also of the result."""
    operands = [a[place] for place in ("first", "second", "third") if place in a]
    if len(operands) == 1 and isinstance(operands[0], list | tuple):
        operands = list(operands[0])
    terms, arrow, made = a["equation"].replace(" ", "").partition("->")
    written = terms.split(",")
    if len(operands) != len(written):  # more than three of them
        return MatMul(name, f"{terms}{arrow}{made}")
    dots = [
        tensor.dim() - len(letters.replace("...", ""))
        for letters, tensor in zip(written, operands, strict=True)
    ]
    spare = [letter for letter in ascii_letters if letter not in terms][: max(dots)]
    if not arrow:
        once = (letter for letter in sorted(terms) if terms.count(letter) == 1)
        made = f"{'...' * ('...' in terms)}{''.join(letter for letter in once if letter.isalpha())}"
    ends = [
        letters.replace("...", "".join(spare[len(spare) - number :]))
        for letters, number in zip((*written, made), (*dots, len(spare)), strict=True)
    ]
    return MatMul(name, f"{','.join(ends[:-1])}->{ends[-1]}")


@reads_function("tensordot", takes=("a", "b", "dims"))
def _tensordot(name: str, a: Arguments) -> Op:
    """As an equation: what is summed over has the same letter in both."""
    rank, other = a["a"].dim(), a["b"].dim()
    dims = a.get("dims", 2)
    if isinstance(dims, int):
        dims = (range(rank - dims, rank), range(dims))
    summed = list(zip(*([int(dim) for dim in of] for of in dims), strict=True))
    left = list(ascii_letters[:rank])
    right = list(ascii_letters[rank : rank + other])
    for one, two in summed:
        right[two] = left[one]
    made = [letter for letter in (*left, *right) if (letter in left) != (letter in right)]
    return MatMul(name, f"{''.join(left)},{''.join(right)}->{''.join(made)}")
