"""The panes, which follow each other: the tree, the table, and the card of what is chosen."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.message import Message
from textual.reactive import var

from resnet_inspect.analysis.structure.anatomy import Block, Stage
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.tui.panels import chosen_row
from resnet_inspect.tui.panels.cards.card import CardPanel
from resnet_inspect.tui.panels.contents import Contents
from resnet_inspect.tui.panels.lists.row_list import RowList
from resnet_inspect.tui.panels.network_tree import NetworkTree
from resnet_inspect.tui.panels.panes import Panes
from resnet_inspect.tui.panels.table.trace_table import TraceTable
from resnet_inspect.tui.process.background import MANY_CALLS, beside_the_screen
from resnet_inspect.tui.session.history import Places, Span
from resnet_inspect.views.cards.subjects import Subject, index_of
from resnet_inspect.views.tables.table import Row

if TYPE_CHECKING:
    from resnet_inspect.analysis.comparison.difference import Difference


class Workbench(Panes):
    """Tree, table, card and any other pane of one network, or of two side by side."""

    # Two networks are not compared number by number to see whether they are the same.
    about: var[tuple[Survey, Subject] | None] = var(None, always_update=True)
    """What the card is of; in a comparison on the left, if the left has it."""

    class Moved(Message):
        """Another row is chosen, in whichever pane."""

        def __init__(self, row: Row) -> None:
            super().__init__()
            self.row = row

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.contents: Contents | None = None
        """What the panes show; None before there is anything to show."""
        self.ascii = False
        self.places = Places()

    @property
    def network(self) -> NetworkTree:
        """The network by its parts."""
        return self.query_one("#tree", NetworkTree)

    @property
    def table(self) -> TraceTable:
        """The rows of the present view."""
        return self.query_one("#table", TraceTable)

    @property
    def card(self) -> CardPanel:
        """What is known of the chosen row."""
        return self.query_one("#card", CardPanel)

    def draw_in_ascii(self, ascii: bool) -> None:
        """Draw with letters and signs that every terminal has, or with all."""
        self.ascii = self.network.ascii = self.table.ascii = ascii
        self.app.set_class(ascii, "-ascii")

    # -- what is shown ---------------------------------------------------------------------------

    def show(self, contents: Contents) -> None:
        """Show a network, or two side by side."""
        before, self.contents = self.contents, contents
        survey, difference = contents.survey, contents.difference
        if self.about is None or difference is not None or self.about[0] is not survey:
            self.about = (survey, "network")
        table, tree = self.table, self.network
        if difference is not None:
            table.heading = contents.rows.table.model
        else:
            table.heading = f"Shape trace · {contents.rows.table.view}"
        fresh = before is None or before.survey.trace.model_name != survey.trace.model_name
        if fresh:
            tree.folded = set()
        tree.border_subtitle = tree.BORDER_SUBTITLE if difference is None else " = same ~ not "
        table.asked = contents.asked
        table.samples = contents.batch if difference is None else None
        if difference is not None and (before is None or before.difference is None):
            table.wanted = tree.wanted = None
        table.show_rows(contents.rows)
        tree.show_rows(contents.network)
        if fresh:
            tree.fold_to_fit()
        table.filter_by(table.filtered_by)

    def renew(self, contents: Contents) -> None:
        """Show the same rows, and the same card, with other numbers; nothing moves."""
        self.contents = contents
        self.table.renew(contents.rows)
        if self.about is not None:
            self.card.renew(partial(chosen_row.card, contents, self.about[1], self.ascii))

    def show_card_of(self, subject: Subject) -> None:
        """Show the card of a call, block, stage or end."""
        if self.contents is not None:
            self.about = (self.contents.survey, subject)
            self.card.show_card(partial(chosen_row.card, self.contents, subject, self.ascii))

    def show_pair(self, difference: Difference, row: Row) -> None:
        """Show what a row is of on both sides; for the network, how they differ in words."""
        sides = chosen_row.sides_of(difference, row)
        held = [side for side in sides if side is not None]
        self.about = held[0] if held else (difference.left, "network")
        if row.kind == "network" or not held:
            self.card.show_card(lambda width, height: chosen_row.summary_card(difference))
        else:
            self.card.show_card(partial(chosen_row.pair_card, difference, sides, self.ascii))

    # -- following -------------------------------------------------------------------------------

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """The tree and the table follow each other; the card follows both."""
        if self.contents is None:
            return
        row, from_table = event.row, event.rows is self.table
        if event.rows.row is not row or not (from_table or event.rows.has_focus):
            return
        self.post_message(self.Moved(row))
        follower: RowList = self.network if from_table else self.table
        if self.contents.difference is not None:
            with follower.prevent(RowList.Chosen):
                follower.go(event.rows.row_place or 0)  # the rows of both are the same
        elif row.span[0] >= 0:
            with follower.prevent(RowList.Chosen):
                follower.move_to_span(row.span, row.kind)
            self.places.visit(row.span)
        if self.contents.difference is not None:
            self.show_pair(self.contents.difference, row)
        elif row.span[0] >= 0:
            self.show_card_of(chosen_row.subject_of(self.contents.survey, row.kind, row.span[0]))
        else:
            self.about = None
            made = chosen_row.cells_card(event.rows.table, row)
            self.card.show_card(lambda width, height: made)

    def on_card_panel_followed(self, event: CardPanel.Followed) -> None:
        """Go to where an entry of the card leads."""
        if self.contents is not None:
            target = event.target
            first = index_of(self.contents.survey, target)
            last = target.last if isinstance(target, Block | Stage) else first
            self.go_to((first, last))
            self.show_card_of(target)

    def go_to(self, span: Span | None) -> None:
        """Put the cursor on the row of these calls, or on the layer that holds them."""
        outline = self.table.outline
        if span is None or outline is None:
            return
        kinds = ("network", "stem", "head", "stage", "block", "layer", "function", "module")
        kind = next((k for k in kinds if (k, span) in outline.place_of), "layer")
        self.table.move_to_span(span, kind)

    async def go_to_path(self, path: str) -> None:
        """Put the cursor on the row with this path, if there is one."""
        outline = self.table.outline
        if outline is not None:
            long = len(outline.table.rows) > MANY_CALLS
            place = await beside_the_screen(long, outline.place_with, path)
            if place is not None and outline is self.table.outline:
                self.table.go(place)
