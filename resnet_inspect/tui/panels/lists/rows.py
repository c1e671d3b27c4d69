"""Moving in a list of rows by keys and mouse: the base of the tree and the table."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding

from resnet_inspect.tui.panels.lists.row_list import RowList


class Rows(RowList):
    """Rows in which keys and mouse move the cursor and fold."""

    BINDINGS: ClassVar = [
        Binding("down,j", "move(1)", "down", show=False, id="down"),
        Binding("up,k", "move(-1)", "up", show=False, id="up"),
        Binding("pagedown,ctrl+d", "page(1)", "page down", show=False, id="page-down"),
        Binding("pageup,ctrl+u", "page(-1)", "page up", show=False, id="page-up"),
        Binding("home,g", "end(-1)", "first", show=False, id="first"),
        Binding("end,G", "end(1)", "last", show=False, id="last"),
        Binding("space", "fold", "fold", id="fold"),
        Binding("left,h", "close", "fold or outwards", show=False, id="fold-or-out"),
        Binding("right,l", "open", "unfold or inwards", show=False, id="unfold-or-in"),
        Binding("minus", "fold_all", "fold all", show=False, id="fold-all"),
        Binding("equals_sign", "unfold_all", "unfold all", show=False, id="unfold-all"),
        Binding(
            "right_square_bracket", "section('stage', 1)", "next stage", show=False, id="next-stage"
        ),
        Binding(
            "left_square_bracket",
            "section('stage', -1)",
            "previous stage",
            show=False,
            id="previous-stage",
        ),
        Binding(
            "right_curly_bracket", "section('block', 1)", "next block", show=False, id="next-block"
        ),
        Binding(
            "left_curly_bracket",
            "section('block', -1)",
            "previous block",
            show=False,
            id="previous-block",
        ),
    ]

    def action_move(self, by: int) -> None:
        """Move the cursor by so many rows."""
        self.cursor += by

    def action_page(self, by: int) -> None:
        """Move the cursor by a page."""
        self.cursor += by * max(1, self.size.height - self.header_height - 1)

    def action_end(self, which: int) -> None:
        """Move the cursor to the first or last row."""
        self.cursor = 0 if which < 0 else len(self.shown) - 1

    def action_fold(self) -> None:
        """Fold the chosen row, or unfold it."""
        place = self.row_place
        if place is None or not self.has_inside(place):
            return
        self._want()
        self.folded ^= {self.every[place].span}
        self.arrange_rows()

    def action_close(self) -> None:
        """Fold the chosen row; if there is nothing to fold, go to the row it is in."""
        place = self.row_place
        if place is None:
            return
        row = self.every[place]
        if self.has_inside(place) and row.span not in self.folded:
            self._want()
            self.folded.add(row.span)
            self.arrange_rows()
            return
        assert self.outline is not None
        line = self.line_at(self.outline.outer[place])
        if line is not None:
            self.cursor = line

    def action_open(self) -> None:
        """Unfold the chosen row; if it is unfolded, go to the first row in it."""
        place = self.row_place
        if place is None or not self.has_inside(place):
            return
        if self.every[place].span in self.folded:
            self._want()
            self.folded.discard(self.every[place].span)
            self.arrange_rows()
        else:
            self.cursor += 1

    def action_fold_all(self) -> None:
        """Fold every section."""
        self.folded = {row.span for i, row in enumerate(self.every) if self.has_inside(i)}
        self.arrange_rows()

    def action_unfold_all(self) -> None:
        """Unfold every section."""
        self.folded = set()
        self.arrange_rows()

    def action_section(self, kind: str, by: int) -> None:
        """Go to the next or previous stage or block."""
        kinds = {kind, "stem", "head"} if kind == "stage" else {kind}
        places = [i for i, place in enumerate(self.shown) if self.every[place].kind in kinds]
        ahead = [i for i in places if (i > self.cursor if by > 0 else i < self.cursor)]
        if ahead:
            self.cursor = ahead[0] if by > 0 else ahead[-1]

    # -- the mouse -------------------------------------------------------------------------------

    def on_click(self, event: events.Click) -> None:
        """Choose the row under the mouse; a second click folds it."""
        offset = event.get_content_offset(self)
        if offset is None or offset.y < self.header_height:
            return
        line = offset.y - self.header_height + int(self.scroll_offset.y)
        if line < len(self.shown):
            self.cursor = line
            if event.chain == 2:
                self.action_fold()

    def on_focus(self) -> None:
        """Draw the cursor as the one that keys move."""
        self.refresh()

    def on_blur(self) -> None:
        """Draw the cursor as one that only shows the place."""
        self.refresh()
