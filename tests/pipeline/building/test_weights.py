"""Networks are filled with the weights of files that fit them, and of no others."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn
from weight_files import SMALL, network, real, under, weights, written

import resnet_inspect as ri
from resnet_inspect import pipeline
from resnet_inspect.errors import BadInput, CheckpointError
from resnet_inspect.pipeline.tracing import trace


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "weights.pth"


@pytest.mark.parametrize("change", ["nothing", "drop", "add", "reshape", "prefix"])
def test_what_fits_is_what_load_state_dict_takes(file: Path, change: str) -> None:
    tensors = dict(real())
    if change == "drop":
        tensors.pop("layer1.0.bn1.bias")
    elif change == "add":
        tensors["neck.weight"] = torch.zeros(3)
    elif change == "reshape":
        tensors["fc.weight"] = torch.zeros(7, 16)
    elif change == "prefix":
        tensors = under("module.", tensors)
    torch.save(tensors, file)
    model = network(SMALL).to_empty(device="cpu")
    try:
        model.load_state_dict({n.removeprefix("module."): t for n, t in tensors.items()})
        taken = True
    except RuntimeError:
        taken = False
    assert ri.identify(file, against=SMALL).candidates[0].match.fits is taken
    if taken:
        assert len(ri.trace(SMALL, weights=file).calls) > 0
    else:
        with pytest.raises(CheckpointError, match="does not fit resnet:basic"):
            ri.trace(SMALL, weights=file)


def test_a_trace_of_weights_is_that_of_the_network(file: Path) -> None:
    torch.save({"state_dict": under("module.", weights("resnet18", num_classes=10))}, file)
    found = ri.trace(weights=file)
    assert found.calls == ri.trace("resnet18", arguments={"num_classes": 10}).calls
    assert dict(found.provenance.arguments) == {"num_classes": "10"}
    assert "only their shapes" in found.provenance.notes[-1]


CHECKS_ITS_WEIGHT = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        if not x.is_meta and float(self.fc.weight.sum()) != 24.0:
            raise ValueError("these are not the weights of the file")
        return self.fc(x)
"""


@pytest.mark.parametrize("kind", ["torch", "legacy", "safetensors", "index"])
def test_on_a_real_device_the_numbers_are_those_of_the_file(tmp_path: Path, kind: str) -> None:
    code = tmp_path / "net.py"
    code.write_text(CHECKS_ITS_WEIGHT)
    tensors = {"fc.weight": torch.full((2, 4), 3.0), "fc.bias": torch.zeros(2)}
    file = written(tmp_path, kind, tensors)
    for device in ("meta", "cpu"):
        assert ri.trace(f"{code}:Net", (1, 4), weights=file, device=device).failure is None
    other = written(tmp_path, kind, {**tensors, "fc.weight": torch.ones(2, 4)})
    with pytest.raises(ri.ForwardError, match="not the weights of the file"):
        ri.trace(f"{code}:Net", (1, 4), weights=other, device="cpu")


def test_weights_are_checked_also_where_the_trace_is_in_the_cache(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RESNET_INSPECT_NO_CACHE")
    monkeypatch.setenv("RESNET_INSPECT_CACHE_DIR", str(file.parent / "cache"))
    # Other tests of this process have run code of users, after which nothing is kept.
    monkeypatch.setattr(trace, "ran_no_other_code", lambda: True)
    torch.save({name: tensor for name, tensor in real().items() if name != "fc.bias"}, file)
    ri.trace(SMALL, cache=True)
    assert pipeline.cached(SMALL) is not None
    with pytest.raises(CheckpointError, match=r"1 is missing: fc\.bias"):
        ri.trace(SMALL, weights=file, cache=True)


def test_weights_are_for_networks_that_are_named(file: Path) -> None:
    torch.save(real(), file)
    with pytest.raises(BadInput, match="named"):
        ri.trace(nn.Linear(2, 2), (1, 2), weights=file)
    with pytest.raises(BadInput, match="which model"):
        ri.trace()
