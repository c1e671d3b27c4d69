"""Panels as pixels: the image in grey, and what speaks for the class in warm colours over it."""

from __future__ import annotations

from array import array
from io import BytesIO
from math import ceil
from typing import TYPE_CHECKING

from resnet_inspect.errors import MissingDependency
from resnet_inspect.traces.attribution import Attributed
from resnet_inspect.views.attribution import Lattice, Panel, Strip

if TYPE_CHECKING:
    from PIL import Image

Colour = tuple[int, int, int]

_FOR = ((255, 213, 79), (216, 27, 30))
"""The colours of what speaks a little for the class, and of what does most."""
_AGAINST = ((129, 190, 247), (24, 54, 180))
_FIELD = (0, 230, 118)
_OPAQUE = 0.8
"""How much of the image the strongest colour hides."""
_PALE = [round(60 + 0.65 * value) for value in range(256)]
"""Neither black nor white, on which heat is seen."""
_MASK = [round(_OPAQUE * value) for value in range(256)]
_SIDE = 224
"""Pixels of the longer side of a panel, about."""


def drawn(panel: Panel, of: Attributed, size: tuple[int, int]) -> Image.Image:
    """A panel in so many columns and rows of pixels."""
    from PIL import Image, ImageOps

    image = Image.frombytes("RGB", (of.width, of.height), of.pixels)
    enlarged = size[0] >= of.width
    image = image.resize(size, Image.Resampling.NEAREST if enlarged else Image.Resampling.BOX)
    if panel.heat:
        image = ImageOps.grayscale(image).point(_PALE).convert("RGB")
        heat = _laid_over(panel, size)
        for scale, tones in ((255, _FOR), (-255, _AGAINST)):
            strength = heat.point(lambda value, scale=scale: value * scale + 0).convert("L")
            colour = ImageOps.colorize(strength, *tones)
            image = Image.composite(colour, image, strength.point(_MASK))
    if panel.position is not None:
        _frame(image, panel, of)
    return image


def _laid_over(panel: Panel, size: tuple[int, int]) -> Image.Image:
    """The heat of a panel in that size, from -1 to 1; where it is made smaller, means of it."""
    from PIL import Image

    rows, columns = len(panel.heat), len(panel.heat[0])
    grid = Image.new("F", (columns, rows))
    grid.putdata([value for row in panel.heat for value in row])
    if size[0] >= columns:
        if panel.lattice is None:
            return grid.resize(size, Image.Resampling.NEAREST)
        return _between(grid, panel.lattice, size)
    grid = grid.resize(size, Image.Resampling.BOX)
    largest = max(map(abs, array("f", grid.tobytes()))) or 1.0
    return grid.point(lambda value: value * (1 / largest) + 0)


def _between(grid: Image.Image, lattice: Lattice, size: tuple[int, int]) -> Image.Image:
    """The numbers of positions where these lie, and means of neighbours between them."""
    from PIL import Image

    (top, left), (down, across) = lattice.first, lattice.step
    border = 1 + ceil(max(top / down, left / across, (1 - top) / down - grid.height,
                          (1 - left) / across - grid.width, 0.0))  # fmt: skip
    values, width = array("f", grid.tobytes()), grid.width
    rows = [values[y * width : (y + 1) * width] for y in range(grid.height)]
    rows = [rows[0]] * border + rows + [rows[-1]] * border
    wide = Image.new("F", (width + 2 * border, len(rows)))
    wide.putdata([v for row in rows for v in [row[0]] * border + list(row) + [row[-1]] * border])
    return wide.transform(
        size, Image.Transform.AFFINE,
        (1 / (size[0] * across), 0, border + 0.5 - left / across,
         0, 1 / (size[1] * down), border + 0.5 - top / down),
        Image.Resampling.BILINEAR,
    )  # fmt: skip


def strengths(panel: Panel, size: tuple[int, int]) -> list[list[float]]:
    """The heat of a panel in so many columns and rows, from -1 to 1."""
    columns, rows = size
    values = array("f", _laid_over(panel, size).tobytes())
    return [list(values[y * columns : (y + 1) * columns]) for y in range(rows)]


def _frame(image: Image.Image, panel: Panel, of: Attributed) -> None:
    """What a position sees, as a frame, and the position as a cross."""
    from PIL import ImageDraw

    assert panel.position is not None
    pen = ImageDraw.Draw(image)
    across, down = image.width / of.width, image.height / of.height
    thin = max(1, round(min(image.size) / 110))
    if panel.box is not None:
        box = panel.box
        left, top = round(box.left * across), round(box.top * down)
        right, bottom = round(box.right * across) - 1, round(box.bottom * down) - 1
        corners = (left, top, max(left, right), max(top, bottom))
        pen.rectangle(corners, outline=_FIELD, width=thin)
    y, x = (min(max(at, 0.0), 1.0) for at in panel.position)
    x, y, arm = x * image.width, y * image.height, max(2, min(image.size) / 24)
    pen.line((x - arm, y, x + arm, y), fill=_FIELD, width=thin)
    pen.line((x, y - arm, x, y + arm), fill=_FIELD, width=thin)


def colours(panel: Panel, of: Attributed, size: tuple[int, int]) -> list[list[Colour]]:
    """A panel in so many columns and rows of colours."""
    columns, rows = size
    values = iter(drawn(panel, of, size).tobytes())
    every = list(zip(values, values, values, strict=True))
    return [every[y * columns : (y + 1) * columns] for y in range(rows)]


def strip(of: Strip, size: tuple[int, int]) -> Image.Image:
    """A row of weights, dark for none to bright for the largest."""
    from PIL import Image, ImageOps

    row = Image.new("L", (len(of.values), 1))
    row.putdata([round(value * 255) for value in of.values])
    shrinks = size[0] < len(of.values)
    row = row.resize(size, Image.Resampling.BOX if shrinks else Image.Resampling.NEAREST)
    return ImageOps.colorize(row, (38, 40, 46), (255, 244, 200), mid=(216, 90, 30))


def check() -> None:
    """Raise `MissingDependency` where Pillow is not installed."""
    try:
        import PIL  # noqa: F401
    except ImportError as error:
        raise MissingDependency("pictures need Pillow", hint="pip install pillow") from error


def as_png(image: Image.Image) -> bytes:
    """The file's content."""
    written = BytesIO()
    image.save(written, "PNG", optimize=True)
    return written.getvalue()


def side(of: Attributed) -> tuple[int, int]:
    """Columns and rows in which a panel is easily seen: small images a whole number of times."""
    times = max(1, round(_SIDE / max(of.width, of.height)))
    return of.width * times, of.height * times
