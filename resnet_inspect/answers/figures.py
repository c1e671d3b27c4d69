"""An answer that is a figure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from resnet_inspect.errors import BadInput, UnknownName
from resnet_inspect.files import write_all
from resnet_inspect.formats import format_of
from resnet_inspect.formats.figures import (
    FIGURE_FORMATS,
    figure_formats_by_suffix,
    render_figure,
    render_picture,
)
from resnet_inspect.views.figures.figure import Figure
from resnet_inspect.views.figures.layout import Direction
from resnet_inspect.views.figures.shapes import Picture


@dataclass(frozen=True, repr=False)
class Drawing:
    """A network, a block or the cost of each stage as a figure. In a notebook it is a picture."""

    figure: Figure | Picture
    direction: Direction = "down"
    """Where the main path runs: "down" or "right"."""
    theme: str | None = None
    """"light", "dark"; None for light, and on a page for what the reader's system has."""

    def render(self, format: str = "svg") -> str | bytes:
        """The figure in a format of `FIGURE_FORMATS`: "svg", "html", "mermaid", "dot".

        "pdf" and "png" are bytes, and need the extra `pictures`.

        Raises `UnknownName` for a format that is not there, `BadInput` for one that holds boxes
        and links only, which bars are not.
        """
        if format not in FIGURE_FORMATS:
            known = ", ".join(FIGURE_FORMATS)
            raise UnknownName("format", format, FIGURE_FORMATS, see=f"known: {known}")
        if not isinstance(self.figure, Picture):
            return render_figure(self.figure, format, self.direction, self.theme)
        if FIGURE_FORMATS[format].is_chart:
            raise BadInput(f"{format} holds boxes and links; this is a picture: svg or html")
        return render_picture(self.figure, format, self.theme)

    def _text(self, format: str) -> str:
        text = self.render(format)
        assert isinstance(text, str)
        return text

    def to_svg(self) -> str:
        """An SVG picture."""
        return self._text("svg")

    def to_html(self) -> str:
        """One HTML page that needs nothing else."""
        return self._text("html")

    def to_mermaid(self) -> str:
        """Mermaid, which GitHub draws."""
        return self._text("mermaid")

    def to_dot(self) -> str:
        """Graphviz."""
        return self._text("dot")

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write it in the format of the file's suffix, at once or not at all.

        Raises `UnknownName` for another suffix, `OutputError` if the file exists and is not to be
        overwritten, or cannot be written, and what `render` does.
        """
        format = format_of(Path(path), figure_formats_by_suffix())
        write_all({Path(path): self.render(format)}, overwrite=overwrite)

    def __str__(self) -> str:
        return self._text("svg" if isinstance(self.figure, Picture) else "mermaid")

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.figure.title}>"

    def _repr_svg_(self) -> str:
        return self.to_svg()
