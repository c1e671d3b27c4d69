"""Data sets by name: images with their classes, a part of them held out.

Nothing is downloaded unless it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import Dataset

from resnet_inspect.capture.images import MEAN, STD, images_in, pixels_of
from resnet_inspect.errors import BadInput, MissingDependency, UnknownName
from resnet_inspect.traces.ops import Sizes

HELD_OUT = 0.2
"""The part of the images of each class that is held out, where the data set does not say."""
_USUAL_SIZE = (224, 224)
"""Of images in a folder, which have sizes of their own."""

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


def load(written: str, size: Sizes | None, channels: int, seed: int, download: bool) -> Split:
    """The data set that "digits", "cifar10:DIR" or "folder:DIR" names.

    Raises `UnknownName` and `BadInput` for what is not there or cannot be trained on,
    `MissingDependency` where scikit-learn is absent.
    """
    name, _, place = written.partition(":")
    if name not in DATA:
        raise UnknownName("data set", written, DATA, see=f"known: {', '.join(DATA)}; folder:DIR")
    if channels not in (1, 3):
        raise BadInput(f"images have 1 or 3 channels, and the network takes {channels}")
    return DATA[name](Asked(place, size, channels, seed, download))


def _digits(asked: Asked) -> Split:
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
    for places in _held_out(classes.tolist(), asked.seed):
        held_out[places] = True
    names = tuple(map(str, range(10)))
    parts = [(images[part], classes[part]) for part in (~held_out, held_out)]
    return _tensors("digits", names, parts[0], parts[1], asked, flips=False)


def _held_out(classes: Sequence[int], seed: int) -> list[Tensor]:
    """For each class the places that are held out: `HELD_OUT` of them, drawn by the seed."""
    labels = torch.tensor(classes)
    random = torch.Generator().manual_seed(seed)
    found = []
    for label in range(int(labels.max()) + 1):
        places = (labels == label).nonzero().flatten()
        drawn = torch.randperm(len(places), generator=random)
        found.append(places[drawn[: round(HELD_OUT * len(places))]])
    return found


def _of_torchvision(name: str, class_name: str, flips: bool) -> Callable[[Asked], Split]:
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


def _folder(asked: Asked) -> Split:
    """Images in a folder for each class, below `train` and `val` or without these."""
    place = Path(asked.place)
    if not asked.place or not place.is_dir():
        raise BadInput(f"{asked.place or 'folder'} is no folder", hint="--data folder:DIR")
    training = _first_of(place, "train", "training")
    if training is None:
        classes, files, held_out = _drawn(place, asked.seed)
        how = f"{HELD_OUT:.0%} of each class held out, by seed {asked.seed}"
    else:
        classes, files, held_out = _given(place, training)
        how = f"{held_out[0][0].relative_to(place).parts[0]} held out"
    if len(classes) == 1:
        raise BadInput(
            f"{place} has one class, {classes[0]}", hint="there is nothing to tell apart"
        )
    if not held_out:
        raise BadInput(f"{place} has too few images to hold any out", hint="some for each class")
    size = asked.size or _USUAL_SIZE
    mean, std = (MEAN, STD) if asked.channels == 3 else ((sum(MEAN) / 3,), (sum(STD) / 3,))
    of = f"{len(files) + len(held_out):,} images of {len(classes)} classes"
    return Split(
        f"{place.name}: {of}, {how}, cropped to {'×'.join(map(str, size))}",
        classes,
        InFiles(files, size, asked.channels),
        InFiles(held_out, size, asked.channels),
        mean,
        std,
        flips=True,
    )


_Files = list[tuple[Path, int]]
"""Images, each with the number of its class."""


def _first_of(place: Path, *names: str) -> Path | None:
    return next((place / name for name in names if (place / name).is_dir()), None)


def _drawn(place: Path, seed: int) -> tuple[tuple[str, ...], _Files, _Files]:
    """The classes, what is trained on, and what is held out by a seed."""
    classes, files = _in_classes(place)
    drawn = _held_out([label for _, label in files], seed)
    out = {int(number) for part in drawn for number in part}
    kept = [one for number, one in enumerate(files) if number not in out]
    return classes, kept, [files[number] for number in sorted(out)]


def _given(place: Path, training: Path) -> tuple[tuple[str, ...], _Files, _Files]:
    """The same where the folder says what is held out."""
    other = _first_of(place, "val", "valid", "validation", "test")
    if other is None:
        raise BadInput(
            f"{place} has {training.name} and nothing held out", hint="a folder val beside it"
        )
    classes, files = _in_classes(training)
    others, held_out = _in_classes(other)
    unknown = sorted(set(others) - set(classes))
    if unknown:
        raise BadInput(f"{other} has a class that {training} has not: {unknown[0]}")
    at = [classes.index(name) for name in others]
    return classes, files, [(path, at[label]) for path, label in held_out]


def _in_classes(place: Path) -> tuple[tuple[str, ...], _Files]:
    """The names of the folders in a folder, and each image with the number of its own."""
    folders = sorted(path for path in place.iterdir() if path.is_dir() and path.name[0] != ".")
    found = {folder.name: paths for folder in folders if (paths := images_in(folder))}
    if not found:
        raise BadInput(
            f"{place} holds no images in folders",
            hint=f"one folder for each class: {place}/cat/1.png",
        )
    names = tuple(found)
    return names, [(path, i) for i, name in enumerate(names) for path in found[name]]


DATA: dict[str, Callable[[Asked], Split]] = {
    "digits": _digits,
    "cifar10": _of_torchvision("cifar10", "CIFAR10", flips=True),
    "cifar100": _of_torchvision("cifar100", "CIFAR100", flips=True),
    "mnist": _of_torchvision("mnist", "MNIST", flips=False),
    "fashion_mnist": _of_torchvision("fashion_mnist", "FashionMNIST", flips=True),
    "folder": _folder,
}
"""Every data set by its name."""
