"""A data set: images with their classes, a part of them held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.data import Dataset

from resnet_inspect.capture.images import pixels_of
from resnet_inspect.traces.ops import Sizes

HELD_OUT = 0.2
"""The part of the images of each class that is held out, where the data set does not say."""

Batch = tuple[Tensor, Tensor]
"""N×C×H×W bytes, and N classes."""


class InMemory(Dataset[Batch]):
    """Images as one tensor of bytes, N×C×H×W."""

    in_memory = True

    def __init__(self, images: Tensor, classes: Tensor) -> None:
        self.images = images
        self.classes = classes
        self.shape = tuple(images.shape[1:])
        """Channels, height and width."""

    def __len__(self) -> int:
        return len(self.classes)

    def __getitems__(self, places: Sequence[int]) -> Batch:
        """A batch."""
        return self.images[places], self.classes[places]


class InFiles(Dataset[Batch]):
    """Images that are read when they are asked for, scaled to cover a size and cropped."""

    in_memory = False

    def __init__(self, files: Sequence[tuple[Path, int]], size: Sizes, channels: int) -> None:
        self.files = files
        self.shape = (channels, *size)
        """Channels, height and width."""

    def __len__(self) -> int:
        return len(self.files)

    def __getitems__(self, places: Sequence[int]) -> Batch:
        """A batch; raises `BadInput` for an image that does not open."""
        chosen = [self.files[place] for place in places]
        images = torch.stack([pixels_of(path, *self.shape) for path, _ in chosen])
        return images, torch.tensor([label for _, label in chosen])


@dataclass(frozen=True)
class Split:
    """A data set: what is trained on, and what is held out."""

    about: str
    classes: tuple[str, ...]
    training: InMemory | InFiles
    held_out: InMemory | InFiles
    mean: tuple[float, ...]
    """Of each channel, where 1 is the brightest."""
    std: tuple[float, ...]
    flips: bool
    """Whether a mirrored image is still of its class."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a data set."""

    place: str
    """The folder behind the colon; "" where none was named."""
    size: Sizes | None
    channels: int
    """1 or 3; grey images are repeated, coloured ones become grey."""
    seed: int
    download: bool


def draw_held_out(classes: Sequence[int], seed: int) -> list[Tensor]:
    """For each class the places that are held out: `HELD_OUT` of them, drawn by the seed."""
    labels = torch.tensor(classes)
    random = torch.Generator().manual_seed(seed)
    found = []
    for label in range(int(labels.max()) + 1):
        places = (labels == label).nonzero().flatten()
        drawn = torch.randperm(len(places), generator=random)
        found.append(places[drawn[: round(HELD_OUT * len(places))]])
    return found
