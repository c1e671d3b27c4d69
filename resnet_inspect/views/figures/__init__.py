"""Figures: a network or a block as boxes and edges, their layout, and the shapes that draw them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.figures import bars, drawings, graph
from resnet_inspect.views.figures.figure import Figure
from resnet_inspect.views.figures.shapes import Picture


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of figure that can be drawn instead of the whole network's."""

    make: Callable[[Survey, str], Figure | Picture]
    """From what it is of: boxes and links that are yet to be placed, or a picture as it is."""
    meaning: str
    """One line for the help of `draw`."""
    of: str = ""
    """What must be named, such as PATH for a block; "" where it is of the whole network."""
    text: Callable[[Survey, str, int], list[str]] | None = None
    """The same in lines of characters, no wider than is said, if it can be drawn so."""
    placed: bool = False
    """Whether it is a picture as it is, which only formats of pictures can hold."""


def _block_as_text(survey: Survey, path: str, width: int) -> list[str]:
    _, block = graph.block_at(survey, path)
    return drawings.block(survey, block, width)


FIGURES: dict[str, Kind] = {
    "block": Kind(
        graph.block, "Only this residual block, layer by layer.", of="PATH", text=_block_as_text
    ),
    "bars": Kind(
        lambda survey, _: bars.by_stage(survey),
        "Parameters, MACs and activations by stage, as bars.",
        placed=True,
    ),
}
"""Every kind of figure beside the network's, by the option of `draw` that asks for it."""
