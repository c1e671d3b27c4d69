"""One step of a named network: from noise or images, by a seed, and what has nothing to flow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from resnet_inspect import pipeline
from resnet_inspect.errors import BadInput, ForwardError, WorkFailed
from resnet_inspect.traces.signals import mismatch

SMALL = "resnet:basic:1,1:width=4,stem=cifar"
SIZE = (4, 3, 8, 8)


def test_a_seed_decides_all_that_is_drawn_and_leaves_the_random_numbers() -> None:
    before = torch.get_rng_state()
    trace, (step,) = pipeline.signal(SMALL, SIZE, mode="train", seed=3)
    assert torch.equal(torch.get_rng_state(), before)
    assert mismatch(trace, (step,)) is None
    assert (step.loss_name, trace.provenance.mode) == ("cross-entropy", "train")
    assert pipeline.signal(SMALL, SIZE, mode="train", seed=3)[1] == (step,)
    assert pipeline.signal(SMALL, SIZE, mode="train", seed=4)[1] != (step,)


def test_images_take_the_place_of_noise_and_are_named(tmp_path: Path) -> None:
    for number in range(2):
        Image.new("RGB", (9, 9), (100 * number, 0, 0)).save(tmp_path / f"{number}.png")
    trace, (step,) = pipeline.signal(SMALL, SIZE, data=tmp_path)
    assert f"its input is 4 images of {tmp_path.name}" in trace.provenance.notes
    assert pipeline.signal(SMALL, SIZE)[1] != (step,)


CODE = """
import torch
from torch import nn

class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
    def forward(self, x, y):
        return self.fc(x) + y

class Cut(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
    def forward(self, x):
        made = self.fc(x).sigmoid()
        made.data.add_(1)
        return made.mul_(2) * made.sqrt_()
"""


def test_what_cannot_flow_is_said(tmp_path: Path) -> None:
    (tmp_path / "nets.py").write_text(CODE, encoding="utf-8")
    two: Any = [(2, 4), (2, 4)]
    with pytest.raises(BadInput, match="meta computes nothing that could flow"):
        pipeline.signal(SMALL, device="meta")
    with pytest.raises(BadInput, match="a network with one input"):
        pipeline.signal(f"{tmp_path / 'nets.py'}:Two", two, data=tmp_path)
    with pytest.raises(WorkFailed, match="the backward pass raised") as raised:
        pipeline.signal(f"{tmp_path / 'nets.py'}:Cut", (2, 4))
    assert "\n" not in raised.value.message
    with pytest.raises(ForwardError, match="takes 3 channels, not 4"):
        pipeline.signal(SMALL, (2, 4, 8, 8))
