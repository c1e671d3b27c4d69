"""The filter language of the explorer's `/`: which rows of a table a line of text asks for.

    conv 3x3               words, all of which a row must have: in path, op, class, shapes, kernel
    28×28                  × and x are one; a number is a whole one: 28 is not in 128
    layer2.*.conv2         a glob, over the whole path
    stride:2 kind:norm     a column by its key, title or a short name; 2 means 2×2 too
    "max pool" op:"max pool"     quotes hold words together, and take every sign as it is
    op=conv stride!=1      exactly this; another one than this
    params>1M  act bytes held<=512KiB  share>5%      numbers, with k M G T or Ki Mi Gi
    time>1.5ms             a time, where the network was measured
    shortcut:              rows that have one
    -conv  !kind:norm      rows for which the rest does not hold

A comparison takes the largest number of a cell such as 7×7, the elements of a shape, and for a
receptive field of the whole image infinity. Nothing that is typed raises: what is not understood
is left out or taken as a word, and `Query.problems` says so.
"""

from __future__ import annotations

import difflib
import math
import operator
import re
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache
from itertools import chain
from typing import Protocol

from resnet_inspect.views.tables.columns import COLUMNS
from resnet_inspect.views.tables.table import Cell, Row, Table
from resnet_inspect.views.words.text import Value


class Named(Protocol):
    """A column or heading: what a filter can name."""

    @property
    def key(self) -> str:
        """Its name in JSON, CSV and `--columns`."""

    @property
    def title(self) -> str:
        """Its name above a column."""


SHORT_NAMES = {
    "k": "kernel_size",
    "s": "stride",
    "p": "padding",
    "d": "dilation",
    "g": "groups",
    "in": "input_shape",
    "out": "output_shape",
    "param": "parameters",
    "memory": "activation_bytes_distinct",
    "rf": "receptive_field",
    "name": "path",
    "type": "class_name",
}
"""What people call a column, beside its key and title."""

_WORDS_OVER = ("path", "op", "class_name", "kernel_size", "input_shape", "output_shape")
_SHAPES = {"input_shape", "output_shape"}
_UNITS = {"": 1.0, "%": 0.01} | {
    f"{prefix}{tail}": float(base**power)
    for power, prefix in enumerate("kmgtpe", start=1)
    for base, tails in ((1000, ("", "b")), (1024, ("i", "ib")))
    for tail in tails
} | {"b": 1.0} | {"s": 1.0, "ms": 1e-3, "us": 1e-6, "μs": 1e-6, "ns": 1e-9}  # fmt: skip
"""Greek mu: what the micro sign is as folded text."""
_NUMBER = re.compile(r"([-+]?(?:\d[\d,_]*(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?) ?([a-zμ]*|%)")
_SIZES = re.compile(r"\d+(?:x\d+)*x?", re.ASCII)
_YES = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le,
}  # fmt: skip
_SAME = {"≥": ">=", "≤": "<=", "==": "=", "≠": "!="}

RowTest = Callable[[Row], bool]
Bind = Callable[[Table], RowTest]
"""A term, compiled: given a table, the test of its rows."""
CellTest = Callable[[Cell], bool]


class Query:
    """What `parse` understood of a line of text."""

    __slots__ = ("_bound", "_table", "_terms", "problems", "text", "words")

    def __init__(
        self, text: str, terms: Sequence[Bind], problems: Iterable[str], words: Iterable[str]
    ) -> None:
        self.text = text
        """What was typed."""
        self.problems = tuple(problems)
        """What was not understood, one sentence each; a name with the nearest known one."""
        self.words = tuple(words)
        """The plain words that rows must have, in lower case with x for ×: to be marked in them."""
        self._terms = tuple(terms)
        self._table: Table | None = None
        self._bound: tuple[RowTest, ...] = ()

    def __bool__(self) -> bool:
        """Whether it asks for anything; a query that does not matches every row."""
        return bool(self._terms)

    def matches(self, table: Table, row: Row) -> bool:
        """Whether a row of the table is asked for."""
        return all(test(row) for test in self._tests(table))

    def places(self, table: Table) -> list[int]:
        """The places of all rows that match, in order."""
        tests = self._tests(table)
        if len(tests) == 1:
            (only,) = tests
            return [place for place, row in enumerate(table.rows) if only(row)]
        return [place for place, row in enumerate(table.rows) if all(test(row) for test in tests)]

    def _tests(self, table: Table) -> tuple[RowTest, ...]:
        if self._table is not table:
            self._bound = tuple(bind(table) for bind in self._terms)
            self._table = table
        return self._bound


