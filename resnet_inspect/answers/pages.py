"""An answer that is a page: one network, or two side by side, to be explored in a browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from resnet_inspect.analysis.comparison.networks import compare
from resnet_inspect.errors import UnknownName
from resnet_inspect.files import write_all
from resnet_inspect.formats import explorer
from resnet_inspect.views.pages import Explored, Opened, Page
from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables.comparison.measured import Compared
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Table


@dataclass(frozen=True, repr=False)
class Exploration:
    """A page that explores a network. In a notebook it stands in a frame of its own."""

    page: Page
    height: int = 640
    """Of that frame, in pixels."""

    def to_html(self) -> str:
        """One HTML page that needs nothing else."""
        return explorer.render(self.page)

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the page, at once or not at all.

        Raises `OutputError` if the file exists and is not to be overwritten, or cannot be written.
        """
        write_all({Path(path): self.to_html()}, overwrite=overwrite)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.page.caption}>"

    def _repr_html_(self) -> str:
        """The page in a frame that lets nothing out."""
        return explorer.frame(self.page, self.height)


def exploration(
    networks: Sequence[Explored],
    view: str = "layers",
    selection: Selection | None = None,
    *,
    height: int = 640,
) -> Exploration:
    """The page of one network or two, opened at a view; its tables have what is selected.

    Of two it opens at what differs, and `view`, which may be "comparison", is the one whose columns
    are selected. Raises `UnknownName` for a view that is not there, `BadInput` for a selection that
    cannot be.
    """
    known = (*VIEWS, "comparison") if len(networks) > 1 else (*VIEWS,)
    if view not in known:
        raise UnknownName("view", view, known, see=f"known: {', '.join(known)}")
    chosen = selection or Selection()
    shown = "layers" if view == "totals" else view
    columns = {shown: chosen.columns} if chosen.columns else {}
    opened = Opened(shown, chosen.everything, columns, chosen.where or "")
    kept = replace(chosen, everything=True, where=None, columns=())
    made = tuple(replace(one, selection=kept) for one in networks)
    if len(made) == 1:
        return Exploration(Page(made, opened), height)
    return Exploration(Page(made, replace(opened, view="comparison"), _compared(*made)), height)


def _compared(left: Explored, right: Explored) -> Table:
    """What differs of what both have, with what was measured of either."""
    found = compare(left.survey, right.survey)
    both = Compared(found, (left.timing, right.timing), (left.signal, right.signal))
    return both.view(left.selection, unfold=True)
