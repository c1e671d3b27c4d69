"""The explorer: asks for traces, lays out the views, and computes no number.

A named variant paints before anything of it is known; its trace comes from a child process that is
started after the first paint, so that torch never holds up a key or the end of the program. What
the keys do is in `actions`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from threading import Thread
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult, SystemCommand
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, Static

from resnet_inspect.analysis.failure import sentence
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import InspectError
from resnet_inspect.escaping import message as shown_message
from resnet_inspect.escaping import visible
from resnet_inspect.traces.json.codec import Recorded
from resnet_inspect.traces.model import Trace
from resnet_inspect.tui.actions import comparison, networks
from resnet_inspect.tui.actions.families import METHODS
from resnet_inspect.tui.actions.recorded import interruption, run
from resnet_inspect.tui.actions.registry import keeping_order
from resnet_inspect.tui.actions.settings import keep
from resnet_inspect.tui.base_app import BaseApp
from resnet_inspect.tui.keys import ACTIONS, ALWAYS, FOOTER, bindings, hints, hints_of, identifier
from resnet_inspect.tui.panels.contents import Contents, lay_out, let_go, recorded
from resnet_inspect.tui.panels.filter_line import FilterLine
from resnet_inspect.tui.panels.keys_line import KeysLine
from resnet_inspect.tui.panels.table.trace_table import TraceTable
from resnet_inspect.tui.panels.totals_line import TotalsLine
from resnet_inspect.tui.panels.way_strip import WayStrip
from resnet_inspect.tui.panels.workbench import Workbench
from resnet_inspect.tui.process.background import MANY_CALLS, START, beside_the_screen, end
from resnet_inspect.tui.process.child import Child
from resnet_inspect.tui.screens.form import Form
from resnet_inspect.tui.session.history import History
from resnet_inspect.tui.session.measured import Beside
from resnet_inspect.tui.session.perspective import Perspective, Shown
from resnet_inspect.tui.session.request import Request
from resnet_inspect.tui.session.run import Training
from resnet_inspect.tui.session.signals import Step
from resnet_inspect.tui.session.timing import Plan
from resnet_inspect.tui.settings.config import read_config
from resnet_inspect.tui.settings.state import read_state
from resnet_inspect.views.tables.table import Table


class Explorer(BaseApp):
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
        (28, "-high"),
    ]
    BINDINGS: ClassVar = bindings()

    def __init__(
        self,
        request: Request | None = None,
        trace: Trace | None = None,
        recorded: Recorded | None = None,
        against: Request | None = None,
    ) -> None:
        super().__init__()
        self.config = read_config([identifier(a) for a in ACTIONS], self.available_themes)
        self.kept = read_state()
        self.warnings = list(self.config.warnings)
        """What was not understood of what was set or kept."""
        self.set_keymap(self.config.keys)
        theme = self.config.theme or self.kept.theme
        if theme in self.available_themes:
            self.theme = theme
        self.request = request or self._last()
        """What is shown, or is to be shown first."""
        self.asked = self.request
        """What was asked for last; it need not have come to anything."""
        self.given = None if trace is None else (trace, recorded)
        """What it was opened with."""
        self.first_against = against
        """What is set beside that at first."""
        self.shown: Shown | None = None
        self.failed: tuple[Request, Trace] | None = None
        """What raised last, with the trace up to there."""
        self.other: Survey | None = None
        """What is set beside the network, if two are compared."""
        self.against: Request | None = None
        """What was asked for to be set there."""
        self.training_beside: Training | None = None
        """Of a run's folder that is set there, how the training is now."""
        self.child = Child()
        self.history = History()
        self.perspective = Perspective(columns=dict(self.kept.columns))
        self.plan = Plan()
        """How it was measured last."""
        self.step = Step()
        """How it was run last to see what flows."""

    def _last(self) -> Request:
        """What config.toml names, or what was open last, or ResNet-50."""
        for name in filter(None, (self.config.model, self.kept.model)):
            try:
                return Request.of(name)
            except InspectError as error:
                self.warnings.append(error.message)
        return Request.of("resnet50")

    # -- from the first paint to the end ---------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Title, three panes, filter, totals, keys."""
        yield Static("", id="title")
        yield Workbench(id="body")
        yield WayStrip(id="way")
        yield Static("", id="problem")
        yield FilterLine(id="filter-line")
        yield TotalsLine(id="totals")
        yield KeysLine(lambda: self.bench.pane, id="keys")

    @property
    def bench(self) -> Workbench:
        """The three panes."""
        return self.query_one("#body", Workbench)

    @property
    def filter_line(self) -> FilterLine:
        """Where a filter is typed."""
        return self.query_one("#filter-line", FilterLine)

    @property
    def totals(self) -> TotalsLine:
        """The totals of what is shown."""
        return self.query_one("#totals", TotalsLine)

    def on_mount(self) -> None:
        """Paint what is known; ask for the trace once that is on the screen."""
        self.title_line(self.request.title)
        self.bench.draw_in_ascii(self.config.draws_ascii)
        self.bench.set_widths(self.kept.panes)
        keys, found = self.query_one(KeysLine), hints(self.config.keys)
        keys.common, keys.last = (
            tuple(found[name] for name in names) for names in (FOOTER, ALWAYS)
        )
        panes = self.bench.bindings.items()
        keys.panes = {name: hints_of(own, self.config.keys) for name, own in panes}
        for warning in self.warnings:
            self.notify(warning, title="settings", severity="warning")
        self.call_after_refresh(self.begin)

    def begin(self) -> None:
        """Get what is to be shown, now that the first paint is done."""
        end(START)
        if self.given is not None:
            first = networks.show(self, self.request, *self.given)
        else:
            first = networks.look_at(self, self.request)
        if self.first_against is not None:
            comparison.set_beside_first(self, first, self.first_against)

    def exit(self, *given: Any, **named: Any) -> None:
        """Leave, by a key or a signal; what is remembered is kept."""
        if self.query(Workbench):
            keep(self)
        super().exit(*given, **named)

    def on_unmount(self) -> None:
        """Leave no process behind, however the program ends."""
        self.child.kill()

    # -- the current network ---------------------------------------------------------------------

    async def show_trace(
        self,
        request: Request,
        trace: Trace,
        recorded: Recorded | None = None,
        *,
        remember: bool = True,
    ) -> None:
        """Look at this trace now, and at what was recorded of it."""
        shown = Shown.of(request, trace, recorded)
        if shown.beside is not None:
            self.bench.table.heat = shown.beside.heat or self.bench.table.heat
        elif self.shown is not None and self.shown.beside is not None:
            self.notify(
                "what was measured went with the network before; M measures this one, S runs it"
            )
        contents = await self._contents_of(shown)
        failure = sentence(trace)
        self.problem(f"{failure}  (the trace up to there is shown)" if failure else "")
        self.request, self.shown = shown.request, shown
        if remember:
            self.history.visit(self.request)
        self._show(contents)
        run.follow(self, self.request)
        if self.kept.place and self.kept.model == self.request.lasting:
            await self.bench.go_to_path(self.kept.place)
            self.kept = replace(self.kept, place=None)

    @work(exclusive=True, group="lay-out")
    async def lay_out(self) -> None:
        """Make the tables of the present view again and show them."""
        if self.shown is not None:
            self._show(await self._contents_of(self.shown))

    @property
    def beside(self) -> Beside | None:
        """What was recorded and is shown: nothing where two networks are compared."""
        return self.shown.beside if self.shown is not None and self.other is None else None

    async def _contents_of(self, shown: Shown) -> Contents:
        """The tables of the present view; the title says at what step their making is."""
        other = self.other
        calls = len(shown.survey.trace.calls) + (len(other.trace.calls) if other else 0)
        long = calls > MANY_CALLS
        beside = shown.beside if other is None else None
        contents = await beside_the_screen(
            long or beside is not None,
            lay_out,
            shown.survey,
            other,
            self.perspective.view,
            self.perspective.selected(beside, is_compared=other is not None),
            partial(self.call_later, self.title_line, self._title_of(shown)) if long else _silent,
            beside,
        )
        self.call_later(self.say_what_is_shown)
        return contents

    async def renew(self) -> None:
        """Show other numbers of what was recorded; nothing moves that was there."""
        before, beside = self.bench.contents, self.beside
        if before is None or beside is None or self.shown is None:
            return
        columns = self.perspective.chosen_columns(beside)
        renewed = await beside_the_screen(True, recorded, before, beside, columns)
        if self.bench.contents is before:  # and no other view was laid out meanwhile
            self.bench.renew(renewed)
            self.totals.show_totals(renewed.rows.table, None)

    def _title_of(self, shown: Shown | Request) -> str:
        """The network, and what it is compared with."""
        titles = [one.title for one in (shown, self.against) if one is not None]
        if self.training_beside is not None:
            titles[-1] = f"{titles[-1]} · {self.training_beside.title}"
        return "   against   ".join(titles)

    def _show(self, contents: Contents) -> None:
        """Put tables on the panes, filtered as those before them."""
        before = [self.bench.contents] if self.bench.contents is not None else []
        self.bench.show(contents)
        for strip in self.query(WayStrip):
            strip.show_way(contents.network)
        self.totals.show_totals(contents.rows.table, contents.difference)
        run.name_keys(self)
        if before:
            Thread(target=let_go, args=(before,), daemon=True).start()

    def compare_from(self, before: Table | None) -> None:
        """Mark what differs from this table from now on, in rows and totals; None marks nothing."""
        self.totals.before = before
        self.totals.refresh()
        self.bench.table.compare_from(before)

    # -- what is said of it ----------------------------------------------------------------------

    def title_line(self, text: str, busy: str = "") -> None:
        """The first line: what is looked at, and what is being done."""
        doing = f"   {busy} …" if busy else ""
        self.bench.table.say(busy)
        self.query_one("#title", Static).update(
            Content.assemble(visible(text), (doing, "$ink-add"))
        )

    def say_what_is_shown(self) -> None:
        """The first line, where nothing is being done."""
        self.title_line(self._title_of(self.shown or self.request))

    def problem(self, text: str) -> None:
        """Say what went wrong, or take it off; where a form is filled in, it is said there too."""
        if isinstance(self.screen, Form):
            self.screen.problem(text)
        line = self.query_one("#problem", Static)
        line.update(Content(shown_message(text)))
        line.set_class(bool(text), "-shown")

    def say_why(self, error: InspectError, more: str = "") -> None:
        """Say what went wrong with what was asked for, and that the one before is still shown."""
        self.say_what_is_shown()
        hint = f"  ({error.hint})" if error.hint else ""
        self.problem(f"{error.message}{hint}{more}")

    # -- what is typed, and what the palette offers ----------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A slash that is typed into a field is a slash."""
        return action != "filter" or not isinstance(self.focused, Input)

    def on_filter_line_typed(self, event: FilterLine.Typed) -> None:
        """Filter as one types."""
        self.bench.table.filter_by(event.text)

    def on_filter_line_done(self) -> None:
        """Go back to the table."""
        self.bench.table.focus()

    def on_workbench_moved(self, event: Workbench.Moved) -> None:
        """Mark the place in the tensor's way."""
        for strip in self.query(WayStrip):
            strip.mark(event.row)

    def on_way_strip_followed(self, event: WayStrip.Followed) -> None:
        """Go to the step that was clicked."""
        self.bench.go_to(event.span)

    def on_trace_table_filtered(self, event: TraceTable.Filtered) -> None:
        """Say beside the filter what it found."""
        self.filter_line.found(event.found)

    def key_escape(self) -> None:
        """Stop a measurement; or clear filter, order and message, and leave a full pane."""
        interruption.escape(self)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Every action, variant and layer, for the palette."""
        from resnet_inspect.tui.screens.palette import commands

        return commands(
            self.shown.survey.trace if self.shown else None,
            act=lambda name: self.run_worker(self.run_action(name)),
            look_at=partial(networks.look_at_named, self),
            go_to=self.bench.go_to,
        )


def _silent(step: str) -> None:
    """Tell nobody what step short work is at."""


for _name, _method in METHODS.items():  # where Textual looks for what a key does
    setattr(Explorer, f"action_{_name}", keeping_order(_method))
