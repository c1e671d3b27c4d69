"""State dicts of residual networks as other programs name and order them."""

from __future__ import annotations

import re

from torch import Tensor, nn

Weights = dict[str, Tensor]

CHILDREN = ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4")


def children(model: nn.Module) -> Weights:
    """Those of `nn.Sequential(*children[:-2])`."""
    return {
        f"{CHILDREN.index(first)}.{rest}": tensor
        for first, _, rest in (name.partition(".") for name in model.state_dict())
        for tensor in [model.state_dict()[f"{first}.{rest}"]]
        if first != "fc"
    }


def hugging_face(model: nn.Module) -> Weights:
    """Those of transformers' ResNet, where a block's shortcut stands before its branch."""
    found: dict[tuple[int, ...], tuple[str, Tensor]] = {}
    kinds = {"conv": "convolution", "bn": "normalization", "0": "convolution", "1": "normalization"}
    for place, (name, tensor) in enumerate(model.state_dict().items()):
        leaf = name.rpartition(".")[2]
        block = re.match(r"layer(\d+)\.(\d+)\.(?:(conv|bn)(\d)|downsample\.(\d))\.", name)
        if block is None:
            stem = re.match(r"(conv|bn)1\.", name)
            layer = f"resnet.embedder.embedder.{kinds[stem[1]]}" if stem else "classifier.1"
            found[0 if stem else 2, 0, 0, 0, place] = f"{layer}.{leaf}", tensor
            continue
        stage, unit, kind, number, beside = block.groups()
        start = f"resnet.encoder.stages.{int(stage) - 1}.layers.{unit}."
        middle = f"layer.{int(number) - 1}.{kinds[kind]}" if kind else f"shortcut.{kinds[beside]}"
        order = 1, int(stage), int(unit), int(number or 0), place
        found[order] = f"{start}{middle}.{leaf}", tensor
    return dict(found[order] for order in sorted(found))


def sorted_names(model: nn.Module) -> Weights:
    """Those of transformers, by the alphabet, as safetensors sorts them."""
    return dict(sorted(hugging_face(model).items()))
