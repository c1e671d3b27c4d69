"""The figures of two networks in words, and what they differ by."""

from __future__ import annotations

from fractions import Fraction

import pytest
from comparisons import of

from resnet_inspect.analysis.comparison.difference import Figure
from resnet_inspect.views.words.comparison.totals import figure_texts, ratio, signed, times_of


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        (21_797_672, 25_557_032, " (×1.17)"),
        (100, 50, " (×0.50)"),
        (1000, 12, " (×0.012)"),
        (10**6, 10**6 + 1000, " (+1,000)"),  # rounds to one
        (10**6, 10**6 - 1000, " (-1,000)"),
        (0, 5, ""), (5, 0, ""), (None, 5, ""), ("all", 3, ""),
    ],
)  # fmt: skip
def test_a_ratio_in_brackets(left: object, right: object, said: str) -> None:
    assert ratio(Figure("parameters", left, right)) == said


@pytest.mark.parametrize(
    ("number", "said"), [(1234, "+1,234"), (-5, "-5"), (0, "0"), (None, ""), (0.5, "+0.5")]
)
def test_a_difference_has_its_sign(number: float | None, said: str) -> None:
    assert signed(number) == said


@pytest.mark.parametrize(
    ("of_counts", "said"),
    [
        (Fraction(4), "×4"),
        (Fraction(1, 2), "÷2"),
        (Fraction(3, 2), "×1.5"),
        (Fraction(2, 3), "×0.667"),
    ],
)
def test_times(of_counts: Fraction, said: str) -> None:
    assert times_of(of_counts) == said


def test_every_figure_has_a_label_and_both_texts() -> None:
    found = of("resnet34", "resnet50")
    texts = figure_texts(found)
    assert set(texts) == set(found.figure)
    assert texts["macs"] == ("MACs", "3,663,761,408", "4,089,184,256")
    assert texts["receptive_field"] == ("its receptive field", "899×899", "427×427")
    assert texts["convolutions"] == ("convolutions", "36", "53")
    unknown = of("dense", "oddities")
    assert figure_texts(unknown)["macs"][2].endswith("(partial)")
