"""A batch of images from a folder, as networks for ImageNet take them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from resnet_inspect.errors import BadInput

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".ppm", ".pgm", ".tif", ".tiff"}
)
_FORMATS = ("JPEG", "PNG", "BMP", "GIF", "PPM", "TIFF", "WEBP")
"""What those may hold: whatever a file is called, none is opened by running another program."""
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's channels, red first."""


def batch_of(folder: str | Path, shape: tuple[int, ...], seed: int) -> Tensor:
    """N×C×H×W images, drawn from a folder and those in it.

    Each is scaled so that it covers H×W, cropped at its centre, and normalised by the mean and
    standard deviation of ImageNet; one channel is the grey image with their means. Where there are
    fewer than N, some come twice.

    Raises `BadInput` for a folder without images, an image that does not open, another shape.
    """
    if len(shape) != 4 or shape[1] not in (1, 3):
        raise BadInput(
            f"images are N×3×H×W or N×1×H×W, not {'×'.join(map(str, shape))}",
            hint="--image-size, --channels",
        )
    place = Path(folder)
    try:
        found = images_in(place)
    except OSError as error:
        raise BadInput(f"{folder}: {error.strerror or error}") from error
    if not found:
        what = "holds no image" if place.is_dir() else "is no folder"
        raise BadInput(f"{folder} {what}", hint=f"images end in {' '.join(sorted(SUFFIXES))}")
    chosen = list(found)
    random.Random(seed).shuffle(chosen)
    batch, channels, height, width = shape
    paths = [chosen[n % len(chosen)] for n in range(batch)]
    return torch.stack([_image(path, channels, height, width) for path in paths])


def images_in(folder: Path) -> list[Path]:
    """The images in a folder and those in it, but for what is hidden; raises `OSError`."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and not path.is_dir()
    )


def _image(path: Path, channels: int, height: int, width: int) -> Tensor:
    return normalised(pixels_of(path, channels, height, width))


def normalised(pixels: Tensor, mean: Sequence[float] = MEAN, std: Sequence[float] = STD) -> Tensor:
    """Bytes of C×H×W by a mean and a standard deviation of each channel, of parts of 255.

    One channel is normalised by the means of three.
    """
    from torchvision.transforms.functional import normalize

    if len(pixels) == 1:
        mean, std = [fmean(mean)], [fmean(std)]
    found: Tensor = normalize(pixels.float() / 255, list(mean), list(std))
    return found


def pixels_of(path: Path, channels: int, height: int, width: int) -> Tensor:
    """An image as C×H×W bytes, scaled so that it covers H×W and cropped at its centre.

    Of one that moves it is the first; what is transparent has the colour that it hides.

    Raises `BadInput` if it does not open, is no file, or has numbers whose range is not known.
    """
    from PIL import Image, ImageOps
    from torchvision.transforms.functional import pil_to_tensor

    try:
        if path.exists() and not path.is_file():  # a pipe may never give anything
            raise BadInput(f"{path} is no file")
        with Image.open(path, formats=_FORMATS) as opened:
            image = _of_bytes(opened).convert("RGB" if channels == 3 else "L")
    except BadInput:
        raise
    except Exception as error:  # a reader of damaged images may raise anything
        why = getattr(error, "strerror", None) or error
        raise BadInput(f"{path} is no image that opens: {why}") from error
    pixels: Tensor = pil_to_tensor(ImageOps.fit(image, (width, height), Image.Resampling.BILINEAR))
    return pixels


def _of_bytes(image: Image) -> Image:
    """An image with 8 bits for each number; raises `ValueError` where their range is not known."""
    import numpy
    from PIL import Image

    if image.mode.startswith("I;16") or (image.mode, image.format) == ("I", "PNG"):
        return Image.fromarray((numpy.asarray(image) >> 8).astype("uint8"))
    if image.mode in ("I", "F"):
        raise ValueError(f"the range of its numbers is not known (mode {image.mode} of Pillow)")
    return image.convert("RGBA") if "transparency" in image.info else image


def rgb(pixels: Tensor) -> bytes:
    """Red, green and blue of each pixel of 3×H×W or 1×H×W bytes, row by row."""
    _, height, width = pixels.shape
    return bytes(pixels.expand(3, height, width).permute(1, 2, 0).flatten().tolist())
