"""By what images are normalised, and which files are images that can be asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import runs
import torch
from torch import nn

from resnet_inspect.capture.images import MEAN, STD
from resnet_inspect.errors import BadInput
from resnet_inspect.pipeline.lab.images import check_files, given, how_read, scaling, taken

COLOURED = (1, 3, 8, 8)


def test_images_are_normalised_as_imagenet_unless_a_run_says_otherwise() -> None:
    usual = scaling(None, None, COLOURED)
    assert (usual.mean, usual.std) == (MEAN, STD)
    assert usual.said == "ImageNet's mean and standard deviation"
    of_run = scaling(None, None, COLOURED, runs.RECORD.images)
    assert (of_run.mean, of_run.std) == ((0.5, 0.4, 0.3), (0.2, 0.2, 0.1))
    assert of_run.said == "the run's mean and standard deviation"


def test_what_is_asked_for_replaces_its_part_and_one_number_is_that_of_every_channel() -> None:
    found = scaling((0.5,), None, COLOURED, runs.RECORD.images)
    assert (found.mean, found.std) == ((0.5,) * 3, (0.2, 0.2, 0.1))
    assert found.said == "mean 0.5 and standard deviation the run's"
    both = scaling([0.1, 0.2, 0.3], (0.25,), COLOURED)
    assert (both.mean, both.std) == ((0.1, 0.2, 0.3), (0.25,) * 3)
    assert both.said == "mean 0.1, 0.2, 0.3 and standard deviation 0.25"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"shape": (1, 4, 8, 8)}, "not 1×4×8×8"),
        ({"shape": (1, 3, 4, 8, 8)}, "images are N×3×H×W or N×1×H×W"),
        ({"mean": (0.5, 0.5)}, "mean has 2 numbers for 3 channels"),
        ({"std": ()}, "std has 0 numbers for 3 channels"),
        ({"mean": (float("nan"),)}, "mean is of finite numbers"),
        ({"std": (0.0,)}, "a standard deviation is above 0"),
        ({"std": (0.1, -0.1, 0.1)}, "a standard deviation is above 0"),
    ],
)
def test_what_cannot_be_is_refused(asked: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput) as refused:
        scaling(**{"mean": None, "std": None, "shape": COLOURED, **asked})
    assert words in refused.value.message


def test_files_are_looked_for_before_anything_else(tmp_path: Path) -> None:
    image = tmp_path / "x.png"
    image.touch()
    check_files([image])
    with pytest.raises(BadInput, match="which images"):
        check_files([])
    with pytest.raises(BadInput, match="is a folder") as refused:
        check_files([image, tmp_path])
    assert refused.value.hint == f"name its images: {tmp_path / '*.png'}"
    with pytest.raises(BadInput, match="there is no such file"):
        check_files([tmp_path / "y.png"])


def test_an_image_is_a_batch_of_one_in_the_type_of_the_network() -> None:
    ready = given(nn.Conv2d(3, 4, 3).double(), (1, 3, 2, 2), None, None)
    pixels = torch.tensor([0, 51, 102, 255], dtype=torch.uint8).view(1, 2, 2).expand(3, 2, 2)
    image = taken(ready, pixels, scaling((0.2,), (0.4,), ready.shape))
    assert (image.shape, image.dtype) == ((1, 3, 2, 2), torch.float64)
    expected = torch.tensor([[-0.5, 0.0], [0.5, 2.0]], dtype=torch.float64)
    assert torch.allclose(image, expected.expand(1, 3, 2, 2), atol=1e-6)


def test_a_network_that_is_given_is_asked_for_its_shape() -> None:
    ready = given(nn.Conv2d(1, 4, 3), None, None, None)
    assert ready.shape[:2] == (1, 1)
    assert given(nn.DataParallel(nn.Conv2d(3, 4, 3)), COLOURED, None, None).notes
    with pytest.raises(BadInput, match="needs input_size"):
        given(nn.ReLU(), None, None, None)
    with pytest.raises(BadInput, match="meta computes no scores"):
        given(nn.Conv2d(3, 4, 3, device="meta"), COLOURED, None, None)
    with pytest.raises(BadInput, match="not a list"):
        given([], COLOURED, None, None)


def test_one_line_says_how_images_were_read() -> None:
    scale = scaling(None, None, COLOURED)
    said = "scaled to cover 8×12, cropped at its centre, and normalised by ImageNet's mean"
    assert how_read(1, (8, 12), scale).startswith(f"the image is {said}")
    assert how_read(3, (8, 12), scale).startswith(f"each of 3 images is {said}")
