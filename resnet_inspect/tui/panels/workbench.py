"""The panes, which follow each other: the tree, the table, and the card of what is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.reactive import var
from textual.widget import Widget

from resnet_inspect.analysis.structure.anatomy import Block, Stage
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.tui.panels import PANELS
from resnet_inspect.tui.panels.cards.card import CardPanel
from resnet_inspect.tui.panels.contents import Contents
from resnet_inspect.tui.panels.lists.row_list import RowList
from resnet_inspect.tui.panels.network_tree import NetworkTree
from resnet_inspect.tui.panels.table.trace_table import TraceTable
from resnet_inspect.tui.process.background import MANY_CALLS, beside_the_screen
from resnet_inspect.tui.session.history import Places, Span
from resnet_inspect.views.cards import card_of
from resnet_inspect.views.cards.card import Card, Entry, Section
from resnet_inspect.views.cards.subjects import Subject, index_of, subject_at
from resnet_inspect.views.tables.table import Row, Table

if TYPE_CHECKING:
    from resnet_inspect.analysis.comparison.difference import Difference

_FULL = ("-full", *(f"-full-{name}" for name in PANELS))
_LEFT, _MIDDLE, *_RIGHT = PANELS
_NARROWEST = 12
_LEFT_FOR_OTHERS = 30


class Workbench(Horizontal):
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
        self.dragged = ""
        """The pane whose frame the mouse moves."""

    def compose(self) -> ComposeResult:
        """The first pane beside the second and the others."""
        yield PANELS[_LEFT](id=_LEFT)
        with Horizontal(id="side"):
            with Horizontal(id="middle"):
                yield PANELS[_MIDDLE](id=_MIDDLE)
            for name in _RIGHT:
                yield PANELS[name](id=name)

    def pane_of(self, name: str) -> Widget:
        """The pane of that name."""
        return self.query_one(f"#{name}")

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
            self.card.renew(partial(_card, contents, self.about[1], self.ascii))

    def show_card_of(self, subject: Subject) -> None:
        """Show the card of a call, block, stage or end."""
        if self.contents is not None:
            self.about = (self.contents.survey, subject)
            self.card.show_card(partial(_card, self.contents, subject, self.ascii))

    def show_pair(self, difference: Difference, row: Row) -> None:
        """Show what a row is of on both sides; for the network, how they differ in words."""
        from resnet_inspect.views.cards.comparison import pair

        sides = ((difference.left, row.span[0]), (difference.right, row.other[0]))
        held = [(survey, first) for survey, first in sides if first >= 0]
        self.about = (difference.left, "network")
        for survey, first in held[:1]:
            self.about = (survey, _subject(survey, row.kind, first))
        if row.kind == "network" or not held:
            self.card.show_card(lambda width, height: _summary(difference))
            return
        names = tuple(survey.trace.model_name for survey, _ in sides)

        def make(width: int, height: int) -> Card:
            left, right = (
                card_of(survey, _subject(survey, row.kind, first), width, height, ascii=self.ascii)
                if first >= 0
                else None
                for survey, first in sides
            )
            return pair(left, right, (names[0], names[1]))

        self.card.show_card(make)

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
            self.show_card_of(_subject(self.contents.survey, row.kind, row.span[0]))
        else:
            self.about = None
            made = _of_cells(event.rows.table, row)
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

    # -- panes -----------------------------------------------------------------------------------

    @property
    def pane(self) -> str:
        """The pane that has the keys; the table if none has."""
        return next((name for name in PANELS if self.pane_of(name).has_focus), _MIDDLE)

    @property
    def bindings(self) -> dict[str, list[BindingType]]:
        """Each pane's own keys."""
        return {name: list(self.pane_of(name).BINDINGS) for name in PANELS}

    @property
    def widths(self) -> dict[str, int]:
        """Widths of the side panes, where they were set."""
        found = {}
        for name in (_LEFT, *_RIGHT):
            width = self.pane_of(name).styles.inline.width  # not the stylesheet's
            if width is not None and width.is_cells and width.value != 0:
                found[name] = int(width.value)
        return found

    def set_widths(self, widths: Mapping[str, int]) -> None:
        """Make the side panes so wide, as far as the screen allows."""
        most = self.app.size.width - _LEFT_FOR_OTHERS
        for name in (_LEFT, *_RIGHT):
            if name in widths:
                self.pane_of(name).styles.width = max(_NARROWEST, min(most, widths[name]))

    def resize_pane(self, by: int) -> None:
        """Make the focused side pane wider or narrower; the table takes from the tree."""
        name, by = (_LEFT, -by) if self.pane == _MIDDLE else (self.pane, by)
        self.set_widths({name: self.pane_of(name).outer_size.width + by})

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of the frame between two panes."""
        for name in (_LEFT, *_RIGHT):
            region = self.pane_of(name).region
            line = region.right - 1 if name == _LEFT else region.x
            beside = region.height == self.region.height  # and not below the table
            if beside and line - (name != _LEFT) <= event.screen_x <= line + (name == _LEFT):
                self.dragged = name
                self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Move the frame with the mouse."""
        if self.dragged:
            region = self.pane_of(self.dragged).region
            is_left, at = self.dragged == _LEFT, int(event.screen_x)
            self.set_widths({self.dragged: at - region.x + 1 if is_left else region.right - at})

    def on_mouse_up(self) -> None:
        """Let go of the frame."""
        if self.dragged:
            self.dragged = ""
            self.release_mouse()

    def enter(self, name: str) -> None:
        """Go to a pane; one that there is no room for is shown alone."""
        pane = self.pane_of(name)
        if self.leave_full() or not pane.display or not pane.region:
            self._fill_with(name)
        pane.focus()

    def toggle_full(self) -> None:
        """The focused pane over the whole screen, and back."""
        name = self.pane
        on = not self.screen.has_class(f"-full-{name}")
        self.leave_full()
        if on:
            self._fill_with(name)

    def _fill_with(self, name: str) -> None:
        """Show this pane over the whole screen."""
        self.screen.add_class("-full", f"-full-{name}")
        self.pane_of(name).add_class("-filling")

    def leave_full(self) -> bool:
        """Show all panes again; whether one was over the whole screen."""
        was = self.screen.has_class("-full")
        self.screen.remove_class(*_FULL)
        self.query(".-filling").remove_class("-filling")
        return was


