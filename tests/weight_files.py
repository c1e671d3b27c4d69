"""Weights of networks, and files of them in each format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from resnet_inspect.sources import source, subject

SMALL = "resnet:basic:1,1:width=8,stem=cifar"
Weights = dict[str, Tensor]


def network(name: str, **arguments: Any) -> nn.Module:
    chosen = subject(name)
    return source(chosen.source).build(chosen.name, arguments, torch.device("meta"))


def weights(name: str, **arguments: Any) -> Weights:
    """A state dict of that shape whose tensors are all one number, so that a file is small."""
    return {
        key: torch.zeros((), dtype=tensor.dtype).expand(tensor.shape)
        for key, tensor in network(name, **arguments).state_dict().items()
    }


def real(name: str = SMALL) -> Weights:
    chosen = subject(name)
    return source(chosen.source).build(chosen.name, {}, torch.device("cpu")).state_dict()


def under(prefix: str, tensors: Weights) -> Weights:
    return {prefix + name: tensor for name, tensor in tensors.items()}


def written(folder: Path, kind: str, tensors: Weights) -> Path:
    """A file of that kind with these weights."""
    file = folder / {"safetensors": "w.safetensors", "index": "w.index.json"}.get(kind, "w.pth")
    if kind in ("torch", "legacy"):
        torch.save(tensors, file, _use_new_zipfile_serialization=kind == "torch")
    elif kind == "safetensors":
        save_file = pytest.importorskip("safetensors.torch").save_file
        save_file(tensors, file, metadata={"format": "pt"})
    else:
        places = {name: f"shard-{i}.pth" for i, name in enumerate(tensors)}
        for name, shard in places.items():
            torch.save({name: tensors[name]}, folder / shard)
        file.write_text(json.dumps({"metadata": {}, "weight_map": places}))
    return file
