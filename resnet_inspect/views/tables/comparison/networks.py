"""Two networks side by side, as a table; `summary` says in words how they differ.

Left stands before right everywhere: "3×3 → 1×1" in a cell, "3×3 against 1×1" in a sentence. The
rows that are no subtotal sum to the totals, on either side.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from resnet_inspect.analysis.comparison.difference import Difference
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.tables import assembly
from resnet_inspect.views.tables.assembly import provenance
from resnet_inspect.views.tables.comparison.headings import HEADINGS, SHOWN
from resnet_inspect.views.tables.comparison.rows import Notable, Rows
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Cell, Table, Total, check_columns
from resnet_inspect.views.tables.trace import totals
from resnet_inspect.views.words import fields, text
from resnet_inspect.views.words.comparison.sides import of_sides
from resnet_inspect.views.words.comparison.summary import summary
from resnet_inspect.views.words.comparison.totals import figure_texts, ratio
from resnet_inspect.views.words.text import Value


def view(
    difference: Difference,
    selection: Selection | None = None,
    *,
    unfold: bool = False,
    brief: bool = False,
    is_notable: Notable = lambda part: False,
    beside: assembly.Widen = assembly.unchanged,
) -> Table:
    """Sections and steps, side by side; `everything`, `only`, `match`, `where`, `stage` apply.

    A section that is the same on both sides, or only on one, is a single row unless `unfold`; with
    `brief`, what is the same within a section that changed is left to the row "not shown". A step
    that the default selection leaves out is shown all the same if it is news: changed itself, or
    there on one side only while the layers around it are on both. What is notable for another
    reason is shown as if it had changed. `where` may name what `beside` sets beside a table.
    """
    selection = selection or Selection()
    selection.check(difference.left.trace, difference.right.trace)
    shown = selection.columns or SHOWN
    check_columns(shown, HEADINGS, see=f"known: {', '.join(HEADINGS)}")
    rows = Rows(difference, selection, is_notable, beside, unfold=unfold, brief=brief)
    left, right = difference.left, difference.right
    return Table(
        model=text.visible(f"{left.trace.model_name} against {right.trace.model_name}"),
        view="differences",
        title=text.visible(_title(left, right)),
        columns=tuple(HEADINGS.values()),
        shown=tuple(shown),
        rows=tuple(rows.found),
        totals=_totals(difference),
        remarks=tuple(_remarks(difference)),
        provenance=_provenance(difference),
        summary=summary(difference),
    )


def _title(left: Survey, right: Survey) -> str:
    """Both titles in one, what is the same in both only once."""
    parts = [provenance.title(survey.trace).split(" · ") for survey in (left, right)]
    if len(parts[0]) != len(parts[1]):
        return " against ".join(" · ".join(part) for part in parts)
    named, *rest = (f"{a} against {b}" if a != b else a for a, b in zip(*parts, strict=True))
    if parts[0][0] == parts[1][0]:
        named = f"{named} against {parts[1][0]}"
    return " · ".join((named, *rest))


def _provenance(difference: Difference) -> tuple[tuple[str, Value], ...]:
    """Where both traces come from; a key for each side, pairs as text."""
    found: list[tuple[str, Value]] = []
    for side, survey in (("left", difference.left), ("right", difference.right)):
        source = survey.trace.provenance
        texts: dict[str, Value] = {
            "arguments": tuple(f"{name}={value}" for name, value in source.arguments),
            "versions": tuple(f"{name} {number}" for name, number in source.versions),
        }
        for key, value in provenance.entries(source):
            found.append((f"{side}_{key}", texts.get(key, value)))
    return tuple(found)


def _remarks(difference: Difference) -> list[str]:
    """What must be known of either network, as its own views say it."""
    nothing, sides = Selection(), (difference.left, difference.right)
    left, right = (totals.view(survey, nothing).remarks for survey in sides)
    field = difference.figure["receptive_field"]
    if field.left is field.right is None and "lock" in (s.trace.provenance.source for s in sides):
        of_fields = {text.visible(remark) for s in sides for remark in fields.remarks(s)}
        left, right = (tuple(r for r in side if r not in of_fields) for side in (left, right))
    return of_sides(left, right)


def _totals(difference: Difference) -> tuple[Total, ...]:
    """Every figure with both values, the difference and the ratio: (left, right, right - left, ...)

    A value that there is none of is None.
    """
    found = []
    for key, (label, left, right) in figure_texts(difference).items():
        figure = difference.figure[key]
        written = left if left == right else f"{left} → {right}"
        if left != right:
            written += ratio(figure)
        values = (_plain(figure.left), _plain(figure.right))
        found.append(Total(key, label, Cell((*values, figure.difference, figure.ratio), written)))
    return tuple(found)


def _plain(value: Any) -> Value:
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    plain: Value = float(value) if isinstance(value, Fraction) else value
    return plain
