"""The filter language: by examples, against a plain definition of each term, and for speed."""

from __future__ import annotations

import gc
import math
import time
import weakref
from collections.abc import Callable
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from saved import SMALL, steady, survey_of

from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables import filter as filter_language
from resnet_inspect.views.tables.columns import COLUMNS
from resnet_inspect.views.tables.filter import parse
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Cell, Heading, Row, Table, listing
from resnet_inspect.views.words.text import seconds, share


@cache
def table_of(name: str, view: str = "layers") -> Table:
    """A view of a saved trace with every step."""
    return VIEWS[view](survey_of(name), Selection(everything=True))


def found(text: str, name: str = "resnet50") -> list[str]:
    """What the rows that match call themselves."""
    table = table_of(name)
    asked = parse(text)
    places = [i for i, row in enumerate(table.rows) if asked.matches(table, row)]
    assert asked.places(table) == places
    return [table.cell(table.rows[place], "path").text for place in places]


def columns(paths: str) -> list[str]:
    return paths.split()


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("time>1ms", "slow"), ("time > 1.5ms", "slow"), ("time<2µs", "quick"),
        ("time<2us", "quick"), ("time>=0.5s", ""), ("time>=800ns", "quick even slow"),
        ("time_share>5%", "slow"), ("time:1.000ms", "even"),
    ],
)  # fmt: skip
def test_times_are_compared_with_their_units(written: str, expected: str) -> None:
    headings = (
        Heading("path", "layer", "left", 0), Heading("time", "time", "right", 0),
        Heading("time_share", "share", "right", 0),
    )  # fmt: skip
    took = {"quick": 9e-7, "even": 1e-3, "slow": 0.2}
    rows = ((Cell(n, n), Cell(t, seconds(t)), Cell(t, share(t))) for n, t in took.items())
    table = listing("times", "", headings, rows)
    asked = parse(written, table.columns)
    assert not asked.problems
    assert [table.cell(table.rows[i], "path").text for i in asked.places(table)] == expected.split()


EVERY_CONV2 = [
    f"layer{stage}.{block}.conv2"
    for stage, blocks in enumerate((3, 4, 6, 3), start=1)
    for block in range(blocks)
]

EXAMPLES = {
    "conv 3x3": EVERY_CONV2,
    "CONV 3×3": EVERY_CONV2,
    "3X3 bottleneck": [],
    "layer2.*.conv2": columns("layer2.0.conv2 layer2.1.conv2 layer2.2.conv2 layer2.3.conv2"),
    "*.CONV2 layer4": columns("layer4.0.conv2 layer4.1.conv2 layer4.2.conv2"),
    "layer?.0.conv1": columns("layer1.0.conv1 layer2.0.conv1 layer3.0.conv1 layer4.0.conv1"),
    "layer[12].0.conv1": columns("layer1.0.conv1 layer2.0.conv1"),
    "stride:2 kind:conv": columns(
        "conv1 layer2.0.conv2 layer2.0.downsample.0 layer3.0.conv2 layer3.0.downsample.0 "
        "layer4.0.conv2 layer4.0.downsample.0"
    ),
    "s:2 -kind:conv": ["maxpool"],
    "stride:2×2 op:max": ["maxpool"],
    "kernel_size:7": ["conv1"],
    "kernel=7x7": ["conv1"],
    "k:7x": ["conv1"],
    "kernel>6": ["conv1"],
    '"max pool"': ["maxpool"],
    'op:"max pool"': ["maxpool"],
    'op:"max pool': ["maxpool"],
    "class:linear": ["fc"],
    "CLASS_NAME=Linear": ["fc"],
    "class=line": [],
    "kind:block shortcut:projection": columns("layer1.0 layer2.0 layer3.0 layer4.0"),
    "kind=stage": columns("layer1 layer2 layer3 layer4"),
    "stage:3 kind:block": [f"layer3.{block}" for block in range(6)],
    "params>2M kind:layer": columns("layer4.0.conv2 layer4.0.downsample.0 layer4.1.conv2 "
                                    "layer4.2.conv2 fc"),
    "params > 2,000,000 kind:layer": columns("layer4.0.conv2 layer4.0.downsample.0 "
                                             "layer4.1.conv2 layer4.2.conv2 fc"),
    "param bytes>=8MiB kind:layer": columns("layer4.0.conv2 layer4.0.downsample.0 "
                                            "layer4.1.conv2 layer4.2.conv2"),
    "share>25%": columns("layer3 layer4"),
    "share≥.25": columns("layer3 layer4"),
    "macs=118013952": columns("stem conv1"),
    "MACs:118.0M": columns("stem conv1"),
    "macs>1G": columns("layer2 layer3"),
    "receptive field <= 7": columns("conv1 bn1 relu"),
    "rf=35x35 kind=stage": ["layer1"],
    "rf>400 op:pool": ["avgpool"],
    "rf=all": columns("head avgpool :flatten fc"),
    "input:1x3x224x224 kind:conv": ["conv1"],
    "in:224 -kind:stem": ["conv1"],
    "output<=1000": columns("head fc"),
    "1000": columns("head fc"),
    "bias:yes": ["fc"],
    "bias=no !layer": ["conv1"],
    "in place:yes -layer": columns("relu :flatten"),
    "pad:3": ["conv1"],
    "from:maxpool kind:conv": columns("layer1.0.conv1 layer1.0.downsample.0"),
    "nth>2 layer1.0": ["layer1.0.relu #3"],
    "layer1.0:add": ["layer1.0:add"],
    "path:1.0:add": ["layer1.0:add"],
    ":flatten": [":flatten"],
    "conv1 stride!=1": ["conv1"],
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), EXAMPLES.items(), ids=EXAMPLES)
def test_examples(text: str, expected: list[str]) -> None:
    assert found(text) == expected
    assert parse(text).problems == ()


