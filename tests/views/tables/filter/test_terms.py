"""Every term against a plain definition of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

from filters import table_of
from hypothesis import given
from hypothesis import strategies as st
from saved import SMALL, steady

from resnet_inspect.views.tables.filter import parse
from resnet_inspect.views.tables.table import Row, Table


def folded(text: str) -> str:
    return text.replace("×", "x").casefold()


def naive_word(table: Table, row: Row, word: str) -> bool:
    keys = ("path", "op", "class_name", "kernel_size", "input_shape", "output_shape")
    texts = [folded(table.cell(row, key).text) for key in keys]
    if all(character in "0123456789x" for character in word):
        parts = word.split("x")
        for text in texts:
            numbers = "".join(c if c.isdigit() or c == "x" else " " for c in text).split()
            for run in numbers:
                items = run.split("x")
                if any(items[i : i + len(parts)] == parts for i in range(len(items))):
                    return True
        return False
    return any(word in text for text in texts)


def naive_glob(table: Table, row: Row, pattern: str) -> bool:
    cell = table.cell(row, "path")
    return any(fnmatchcase(folded(path), folded(pattern)) for path in (cell.text, str(cell.value)))


def naive_numbers(value: Any) -> list[float]:
    if value == "all":
        return [math.inf]
    if isinstance(value, tuple):
        return [number for item in value for number in naive_numbers(item)]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return []
    return [value]


def naive_comparison(table: Table, row: Row, key: str, sign: str, number: float) -> bool:
    numbers = naive_numbers(table.cell(row, key).value)
    if key in ("input_shape", "output_shape"):
        if table.cell(row, key).value is None:
            return False
        numbers = [math.prod(numbers)]
    if not numbers:
        return False
    largest = max(numbers)
    return {
        ">": largest > number, "<": largest < number, ">=": largest >= number,
        "<=": largest <= number,
    }[sign]  # fmt: skip


def naive_size(table: Table, row: Row, key: str, number: int) -> bool:
    numbers = naive_numbers(table.cell(row, key).value)
    return bool(numbers) and all(n == number for n in numbers)


Naive = Callable[[Table, Row], bool]


NUMERIC = {
    "parameters": "params", "macs": "MACs", "receptive_field": "receptive field",
    "kernel_size": "kernel", "stride": "stride", "stage": "stage", "nth": "nth",
    "activation_bytes": "act bytes", "output_shape": "output", "in_channels": "in ch",
    "share": "share",
}  # fmt: skip


UNITS = {"": 1, "k": 1000, "M": 10**6, "G": 10**9, "KiB": 1024, "MiB": 2**20, "B": 1}


@st.composite
def terms(draw: st.DrawFn) -> tuple[str, Naive]:
    """A term, and what it means in the plainest words."""
    kind = draw(st.sampled_from(["word", "sizes", "glob", "comparison", "size", "quoted"]))
    test: Naive
    if kind in ("word", "quoted"):
        word = draw(
            st.sampled_from(["conv", "RELU", "layer2", ".0.", "norm", "bottle", "add", "[b", "o"])
        )
        text = f'"{word}"' if kind == "quoted" else word
        test = lambda t, r: naive_word(t, r, folded(word))  # noqa: E731
    elif kind == "sizes":
        numbers = draw(st.lists(st.sampled_from([1, 3, 7, 8, 28, 64]), min_size=1, max_size=3))
        text = draw(st.sampled_from("x×")).join(map(str, numbers))
        test = lambda t, r: naive_word(t, r, folded(text))  # noqa: E731
    elif kind == "glob":
        pieces = ["*", "?", "layer", "1", ".", "conv", "0", ":", "add", "[a-l]"]
        text = "*" + "".join(draw(st.lists(st.sampled_from(pieces), max_size=5)))
        test = lambda t, r: naive_glob(t, r, text)  # noqa: E731
    elif kind == "size":
        key = draw(st.sampled_from(["kernel_size", "stride", "stage", "nth", "in_channels"]))
        number = draw(st.integers(0, 9))
        text = f"{draw(st.sampled_from([key, NUMERIC[key]]))}:{number}"
        test = lambda t, r: naive_size(t, r, key, number)  # noqa: E731
    else:
        key = draw(st.sampled_from(sorted(NUMERIC)))
        sign = draw(st.sampled_from([">", "<", ">=", "<="]))
        whole, unit = draw(st.integers(0, 300)), draw(st.sampled_from(sorted(UNITS)))
        gap = draw(st.sampled_from(["", " "]))
        text = f"{draw(st.sampled_from([key, NUMERIC[key]]))}{gap}{sign}{gap}{whole}{unit}"
        test = lambda t, r: naive_comparison(t, r, key, sign, whole * UNITS[unit])  # noqa: E731
    if draw(st.booleans()):
        return draw(st.sampled_from("-!")) + text, lambda t, r: not test(t, r)
    return text, test


@steady
@given(name=st.sampled_from(SMALL), asked=st.lists(terms(), max_size=4))
def test_a_query_is_all_of_its_terms(name: str, asked: list[tuple[str, Naive]]) -> None:
    table = table_of(name)
    understood = parse("  ".join(text for text, _ in asked))
    assert understood.problems == ()
    expected = [
        place for place, row in enumerate(table.rows) if all(test(table, row) for _, test in asked)
    ]
    assert understood.places(table) == expected
    assert [i for i, row in enumerate(table.rows) if understood.matches(table, row)] == expected
