"""PDF and PNG: the SVG as CairoSVG converts it, which the extra `pictures` brings."""

from __future__ import annotations

from resnet_inspect.errors import MissingDependency
from resnet_inspect.formats.figures import svg
from resnet_inspect.views.figures.shapes import Picture

_SCALE = 2.0
"""Pixels of a PNG for each unit of the figure."""


def pdf(picture: Picture, theme: str | None) -> bytes:
    """The picture as a PDF; text stays text, one unit of the figure is 0.75 points."""
    return _convert("svg2pdf", picture, theme, 1.0)


def png(picture: Picture, theme: str | None) -> bytes:
    """The picture as a PNG, with two pixels for each unit of the figure."""
    return _convert("svg2png", picture, theme, _SCALE)


def _convert(converter: str, picture: Picture, theme: str | None, scale: float) -> bytes:
    try:
        import cairosvg
    except (ImportError, OSError) as error:  # OSError: the library cairo is not on this system
        raise MissingDependency(
            f"PDF and PNG need CairoSVG: {error}",
            hint="pip install 'resnet-inspect[pictures]'; or -o FILE.svg",
        ) from error
    text = svg.render(picture, theme).encode()
    made: bytes = getattr(cairosvg, converter)(bytestring=text, scale=scale)
    return made
