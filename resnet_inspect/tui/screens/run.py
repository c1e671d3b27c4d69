"""The curves of a training over its epochs, with the epochs as a table below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from resnet_inspect.formats import render, table_suffixes
from resnet_inspect.traces.run import Run
from resnet_inspect.tui.screens.report import Page, Report, table_lines
from resnet_inspect.views.figures.run.curves import as_text
from resnet_inspect.views.tables import run as tables

_AROUND = 18
"""Lines of a screen that are left to the rest."""
_LOWEST, _HIGHEST = 4, 12


class Curves(Report):
    """Loss and accuracy of what is trained now, or was; of two runs on the same axes."""

    def __init__(self, name: str, runs: Callable[[], Sequence[Run]], *, ascii: bool) -> None:
        super().__init__(f"Run · {name}", name, table_suffixes(), {"run": self._made}, long=False)
        self.runs = runs
        """The runs as they are now."""
        self.ascii = ascii

    def _made(self, width: int) -> Page:
        runs = self.runs()
        height = max(_LOWEST, min(_HIGHEST, (self.app.size.height - _AROUND) // 2))
        table = tables.side_by_side(runs) if len(runs) > 1 else tables.epochs(runs[0])
        curves = as_text(runs, width, height, ascii=self.ascii)
        lines = (*curves, (("", ""),), *table_lines(table, width))
        return Page(lines, partial(render, table))
