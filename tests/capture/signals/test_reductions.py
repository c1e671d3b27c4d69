"""Numbers of any tensor, held against float64."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from resnet_inspect.capture.signals.observer import Observer


@pytest.mark.parametrize(
    "made",
    [
        torch.randn(2, 3, 40, 41) * 0.01 + 100,  # a mean that squares would drown
        torch.randn(3, 4, 300, 301).relu(),  # more than a chunk
        torch.zeros(2, 3, 4, 4),
        torch.randn(5, 7),
        torch.randn(11),
        torch.randn(2, 6, 5, 4).to(memory_format=torch.channels_last),
        torch.randn(2, 5, 6).half(),
    ],
    ids=lambda made: "x".join(map(str, made.shape)),
)
def test_numbers_of_any_tensor_are_those_in_float64(made: Tensor) -> None:
    observer = Observer()
    observer.observe(0, [made])
    (flow,) = observer.signals(1).flows
    x = made.double()
    assert flow is not None
    assert flow.mean == pytest.approx(x.mean().item(), rel=1e-6, abs=1e-6)
    assert flow.std == pytest.approx(x.std(correction=0).item(), rel=1e-4)
    assert flow.zeros == int((x == 0).sum())
    assert flow.largest == pytest.approx(x.abs().max().item())
    if made.dim() > 1:
        others = [axis for axis in range(made.dim()) if axis != 1]
        variance = x.var(others, correction=0).mean().item()
        assert flow.channel_variance == pytest.approx(variance, rel=1e-4)
    else:
        assert flow.channel_variance is None