def _card(contents: Contents, subject: Subject, ascii: bool, width: int, height: int) -> Card:
    """What is known of a call, block, stage or end, with what was recorded of it."""
    made = card_of(contents.survey, subject, width, height, ascii=ascii)
    return made if contents.beside is None else contents.beside.card(subject, made, width, ascii)


def _summary(difference: Difference) -> Card:
    """What two networks differ in, in words."""
    from resnet_inspect.views.words.comparison.summary import summary

    lines = tuple(Entry("", line) for line in summary(difference))
    return Card("in words", "d ends the comparison", (Section("", lines),))


def _subject(survey: Survey, kind: str, first: int) -> Subject:
    """What a row of that kind, whose calls begin there, is of."""
    if kind == "stage":
        return next(s for s in survey.anatomy.stages if s.holds(first))
    if kind == "block":
        blocks = (stage.block_at(first) for stage in survey.anatomy.stages)
        return next(block for block in blocks if block is not None)
    ends: dict[str, Subject] = {"stem": "stem", "head": "head", "network": "network"}
    return ends[kind] if kind in ends else subject_at(survey, first)


def _of_cells(table: Table | None, row: Row) -> Card:
    """What a row says of itself that stands for no call: what is not shown, or never called."""
    if table is None:
        return Card("", "", ())
    entries = (Entry(c.title, table.cell(row, c.key).text) for c in table.shown_columns)
    path, *others = entries
    return Card(path.text, row.kind, (Section("", tuple(e for e in others if e.text)),))
