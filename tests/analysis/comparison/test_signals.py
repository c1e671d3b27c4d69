"""Where what flows differs between two networks: numbers on both sides, and parts that differ."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest
from signals import changed, of, signal_of

from resnet_inspect.analysis.comparison.difference import Section
from resnet_inspect.analysis.comparison.signals import MATTERS, Both
from resnet_inspect.analysis.signals.signal import Signal


@pytest.mark.parametrize(
    ("left", "right", "ratio", "factor"),
    [
        (2.0, 6.0, 3.0, 3.0), (6.0, 2.0, 1 / 3, 3.0), (2.0, 2.0, 1.0, 1.0),
        (0.0, 2.0, None, inf), (2.0, 0.0, 0.0, inf), (0.0, 0.0, None, 1.0),
        (None, 2.0, None, 1.0), (2.0, None, None, 1.0), (None, None, None, 1.0),
    ],
)  # fmt: skip
def test_two_numbers_differ_by_a_factor_whichever_is_larger(
    left: float | None, right: float | None, ratio: float | None, factor: float
) -> None:
    both = Both(left, right)
    assert (both.ratio, both.factor) == (ratio, pytest.approx(factor))
    assert both.is_known == (left is not None and right is not None)


def scaled(signal: Signal, path: str, factor: float) -> Signal:
    flow = signal.signals.flows[signal.survey.trace.calls_at[path][0]]
    assert flow is not None
    assert flow.std is not None
    return changed(signal, path, std=flow.std * factor)


@pytest.mark.parametrize(("factor", "apart"), [(MATTERS, True), (MATTERS * 0.99, False)])
def test_parts_differ_from_the_factor_on_that_matters(factor: float, apart: bool) -> None:
    left = signal_of("resnet18")
    for found in (
        of(left, scaled(left, "layer2", factor)),
        of(scaled(left, "layer2", factor), left),
    ):
        parts = [part for part, _ in found.apart("output")]
        assert [part.number for part in parts if isinstance(part, Section)] == [2] * apart
        assert list(found.apart("gradient")) == []
        assert [found.is_notable(part) for part in found.difference.sections].count(True) == apart


def test_a_part_of_one_network_alone_is_known_on_that_side() -> None:
    found = of(signal_of("resnet18"), signal_of("resnet34"))
    block = next(b for s in found.difference.sections for b in s.sections if b.left is None)
    both = found.of(block, "output")
    assert both.left is None
    assert both.right is not None
    assert not found.is_notable(block)


def test_without_the_signals_of_one_side_nothing_differs() -> None:
    signal = signal_of("resnet18")
    found = of("resnet18", signal)
    assert found.sides == (None, signal)
    numbers = list(found.of_parts("output"))
    assert numbers
    assert not any(both.is_known for both in numbers)
    assert list(found.apart("output")) == []


def test_what_brought_no_gradient_is_not_compared() -> None:
    signal = signal_of("resnet18")
    flows = tuple(flow and replace(flow, gradient_norm=None) for flow in signal.signals.flows)
    without = Signal(signal.survey, replace(signal.signals, flows=flows))
    found = of(signal, without)
    assert not any(both.is_known for both in found.of_parts("gradient"))
    assert all(both.is_known for both in found.of_parts("output"))
