"""The explorer: asks for traces, lays out the views, and computes no number.

A named variant paints before anything of it is known; its trace comes from a child process that is
started after the first paint, so that torch never holds up a key or the end of the program. What
only some key needs is imported with that key, for it would hold up the first paint.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, ClassVar

from textual import work
from textual.app import App, ComposeResult, SystemCommand
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Input, Static

from resnet_inspect import pipeline
from resnet_inspect.analysis.failure import sentence
from resnet_inspect.analysis.structure.anatomy import Block
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import ForwardError, InspectError
from resnet_inspect.formats import render
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.timing import Measurements
from resnet_inspect.tui.panels.content import OF_CALLS, Laid, lay_out, let_go, matches, timed
from resnet_inspect.tui.panels.filter_line import FilterLine
from resnet_inspect.tui.panels.row_list import path_of
from resnet_inspect.tui.panels.totals_line import TotalsLine
from resnet_inspect.tui.panels.trace_table import FLAT
from resnet_inspect.tui.panels.workbench import PANES, Workbench
from resnet_inspect.tui.process.background import (
    MANY_CALLS,
    START,
    beside_the_screen,
    end,
    is_long_file,
)
from resnet_inspect.tui.process.child import Child, Obsolete
from resnet_inspect.tui.screens import dialogs, export
from resnet_inspect.tui.session import History, Request, Shown
from resnet_inspect.tui.settings.config import State, read_config, read_state, write_state
from resnet_inspect.tui.settings.keys import ACTIONS, identifier
from resnet_inspect.tui.settings.themes import HIGH_CONTRAST
from resnet_inspect.tui.timing import Plan, watched
from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables.columns import COLUMNS
from resnet_inspect.views.tables.filter import Named, Query, parse
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Table
from resnet_inspect.views.words.text import count

if TYPE_CHECKING:
    from textual.worker import Worker

    from resnet_inspect.analysis.timing import Timing


def _silent(step: str) -> None:
    """Tell nobody what step short work is at."""


def _kept(request: Request) -> Trace | None:
    """The trace that is asked for, if the cache has it."""
    asked = {name: value for name, value in request.message.items() if name != "ask"}
    return pipeline.cached(asked.pop("model"), asked.pop("input"), **asked)


def _speed(survey: Survey, measured: Measurements | None) -> Timing | None:
    """What was measured of a network; what reads it is imported for the first one."""
    if measured is None:
        return None
    from resnet_inspect.analysis.timing import Timing

    return Timing(survey, measured)


def _query(text: str, table: Table) -> Query:
    """What a filter asks for, in which every column is known, and all of this table."""
    own: list[Named] = [c for c in table.columns if c.key not in COLUMNS]
    return parse(text, [*COLUMNS.values(), *own] if own else None)


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
        (120, "-broad"),
        (150, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-tiny"),
        (8, "-short"),
        (18, "-tall"),
    ]
    BINDINGS: ClassVar = [
        Binding(
            a.keys,
            a.name,
            a.label,
            show=a.footer,
            id=identifier(a),
            tooltip=a.meaning,
            # Done before the key behind it is given to a pane: that one is of the filter.
            priority=a.name == "filter",
        )
        for a in ACTIONS
    ]

    def __init__(
        self,
        request: Request | None = None,
        trace: Trace | None = None,
        measured: Measurements | None = None,
    ) -> None:
        super().__init__()
        self.register_theme(HIGH_CONTRAST)
        self.config = read_config([identifier(a) for a in ACTIONS], self.available_themes)
        self.kept = read_state()
        self.warnings = list(self.config.warnings)
        """What was not understood of what was set or kept."""
        self.set_keymap(self.config.keys)
        self.theme = self._theme(self.config.theme or self.kept.theme)
        self.request = request or self._last()
        """What is shown, or is to be shown first."""
        self.asked = self.request
        """What was asked for last; it need not have come to anything."""
        self.given = None if trace is None else (trace, measured)
        """What it was opened with."""
        self.shown: Shown | None = None
        self.failed: tuple[Request, Trace] | None = None
        """What raised last, with the trace up to there."""
        self.child = Child()
        self.history = History()
        self.selection = Selection()
        self.view = "layers"
        self.columns = dict(self.kept.columns)
        """The columns that were chosen, by `columns_name`."""
        self.plan = Plan()
        """How it was measured last."""
        self.other: Survey | None = None
        """What is set beside the network, if two are compared."""

    def _theme(self, name: str | None) -> str:
        return name if name in self.available_themes else self.theme

    def _last(self) -> Request:
        """What config.toml names, or what was open last, or ResNet-50."""
        for name in filter(None, (self.config.model, self.kept.model)):
            try:
                return Request.of(name)
            except InspectError as error:
                self.warnings.append(error.message)
        return Request.of("resnet50")

    # -- layout ----------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Title, three panes, filter, totals, keys."""
        yield Static("", id="title")
        yield Workbench(id="body")
        yield Static("", id="problem")
        yield FilterLine(id="filter-line")
        yield TotalsLine(id="totals")
        yield Footer(compact=True)

    @property
    def bench(self) -> Workbench:
        """The three panes."""
        return self.query_one("#body", Workbench)

    @property
    def filter_line(self) -> FilterLine:
        """Where a filter is typed."""
        return self.query_one("#filter-line", FilterLine)

    def on_mount(self) -> None:
        """Paint what is known; ask for the trace once that is on the screen."""
        self.title_line(self.request.title)
        ascii = self.config.ascii
        self.bench.draw_in_ascii(not self._draws_unicode() if ascii is None else ascii)
        self.bench.set_widths(self.kept.panes)
        for warning in self.warnings:
            self.notify(warning, title="settings", severity="warning", markup=False)
        self.call_after_refresh(self.begin)

    def begin(self) -> None:
        """Get what is to be shown, now that the first paint is done."""
        end(START)
        if self.given is not None:
            self.show_given(*self.given)
        else:
            self.look_at(self.request)

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

    def say_why(self, error: InspectError, more: str = "") -> None:
        """Say what went wrong with what was asked for, and that the one before is still shown."""
        self.title_line(self.request.title)
        hint = f"  ({error.hint})" if error.hint else ""
        self.problem(f"{error.message}{hint}{more}")

    # -- traces ----------------------------------------------------------------------------------

    @work(exclusive=True, group="trace")
    async def look_at(self, request: Request, *, remember: bool = True) -> None:
        """Get a trace and show it; the last good one stays on the screen meanwhile."""
        self.asked = request
        try:
            found = await self.trace_of(request)
        except ForwardError as error:
            await self.show_failure(request, error, remember=remember)
        except Obsolete:
            return
        except InspectError as error:
            self.say_why(error, "  (R runs it again)")
        else:
            await self.show_trace(request, *found, remember=remember)

    async def trace_of(self, request: Request) -> tuple[Trace, Measurements | None]:
        """The trace from a file, the cache or the child process; the title says the step.

        With it what was measured, if the file holds that.
        """
        if request.path:
            self.title_line(request.title, "reading")
            path = Path(request.path).expanduser()
            return await beside_the_screen(is_long_file(path), pipeline.load_timed, path)
        kept = await beside_the_screen(True, _kept, request)
        if kept is not None:
            return kept, None
        self.title_line(request.title, "starting")
        trace = await self.child.ask(
            request.message, lambda step: self.title_line(request.title, step)
        )
        return trace, None

    @work(exclusive=True, group="trace")
    async def show_given(self, trace: Trace, measured: Measurements | None) -> None:
        """Show the trace that the explorer was opened with."""
        await self.show_trace(self.request, trace, measured)

    async def show_failure(self, request: Request, error: ForwardError, *, remember: bool) -> None:
        """Say which layer broke; show the trace up to there only if there is no good one."""
        self.title_line(self.request.title)
        self.failed = (request, error.trace) if error.trace is not None else None
        if self.shown is None and error.trace is not None:
            await self.show_trace(request, error.trace, remember=remember)
        else:
            look = "F shows the trace up to there, " if self.failed else ""
            self.problem(f"{error.message}  ({look}R runs it again)")

    async def show_trace(
        self,
        request: Request,
        trace: Trace,
        measured: Measurements | None = None,
        *,
        remember: bool = True,
    ) -> None:
        """Look at this trace now, and at what was measured of it."""
        request = request.as_run(trace, measured)
        survey = Survey(trace)
        shown = Shown(request, survey, _speed(survey, measured))
        if shown.speed is not None:
            self.bench.table.heat = "time"
        elif self.shown is not None and self.shown.speed is not None:
            self.notify("its times went with the network that was measured; M measures this one")
        laid = await self.laid_out(shown, self.other)
        failure = sentence(trace)
        self.problem(f"{failure}  (the trace up to there is shown)" if failure else "")
        self.request, self.shown = request, shown
        if remember:
            self.history.visit(request)
        self.show(laid)
        if self.kept.place and self.kept.model == request.lasting:
            await self.bench.go_to_path(self.kept.place)
            self.kept = replace(self.kept, place=None)

    async def laid_out(self, shown: Shown, other: Survey | None) -> Laid:
        """The tables of the present view; the title says at what step their making is."""
        title = shown.request.title

        def tell(step: str) -> None:
            self.call_later(self.title_line, title, step)

        calls = len(shown.survey.trace.calls) + (len(other.trace.calls) if other else 0)
        columns = self.columns.get(self.columns_name(shown), ())
        if other is not None:
            columns = ()  # those of a comparison are others, and fixed
        elif self.columns_name(shown) == self.view:
            columns = tuple(key for key in columns if key in COLUMNS)
        selection = replace(self.selection, columns=columns)
        long = calls > MANY_CALLS
        laid = await beside_the_screen(
            long or shown.speed is not None,
            lay_out,
            shown.survey,
            other,
            self.view,
            selection,
            tell if long else _silent,
            shown.speed,
        )
        self.call_later(self.title_line, title)
        return laid

    def show(self, laid: Laid) -> None:
        """Put tables on the panes, filtered as those before them."""
        before = [self.bench.laid] if self.bench.laid is not None else []
        self.bench.show(laid)
        self.query_one("#totals", TotalsLine).show_totals(laid.rows.table, laid.difference)
        if before:
            Thread(target=let_go, args=(before,), daemon=True).start()
        self.apply_filter(self.filter_line.text)

    @work(exclusive=True, group="lay-out")
    async def lay_out(self) -> None:
        """Make the tables of the present view again and show them."""
        if self.shown is not None:
            self.show(await self.laid_out(self.shown, self.other))

    def columns_name(self, shown: Shown | None) -> str:
        """What chosen columns are kept under: a measured network has others beside its own."""
        is_timed = shown is not None and shown.speed is not None and self.view in OF_CALLS
        return f"measured {self.view}" if is_timed and self.other is None else self.view

    # -- measuring -------------------------------------------------------------------------------

    @work
    async def action_measure(self) -> None:
        """Ask what to run, and run it against the clock."""
        request = self.request
        if request.path:
            self.problem("what was saved cannot be run again; m chooses a variant")
        elif self.other is not None:
            self.problem("two networks are compared; d ends that, M measures one")
        else:
            plan = await dialogs.measurement(self, self.plan.beginning_with(request))
            if plan is not None:
                self.plan = plan
                self.measure(plan.on(request))

    @work(exclusive=True, group="trace", name="measure")
    async def measure(self, request: Request) -> None:
        """Measure a network, and show the times while they come."""
        self.asked = request
        title = replace(request, timed_on=self.plan.device).title
        try:
            found = await watched(
                self,
                self.child,
                self.plan.message(request),
                lambda step: self.title_line(title, step),
                lambda found: self.show_times(request, *found),
            )
        except Obsolete:
            return
        except ForwardError as error:
            await self.show_failure(request, error, remember=True)
        except InspectError as error:
            self.say_why(error, "  (M measures again)")
        else:
            await self.show_times(request, *found)
            self.lay_out()

    async def show_times(self, request: Request, trace: Trace, measured: Measurements) -> None:
        """Show what was measured so far; nothing moves that was there."""
        if self.shown is None or self.shown.survey.trace is not trace:
            await self.show_trace(request, trace, measured)
            return
        speed, laid = _speed(self.shown.survey, measured), self.bench.laid
        self.shown = replace(self.shown, speed=speed)
        if laid is None or laid.difference is not None:
            return
        columns = self.columns.get(self.columns_name(self.shown), ())
        renewed = await beside_the_screen(True, timed, laid, speed, columns)
        if self.bench.laid is laid:  # and no other view was laid out meanwhile
            query = _query(self.filter_line.text, renewed.rows.table)
            self.bench.renew(renewed, query)
            self.query_one("#totals", TotalsLine).show_totals(renewed.rows.table, None)

    @property
    def measuring(self) -> Worker[None] | None:
        """The measurement that is under way."""
        return next((w for w in self.workers if w.name == "measure" and not w.is_finished), None)

    def stop_measuring(self, measuring: Worker[None]) -> None:
        """End a measurement; what was measured so far stays."""
        measuring.cancel()
        self.title_line(self.request.title)
        speed = None if self.shown is None else self.shown.speed
        if speed is not None:
            self.notify(f"the times are of {count(len(speed.measured.forward), 'run')}")
            self.lay_out()

    # -- networks --------------------------------------------------------------------------------

    @work
    async def action_model(self) -> None:
        """Look at another network."""
        name = await dialogs.network(self, "Model", self.request.model)
        if name is not None:
            self.look_at_named(name)

    def look_at_named(self, name: str) -> None:
        """Look at the network or saved trace of that name, if there is one."""
        try:
            request = Request.of(name)
        except InspectError as error:
            self.say_why(error)
        else:
            self.look_at(request)

    @work
    async def action_inputs(self) -> None:
        """Edit input and arguments; the trace follows as one types."""
        if self.request.path:
            self.problem("a saved trace cannot be run again; m chooses a variant")
            return
        before = followed = replace(self.request, timed_on="")

        def follow(now: Request) -> None:
            nonlocal followed
            if now != followed:
                followed = now
                self.look_at(now, remember=False)

        after = await dialogs.input_of(self, before, follow)
        if after is not None:
            self.look_at(after)
        else:
            follow(before)

    @work
    async def action_device(self) -> None:
        """Run it on a device."""
        name = await dialogs.device(self, self.request.device)
        if name is not None and not self.request.path:
            self.look_at(replace(self.request, device=name, timed_on=""))

    @work
    async def action_open_trace(self) -> None:
        """Open a saved trace."""
        path = await dialogs.saved_trace(self)
        if path is not None:
            self.look_at(Request(Path(path).stem, path=path))

    @work
    async def action_compare(self) -> None:
        """Set a second network beside this one, or take it away."""
        if self.other is not None:
            self.other = None
            self.lay_out()
            return
        if self.measuring is not None:
            self.problem("a network is being measured; esc ends that, d compares then")
            return
        name = await dialogs.network(self, "Compare with")
        if name is None or self.shown is None:
            return
        try:
            trace, measured = await self.trace_of(Request.of(name))
            self.other = Survey(trace)
            if measured is not None:
                self.notify("layers are compared; `resnet-inspect diff` compares the times too")
        except InspectError as error:
            self.say_why(error)
        else:
            self.lay_out()

    def _again(self, request: Request | None) -> None:
        if request is not None:
            self.look_at(request, remember=False)

    def action_undo(self) -> None:
        """Back to the network before."""
        self._again(self.history.undo())

    def action_redo(self) -> None:
        """Forward again."""
        self._again(self.history.redo())

    @work(exclusive=True, group="trace")
    async def action_partial(self) -> None:
        """Look at the trace up to where the forward pass raised last."""
        if self.failed is None:
            self.notify("no forward pass has raised", timeout=2)
        else:
            await self.show_trace(*self.failed)

    def action_retry(self) -> None:
        """Run what was asked for last again; changed code is read anew."""
        self.look_at(self.asked)

    # -- finding ---------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A slash that is typed into a field is a slash."""
        return action != "filter" or not isinstance(self.focused, Input)

    def action_filter(self) -> None:
        """Open the filter line."""
        self.filter_line.open()

    def on_filter_line_typed(self, event: FilterLine.Typed) -> None:
        """Filter as one types."""
        self.apply_filter(event.text)

    def on_filter_line_done(self) -> None:
        """Go back to the table."""
        self.bench.table.focus()

    @work(exclusive=True, group="filter")
    async def apply_filter(self, text: str) -> None:
        """Show the rows that match; all for no text."""
        rows = self.bench.table
        table = rows.table
        if table is None:
            return
        query = _query(text, table)
        if not text.strip():
            rows.show_matches(None)
            self.filter_line.found("")
            return
        stop = Event()
        many = len(table.rows) > MANY_CALLS
        if many:
            self.filter_line.found("searching …")
        try:
            places = await beside_the_screen(many, matches, table, query, stop.is_set)
        finally:
            stop.set()
        rows.show_matches(places)
        assert rows.outline is not None
        whole = len(table.rows) - rows.outline.rests
        problem = "; ".join(query.problems)
        self.filter_line.found(f"{problem}  {len(places):,} of {whole:,}".strip())

    def action_next_match(self) -> None:
        """The next row that matches."""
        self.bench.table.next_match(1)

    def action_previous_match(self) -> None:
        """The previous row that matches."""
        self.bench.table.next_match(-1)

    def key_escape(self) -> None:
        """Stop a measurement; or clear filter, order and message, and leave a full pane."""
        measuring = self.measuring
        if measuring is not None:
            self.stop_measuring(measuring)
            return
        self.bench.leave_full()
        self.filter_line.clear()
        self.problem("")
        table = self.bench.table
        if table.sorted_by is not None:
            table.sort_by(None)
        table.focus()

    @work
    async def action_sort(self) -> None:
        """Sort by a column."""
        table = self.bench.table
        columns = table.table.shown_columns if table.table is not None else ()
        key = await dialogs.column_to_sort_by(self, columns, table.sorted_by)
        if key is not None:
            table.sort_by(key or None)

    @work
    async def action_heat(self) -> None:
        """Show a column as heat bars."""
        table = self.bench.table
        if table.table is None:
            return
        key = await dialogs.column_to_heat(self, table.table.columns, table.heated)
        if key is not None:
            table.show_heat(key or None)

    # -- looking ---------------------------------------------------------------------------------

    @work
    async def action_columns(self) -> None:
        """Choose the columns, in order."""
        name, table = self.columns_name(self.shown), self.bench.table.table
        if table is None:
            return
        is_timed = name != self.view
        shown, known = (table.shown, table.index) if is_timed else (VIEWS[self.view].shown, COLUMNS)
        keys = await dialogs.columns(self, self.columns.get(name, shown), tuple(known))
        if keys is not None:
            self.columns[name] = keys
            self.lay_out()

    @work
    async def action_view(self) -> None:
        """Choose the view."""
        name = await dialogs.view(self, self.view)
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
        table = self.bench.table
        table.sort_by(None if table.sorted_by == FLAT else FLAT)

    # -- asking ----------------------------------------------------------------------------------

    @property
    def surveys(self) -> list[Survey]:
        """The network that is shown, if there is one, and the one beside it."""
        shown = self.shown.survey if self.shown is not None else None
        return [survey for survey in (shown, self.other) if survey is not None]

    def action_explain(self) -> None:
        """What the layer, block, stage or network that the card is of teaches."""
        from resnet_inspect.tui.screens import answers

        if self.bench.about is not None:
            self.push_screen(answers.explain(*self.bench.about, ascii=self.bench.ascii))

    def action_taps(self) -> None:
        """What a decoder takes."""
        from resnet_inspect.tui.screens import answers

        if self.shown is not None:
            self.push_screen(answers.decoder_takes(self.surveys))

    def action_cost(self) -> None:
        """Memory to run and to train."""
        from resnet_inspect.tui.screens import answers

        if self.shown is not None:
            self.push_screen(answers.cost(self.surveys))

    # -- places and panes ------------------------------------------------------------------------

    def action_go_back(self) -> None:
        """The place before this one."""
        self.bench.go_to(self.bench.places.back())

    def action_go_forward(self) -> None:
        """The place that was left with back."""
        self.bench.go_to(self.bench.places.forward())

    def action_pane(self, number: int) -> None:
        """Go to a pane."""
        self.bench.enter(PANES[number - 1])

    def action_full(self) -> None:
        """The focused pane over the whole screen, and back."""
        self.bench.toggle_full()

    def action_resize(self, by: int) -> None:
        """Make the focused side pane wider or narrower."""
        self.bench.resize_pane(by)

    # -- taking along ----------------------------------------------------------------------------

    def action_copy_row(self) -> None:
        """The row to the clipboard."""
        rows = self.bench.table
        if rows.row is not None and rows.table is not None:
            self.copy_to_clipboard(export.row_text(rows.table, rows.row))
            self.notify("row copied", timeout=2)

    def action_copy_table(self) -> None:
        """The table as markdown to the clipboard."""
        table = self.bench.table.table
        if table is not None:
            self.copy_to_clipboard(render(table, "md"))
            self.notify("table copied as markdown", timeout=2)

    @work
    async def action_export(self) -> None:
        """Write the view or a figure to a file."""
        table = self.bench.table.table
        if table is not None and self.shown is not None:
            survey = self.shown.survey
            name = export.file_name(survey.trace.model_name, f"-{self.view}.md")
            of, subject = self.bench.about or (survey, "network")
            block = subject.path if of is survey and isinstance(subject, Block) else ""
            measured = None if self.shown.speed is None else self.shown.speed.measured
            await export.export(self, name, table, survey, measured, block)

    @work
    async def action_picture(self) -> None:
        """Write the screen as SVG."""
        name = self.shown.survey.trace.model_name if self.shown else self.request.model
        await export.picture(self, name)

    def action_open_source(self) -> None:
        """The source of the chosen row in the user's editor."""
        from resnet_inspect.tui.editor import open_source

        if self.shown is not None:
            rows = self.bench.network if self.bench.pane == "tree" else self.bench.table
            open_source(self, self.shown.survey.trace, rows.row)

    # -- habits ----------------------------------------------------------------------------------

    @work
    async def action_theme(self) -> None:
        """Choose a theme; each is shown while it is highlighted."""
        before = self.theme
        self.theme = await dialogs.theme(self) or before

    @work
    async def action_help(self) -> None:
        """The keys of the focused pane, then all."""
        bench, pane = self.bench, self.bench.pane
        chosen = await dialogs.action(self, pane, bench.bindings, self.config.keys)
        if chosen:
            await self.run_action(chosen, bench.query_one(f"#{pane}"))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Every action, variant and layer, for the palette."""
        from resnet_inspect.tui.screens.palette import commands

        return commands(
            self.shown.survey.trace if self.shown else None,
            act=lambda name: self.run_worker(self.run_action(name)),
            look_at=self.look_at_named,
            go_to=self.bench.go_to,
        )

    async def action_quit(self) -> None:
        """Leave at once; the child process goes with it."""
        self.keep()
        self.child.kill()
        self.exit(0)

    def keep(self) -> None:
        """Remember theme, panes, columns and model for the next time."""
        model = self.request.lasting
        rows = self.bench.table
        place = None
        if rows.row is not None and rows.table is not None and model is not None:
            place = path_of(rows.table, rows.row)
        last = model or self.kept.model
        write_state(State(self.theme, self.bench.widths, dict(self.columns), last, place))

    def on_unmount(self) -> None:
        """Leave no process behind, however the program ends."""
        self.child.kill()
