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
    only left  -only right     of two networks side by side: what only one of them has

Of two networks side by side, the name of a column stands for both of its sides: one is enough.
A comparison takes the largest number of a cell such as 7×7, the elements of a shape, and for a
receptive field of the whole image infinity. Nothing that is typed raises: what is not understood
is left out or taken as a word, and `Query.problems` says so.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache

from resnet_inspect.views.tables.columns import COLUMNS
from resnet_inspect.views.tables.filter.grammar import Grammar
from resnet_inspect.views.tables.filter.names import SHORT_NAMES, Named, Names
from resnet_inspect.views.tables.filter.query import Bind, Query
from resnet_inspect.views.tables.filter.terms import term, unless
from resnet_inspect.views.tables.table import Heading, Table

__all__ = ["SHORT_NAMES", "Named", "Query", "of_columns", "parse", "query_of"]

_ON_ONE_SIDE = re.compile(r"(?<![^\s!-])only\s+(left|right)(?!\S)", re.IGNORECASE)


def parse(text: str, columns: Iterable[Named] | None = None) -> Query:
    """The query that a line of text stands for; it never raises.

    `columns` are those that can be named: by default, every column there is.
    """
    grammar = _of_every_column(tuple(COLUMNS)) if columns is None else Grammar(Names(columns))
    terms: list[Bind] = []
    problems: dict[str, None] = {}
    words: dict[str, None] = {}
    for part in grammar.parts(text):
        bind, problem, word = term(part, grammar.names)
        if bind is not None:
            terms.append(unless(bind) if part.negated else bind)
        if problem:
            problems[problem] = None
        if word and not part.negated:
            words[word] = None
    return Query(text, terms, problems, words)


def query_of(text: str, table: Table) -> Query:
    """The query of this table's rows; what can be named are its own columns."""
    return of_columns(text, table.columns)


def of_columns(text: str, columns: Sequence[Named]) -> Query:
    """The query of a table with these columns."""
    keys = {column.key for column in columns}
    if keys <= COLUMNS.keys():
        return parse(text)
    if "change" in keys:
        text = _ON_ONE_SIDE.sub(r'change:"only \1"', text)
    return parse(text, (*columns, *_of_both_sides(columns, keys)))


def _of_both_sides(columns: Iterable[Named], keys: Collection[str]) -> Iterator[Named]:
    """A name without its side for the columns that there are once for each side."""
    for column in columns:
        key = column.key.removeprefix("left_")
        if key != column.key and f"right_{key}" in keys and key not in keys:
            yield Heading(key, column.title.removeprefix("left "), "left", 0)


@lru_cache(maxsize=1)
def _of_every_column(keys: tuple[str, ...]) -> Grammar:
    return Grammar(Names(COLUMNS[key] for key in keys))
