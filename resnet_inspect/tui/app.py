"""The explorer: asks for traces, lays out the views, and computes no number.

A named variant paints before anything of it is known; its trace comes from a child process that is
started after the first paint, so that torch never holds up a key or the end of the program.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from textual import work
from textual.app import App, ComposeResult, SystemCommand
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.theme import Theme
from textual.widgets import Footer, Input, Label, Static

from resnet_inspect import pipeline
from resnet_inspect.analysis.anatomy import Block, Stage
from resnet_inspect.analysis.difference import Difference, compare
from resnet_inspect.analysis.survey import Survey
from resnet_inspect.errors import ForwardError, InspectError
from resnet_inspect.sources.catalogue import VARIANTS
from resnet_inspect.traces import codec
from resnet_inspect.traces.model import Trace
from resnet_inspect.tui.ask import Ask, Field
from resnet_inspect.tui.child import Child, Obsolete
from resnet_inspect.tui.choose import Choice, Choose
from resnet_inspect.tui.config import State, read_config, read_state, write_state
from resnet_inspect.tui.keys import ACTIONS, GROUPS, identifier
from resnet_inspect.tui.panels.card import CardPanel
from resnet_inspect.tui.panels.network_tree import NetworkTree
from resnet_inspect.tui.panels.trace_table import TraceTable
from resnet_inspect.tui.rows import Rows
from resnet_inspect.tui.session import History, Request, Shown
from resnet_inspect.tui.splitter import Splitter
from resnet_inspect.views import SHOWN, VIEWS, differences, variants
from resnet_inspect.views.cards import Card, Entry, Section, Subject, card, index_of
from resnet_inspect.views.columns import COLUMNS
from resnet_inspect.views.query import parse
from resnet_inspect.views.selection import Selection
from resnet_inspect.views.table import Row, Table

HIGH_CONTRAST = Theme(
    name="high-contrast",
    primary="#ffff00",
    secondary="#00ffff",
    accent="#00ffff",
    warning="#ffaf00",
    error="#ff5f5f",
    success="#5fff5f",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#303030",
    dark=True,
)


class Explorer(App[int]):
    """The interactive explorer of one network, or of two side by side."""

    TITLE = "resnet-inspect"
    CSS_PATH = "inspect.tcss"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    AUTO_FOCUS = "#table"
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - as Textual declares it
        (0, "-narrow"),
        (80, "-medium"),
        (150, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-tiny"),
        (8, "-short"),
        (18, "-tall"),
    ]
    BINDINGS: ClassVar = [
        Binding(a.keys, a.name, a.label, show=a.footer, id=identifier(a), tooltip=a.meaning)
        for a in ACTIONS
    ]

    def __init__(self, request: Request | None = None, trace: Trace | None = None) -> None:
        super().__init__()
        self.register_theme(HIGH_CONTRAST)
        self.config = read_config([identifier(a) for a in ACTIONS], self.available_themes)
        self.kept = read_state()
        self.set_keymap(self.config.keys)
        self.theme = self._theme(self.config.theme or self.kept.theme)
        self.request = request or self._last()
        self.given = trace
        self.shown: Shown | None = None
        self.child = Child()
        self.history = History()
        self.selection = Selection()
        self.view = "layers"
        self.columns: dict[str, tuple[str, ...]] = {
            view: tuple(key for key in keys if key in COLUMNS)
            for view, keys in self.kept.columns.items()
        }
        self.other: Survey | None = None
        """What is set beside the network, if two are compared."""
        self.places: list[tuple[int, int]] = []
        self.place_ahead: list[tuple[int, int]] = []
        self.flat = False

    def _theme(self, name: str | None) -> str:
        return name if name in self.available_themes else self.theme

    def _last(self) -> Request:
        """What config.toml names, or what was open last, or ResNet-50."""
        for name in (self.config.model, self.kept.model):
            if name in VARIANTS:
                return Request.of_variant(str(name))
        return Request.of_variant("resnet50")

    # -- layout ----------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Title, three panes, filter, totals, keys."""
        yield Static("", id="title")
        with Horizontal(id="body"):
            tree = NetworkTree(id="tree")
            tree.add_class("panel")
            yield tree
            yield Splitter("tree", id="tree-splitter")
            with Horizontal(id="side"):
                with Horizontal(id="middle"):
                    table = TraceTable(id="table")
                    table.add_class("panel")
                    yield table
                yield Splitter("card", from_right=True, id="card-splitter")
                card = CardPanel(id="card")
                card.add_class("panel")
                yield card
        yield Static("", id="problem")
        with Horizontal(id="filter-line"):
            yield Label("/")
            yield Input(id="filter", placeholder="conv 3x3   stride:2   28×28   params>1M   -norm")
            yield Label("", id="filter-count")
        yield Static("", id="totals")
        yield Footer()

    def on_mount(self) -> None:
        """Paint what is known; ask for the trace once that is on the screen."""
        self.title_line(self.request.title)
        ascii = self.config.ascii or (self.config.ascii is None and not self._draws_unicode())
        for pane in (self.query_one("#tree", NetworkTree), self.query_one("#table", TraceTable)):
            pane.ascii = ascii
        self.screen.set_class(ascii, "-ascii")
        for name, width in self.kept.panes.items():
            if name in ("tree", "card"):
                self.query_one(f"#{name}").styles.width = max(12, min(self.size.width - 30, width))
        for warning in self.config.warnings:
            self.notify(warning, title="config.toml", severity="warning", markup=False)
        if self.given is not None:
            self.call_after_refresh(self.show_trace, self.request, self.given)
        else:
            self.call_after_refresh(self.ask, self.request)

    @staticmethod
    def _draws_unicode() -> bool:
        return "utf" in (getattr(sys.__stdout__, "encoding", None) or "utf-8").lower()

    def title_line(self, text: str, busy: str = "") -> None:
        """The first line: what is looked at, and what is being done."""
        doing = f"   {busy} …" if busy else ""
        self.query_one("#title", Static).update(Content.assemble(text, (doing, "$text-warning")))

    def problem(self, text: str) -> None:
        """Say what went wrong, or take it off."""
        line = self.query_one("#problem", Static)
        line.update(Content(text))
        line.set_class(bool(text), "-shown")

    # -- traces ----------------------------------------------------------------------------------

    @work(exclusive=True, group="trace", exit_on_error=False)
    async def ask(self, request: Request, *, remember: bool = True) -> None:
        """Ask the child process for a trace; the last good one stays on the screen meanwhile."""
        self.title_line(request.title, "starting")
        try:
            trace = await self.child.ask(
                request.message, lambda step: self.title_line(request.title, step)
            )
        except ForwardError as error:
            self.title_line(self.request.title)
            self.problem(f"{error.message}  (R runs it again)")
            if self.shown is None and error.trace is not None:
                self.show_trace(request, error.trace, remember=remember)
                self.problem(f"{error.message}  (the trace up to there is shown)")
        except Obsolete:
            return
        except InspectError as error:
            self.title_line(self.request.title)
            hint = f"  ({error.hint})" if error.hint else ""
            self.problem(f"{error.message}{hint}  (R runs it again)")
        else:
            self.show_trace(request, trace, remember=remember)

    def show_trace(self, request: Request, trace: Trace, *, remember: bool = True) -> None:
        """Look at this trace now."""
        self.problem("")
        self.request = request
        if remember:
            self.history.visit(request)
        self.shown = Shown(request, Survey(trace))
        self.title_line(request.title)
        self.lay_out()
        self.write_totals()
        if self.kept.place and self.kept.model == request.model:
            self.restore(self.kept.place)

    def restore(self, path: str) -> None:
        """Go to where the last time ended, once."""
        self.kept = replace(self.kept, place=None)
        table = self.query_one("#table", TraceTable)
        if table.table is not None:
            current = table.table
            table.move_to(lambda row: current.cell(row, "path").text == path)

    def lay_out(self) -> None:
        """Make the tables of the present view and show them."""
        if self.shown is None:
            return
        survey = self.shown.survey
        selection = replace(self.selection, columns=self.columns.get(self.view, ()))
        table = self.query_one("#table", TraceTable)
        if self.other is not None:
            difference = compare(survey, self.other)
            table.show_rows(differences.view(difference, selection))
            name = self.other.trace.model_name
            table.border_title = f"{survey.trace.model_name} against {name}"
            self.query_one("#card", CardPanel).show_card(lambda width: _summary(difference))
        else:
            table.show_rows(VIEWS[self.view](survey, selection))
            table.border_title = f"Shape trace · {self.view}"
        tree = self.query_one("#tree", NetworkTree)
        fresh = tree.table is None or tree.table.model != survey.trace.model_name
        tree.folded = set() if fresh else tree.folded
        plain = Selection(everything=self.selection.everything)
        same = self.other is None and self.view == "layers" and selection == plain
        layers = table.table if same and table.table else VIEWS["layers"](survey, plain)
        tree.show_network(layers, VIEWS["totals"](survey, Selection()).rows[0])
        if fresh:
            tree.action_fold_all()
        self.count_matches()

    def write_totals(self) -> None:
        """The line above the keys."""
        if self.shown is None:
            return
        table = self.query_one("#table", TraceTable).table
        if table is None:
            return
        wanted = ("parameters", "macs", "activation_bytes", "receptive_field", "blocks")
        parts = [f"{t.cell.text} {t.label}" for t in table.totals if t.key in wanted]
        text = " · ".join(parts)
        if table.remarks:
            text += f" · {len(table.remarks)} remark{'s' if len(table.remarks) > 1 else ''}"
        self.query_one("#totals", Static).update(Content(text))

    # -- following -------------------------------------------------------------------------------

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """The tree and the table follow each other; the card follows both."""
        if self.shown is None or self.other is not None or event.row.span[0] < 0:
            return
        span, kind = event.row.span, event.row.kind
        other = self.query_one("#tree" if event.rows.id == "table" else "#table", Rows)
        chosen_here = event.rows.has_focus or event.rows.id == "table"
        if chosen_here and kind != "network":
            with other.prevent(Rows.Chosen):
                other.move_to_span(span, kind)
        self.remember_place(span)
        self.show_card(event.row)

    def remember_place(self, span: tuple[int, int]) -> None:
        """Keep the places visited, for back and forward."""
        if not self.places or self.places[-1] != span:
            self.places.append(span)
            del self.places[:-200]
            self.place_ahead.clear()

    def show_card(self, row: Row) -> None:
        """Show the card of a row."""
        if self.shown is not None:
            self.show_card_of(_subject(self.shown.survey, row))

    def show_card_of(self, subject: Subject) -> None:
        """Show the card of a call, block, stage or end."""
        if self.shown is None:
            return
        survey = self.shown.survey
        self.query_one("#card", CardPanel).show_card(
            lambda width: card(survey, subject, width, ascii=self.screen.has_class("-ascii"))
        )

    def on_card_panel_followed(self, event: CardPanel.Followed) -> None:
        """Go to where an entry of the card leads."""
        if self.shown is not None:
            target = event.target
            first = index_of(self.shown.survey, target)
            last = target.last if isinstance(target, Block | Stage) else first
            self.go_to((first, last))
            self.show_card_of(target)

    def go_to(self, span: tuple[int, int]) -> None:
        """Put the cursor on the row of these calls, or on the layer that holds them."""
        table = self.query_one("#table", TraceTable)
        kinds = ("stage", "block", "layer", "function", "module")
        kind = next((k for k in kinds if (k, span) in table.place_of), "layer")
        table.move_to_span(span, kind)

    def action_go_back(self) -> None:
        """The place before this one."""
        if len(self.places) > 1:
            self.place_ahead.append(self.places.pop())
            self._visit(self.places[-1])

    def action_go_forward(self) -> None:
        """The place that was left with back."""
        if self.place_ahead:
            self.places.append(self.place_ahead.pop())
            self._visit(self.places[-1])

    def _visit(self, span: tuple[int, int]) -> None:
        ahead = list(self.place_ahead)
        self.go_to(span)
        self.place_ahead = ahead

    # -- finding ---------------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Open the filter line."""
        self.query_one("#filter-line").add_class("-shown")
        self.query_one("#filter", Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter as one types."""
        if event.input.id == "filter":
            self.apply_filter(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep the filter and go back to the table."""
        if event.input.id == "filter":
            if not event.value.strip():
                self.query_one("#filter-line").remove_class("-shown")
            self.query_one("#table").focus()

    def apply_filter(self, text: str) -> None:
        """Show the rows that match; all for no text."""
        table = self.query_one("#table", TraceTable)
        query = parse(text)
        shown: Table | None = table.table
        table.matching = None
        if text.strip() and shown is not None:
            current = shown
            table.matching = lambda row: query.matches(current, row)
        table.arrange_rows()
        if table.matches:
            place = table.row_place
            if place not in table.matches:
                table.next_match(1)
        self.count_matches(query.problems)

    def count_matches(self, problems: Iterable[str] = ()) -> None:
        """Say how many rows match (9 of 36), and what is wrong with the filter."""
        table = self.query_one("#table", TraceTable)
        text = ""
        if table.matching is not None:
            whole = sum(row.kind != "rest" for row in table.every)
            text = f"{len(table.matches)} of {whole}"
        problem = "; ".join(problems)
        self.query_one("#filter-count", Label).update(Content(f"{problem}  {text}".strip()))

    def action_next_match(self) -> None:
        """The next row that matches."""
        self.query_one("#table", TraceTable).next_match(1)

    def action_previous_match(self) -> None:
        """The previous row that matches."""
        self.query_one("#table", TraceTable).next_match(-1)

    def key_escape(self) -> None:
        """Clear the filter, leave a full pane, clear a message: whatever is there."""
        if self.screen.has_class("-full-tree", "-full-table", "-full-card"):
            self.screen.remove_class("-full-tree", "-full-table", "-full-card")
        table = self.query_one("#table", TraceTable)
        self.query_one("#filter", Input).value = ""
        self.query_one("#filter-line").remove_class("-shown")
        self.problem("")
        if table.sorted_by is not None:
            table.sort_by(None)
        table.focus()

    @work
    async def action_sort(self) -> None:
        """Sort by a column."""
        table = self.query_one("#table", TraceTable)
        choices = [Choice("", "trace order")] + [Choice(c.key, c.title) for c in table.columns]
        key = await self.push_screen_wait(
            Choose("Sort by (again reverses)", choices, current=table.sorted_by or "")
        )
        if key is not None:
            table.sort_by(key or None)

    @work
    async def action_heat(self) -> None:
        """Show a column as heat bars."""
        table = self.query_one("#table", TraceTable)
        choices = [Choice("", "none")] + [
            Choice(c.key, c.title, c.meaning) for c in COLUMNS.values() if c.align == "right"
        ]
        key = await self.push_screen_wait(Choose("Heat", choices, current=table.heat or ""))
        if key is not None:
            table.heat = key or None
            table.measure()
            table.arrange_rows()

    # -- looking ---------------------------------------------------------------------------------

    @work
    async def action_columns(self) -> None:
        """Choose the columns, in order."""
        shown = self.columns.get(self.view, SHOWN[self.view])

        def wrong(values: Mapping[str, str]) -> str:
            unknown = [k for k in _keys(values["columns"]) if k not in COLUMNS]
            return f"no column {', '.join(unknown)}; known: {', '.join(COLUMNS)}" if unknown else ""

        known = Field("columns", "columns", ", ".join(shown), "keys with commas, in order")
        values = await self.push_screen_wait(Ask("Columns", [known], check=wrong))
        if values is not None:
            self.columns[self.view] = _keys(values["columns"])
            self.lay_out()

    @work
    async def action_view(self) -> None:
        """Choose the view."""
        choices = [Choice(name, name) for name in VIEWS if name != "totals"]
        name = await self.push_screen_wait(Choose("View", choices, current=self.view))
        if name is not None:
            self.view = name
            self.lay_out()

    def action_everything(self) -> None:
        """All steps, or the tutorials' selection."""
        self.selection = replace(self.selection, everything=not self.selection.everything)
        self.lay_out()

    def action_fold_blocks(self) -> None:
        """Identical blocks as one row, or each."""
        self.selection = replace(self.selection, fold=not self.selection.fold)
        self.lay_out()

    def action_flat(self) -> None:
        """A flat list of layers, or the tree."""
        table = self.query_one("#table", TraceTable)
        self.flat = not self.flat
        table.matching = (lambda row: not row.subtotal) if self.flat else None
        if self.flat:
            table.sorted_by, table.reverse = "trace", False
            places = {id(row): i for i, row in enumerate(table.every)}
            table.order = lambda row: places[id(row)]
        else:
            table.sorted_by, table.order = None, None
        table.arrange_rows()

    # -- networks --------------------------------------------------------------------------------

    @work
    async def action_model(self) -> None:
        """Look at another variant."""
        choices = [Choice(v.name, v.name, variants.facts(v)) for v in VARIANTS.values()]
        name = await self.push_screen_wait(Choose("Model", choices, current=self.request.model))
        if name is not None:
            self.ask(Request.of_variant(name))

    @work
    async def action_inputs(self) -> None:
        """Edit input and arguments; the trace follows as one types."""
        if self.request.path:
            self.problem("a saved trace cannot be run again; m chooses a variant")
            return
        before = self.request

        def follow(values: Mapping[str, str]) -> None:
            try:
                request = before.with_fields(values)
            except InspectError as error:
                dialog.problem(error.message)
                return
            self.ask(request, remember=False)

        hints = {
            "input": "batch, channels, height, width",
            "dtype": "float32, bf16, fp16, float64",
            "mode": "eval or train",
            "arguments": "num_classes=10 width_per_group=128",
        }
        fields = [Field(k, k, v, hints[k]) for k, v in before.fields.items()]
        dialog = Ask(f"Input of {before.model}", fields, changed=follow)
        values = await self.push_screen_wait(dialog)
        if values is None:
            self.ask(before, remember=False)
            return
        try:
            self.ask(before.with_fields(values))
        except InspectError as error:
            self.problem(error.message)

    @work
    async def action_compare(self) -> None:
        """Set a second network beside this one, or take it away."""
        if self.other is not None:
            self.other = None
            self.lay_out()
            return
        choices = [Choice(v.name, v.name, v.family) for v in VARIANTS.values()]
        name = await self.push_screen_wait(
            Choose(
                "Compare with (a variant, or type the path of a saved trace)", choices, free=True
            )
        )
        if name is None or self.shown is None:
            return
        self.title_line(self.request.title, f"tracing {name}")
        try:
            if name in VARIANTS:
                trace = await self.child.ask(
                    Request.of_variant(name).message,
                    lambda step: self.title_line(self.request.title, step),
                )
            else:
                trace = pipeline.load(Path(name).expanduser())
        except InspectError as error:
            self.problem(error.message)
        else:
            self.other = Survey(trace)
            self.lay_out()
        self.title_line(self.request.title)

    @work
    async def action_device(self) -> None:
        """Run it on a device."""
        choices = [
            Choice("meta", "meta", "shapes without numbers; no memory"),
            Choice("cpu", "cpu"),
            Choice("cuda", "cuda", "an NVIDIA or AMD card"),
            Choice("mps", "mps", "Apple's graphics"),
        ]
        name = await self.push_screen_wait(
            Choose("Device", choices, current=self.request.device, free=True)
        )
        if name is not None and not self.request.path:
            self.ask(replace(self.request, device=name))

    @work
    async def action_open_trace(self) -> None:
        """Open a saved trace."""
        values = await self.push_screen_wait(
            Ask("Open a saved trace", [Field("file", "file", "", "trace.json")])
        )
        if values is not None and values["file"]:
            self.open_file(values["file"])

    def open_file(self, path: str) -> None:
        """Show the trace in this file."""
        try:
            trace = pipeline.load(Path(path).expanduser())
        except InspectError as error:
            self.problem(error.message)
            return
        self.show_trace(Request(trace.model_name, path=path), trace)

    def _again(self, request: Request | None) -> None:
        if request is None:
            return
        if request.path:
            self.open_file(request.path)
        else:
            self.ask(request, remember=False)

    def action_undo(self) -> None:
        """Back to the network before."""
        self._again(self.history.undo())

    def action_redo(self) -> None:
        """Forward again."""
        self._again(self.history.redo())

    def action_retry(self) -> None:
        """Run the present one again."""
        self._again(self.request)

    # -- panes -----------------------------------------------------------------------------------

    def action_pane(self, number: int) -> None:
        """Go to a pane."""
        name = {1: "tree", 2: "table", 3: "card"}[number]
        if any(self.screen.has_class(f"-full-{n}") for n in ("tree", "table", "card")):
            self.screen.remove_class("-full-tree", "-full-table", "-full-card")
            self.screen.add_class(f"-full-{name}")
        pane = self.query_one(f"#{name}")
        if not pane.display or not pane.region:
            self.screen.add_class(f"-full-{name}")
        pane.focus()

    def _pane(self) -> str:
        for name in ("tree", "card"):
            if self.query_one(f"#{name}").has_focus:
                return name
        return "table"

    def action_full(self) -> None:
        """The focused pane over the whole screen, and back."""
        name = f"-full-{self._pane()}"
        on = not self.screen.has_class(name)
        self.screen.remove_class("-full-tree", "-full-table", "-full-card")
        self.screen.set_class(on, name)

    def action_resize(self, by: int) -> None:
        """Make the focused side pane wider or narrower; the table takes from the tree."""
        name = self._pane()
        pane = self.query_one("#tree" if name == "table" else f"#{name}")
        width = pane.size.width + 2 + (-by if name == "table" else by)
        pane.styles.width = max(12, min(self.size.width - 30, width))

    # -- taking along ----------------------------------------------------------------------------

    def action_copy_row(self) -> None:
        """The row to the clipboard."""
        table = self.query_one("#table", TraceTable)
        if table.row is not None and table.table is not None:
            cells = [table.table.cell(table.row, c.key).text for c in table.table.shown_columns]
            self.copy_to_clipboard("\t".join(cells))
            self.notify("row copied", timeout=2)

    def action_copy_table(self) -> None:
        """The table as markdown to the clipboard."""
        from resnet_inspect.formats import render

        table = self.query_one("#table", TraceTable).table
        if table is not None:
            self.copy_to_clipboard(render(table, "md"))
            self.notify("table copied as markdown", timeout=2)

    @work
    async def action_export(self) -> None:
        """Write the view to a file."""
        from resnet_inspect.files import write_all
        from resnet_inspect.formats import render

        table = self.query_one("#table", TraceTable).table
        if table is None or self.shown is None:
            return
        trace = self.shown.survey.trace

        def wrong(values: Mapping[str, str]) -> str:
            path = Path(values["file"]).expanduser()
            try:
                if path.suffix == ".json" and values["whole"] == "yes":
                    written = codec.dumps(trace)
                else:
                    written = render(table, pipeline.format_of(path))
                write_all({path: written}, overwrite=values["overwrite"] == "yes")
            except InspectError as error:
                return error.message
            return ""

        name = f"{self.request.model}-{self.view}.md"
        fields = [
            Field("file", "file", name, ".md .csv .json .html .tex .txt"),
            Field("overwrite", "overwrite", "no", "yes to replace a file"),
            Field("whole", "whole trace", "no", "yes: .json keeps the trace itself"),
        ]
        values = await self.push_screen_wait(Ask("Export", fields, check=wrong))
        if values is not None:
            self.notify(f"wrote {values['file']}")

    @work
    async def action_picture(self) -> None:
        """Write the screen as SVG."""
        from resnet_inspect.files import write_all

        svg = self.export_screenshot(title=self.request.title)

        def wrong(values: Mapping[str, str]) -> str:
            try:
                write_all({Path(values["file"]).expanduser(): svg})
            except InspectError as error:
                return error.message
            return ""

        field = Field("file", "file", f"{self.request.model}.svg")
        values = await self.push_screen_wait(Ask("Picture of the screen", [field], check=wrong))
        if values is not None:
            self.notify(f"wrote {values['file']}")

    # -- habits ----------------------------------------------------------------------------------

    @work
    async def action_theme(self) -> None:
        """Choose a theme; each is shown while it is highlighted."""
        before = self.theme
        choices = [
            Choice(n, n, "dark" if t.dark else "light")
            for n, t in sorted(self.available_themes.items())
        ]

        def preview(name: str) -> None:
            self.theme = name

        name = await self.push_screen_wait(
            Choose("Theme", choices, current=before, preview=preview)
        )
        self.theme = name or before

    @work
    async def action_help(self) -> None:
        """Every key."""
        lines = []
        for group, title in GROUPS.items():
            lines.append(Choice("", title.upper()))
            lines += [
                Choice(a.name, f"  {_key_names(a.keys):<16}{a.label}", a.meaning)
                for a in ACTIONS
                if a.group == group
            ]
        lines.append(Choice("", "ROWS"))
        for binding in Rows.BINDINGS:
            assert isinstance(binding, Binding)
            lines.append(Choice("", f"  {_key_names(binding.key):<16}{binding.description}"))
        chosen = await self.push_screen_wait(Choose(f"Keys · {self._pane()}", lines))
        if chosen:
            await self.run_action(chosen)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Every action, variant and layer, for the palette."""
        for action in ACTIONS:
            if action.name not in ("command_palette",):
                name = action.name
                yield SystemCommand(
                    f"{action.label}: {action.meaning}",
                    f"key {_key_names(action.keys)}",
                    lambda name=name: self.run_worker(self.run_action(name)),
                )
        for name in VARIANTS:
            yield SystemCommand(
                f"model {name}",
                "look at it",
                lambda name=name: self.ask(Request.of_variant(name)),
            )
        if self.shown is not None:
            for call in self.shown.survey.trace.calls[:5_000]:
                span = (call.index, call.index)
                if call.path:
                    yield SystemCommand(
                        f"go to {call.path}",
                        "layer",
                        lambda span=span: self.go_to(span),
                    )

    async def action_quit(self) -> None:
        """Leave at once; the child process goes with it."""
        self.keep()
        self.child.kill()
        self.exit(0)

    def keep(self) -> None:
        """Remember theme, panes, columns and model for the next time."""
        widths = {}
        for name in ("tree", "card"):
            width = self.query_one(f"#{name}").styles.width
            if width is not None and width.is_cells and width.value != 0:
                widths[name] = int(width.value)
        model = self.request.model if self.request.model in VARIANTS else self.kept.model
        table = self.query_one("#table", TraceTable)
        place = None
        if table.row is not None and table.table is not None and self.request.model == model:
            place = table.table.cell(table.row, "path").text
        write_state(State(self.theme, widths, dict(self.columns), model, place))

    def on_unmount(self) -> None:
        """Leave no process behind, however the program ends."""
        self.child.kill()


def _summary(difference: Difference) -> Card:
    """What two networks differ in, in words."""
    lines = tuple(Entry("", line) for line in differences.summary(difference))
    return Card("in words", "d ends the comparison", (Section("", lines),))


def _subject(survey: Survey, row: Row) -> Subject:
    """What a row is of."""
    first = row.span[0]
    if row.kind == "stage":
        return next(s for s in survey.anatomy.stages if s.first == first)
    if row.kind == "block":
        return next(b for b in survey.anatomy.blocks if b.first == first)
    ends: dict[str, Subject] = {"stem": "stem", "head": "head", "network": "network"}
    return ends.get(row.kind, first)


def _keys(written: str) -> tuple[str, ...]:
    return tuple(key.strip() for key in written.split(",") if key.strip())


def _key_names(keys: str) -> str:
    """Keys as a person writes them."""
    names = {
        "slash": "/", "question_mark": "?", "less_than_sign": "<", "greater_than_sign": ">",
        "minus": "-", "equals_sign": "=", "right_square_bracket": "]", "left_square_bracket": "[",
        "right_curly_bracket": "}", "left_curly_bracket": "{",
    }  # fmt: skip
    return " ".join(names.get(key, key) for key in keys.split(","))