def test_an_empty_query_asks_for_everything() -> None:
    for text in ("", "   ", "-", " ! ", '"', '""', '-"'):
        asked = parse(text)
        assert not asked
        assert asked.places(table_of("resnet18")) == [*range(len(table_of("resnet18").rows))]
    assert parse("conv")


def test_numbers_are_whole() -> None:
    table = table_of("resnet50")
    for place in parse("28×28").places(table):
        row = table.rows[place]
        texts = [table.cell(row, key).text for key in ("input_shape", "output_shape")]
        assert any(text.endswith("×28×28") for text in texts)
    assert found("28x2") == []
    assert found("8×28") == []
    assert found("28x") == found("28x28")


def test_a_negated_term_takes_the_other_rows() -> None:
    every = len(table_of("resnet50").rows)
    for term in ("conv", "stride:2", "params>1M", "*.conv2", "3x3", '"max pool"', "nothing:2"):
        assert len(found(term)) + len(found(f"-{term}")) == every
        assert found(f"!{term}") == found(f"-{term}")


def test_what_no_column_applies_to_is_no_other_value() -> None:
    assert len(found("stride:1")) + len(found("stride!=1")) == len(found("stride:"))
    assert len(found("-stride:1")) > len(found("stride!=1"))


def test_a_half_typed_term_filters_by_what_can_be_understood() -> None:
    every = found("")
    assert found("kernel:") == found("kernel>") == found("kernel > ") == found("kernel>=-")
    assert 0 < len(found("kernel:")) < len(every)
    assert {*found("shortcut:")} == {*found("shortcut:proj"), *found("shortcut:id")}
    assert parse("kernel>").problems == parse("kernel>-").problems == ()
    assert found("conv params>") == found("conv")
    assert found("params>1.") == found("params>1")
    assert found("recptive>") == every


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("strid:2", "no column 'strid': did you mean stride?"),
        ("Strides>2", "no column 'Strides': did you mean stride?"),
        ("recptive_field>2", "no column 'recptive_field': did you mean receptive_field?"),
        ("conv parms>1M", "no column 'parms': did you mean params?"),
        ("-kernal=3", "no column 'kernal': did you mean kernel?"),
        ("qqqqqq=3", "no column 'qqqqqq'"),
        ("params>many", "params> needs a number, not 'many'"),
        ("params>5Q", "params> needs a number, not '5Q'"),
    ],
)
def test_problems_are_named_with_the_nearest_name(text: str, problem: str) -> None:
    assert parse(text).problems == (problem,)


def test_words_are_those_to_be_marked() -> None:
    assert parse('Conv -relu 3×3 stride:2 "max pool" Conv').words == ("conv", "3x3", "max pool")


def test_only_the_columns_that_are_given_can_be_named() -> None:
    columns = [COLUMNS["path"], COLUMNS["stride"]]
    assert parse("stride:2 layer:conv", columns).problems == ()
    assert parse("kernels>2", columns).problems == ("no column 'kernels'",)
    assert parse("k>2", columns).problems == ("no column 'k'",)
    assert len(parse("stride:2", []).problems) == 1


def test_every_column_can_be_named_by_key_and_title() -> None:
    for column in COLUMNS.values():
        for name in (column.key, column.title, column.title.upper(), f"  {column.title}"):
            for sign in (":", "=", "!=", ">", ">=", "<", "<=", " > "):
                asked = parse(f"{name}{sign}1")
                assert asked.problems == ()
                assert asked.words == ()


