"""Zeros of parameters, against `torch.count_nonzero` on the state dict."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn.utils import prune

import resnet_inspect as ri
from resnet_inspect.sources import source
from resnet_inspect.traces.json import codec


def network() -> nn.Module:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(288, 10))
    with torch.no_grad():
        net[3].weight[net[3].weight.abs() < 0.02] = 0
    return net


def masked(net: nn.Module) -> nn.Module:
    prune.l1_unstructured(net[0], "weight", 0.3)
    prune.random_structured(net[3], "weight", 0.2, dim=0)
    return net


def whole(trace: ri.Inspection) -> object:
    table = trace.table("totals")
    return table.values(table.rows[0])["zero_parameters"]


def counted(state: dict[str, torch.Tensor], layer: str) -> int:
    """The zeros of a layer's parameters, as its own code computes with them."""
    own = {name: t for name, t in state.items() if name.startswith(f"{layer}.")}
    zeros = 0
    for name, tensor in own.items():
        if name.endswith("_orig"):
            tensor = tensor * own[name.replace("_orig", "_mask")]
        elif name.endswith(("_mask", "_mean", "_var", "_tracked")):
            continue
        zeros += tensor.numel() - int(torch.count_nonzero(tensor))
    return zeros


@pytest.mark.parametrize("change", [lambda net: net, masked], ids=["hard zeros", "masks"])
def test_zeros_are_those_of_the_state_dict(change) -> None:  # type: ignore[no-untyped-def]
    net = change(network())
    trace = ri.trace(net, (1, 3, 8, 8))
    rows = {row["path"]: row["zero_parameters"] for row in trace.layers}
    expected = {layer: counted(net.state_dict(), layer) for layer in "013"}
    assert {layer: rows[layer] for layer in "013"} == expected
    assert expected["3"] > 500
    assert rows["1"] == 8  # the shifts of a fresh norm
    assert whole(trace) == sum(expected.values())
    table = trace.table("modules")
    assert [table.values(row)["zero_parameters"] for row in table.rows][-1] == expected["3"]
    again = codec.loads(codec.dumps(trace))
    assert again == trace
    zeros = [[p.zeros for m in one.modules for p in m.parameters] for one in (again, trace)]
    assert zeros[0] == zeros[1]


def test_on_meta_zeros_are_not_known_unless_the_weights_are_given(tmp_path: Path) -> None:
    name = "paper:cifar_resnet20"
    trace = ri.trace(name)
    assert whole(trace) is None
    assert "?" in trace.to_markdown("totals", ri.Selection(columns=("path", "zero_parameters")))
    net = source("paper").build("cifar_resnet20", {}, torch.device("cpu"))
    state = net.state_dict()
    first = next(iter(state))
    with torch.no_grad():
        state[first][:2] = 0
    torch.save(state, tmp_path / "weights.pt")
    parameters = [t for n, t in net.named_parameters()]
    expected = sum(t.numel() - int(torch.count_nonzero(t)) for t in parameters)
    for device in ("meta", "cpu"):
        trace = ri.trace(name, weights=tmp_path / "weights.pt", device=device)
        assert whole(trace) == expected
