"""Data sets that are one tensor: what is trained on, what is held out, and in which form."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from resnet_inspect.errors import BadInput
from resnet_inspect.lab.data_sets import load
from resnet_inspect.lab.data_sets.split import InMemory

pytest.importorskip("lightning")
pytest.importorskip("sklearn")


def memory(images: object) -> InMemory:
    assert isinstance(images, InMemory)
    return images


def test_digits_are_split_by_class_and_seed() -> None:
    from sklearn.datasets import load_digits

    split = load("digits", None, 1, 0, False)
    both = [memory(part) for part in (split.training, split.held_out)]
    assert [len(part) for part in both] == [1438, 359]
    of_class = torch.bincount(torch.tensor(load_digits().target))
    assert torch.equal(torch.bincount(both[1].classes), (of_class * 0.2).round().long())
    # Each image is in one part, with the pixels that scikit-learn has, 16 being white.
    pixels = torch.cat([part.images for part in both]).flatten(1).float() / 255 * 16
    theirs = torch.tensor(load_digits().data, dtype=torch.float)
    assert torch.equal(_sorted(pixels.round()), _sorted(theirs))
    again, other = load("digits", None, 1, 0, False), load("digits", None, 1, 1, False)
    assert torch.equal(memory(again.held_out).images, both[1].images)
    assert not torch.equal(memory(other.held_out).images, both[1].images)
    normal = both[0].images.double() / 255
    assert split.mean == pytest.approx((normal.mean().item(),))
    assert split.std == pytest.approx((normal.std(correction=0).item(),))


def _sorted(rows: torch.Tensor) -> torch.Tensor:
    return torch.tensor(sorted(rows.tolist()))


def test_images_are_scaled_and_given_the_channels_of_the_network() -> None:
    split = load("digits", (16, 24), 3, 0, False)
    assert split.training.shape == (3, 16, 24)
    images = memory(split.training).images
    assert images.dtype == torch.uint8
    assert torch.equal(images[:, 0], images[:, 2])
    with pytest.raises(BadInput, match="takes 4"):
        load("digits", None, 4, 0, False)


def test_mnist_is_read_as_torchvision_keeps_it(tmp_path: Path) -> None:
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for part, number in (("train", 20), ("t10k", 10)):
        pixels = bytes(i % 256 for i in range(number * 28 * 28))
        head = bytes([0, 0, 8, 3]) + b"".join(n.to_bytes(4, "big") for n in (number, 28, 28))
        (raw / f"{part}-images-idx3-ubyte").write_bytes(head + pixels)
        labels = (
            bytes([0, 0, 8, 1]) + number.to_bytes(4, "big") + bytes(i % 10 for i in range(number))
        )
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(labels)
    split = load(f"mnist:{tmp_path}", None, 1, 0, False)
    assert (len(memory(split.training)), len(memory(split.held_out))) == (20, 10)
    images, classes = memory(split.training).__getitems__([3, 1])
    assert images[0, 0, 0, :3].tolist() == [(3 * 784 + i) % 256 for i in range(3)]
    assert classes.tolist() == [3, 1]
    assert not split.flips


def test_coloured_images_are_turned_to_channels_first(monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy
    from torchvision import datasets

    class Fake:  # as torchvision.datasets.CIFAR10 keeps its images, which are too many for a test
        classes = ("plane", "car")

        def __init__(self, root: str, train: bool, download: bool) -> None:
            assert (root, download) == ("there", False)
            number = 4 if train else 2
            self.data = numpy.arange(number * 32 * 32 * 3).astype("uint8").reshape(-1, 32, 32, 3)
            self.targets = [0, 1] * (number // 2)

    monkeypatch.setattr(datasets, "CIFAR10", Fake)
    split = load("cifar10:there", None, 3, 0, False)
    images, classes = memory(split.held_out).__getitems__([1])
    assert images.shape == (1, 3, 32, 32)
    assert images[0, :, 0, 1].tolist() == [(32 * 32 * 3 + 3 + c) % 256 for c in range(3)]
    assert (classes.tolist(), split.flips, split.classes) == ([1], True, ("plane", "car"))
    assert split.about == "cifar10: 6 coloured images, 32×32"
    grey = memory(load("cifar10:there", None, 1, 0, False).training).images
    assert grey.shape == (4, 1, 32, 32)
