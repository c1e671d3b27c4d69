"""Activation memory, against sums by hand."""

from __future__ import annotations

import pytest
from saved import ByHand, conv, survey_of, window

from resnet_inspect.analysis.counts import activations
from resnet_inspect.traces.ops import Activate, Reshape


def test_activation_memory_of_resnet50() -> None:
    totals = survey_of("resnet50").totals
    assert totals.activation_bytes / 2**20 == pytest.approx(143.3, abs=0.05)
    assert totals.activation_bytes_distinct / 2**20 == pytest.approx(85.6, abs=0.05)
    assert totals.parameters.nbytes / 2**20 == pytest.approx(97.49, abs=0.005)


def test_activation_memory_of_resnet50_by_hand() -> None:
    """Each block writes two maps per convolution and norm; relu and the addition are in place."""
    maps = [64 * 112**2, 64 * 112**2, 64 * 56**2]  # conv1, bn1, maxpool
    for blocks, width, side, larger in (
        (3, 64, 56, 56),
        (4, 128, 28, 56),
        (6, 256, 14, 28),
        (3, 512, 7, 14),
    ):
        for block in range(blocks):
            before = larger if block == 0 else side
            maps += [width * before**2] * 2 + [width * side**2] * 2 + [4 * width * side**2] * 2
            if block == 0:
                maps += [4 * width * side**2] * 2
    maps += [2048, 1000]
    assert survey_of("resnet50").totals.activation_bytes_distinct == 4 * sum(maps)


def test_memory_of_shared_storages_counts_once() -> None:
    by_hand = ByHand()
    x = by_hand.input(1, 2, 4, 4)
    y = by_hand.step("relu", Activate("relu", True), x, storage=x)
    z = by_hand.step("conv", conv(2, 3, window(1)), y, (1, 3, 4, 4))
    view = by_hand.step(":view", Reshape("view"), z, (1, 48), storage=z)
    trace = by_hand.trace(view)
    assert activations.written(trace) == (0, 128, 192, 192)
    assert activations.held(trace) == (0, 0, 192, 0)