def parse(text: str, columns: Iterable[Named] | None = None) -> Query:
    """The query that a line of text stands for; it never raises.

    `columns` are those that can be named: by default, every column there is.
    """
    names = _every_name(tuple(COLUMNS)) if columns is None else _Names(columns)
    terms: list[Bind] = []
    problems: dict[str, None] = {}
    words: dict[str, None] = {}
    for part in names.parts(text):
        bind, problem, word = _term(part, names)
        if bind is not None:
            terms.append(_unless(bind) if part.negated else bind)
        if problem:
            problems[problem] = None
        if word and not part.negated:
            words[word] = None
    return Query(text, terms, problems, words)


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of what was typed, cut but not yet understood."""

    negated: bool
    word: str
    """The whole of it, without negation and quotes."""
    quoted: bool = False
    key: str = ""
    sign: str = ""
    """":", "=", "!=", "<", "<=", ">" or ">="; empty for a plain word."""
    value: str = ""
    value_quoted: bool = False


class _Names:
    """The names of columns, however they are spelled, and how text is cut with them."""

    def __init__(self, columns: Iterable[Named]) -> None:
        self._keys: dict[str, str] = {}
        self._spelled: list[str] = []
        named = [(column.key, column.title) for column in columns]
        for key, _ in named:
            self._add(key, key)
        for key, title in named:
            self._add(title, key)
        for short, key in SHORT_NAMES.items():
            if any(key == known for known, _ in named):
                self._add(short, key)
        spaced = sorted((t for _, t in named if " " in t), key=len, reverse=True)
        titles = "|".join(re.escape(title).replace(r"\ ", r"\s+") for title in spaced)
        key_pattern = r'[^\s"!=<>≥≤≠:]+'
        self._pattern = re.compile(
            r"""\s*(?P<not>[-!])?(?:
                "(?P<quoted>[^"]*)"?
              | (?P<key>%s)(?P<gap>\s*)(?P<sign>:|[<>!]=|==?|[<>≥≤≠])(?P<after>\s*)
                (?P<value>"[^"]*"?|\S*)
              | (?P<word>\S+)
            )"""
            % (f"(?:{titles})|{key_pattern}" if titles else key_pattern),
            re.VERBOSE | re.IGNORECASE,
        )

    def _add(self, spelled: str, key: str) -> None:
        if self._keys.setdefault(_bare(spelled), key) == key:
            self._spelled.append(spelled)

    def key(self, spelled: str) -> str | None:
        """The key of a column, from any spelling of it."""
        return self._keys.get(_bare(spelled))

    def unknown(self, spelled: str) -> str:
        """That there is no such column, and which name is nearest."""
        bare = {_bare(name): name for name in reversed(self._spelled)}
        close = difflib.get_close_matches(_bare(spelled), bare, n=1, cutoff=0.5)
        hint = f": did you mean {bare[close[0]]}?" if close else ""
        return f"no column '{spelled}'{hint}"

    def parts(self, text: str) -> Iterator[_Part]:
        """The text cut into its terms."""
        at, end = 0, len(text.rstrip())
        while at < end:
            found = self._pattern.match(text, at, end)
            if found is None:  # a lone sign of negation that nothing follows
                return
            at = found.end()
            negated = found["not"] is not None
            if found["quoted"] is not None:
                yield _Part(negated, found["quoted"], quoted=True)
            elif found["key"] is None:
                yield _Part(negated, found["word"])
            else:
                part, at = self._with_key(found, negated)
                yield part

    def _with_key(self, found: re.Match[str], negated: bool) -> tuple[_Part, int]:
        """The term that a name, a sign and a value make, and where the text goes on."""
        known = self.key(found["key"]) is not None
        if found["gap"] and not (known and found["sign"] != ":"):
            return _Part(negated, found["key"]), found.end("key")
        value, end = found["value"], found.end()
        if found["after"] and (not known or found["sign"] == ":"):
            value, end = "", found.end("sign")
        sign = _SAME.get(found["sign"], found["sign"])
        quoted = value.startswith('"')
        word = f"{found['key']}{found['sign']}{value}"
        value = value.strip('"') if quoted else value
        return _Part(negated, word, False, found["key"], sign, value, quoted), end


@lru_cache(maxsize=1)
def _every_name(keys: tuple[str, ...]) -> _Names:
    return _Names(COLUMNS[key] for key in keys)


def _bare(name: str) -> str:
    """A name without what people spell differently: case, spaces, underscores and hyphens."""
    return re.sub(r"[\s_-]+", "", name).casefold()


def _folded(text: str) -> str:
    """Text as it is compared: x for ×, no upper case."""
    return text.replace("×", "x").casefold()


def _squeezed(text: str) -> str:
    """Text as a number in it is compared: 118.0m for "118.0 M", 1234 for "1,234"."""
    return _folded(text).replace(" ", "").replace(",", "")


def _unless(bind: Bind) -> Bind:
    def bound(table: Table) -> RowTest:
        test = bind(table)
        return lambda row: not test(row)

    return bound


def _term(part: _Part, names: _Names) -> tuple[Bind | None, str, str]:
    """What a part asks for, what is wrong with it, and the word to mark for it."""
    if not part.sign:
        word = _folded(part.word)
        if not word or (word in {"-", "!"} and not part.quoted):
            return None, "", ""
        return _word(word, glob=not part.quoted), "", word
    key = names.key(part.key)
    if key is None:
        return _unknown(part, names)
    if not part.value and not part.value_quoted:
        return _column(key, _is_there), "", ""
    if part.sign not in _COMPARE:
        test = _equality(key, part)
        return _column(key, test, _kind_of_op(part) if key == "kind" else None), "", ""
    bound = _number(_folded(part.value))
    if bound is not None:
        return _column(key, _comparison(key, _COMPARE[part.sign], bound)), "", ""
    half_typed = _folded(part.value) in {"-", "+", "."}
    problem = f"{part.key}{part.sign} needs a number, not '{part.value}'"
    return _column(key, _is_there), "" if half_typed else problem, ""


def _unknown(part: _Part, names: _Names) -> tuple[Bind | None, str, str]:
    """A name that no column has: a typing error, or part of a path such as layer1.0:add."""
    word = _folded(part.word)
    if not re.fullmatch(r"[^\W\d]+(?:[-_][^\W\d]+)*", part.key):
        return _word(word, glob=True), "", word
    problem = names.unknown(part.key)
    return (_word(word, glob=True), problem, word) if part.sign in ":=" else (None, problem, "")


# Words.


class _Texts:
    """What words are compared with, for each row of a table, made when a row is first asked for.

    It is kept while the table lives, because every key that is typed makes a new query.
    """

    def __init__(self, table: Table) -> None:
        self._places = tuple(table.index[key] for key in _WORDS_OVER if key in table.index)
        # Only the table's own rows are kept: while it lives, the id of one is no other row's.
        self._made: dict[int, str | None] = dict.fromkeys(map(id, table.rows))

    def of(self, row: Row) -> str:
        """Path, op, class, kernel and shapes of a row, folded, a line each."""
        key = id(row)
        made = self._made.get(key)
        if made is None:
            cells = row.cells
            made = "\n".join([cells[place].text for place in self._places])
            made = made.replace("×", "x").casefold()
            if key in self._made:
                self._made[key] = made
        return made


_texts: dict[int, tuple[weakref.ref[Table], _Texts]] = {}


def _texts_of(table: Table) -> _Texts:
    """The texts of a table. Tables are told apart by identity: to hash one is to hash every row."""
    key = id(table)
    kept = _texts.get(key)
    if kept is None or kept[0]() is not table:

        def forget(_: weakref.ref[Table]) -> None:
            _texts.pop(key, None)

        kept = _texts[key] = (weakref.ref(table, forget), _Texts(table))
    return kept[1]


def _word(word: str, *, glob: bool) -> Bind:
    """A word anywhere in a row, or a glob over its path."""
    pattern = _whole_numbers(word)
    path = _glob(word) if glob else None

    def bound(table: Table) -> RowTest:
        text = _texts_of(table).of
        if pattern is not None:
            search = pattern.search
            return lambda row: search(text(row)) is not None
        place = table.index.get("path")
        if path is None or place is None:
            return lambda row: word in text(row)

        def test(row: Row) -> bool:
            if word in text(row):
                return True
            cell = row.cells[place]
            value = cell.value
            return path(_folded(cell.text)) or (isinstance(value, str) and path(_folded(value)))

        return test

    return bound


def _whole_numbers(word: str) -> re.Pattern[str] | None:
    """A search for sizes that begin and end with whole numbers: 28x28, not in 128x28."""
    if _SIZES.fullmatch(word) is None:
        return None
    return re.compile(rf"(?<!\d){word}" + ("" if word.endswith("x") else r"(?!\d)"))


def _glob(pattern: str) -> Callable[[str], bool] | None:
    """A test of whole folded texts, if the pattern has a wildcard."""
    if not any(sign in pattern for sign in "*?["):
        return None
    try:
        match = re.compile(translate(pattern)).match
    except re.error:
        return None
    return lambda text: match(text) is not None


# Columns.


def _column(key: str, test: CellTest, other: RowTest | None = None) -> Bind:
    """A test of the cell in a column; a table without that column has no such row."""

    def bound(table: Table) -> RowTest:
        place = table.index.get(key)
        if place is None:
            return lambda row: False
        if other is None:
            return lambda row: test(row.cells[place])
        return lambda row: test(row.cells[place]) or other(row)

    return bound


def _is_there(cell: Cell) -> bool:
    """Whether the column applies to the row."""
    return cell.value is not None or bool(cell.text)


def _equality(key: str, part: _Part) -> CellTest:
    """`:`, `=` and `!=`."""
    wanted = _folded(part.value)
    squeezed = _squeezed(part.value)
    number = _number(wanted)
    sizes = _sizes(wanted)
    yes = _YES.get(wanted)
    exact = part.sign != ":"
    whole = _whole_numbers(wanted)
    glob = None if part.value_quoted or exact else _glob(wanted)
    inside = key in _SHAPES

    def in_text(text: str) -> bool:
        if exact:
            return text == wanted
        return (whole.search(text) is not None if whole else wanted in text) or (
            glob is not None and glob(text)
        )

    def test(cell: Cell) -> bool:
        value = cell.value
        if isinstance(value, bool):
            return value is yes
        if isinstance(value, str):
            return in_text(_folded(cell.text)) or in_text(_folded(value))
        if isinstance(value, int | float):
            return value == number or _squeezed(cell.text) == squeezed
        if isinstance(value, tuple) and value:
            flat = _flat(value)
            if flat is None:
                return in_text(_folded(cell.text))
            if sizes is not None and _has_sizes(flat, sizes, wanted.endswith("x"), inside):
                return True
            if glob is not None and glob(_folded(cell.text)):
                return True
            return _squeezed(cell.text) == squeezed
        return bool(cell.text) and _squeezed(cell.text) == squeezed

    if part.sign == "!=":
        return lambda cell: _is_there(cell) and not test(cell)
    return test


def _kind_of_op(part: _Part) -> RowTest:
    """The kind of layer that a row is, which `kind:` names beside the kind of row."""
    wanted = _folded(part.value)
    if part.sign == "!=":
        return lambda row: False
    if part.sign == "=":
        return lambda row: row.op == wanted
    return lambda row: wanted in row.op


def _comparison(key: str, compare: Callable[[float, float], bool], bound: float) -> CellTest:
    """`<`, `<=`, `>` and `>=`."""
    elements = key in _SHAPES

    def test(cell: Cell) -> bool:
        value = cell.value
        if isinstance(value, tuple):
            flat = _flat(value)
            if not flat:
                return elements and flat is not None and compare(1, bound)
            return compare(math.prod(flat) if elements else max(flat), bound)
        if isinstance(value, bool) or value is None:
            return False
        if isinstance(value, str):
            return value == "all" and compare(math.inf, bound)
        return compare(value, bound)

    return test


def _flat(value: tuple[Value, ...]) -> tuple[int | float, ...] | None:
    """The numbers in a cell such as 7×7 or 0+1×0+1; None if it holds anything else."""
    found: list[int | float] = []
    for item in chain.from_iterable(i if isinstance(i, tuple) else (i,) for i in value):
        if isinstance(item, bool) or not isinstance(item, int | float):
            return None
        found.append(item)
    return tuple(found)


def _has_sizes(
    flat: tuple[int | float, ...], sizes: tuple[float, ...], open_end: bool, inside: bool
) -> bool:
    """Whether a cell has these sizes: a run of a shape's, all of a window's, or one for all."""
    if inside:
        length = len(sizes)
        return any(flat[i : i + length] == sizes for i in range(len(flat) - length + 1))
    if open_end:
        return flat[: len(sizes)] == sizes
    if len(sizes) == 1:
        return all(number == sizes[0] for number in flat)
    return flat == sizes


def _number(text: str) -> float | None:
    """1500000 from "1.5m" or "1,500,000", 65536 from "64kib", 0.05 from "5%"."""
    found = _NUMBER.fullmatch(text)
    if found is None or found[2] not in _UNITS:
        return None
    try:
        return float(found[1].replace(",", "").replace("_", "")) * _UNITS[found[2]]
    except ValueError:
        return None


def _sizes(text: str) -> tuple[float, ...] | None:
    """2x2 as numbers; an x at the end, which more will follow, is let go."""
    numbers = [_number(item) for item in text.removesuffix("x").split("x")]
    if any(number is None for number in numbers):
        return None
    return tuple(number for number in numbers if number is not None)
