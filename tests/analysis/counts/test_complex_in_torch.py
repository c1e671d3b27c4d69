"""Complex multiply-accumulates: counted once each, said to be what they are, and explained."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from small_networks import Forward, surveyed
from torch import nn

from resnet_inspect.analysis.checks import Opinion, judge
from resnet_inspect.oracle import flop_counter_macs
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.trace import layers

KIND = torch.complex64


def magnitudes(m: Any, x: torch.Tensor) -> torch.Tensor:
    result: torch.Tensor = m.real(m.conv(x).abs())
    return result


NETWORKS = {
    "convolutions": (
        lambda: nn.Sequential(nn.Conv2d(1, 8, 3, dtype=KIND), nn.Conv2d(8, 8, 3, dtype=KIND)),
        14 * 14 * 8 * 9 + 12 * 12 * 64 * 9, 0,
    ),
    "transposed": (
        lambda: nn.ConvTranspose2d(1, 8, 3, dtype=KIND), 16 * 16 * 8 * 9, 0,
    ),
    "with real ones behind": (
        lambda: Forward(magnitudes, conv=nn.Conv2d(1, 8, 3, dtype=KIND), real=nn.Conv2d(8, 2, 1)),
        14 * 14 * 8 * 9, 14 * 14 * 8 * 2,
    ),
    "linear": (lambda: nn.Linear(16, 5, dtype=KIND), 16 * 16 * 5, 0),
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_complex_multiply_accumulates_are_named_and_explained_to_the_unit(name: str) -> None:
    build, of_complex, of_real = NETWORKS[name]
    x = torch.ones(1, 1, 16, 16, dtype=KIND)
    model = build()
    survey = surveyed(model, (1, 1, 16, 16), dtype="complex64", device="cpu")
    assert survey.totals.complex_macs == of_complex
    assert survey.totals.macs == of_complex + of_real
    (remark,) = (r for r in layers.view(survey, Selection()).remarks if "complex" in r)
    assert f"({4 * of_complex:,})" in remark
    assert remark.startswith("the MACs" if not of_real else f"{of_complex:,} of the MACs")
    (verdict,) = judge(
        survey, [Opinion("macs", "FlopCounterMode / 2", flop_counter_macs(model, x))]
    )
    assert verdict.agrees == (name == "linear")
    assert verdict.sound
    assert sum(amount for _, amount in verdict.explained) == verdict.difference
