"""Figures and pictures written down. A picture is `Picture -> str`, a chart `Figure -> str`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from resnet_inspect.views.figures.figure import Figure
from resnet_inspect.views.figures.layout import Direction, place
from resnet_inspect.views.figures.shapes import Picture


@dataclass(frozen=True, slots=True)
class FigureFormat:
    """A way to write a figure down."""

    module: str
    """The module that writes it: `render(picture, theme)`, or of a chart `render(figure,
    direction, theme)`; the theme is None where none was asked for."""
    suffixes: tuple[str, ...]
    """The suffixes of files that ask for it."""
    is_chart: bool = False
    """Whether it holds boxes and links, which it places in its own way; a picture is as it is."""
    writer: str = "render"
    """The function of the module that writes it."""
    is_binary: bool = False
    """Whether it is bytes, which no terminal shows."""

    @property
    def render(self) -> Callable[..., str | bytes]:
        """What writes it; the module is loaded now."""
        writer: Callable[..., str | bytes] = getattr(import_module(self.module), self.writer)
        return writer


_CONVERTED = "resnet_inspect.formats.figures.converted"

FIGURE_FORMATS: dict[str, FigureFormat] = {
    "svg": FigureFormat("resnet_inspect.formats.figures.svg", (".svg",)),
    "pdf": FigureFormat(_CONVERTED, (".pdf",), writer="pdf", is_binary=True),
    "png": FigureFormat(_CONVERTED, (".png",), writer="png", is_binary=True),
    "html": FigureFormat("resnet_inspect.formats.figures.page", (".html", ".htm")),
    "mermaid": FigureFormat(
        "resnet_inspect.formats.figures.mermaid", (".mmd", ".mermaid"), is_chart=True
    ),
    "dot": FigureFormat("resnet_inspect.formats.figures.dot", (".dot", ".gv"), is_chart=True),
}
"""Every format of figures by its name; the command line offers these."""


def figure_formats_by_suffix() -> dict[str, str]:
    """The name of the format that a file's suffix asks for."""
    return {suffix: name for name, one in FIGURE_FORMATS.items() for suffix in one.suffixes}


def render_figure(
    figure: Figure, format: str, direction: Direction = "down", theme: str | None = None
) -> str | bytes:
    """A figure in any of these formats."""
    if FIGURE_FORMATS[format].is_chart:
        return FIGURE_FORMATS[format].render(figure, direction, theme)
    return render_picture(place(figure, direction), format, theme)


def render_picture(picture: Picture, format: str, theme: str | None = None) -> str | bytes:
    """A picture in any format but charts; without a theme a page is as the reader's system is."""
    return FIGURE_FORMATS[format].render(picture, theme)
