"""What Python gets of a program that is watched: its forwards, and what flows in its steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from resnet_inspect.analysis.signals.signal import Signal
from resnet_inspect.answers.tables import Answer
from resnet_inspect.errors import UnknownName, UsageError, WorkFailed
from resnet_inspect.files import write_all
from resnet_inspect.inspection import Inspection
from resnet_inspect.traces.json import codec
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.signals import Signals
from resnet_inspect.views.figures.signals import plot_of
from resnet_inspect.views.tables import signals as table_of_signals
from resnet_inspect.views.tables.rows.selection import Selection


class Watch:
    """What `resnet_inspect.watch` has seen so far; it grows while the watched program runs."""

    def __init__(self, model_name: str) -> None:
        self._model_name = model_name
        self._traces: list[Inspection] = []
        self._signals: list[Signals] = []
        self._pending: Callable[[], Signals] | None = None

    def take(self, trace: Trace) -> None:
        """Add the trace of a forward that has ended."""
        self.settle()
        self._traces.append(Inspection.of(trace))

    def expect(self, trace: Trace, ask: Callable[[], Signals]) -> None:
        """Ask for the signals of the step taken last when its backward pass has been made.

        Its trace is let go where it is the first one's over again.
        """
        if _same_calls(trace, self.trace):
            if self._traces[-1] is not self.trace:
                self._traces.pop()
            self._pending = ask

    def settle(self) -> None:
        """Ask for the signals that are expected now: nothing more will come."""
        if self._pending is not None:
            self._signals.append(self._pending())
            self._pending = None

    @property
    def signals(self) -> tuple[Signals, ...]:
        """What flowed in each step recorded, in order; that of the last as far as it has come.

        They refer to the calls of `trace`; a forward with other calls has none.
        """
        return (*self._signals, *(() if self._pending is None else (self._pending(),)))

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the signals and their trace as JSON, at once or not at all.

        Raises `WorkFailed` where there are none, `OutputError` if the file exists and is not to be
        overwritten, or cannot be written.
        """
        written = codec.dumps_signals((self.trace, self._measured()))
        write_all({Path(path): written}, overwrite=overwrite)

    def _measured(self) -> tuple[Signals, ...]:
        found = self.signals
        if not found:
            raise WorkFailed(
                "no signals were measured", hint="ri.watch(model, signals=True, forwards=None)"
            )
        return found

    def flow(
        self, view: str = "layers", selection: Selection | None = None, *, step: int = -1
    ) -> Answer:
        """What flowed in one of `signals`, the last by default, as rows, and as a plot of them.

        `view` is "layers", "blocks" or "stages". Raises `WorkFailed` where there are no signals,
        `UnknownName` for another view or a column that is not there, `UsageError` for a step that
        is not there.
        """
        found = self._measured()
        if view not in table_of_signals.HELD:
            known = table_of_signals.HELD
            raise UnknownName("view of signals", view, known, see=f"known: {', '.join(known)}")
        if not -len(found) <= step < len(found):
            raise UsageError(f"there is no step {step} among the {len(found)} that were watched")
        signal = Signal(self.trace.survey, found[step])
        table = table_of_signals.view(signal, view, selection or Selection())
        return Answer(replace(table, figure=plot_of([signal])))

    @property
    def traces(self) -> tuple[Inspection, ...]:
        """Every forward recorded, in order; one that raised has a `failure`."""
        return tuple(self._traces)

    @property
    def trace(self) -> Inspection:
        """The first forward that came to its end; if none did, the first.

        Raises `WorkFailed` if the model has not been called.
        """
        if not self._traces:
            raise WorkFailed(
                f"{self._model_name} has not been called while it was watched",
                hint="call the module itself: model(x); model.forward(x) runs past its hooks",
            )
        return next((t for t in self._traces if t.failure is None), self._traces[0])

    def _repr_html_(self) -> str | None:
        """What flowed in the last step; nothing without signals."""
        return self.flow()._repr_html_() if self.signals else None

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self._model_name}, {len(self._traces)} recorded>"


def _same_calls(trace: Trace, other: Trace) -> bool:
    """Whether two forwards made the same calls in the same order."""
    return [call.path for call in trace.calls] == [call.path for call in other.calls]
