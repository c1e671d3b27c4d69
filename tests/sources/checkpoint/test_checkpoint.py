"""Files with more than weights in them, held against what torch reads."""

from __future__ import annotations

import argparse
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from resnet_inspect.sources import checkpoint


def network() -> nn.Module:
    shared = nn.Conv2d(4, 4, 3, bias=False)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), shared, nn.Sequential(OrderedDict(again=shared))
    )


class Average:
    """As programs keep a moving average: an object with a network in it."""

    def __init__(self, module: nn.Module) -> None:
        self.module, self.decay = module, 0.9


class Odd(Tensor):
    pass


MODEL = network()
WEIGHTS = MODEL.state_dict()
WRAPPED: dict[str, tuple[Any, str]] = {
    "arguments": ({"model": WEIGHTS, "args": argparse.Namespace(lr=0.1)}, "model"),
    "numbers of numpy": ({"w": WEIGHTS, "best": np.float64(3.5), "a": np.zeros(2)}, "w"),
    "a class": ({"w": WEIGHTS, "config": Average(nn.ReLU())}, "w"),
    "a path": ({"w": WEIGHTS, "config": Path("a")}, "w"),
    "a whole network": (MODEL, ""),
    "a network under a key": ({"epoch": 3, "model": MODEL, "optimizer": None}, "model"),
    "a network in an object": ({"ema": Average(MODEL)}, "ema.module"),
    "parameters": (
        {n: nn.Parameter(t) if t.is_floating_point() else t for n, t in WEIGHTS.items()}, ""
    ),
    "a tensor of its own type": ({n: t.as_subclass(Odd) for n, t in WEIGHTS.items()}, ""),
}  # fmt: skip


@pytest.mark.parametrize("old", [False, True], ids=["zip", "before 1.6"])
@pytest.mark.parametrize("kind", WRAPPED)
def test_weights_are_read_whatever_lies_beside_them(tmp_path: Path, kind: str, old: bool) -> None:
    value, place = WRAPPED[kind]
    file = tmp_path / "net.pth"
    torch.save(value, file, _use_new_zipfile_serialization=not old)
    try:
        torch.load(file, weights_only=True)
        opened = True
    except pickle.UnpicklingError:
        opened = False
    found = checkpoint.read(file)
    assert bool(found.beside) is not opened
    assert found.place == place
    values = checkpoint.values(found)
    assert values.keys() == WEIGHTS.keys()
    for name, wanted in WEIGHTS.items():
        spec = found.tensors[name]
        assert (spec.shape, f"torch.{spec.dtype}") == (tuple(wanted.shape), str(wanted.dtype))
        assert torch.equal(values[name], wanted)
    assert values["2.weight"].data_ptr() == values["3.again.weight"].data_ptr()


@pytest.mark.parametrize("protocol", range(2, 6))  # torch cannot write the first two
def test_every_protocol_of_pickle_is_followed(tmp_path: Path, protocol: int) -> None:
    value = {"w": WEIGHTS, "b": [1.5, -3, 2**70, None, True, b"x", "ü", {1, 2}, frozenset("a")]}
    torch.save(value, tmp_path / "net.pth", pickle_protocol=protocol)
    assert checkpoint.values(checkpoint.read(tmp_path / "net.pth")).keys() == WEIGHTS.keys()


def test_views_and_slices_are_read_as_they_are(tmp_path: Path) -> None:
    whole = torch.arange(24.0).reshape(4, 6)
    tensors = {"a": whole.t(), "b": whole[1:3, 2:], "c": whole[2, 3], "d": whole[0:0]}
    torch.save(tensors, tmp_path / "net.pth")
    values = checkpoint.values(checkpoint.read(tmp_path / "net.pth"))
    assert all(torch.equal(values[name], one) for name, one in tensors.items())


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_packed_parameters_of_quantized_layers_are_weights(tmp_path: Path) -> None:
    if "fbgemm" not in torch.backends.quantized.supported_engines:
        pytest.skip("this torch cannot quantize here")
    layer = torch.ao.nn.quantized.Linear(3, 2)
    torch.save(nn.Sequential(OrderedDict(fc=layer)).state_dict(), tmp_path / "net.pth")
    found = checkpoint.read(tmp_path / "net.pth").tensors
    weight, bias = found["fc.weight"], found["fc.bias"]
    assert (weight.shape, weight.dtype, bias.shape) == ((2, 3), "qint8", (2,))
