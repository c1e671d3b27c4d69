"""What a term asks for, and what is wrong with it."""

from __future__ import annotations

import re

from resnet_inspect.views.tables.filter.cells import (
    COMPARE,
    column_term,
    comparison,
    equality,
    is_there,
    kind_of_op,
)
from resnet_inspect.views.tables.filter.grammar import Part
from resnet_inspect.views.tables.filter.names import Names
from resnet_inspect.views.tables.filter.query import Bind, RowTest
from resnet_inspect.views.tables.filter.spelling import folded, number_in
from resnet_inspect.views.tables.filter.words import word_term
from resnet_inspect.views.tables.table import Table


def term(part: Part, names: Names) -> tuple[Bind | None, str, str]:
    """What a part asks for, what is wrong with it, and the word to mark for it."""
    if not part.sign:
        word = folded(part.word)
        if not word or (word in {"-", "!"} and not part.quoted):
            return None, "", ""
        return word_term(word, glob=not part.quoted), "", word
    key = names.key(part.key)
    if key is None:
        return _unknown(part, names)
    if not part.value and not part.value_quoted:
        return column_term(key, is_there), "", ""
    if part.sign not in COMPARE:
        test = equality(key, part)
        return column_term(key, test, kind_of_op(part) if key == "kind" else None), "", ""
    bound = number_in(folded(part.value))
    if bound is not None:
        return column_term(key, comparison(key, COMPARE[part.sign], bound)), "", ""
    half_typed = folded(part.value) in {"-", "+", "."}
    problem = f"{part.key}{part.sign} needs a number, not '{part.value}'"
    return column_term(key, is_there), "" if half_typed else problem, ""


def _unknown(part: Part, names: Names) -> tuple[Bind | None, str, str]:
    """A name that no column has: a typing error, or part of a path such as layer1.0:add."""
    word = folded(part.word)
    if not re.fullmatch(r"[^\W\d]+(?:[-_][^\W\d]+)*", part.key):
        return word_term(word, glob=True), "", word
    problem = names.unknown(part.key)
    return (word_term(word, glob=True), problem, word) if part.sign in ":=" else (None, problem, "")


def unless(bind: Bind) -> Bind:
    """The rows for which a term does not hold."""

    def bound(table: Table) -> RowTest:
        test = bind(table)
        return lambda row: not test(row)

    return bound
