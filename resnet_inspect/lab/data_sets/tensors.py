"""Data sets that are one tensor: scikit-learn's digits, and those that torchvision reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from resnet_inspect.errors import BadInput, MissingDependency
from resnet_inspect.lab.data_sets.split import Asked, Batch, InMemory, Split, draw_held_out


def digits(asked: Asked) -> Split:
    """scikit-learn's handwritten digits: 1,797 of 8×8 pixels with 17 shades of grey."""
    if asked.place:
        raise BadInput("digits come with scikit-learn and lie in no folder", hint="--data digits")
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise MissingDependency(
            "digits come with scikit-learn, which is not installed",
            hint="pip install 'resnet-inspect[lab]'",
        ) from error
    found = load_digits()
    images = (torch.tensor(found.images) * (255 / 16)).round().to(torch.uint8)[:, None]
    classes = torch.tensor(found.target)
    held_out = torch.zeros(len(classes), dtype=torch.bool)
    for places in draw_held_out(classes.tolist(), asked.seed):
        held_out[places] = True
    names = tuple(map(str, range(10)))
    parts = [(images[part], classes[part]) for part in (~held_out, held_out)]
    return _tensors("digits", names, parts[0], parts[1], asked, flips=False)


def of_torchvision(name: str, class_name: str, flips: bool) -> Callable[[Asked], Split]:
    """What reads the data set that torchvision has as a class of this name."""

    def loaded(asked: Asked) -> Split:
        from torchvision import datasets

        if not asked.place:
            raise BadInput(f"{name} lies in a folder", hint=f"--data {name}:DIR, --download")
        kind = getattr(datasets, class_name)
        try:
            parts = [
                kind(asked.place, train=train, download=asked.download) for train in (True, False)
            ]
        except Exception as error:  # of the network, of archives, of what is in them
            if asked.download:
                why = " ".join(str(error).split()) or type(error).__name__
                raise BadInput(f"{name} could not be downloaded: {why}") from error
            raise BadInput(
                f"{asked.place} does not hold {name}", hint="--download fetches it"
            ) from error
        first, second = ((_as_bytes(part.data), torch.as_tensor(part.targets)) for part in parts)
        return _tensors(name, tuple(parts[0].classes), first, second, asked, flips=flips)

    return loaded


def _as_bytes(images: Any) -> Tensor:
    """N×C×H×W from what torchvision has: N×H×W, or N×H×W×C."""
    found = torch.as_tensor(images)
    return found[:, None] if found.dim() == 3 else found.permute(0, 3, 1, 2).contiguous()


def _tensors(
    name: str, classes: tuple[str, ...], training: Batch, held_out: Batch, asked: Asked, flips: bool
) -> Split:
    sizes = "×".join(map(str, training[0].shape[2:]))
    colours = "grey" if training[0].shape[1] == 1 else "coloured"
    about = f"{name}: {sum(len(c) for _, c in (training, held_out)):,} {colours} images, {sizes}"
    scaled = [(_scaled(images, asked), labels) for images, labels in (training, held_out)]
    if scaled[0][0].shape[2:] != training[0].shape[2:]:
        about += f" scaled to {'×'.join(map(str, scaled[0][0].shape[2:]))}"
    if scaled[0][0].shape[1] != training[0].shape[1]:
        about += (
            f", given as {asked.channels} equal channels"
            if asked.channels == 3
            else ", given as grey"
        )
    pixels = scaled[0][0].float() / 255
    return Split(
        about,
        classes,
        InMemory(*scaled[0]),
        InMemory(*scaled[1]),
        tuple(pixels.mean((0, 2, 3)).tolist()),
        tuple(pixels.std((0, 2, 3), correction=0).clamp(min=1e-6).tolist()),
        flips,
    )


def _scaled(images: Tensor, asked: Asked) -> Tensor:
    """Bytes in the size and with the channels that are asked for."""
    if asked.channels == 1 and images.shape[1] == 3:
        images = images.float().mean(1, keepdim=True).round().to(torch.uint8)
    if asked.size is not None and tuple(images.shape[2:]) != asked.size:
        larger = functional.interpolate(
            images.float(), asked.size, mode="bilinear", antialias=True, align_corners=False
        )
        images = larger.round().clamp(0, 255).to(torch.uint8)
    if images.shape[1] != asked.channels:
        images = images.expand(-1, asked.channels, -1, -1).contiguous()
    return images
