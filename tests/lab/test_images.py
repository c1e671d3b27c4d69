"""Data sets: what is trained on, what is held out, and how it is changed on the way."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image

from resnet_inspect.errors import BadInput
from resnet_inspect.lab.images import InFiles, InMemory, load

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


def test_a_folder_may_say_itself_what_is_held_out(tmp_path: Path) -> None:
    for part, label, grey in (("train", "a", 10), ("train", "b", 20), ("val", "b", 30)):
        (tmp_path / part / label).mkdir(parents=True)
        Image.new("L", (9, 6), grey).save(tmp_path / part / label / "x.PNG")
    split = load(f"folder:{tmp_path}", (4, 4), 3, 0, False)
    assert split.classes == ("a", "b")
    assert isinstance(split.held_out, InFiles)
    images, classes = split.held_out.__getitems__([0])
    assert images.shape == (1, 3, 4, 4)
    assert images.unique().tolist() == [30]
    assert classes.tolist() == [1]
    (tmp_path / "val" / "c").mkdir()
    Image.new("L", (9, 6)).save(tmp_path / "val" / "c" / "x.png")
    with pytest.raises(BadInput, match="has not: c"):
        load(f"folder:{tmp_path}", (4, 4), 3, 0, False)


@pytest.mark.parametrize("flips", [False, True])
def test_augmented_images_are_moved_and_mirrored(flips: bool) -> None:
    from resnet_inspect.lab.task import augmented

    torch.manual_seed(0)
    one = torch.arange(1.0, 65).view(1, 1, 8, 8)
    made = augmented(one.expand(200, 2, 8, 8), flips)
    assert made.shape == (200, 2, 8, 8)
    padded = torch.nn.functional.pad(one, (1, 1, 1, 1))[0, 0]
    windows = [padded[y : y + 8, x : x + 8] for y in range(3) for x in range(3)]
    windows += [window.flip(1) for window in windows] if flips else []
    seen = [next(i for i, w in enumerate(windows) if torch.equal(w, image[1])) for image in made]
    assert set(seen) == set(range(len(windows))), "every way comes up"
