"""Measures of what flows, against closed formulas."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

import pytest

from resnet_inspect.analysis.signals.findings import AtAdd, gradient_rms, root_mean_square
from resnet_inspect.traces.signals import Flow

FLOW = Flow(elements=4, mean=3.0, std=4.0, largest=9.0, zeros=0, nonfinite=0, gradient_norm=6.0)


def test_the_share_of_a_branch_is_its_part_of_both_variances() -> None:
    assert AtAdd(3.0, 4.0).share == pytest.approx(9 / 25)
    assert AtAdd(0.0, 2.0).share == 0
    assert AtAdd(2.0, 0.0).share == 1
    assert AtAdd(0.0, 0.0).share is None
    # Whose squares would be no finite number.
    assert AtAdd(1e200, 1e200).share == pytest.approx(0.5)


def test_the_mean_square_is_the_variance_and_the_square_of_the_mean() -> None:
    assert root_mean_square(FLOW) == 5.0
    assert root_mean_square(replace(FLOW, mean=None)) is None
    assert root_mean_square(replace(FLOW, std=None)) is None


def test_a_norm_by_the_root_of_its_elements_is_their_root_mean_square() -> None:
    numbers = (1.0, -5.0, 3.0, 1.0)
    norm = sqrt(sum(x * x for x in numbers))
    expected = sqrt(sum(x * x for x in numbers) / 4)
    assert gradient_rms(replace(FLOW, gradient_norm=norm)) == pytest.approx(expected)
    assert gradient_rms(replace(FLOW, gradient_norm=None)) is None
    assert gradient_rms(replace(FLOW, elements=0)) is None
