"""Data sets by name: images with their classes, a part of them held out.

Nothing is downloaded unless it is asked for. To add one, write a function `Asked -> Split` into the
file that fits and name it in `DATA`.

- `split`: what is asked of a data set, and what it gives.
- `tensors`: those that are held in memory.
- `folders`: images in files, read when they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable

from resnet_inspect.errors import BadInput, UnknownName
from resnet_inspect.lab.data_sets.folders import folder
from resnet_inspect.lab.data_sets.split import Asked, Split
from resnet_inspect.lab.data_sets.tensors import digits, of_torchvision
from resnet_inspect.traces.ops import Sizes

DATA: dict[str, Callable[[Asked], Split]] = {
    "digits": digits,
    "cifar10": of_torchvision("cifar10", "CIFAR10", flips=True),
    "cifar100": of_torchvision("cifar100", "CIFAR100", flips=True),
    "mnist": of_torchvision("mnist", "MNIST", flips=False),
    "fashion_mnist": of_torchvision("fashion_mnist", "FashionMNIST", flips=True),
    "folder": folder,
}
"""Every data set by its name."""


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
