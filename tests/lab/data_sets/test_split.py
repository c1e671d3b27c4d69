"""Which images are held out, and batches of those that are in memory or in files."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image

from resnet_inspect.errors import BadInput
from resnet_inspect.lab.data_sets.split import InFiles, InMemory, draw_held_out

LABELS = [0] * 10 + [1] * 7 + [3] * 2 + [0] * 5


def test_a_fifth_of_each_class_is_held_out() -> None:
    found = draw_held_out(LABELS, 0)
    assert [len(places) for places in found] == [3, 1, 0, 0]  # of 15, 7, 0 and 2
    for label, places in enumerate(found):
        assert all(LABELS[place] == label for place in places.tolist())
        assert len(set(places.tolist())) == len(places)


def test_the_seed_decides_which() -> None:
    def drawn(seed: int) -> list[list[int]]:
        return [places.tolist() for places in draw_held_out([0, 1] * 50, seed)]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    before = torch.get_rng_state()
    drawn(3)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_batch_in_memory_is_of_the_places_that_are_asked_for() -> None:
    images = torch.arange(5 * 12, dtype=torch.uint8).view(5, 1, 3, 4)
    found = InMemory(images, torch.tensor([4, 3, 2, 1, 0]))
    assert (len(found), found.shape) == (5, (1, 3, 4))
    batch, classes = found.__getitems__([3, 0])
    assert torch.equal(batch, images[[3, 0]])
    assert classes.tolist() == [1, 4]


def test_images_in_files_are_read_when_they_are_asked_for(tmp_path: Path) -> None:
    files = []
    for number in range(3):
        file = tmp_path / f"{number}.png"
        Image.new("L", (8, 8), 50 * number).save(file)
        files.append((file, number))
    found = InFiles(files, (4, 6), 3)
    assert (len(found), found.shape) == (3, (3, 4, 6))
    (tmp_path / "1.png").write_bytes(b"no image")
    images, classes = found.__getitems__([2, 0])
    assert (images.shape, images.dtype) == ((2, 3, 4, 6), torch.uint8)
    assert [one.unique().tolist() for one in images] == [[100], [0]]
    assert classes.tolist() == [2, 0]
    with pytest.raises(BadInput, match=r"1\.png is no image that opens"):
        found.__getitems__([0, 1])
