"""The figures of two networks in words, and what they differ by."""

from __future__ import annotations

from fractions import Fraction

from resnet_inspect.analysis.comparison.difference import Difference, Figure
from resnet_inspect.views.words import text
from resnet_inspect.views.words.totals import written


def figure_texts(difference: Difference) -> dict[str, tuple[str, str, str]]:
    """Label and both texts of every figure, as the totals of the networks write them."""
    sides = [
        {total.key: total for total in written(survey)}
        for survey in (difference.left, difference.right)
    ]
    found = {}
    for figure in difference.figures:
        key = figure.key
        if key in sides[0] and figure.left is figure.right is None:
            found[key] = (sides[0][key].label, text.NOT_KNOWN, text.NOT_KNOWN)
        elif key in sides[0]:
            a, b = sides[0][key], sides[1][key]
            found[key] = (a.label, a.text, b.text)
        else:
            found[key] = (key, text.integer(figure.left), text.integer(figure.right))
    return found


def ratio(figure: Figure) -> str:
    """In brackets, "(×1.17)"; the difference where that rounds to one."""
    if figure.ratio is None or not figure.ratio:
        return ""
    written = f"{figure.ratio:.2f}"
    if written == "1.00":
        return f" ({signed(figure.difference)})"
    return f" (×{written if figure.ratio >= 0.1 else f'{figure.ratio:.2g}'})"


def signed(number: int | float | None) -> str:
    """A difference with its sign; "" for none."""
    if not number:
        return "" if number is None else "0"
    return f"{number:+,}"


def times_of(ratio: Fraction) -> str:
    """×2, ÷2, ×1.5: a ratio of two counts."""
    if ratio.denominator == 1:
        return f"×{ratio.numerator}"
    return f"÷{ratio.denominator}" if ratio.numerator == 1 else f"×{float(ratio):.3g}"
