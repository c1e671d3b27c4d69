"""A batch of images, pixel by pixel."""

from __future__ import annotations

import os
from pathlib import Path

import numpy
import pytest
import torch
from PIL import Image

from resnet_inspect.capture.images import MEAN, STD, SUFFIXES, batch_of, images_in, pixels_of
from resnet_inspect.errors import BadInput


def test_images_are_scaled_cropped_and_normalised(tmp_path: Path) -> None:
    """Red to the left and right of a blue centre that is all that a crop of 2:1 leaves."""
    image = Image.new("RGB", (40, 20), (255, 0, 0))
    image.paste((0, 0, 255), (10, 0, 30, 20))
    image.save(tmp_path / "one.png")
    (found,) = batch_of(tmp_path, (1, 3, 10, 10), 0)
    expected = (torch.tensor([0.0, 0.0, 1.0]) - torch.tensor(MEAN)) / torch.tensor(STD)
    inside = found[:, :, 1:-1]  # scaling mixes the outermost columns with the red beside them
    assert torch.allclose(inside, expected.reshape(3, 1, 1).expand_as(inside), atol=1e-5)


def test_a_seed_draws_the_same_images_and_few_come_twice(tmp_path: Path) -> None:
    for number in range(5):
        Image.new("L", (8, 8), 50 * number).save(tmp_path / f"{number}.png")
    first, again, other = (batch_of(tmp_path, (3, 1, 8, 8), seed) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    seven = batch_of(tmp_path, (7, 1, 8, 8), 0)[:, 0, 0, 0]
    assert len(set(seven.tolist())) == 5


def test_what_is_no_batch_of_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no image"):
        batch_of(tmp_path, (1, 3, 8, 8), 0)
    with pytest.raises(BadInput, match="1×5×8×8"):
        batch_of(tmp_path, (1, 5, 8, 8), 0)
    with pytest.raises(BadInput, match="no folder"):
        batch_of(tmp_path / "none", (1, 3, 8, 8), 0)
    (tmp_path / "x.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(BadInput, match="opens"):
        batch_of(tmp_path, (1, 3, 8, 8), 0)


def test_images_of_every_kind_have_their_brightness(tmp_path: Path) -> None:
    ramp = numpy.arange(256, dtype="uint8").reshape(16, 16)
    grey = Image.fromarray(ramp)
    made = {
        "grey.png": grey,
        "rgba.png": grey.convert("RGBA"),
        "16.png": Image.fromarray(ramp.astype("uint16") * 257),
        "16.tiff": Image.fromarray(ramp.astype("uint16") * 257),
        "palette.png": grey.convert("P"),
    }
    for name, image in made.items():
        image.save(tmp_path / name)
        for channels in (1, 3):
            pixels = pixels_of(tmp_path / name, channels, 16, 16)
            expected = torch.tensor(ramp).expand(channels, 16, 16)
            assert (pixels.int() - expected.int()).abs().max() <= 1, name
    frames = [Image.new("RGB", (8, 8), (level, 0, 0)) for level in (200, 10)]
    frames[0].save(tmp_path / "moves.gif", save_all=True, append_images=frames[1:])
    assert pixels_of(tmp_path / "moves.gif", 3, 8, 8)[0].unique().tolist() == [200]
    for mode in ("F", "I"):
        Image.new(mode, (8, 8), 1).save(tmp_path / "unknown.tiff")
        with pytest.raises(BadInput, match="the range of its numbers is not known"):
            pixels_of(tmp_path / "unknown.tiff", 1, 8, 8)


@pytest.mark.filterwarnings("error")
def test_a_palette_with_transparency_warns_of_nothing(tmp_path: Path) -> None:
    Image.new("P", (8, 8), 3).save(tmp_path / "x.png", transparency=bytes(10))
    assert pixels_of(tmp_path / "x.png", 3, 8, 8).shape == (3, 8, 8)


def test_what_is_hidden_is_no_image(tmp_path: Path) -> None:
    hidden = tmp_path / ".hidden" / "here"
    for folder in (tmp_path / "a", tmp_path / "a" / ".thumbnails", hidden):
        folder.mkdir(parents=True)
        Image.new("L", (8, 8)).save(folder / "1.png")
    (tmp_path / "a" / "._1.png").write_bytes(b"of another system")
    (tmp_path / "a" / "folder.png").mkdir()
    assert images_in(tmp_path) == [tmp_path / "a" / "1.png"]
    assert images_in(hidden) == [hidden / "1.png"], "what lies above is of no matter"


def test_no_other_program_is_run_to_open_an_image(tmp_path: Path) -> None:
    """Pillow opens PostScript by running Ghostscript, whatever the file is called."""
    file = tmp_path / "one.png"
    file.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n%%EOF\n")
    with Image.open(file) as known:
        assert known.format == "EPS"
    with pytest.raises(BadInput, match="no image that opens: cannot identify"):
        batch_of(tmp_path, (1, 3, 8, 8), 0)


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
def test_every_suffix_has_its_format(suffix: str, tmp_path: Path) -> None:
    Image.new("L", (8, 8), 255).save(tmp_path / f"one{suffix}")
    assert batch_of(tmp_path, (1, 1, 8, 8), 0).std() == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_pipe_is_no_image(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "one.png")
    with pytest.raises(BadInput, match="is no file"):
        batch_of(tmp_path, (1, 3, 8, 8), 0)
