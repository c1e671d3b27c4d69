"""The formats of figures and pictures, by name and by suffix."""

from __future__ import annotations

from resnet_inspect.views.figures.graph import Figure
from resnet_inspect.views.figures.layout import Direction, place
from resnet_inspect.views.figures.shapes import Picture

PICTURES = ("svg", "html")
"""Formats that hold a picture as it is."""
CHARTS = ("mermaid", "dot")
"""Formats that hold boxes and links, and have their own ways to place them."""

SUFFIXES = {
    ".svg": "svg",
    ".html": "html",
    ".htm": "html",
    ".mmd": "mermaid",
    ".mermaid": "mermaid",
    ".dot": "dot",
    ".gv": "dot",
}
"""The format that a file's suffix asks for."""


def render_figure(
    figure: Figure, format: str, direction: Direction = "down", theme: str | None = None
) -> str:
    """A figure in any of these formats."""
    from resnet_inspect.formats import dot, mermaid

    if format == "mermaid":
        return mermaid.render(figure, direction)
    if format == "dot":
        return dot.render(figure, direction, theme or "light")
    return render_picture(place(figure, direction), format, theme)


def render_picture(picture: Picture, format: str, theme: str | None = None) -> str:
    """A picture as "svg" or "html"; without a theme a page follows the reader's system."""
    from resnet_inspect.formats import figure_page, svg

    if format == "html":
        return figure_page.render(picture, theme)
    return svg.render(picture, theme or "light")