@pytest.mark.parametrize("path", ["[bold]", "x[out]", "a|b", "[/]", "[link=x]"])
def test_names_that_look_like_patterns_are_found(path: str) -> None:
    row = Row("layer", 0, False, tuple(Cell("", "") for _ in COLUMNS))
    cells = (Cell(path, path), *row.cells[1:])
    table = replace(table_of("plain"), rows=(replace(row, cells=cells), row))
    for text in (path, f'"{path}"', f"path:{path}", f'path="{path}"', path[1:]):
        assert parse(text).places(table) == [0]


def test_a_table_without_a_column_has_no_such_row() -> None:
    table = table_of("resnet18")
    place = table.index["stride"]

    def without(items: tuple[Any, ...]) -> tuple[Any, ...]:
        return items[:place] + items[place + 1 :]

    narrow = replace(
        table,
        columns=without(table.columns),
        rows=tuple(replace(row, cells=without(row.cells)) for row in table.rows),
    )
    assert parse("stride:2").places(narrow) == []
    assert parse("stride>1").places(narrow) == []
    assert len(parse("conv").places(narrow)) == len(parse("conv").places(table))


def test_one_query_serves_several_tables_and_rows_of_no_table() -> None:
    asked = parse("conv1")
    tables = [table_of("resnet18"), table_of("resnet50"), table_of("resnet18", "modules")]
    first = [asked.places(table) for table in tables]
    assert [asked.places(table) for table in tables] == first
    row = tables[0].rows[first[0][0]]
    for number in range(50):
        name = f"conv{number}"
        foreign = replace(row, cells=(Cell(name, name), *row.cells[1:]))
        assert asked.matches(tables[0], foreign) is ("conv1" in name)


def test_texts_are_kept_no_longer_than_their_table() -> None:
    table = replace(table_of("resnet18"))
    asked = parse("conv")
    asked.places(table)
    key, gone = id(table), weakref.ref(table)
    assert filter_language._texts[key][0]() is table
    del table, asked
    gc.collect()
    assert gone() is None
    assert key not in filter_language._texts


# Against a plain definition.


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


PIECES = [
    "conv", "layer1.0", "stride", "params", "in ch", "act bytes held", "path", "kind", "output",
    "×", "x", "3", "1.5", "1e9", "999999", "M", "KiB", "%", ":", ">", "<", "=", "!=", ">=", "≥",
    "≠", "-", "!", '"', "*", "?", "[", "]", "[!", "[z-a]", "\\", " ", "\t", "\n", ",", "_", "all",
    "yes", "(", ")", "{", "|", "^", "$", "+", "²", "٣", "İ", "ß", "\0", "\ud800",
]  # fmt: skip


@steady
@given(
    name=st.sampled_from(SMALL),
    text=st.one_of(
        st.text(max_size=30),
        st.lists(st.sampled_from(PIECES), max_size=10).map("".join),
    ),
)
def test_nothing_that_is_typed_raises(name: str, text: str) -> None:
    table = table_of(name)
    for end in range(len(text) + 1):
        understood = parse(text[:end])
        places = understood.places(table)
        if not understood:
            assert len(places) == len(table.rows)


@pytest.mark.parametrize(
    "text",
    ["*a" * 500, "[" * 5000, "9" * 5000, "params>" + "9" * 5000, "params>1e999999999", "x" * 99999,
     " " * 99999, "a:" * 20000, "stride:" + "2x" * 20000, '"' * 20001, "-" * 9999, "in " * 20000],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_nothing_that_is_pasted_takes_long(text: str) -> None:
    table = table_of("plain")
    before = time.perf_counter()
    parse(text).places(table)
    assert time.perf_counter() - before < 3


def test_a_hundred_thousand_rows_are_filtered_while_one_types() -> None:
    some = table_of("resnet50").rows
    rows: list[Row] = []
    while len(rows) < 100_000:
        number = len(rows)
        for row in some:
            name = f"{number}.{row.cells[0].text}"
            rows.append(replace(row, cells=(Cell(name, name), *row.cells[1:])))
    table = replace(table_of("resnet50"), rows=tuple(rows[:100_000]))
    taken = {}
    for text in ("conv", "conv 3x3", "*.conv2", "params>1M", "stride:2", "-conv macs<1M 28x28"):
        before = time.perf_counter()
        assert parse(text).places(table)
        taken[text] = time.perf_counter() - before
    assert max(taken.values()) < 1.5, taken  # measured: 0.02 to 0.16 s on two cores
