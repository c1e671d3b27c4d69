"""A report over the panes: a table or a lesson on one page or several, to read and take along."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from resnet_inspect.formats.text.cells import cells
from resnet_inspect.formats.text.grid import Span
from resnet_inspect.formats.text.layout import lay_out
from resnet_inspect.tui.process.background import beside_the_screen
from resnet_inspect.tui.screens import export
from resnet_inspect.tui.screens.dialog import Dialog
from resnet_inspect.views.tables.table import Table

FRAME = 5
"""Columns that a page cannot have: border and padding on both sides, and the scroll bar."""
WIDEST = 136
"""Columns of a page on a screen that has more: longer sentences are hard to read."""

_STYLES = {
    "title": "bold",
    "header": "bold $ink-accent",
    "rule": "$ink-muted",
    "label": "$ink-muted",
    "note": "$ink-muted",
    "remark": "$ink-muted",
    "raised": "bold $ink-error",
    "curve 0": "$ink-accent",
    "curve 1": "$ink-pool",
}
"""How the styles of a layout look here; the others are as plain text is."""
_ASCII = str.maketrans("─→", "->")


@dataclass(frozen=True, slots=True)
class Page:
    """One page, laid out for a width."""

    lines: tuple[tuple[Span, ...], ...]
    write: Callable[[str], str]
    """The whole of it in the format of that name; raises `UnknownName` where it has none such."""


Make = Callable[[int], Page]
"""Makes a page for a width in columns."""


class Report(Dialog[None]):
    """Pages of which one is shown; it is made beside the screen where that takes long."""

    BINDINGS: ClassVar = [
        Binding("escape,q", "leave", "back"),
        Binding("tab,right,l", "turn(1)", "next page"),
        Binding("shift+tab,left,h", "turn(-1)", "page before", show=False),
        Binding("down,j", "move('down')", "down", show=False),
        Binding("up,k", "move('up')", "up", show=False),
        Binding("pagedown,ctrl+d,space", "move('page_down')", "page down", show=False),
        Binding("pageup,ctrl+u", "move('page_up')", "page up", show=False),
        Binding("home,g", "move('home')", "top", show=False),
        Binding("end,G", "move('end')", "bottom", show=False),
        Binding("y,Y", "copy", "copy"),
        Binding("e", "export", "export"),
    ]

    def __init__(
        self, title: str, file: str, suffixes: str, pages: Mapping[str, Make], *, long: bool
    ) -> None:
        super().__init__()
        self.heading = title
        self.file = file
        """The name of the file that an export offers, without a suffix."""
        self.suffixes = suffixes
        """What an export can write, in words: ".md .json"."""
        self.pages = pages
        """What makes each page, by its name."""
        self.hint = ""
        """Keys of its own, for its frame."""
        self.long = long
        """Whether to make a page takes longer than a blink."""
        self.number = 0
        self.page: Page | None = None
        """The page that is shown; None while it is made."""

    def compose(self) -> ComposeResult:
        """The names of the pages over the one that is shown."""
        with Vertical(classes="dialog report") as dialog:
            dialog.border_title = Content(self.heading)
            turn = "tab next page · " if len(self.pages) > 1 else ""
            own = f"{self.hint} · " if self.hint else ""
            dialog.border_subtitle = f"{turn}{own}y copy · e export · esc back"
            yield Static("", id="report-pages")
            with VerticalScroll(id="report-page"):
                yield Static("", id="report-text")

    def on_mount(self) -> None:
        """Name the pages, if there are several."""
        self.query_one("#report-pages").display = len(self.pages) > 1

    def on_resize(self) -> None:
        """Lay the page out for the new width; at first, for the first one."""
        self.show_page()

    @property
    def name_of_page(self) -> str:
        """What the page that is shown is called."""
        return list(self.pages)[self.number]

    @work(exclusive=True, group="page")
    async def show_page(self) -> None:
        """Make the page for the width of the screen and show it."""
        names = (
            (f" {name} ", "bold reverse" if i == self.number else "$ink-muted")
            for i, name in enumerate(self.pages)
        )
        self.query_one("#report-pages", Static).update(Content.assemble(*names))
        width = max(16, min(self.app.size.width - FRAME, WIDEST))
        written = self.query_one("#report-text", Static)
        self.page = None
        written.update("reading …")
        self.page = await beside_the_screen(self.long, self.pages[self.name_of_page], width)
        shown = [tuple((self._signs(t), style) for t, style in line) for line in self.page.lines]
        written.update(Content("\n").join(map(_styled, shown)))
        taken = max((sum(cells(t) for t, _ in line) for line in shown), default=0)
        self.query_one(".report").styles.width = min(taken, width) + FRAME

    def _signs(self, written: str) -> str:
        return written.translate(_ASCII) if self.app.has_class("-ascii") else written

    def action_turn(self, by: int) -> None:
        """Show the next page, or the one before."""
        if len(self.pages) > 1:
            self.number = (self.number + by) % len(self.pages)
            self.query_one("#report-page").scroll_home(animate=False)
            self.show_page()

    def action_move(self, where: str) -> None:
        """Scroll the page."""
        getattr(self.query_one("#report-page"), f"scroll_{where}")(animate=False)

    def action_leave(self) -> None:
        """Back to the panes."""
        self.dismiss(None)

    def action_copy(self) -> None:
        """The page to the clipboard, as markdown."""
        if self.page is not None:
            self.app.copy_to_clipboard(self.page.write("md"))
            self.notify("copied as markdown", timeout=2)

    @work
    async def action_export(self) -> None:
        """Write the page to a file."""
        if self.page is not None:
            page = f"-{self.name_of_page}" if len(self.pages) > 1 else ""
            name = export.file_name(f"{self.file}{page}", ".md")
            await export.export_page(self.app, name, self.suffixes, self.page.write)


def table_lines(table: Table, width: int) -> tuple[tuple[Span, ...], ...]:
    """A table laid out for a page; columns without room are named below it."""
    layout = lay_out(table, width)
    if not layout.dropped:
        return layout.lines
    titles = dict.fromkeys(table.columns[table.index[key]].title for key in layout.dropped)
    left_out = f"no room for {', '.join(titles)} (y copies them too)"
    return (*layout.lines, ((left_out, "note"),))


def _styled(line: tuple[Span, ...]) -> Content:
    return Content.assemble(*((written, _STYLES.get(style, "")) for written, style in line))
