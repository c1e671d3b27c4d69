"""Networks of one's own and of others, whose outputs, heads and element types are not the usual."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import resnet_inspect as ri
from resnet_inspect.errors import BadInput
from resnet_inspect.lab.adaptation import fit_head

pytest.importorskip("lightning")
pytest.importorskip("sklearn")
safetensors = pytest.importorskip("safetensors.torch")

pytestmark = pytest.mark.filterwarnings("ignore")


class Plain(nn.Module):
    """Without any norm."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3, 2, 1)
        self.fc = nn.Linear(128, 10)

    def forward(self, x: Tensor) -> Any:
        return self.fc(self.conv(x).relu().flatten(1))


class InDict(Plain):
    def forward(self, x: Tensor) -> Any:
        return {"out": super().forward(x)}


class WithFeatures(Plain):
    def forward(self, x: Tensor) -> Any:
        return self.conv(x).mean((2, 3)), super().forward(x)


class Lazy(Plain):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.LazyConv2d(8, 3, 2, 1)
        self.fc = nn.LazyLinear(10)


class ByConvolution(Plain):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Conv2d(8, 7, 4, padding=2, bias=False)

    def forward(self, x: Tensor) -> Any:
        return self.fc(self.conv(x).relu()).mean((2, 3))


class InTraining(Plain):
    """An auxiliary head that is left out in evaluation, as Inception has one."""

    def forward(self, x: Tensor) -> Any:
        scores = super().forward(x)
        return (scores, scores * 0.5) if self.training else scores


@pytest.mark.parametrize(
    ("network", "said"),
    [
        (Plain(), ""),
        (InDict(), ""),
        (WithFeatures(), "of 64×8, 64×10 only the scores are trained on"),
        (Lazy(), ""),
        (ByConvolution(), "fc is new: 10 classes in place of 7"),
        (Plain().double(), ""),
    ],
    ids=["plain", "dict", "features", "lazy", "convolution", "double"],
)
def test_it_learns(network: nn.Module, said: str, tmp_path: Path) -> None:
    notes: list[str] = []
    found = ri.train(
        network, output=tmp_path / "run", epochs=2, optimizer="adam", learning_rate=0.01,
        note=notes.append,
    )  # fmt: skip
    assert (found.best.validation_accuracy or 0) > 0.3  # type: ignore[union-attr]
    assert notes[2:] == [said] * bool(said)
    weights = safetensors.load_file(tmp_path / "run" / "last.safetensors")
    assert {tensor.dtype for tensor in weights.values()} == {
        torch.float64 if next(network.parameters()).dtype == torch.float64 else torch.float32
    }


def test_which_of_several_scores_is_meant_is_not_guessed(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"gives 64×10, 64×10 in training, not scores") as refused:
        ri.train(InTraining(), output=tmp_path / "run", epochs=1)
    assert "aux_logits=False" in refused.value.hint


def test_a_head_is_replaced_by_one_of_its_kind() -> None:
    network = ByConvolution()
    assert fit_head(network, "fc", 7, 0) == ""
    fit_head(network, "fc", 3, 0)
    made = network.fc
    assert isinstance(made, nn.Conv2d)
    assert (made.out_channels, made.kernel_size, made.padding) == (3, (4, 4), (2, 2))
    assert made.bias is None
    network.fc = nn.Conv2d(8, 8, 1, groups=8)
    with pytest.raises(BadInput, match="fc, gives 8 and is a Conv2d"):
        fit_head(network, "fc", 3, 0)
