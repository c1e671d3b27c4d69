"""What flows at each row of a view: columns of outputs, gradients and weights beside its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from resnet_inspect.analysis.signals.findings import gradient_rms
from resnet_inspect.analysis.signals.signal import Signal
from resnet_inspect.analysis.structure.survey import Spans
from resnet_inspect.traces.signals import Flow
from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables.columns import COLUMNS
from resnet_inspect.views.tables.measured import Beside, widened
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import (
    EMPTY,
    Cell,
    Heading,
    Table,
    Total,
    check_columns,
    listing,
)
from resnet_inspect.views.words import text
from resnet_inspect.views.words.signals import number, remarks_of


def _of_flow(read: Callable[[Flow], Any]) -> Callable[[Signal, Spans], Any]:
    def value(signal: Signal, spans: Spans) -> Any:
        flow = signal.flow(spans)
        return None if flow is None else read(flow)

    return value


def _part_of_zeros(flow: Flow) -> float | None:
    return flow.zeros / flow.elements if flow.elements else None


def _at_add(name: str) -> Callable[[Signal, Spans], float | None]:
    def value(signal: Signal, spans: Spans) -> float | None:
        found = signal.at_add(spans)
        return None if found is None else getattr(found, name)

    return value


def _ratio(signal: Signal, spans: Spans) -> float | None:
    weight, gradient = signal.weight_norm(spans), signal.weight_gradient_norm(spans)
    return gradient / weight if weight and gradient is not None else None


SIGNALS = {
    column.key: column
    for column in (
        Beside("output_mean", "mean", 5, "mean of its output",
               _of_flow(lambda flow: flow.mean), number),
        Beside("output_std", "std", 0, "standard deviation of its output",
               _of_flow(lambda flow: flow.std), number),
        Beside("output_max", "max", 4, "largest magnitude of its output",
               _of_flow(lambda flow: flow.largest), number),
        Beside("zeros", "zeros", 2, "part of its output that is exactly zero",
               _of_flow(_part_of_zeros), text.share),
        Beside("nonfinite", "not finite", 6, "elements of its output that are NaN or infinite",
               _of_flow(lambda flow: flow.nonfinite), text.integer),
        Beside("channel_mean_squared", "ch mean²", 8,
               "mean over its channels (dimension 1) of the square of each one's mean",
               _of_flow(lambda flow: flow.channel_mean_squared), number),
        Beside("channel_variance", "ch var", 8,
               "mean over its channels (dimension 1) of each one's variance",
               _of_flow(lambda flow: flow.channel_variance), number),
        Beside("gradient_rms", "grad rms", 1,
               "root mean square of the loss's gradient at its output",
               _of_flow(gradient_rms), number),
        Beside("gradient_norm", "grad norm", 7, "Euclidean norm of that gradient",
               _of_flow(lambda flow: flow.gradient_norm), number),
        Beside("weight_norm", "‖w‖", 3, "norm of its weights; of its biases where it has no others",
               lambda signal, spans: signal.weight_norm(spans), number),
        Beside("weight_gradient_norm", "‖∇w‖", 3, "Euclidean norm of their gradients",
               lambda signal, spans: signal.weight_gradient_norm(spans), number),
        Beside("weight_ratio", "‖∇w‖/‖w‖", 7, "that norm over the norm of the weights",
               _ratio, number),
        Beside("update_ratio", "‖Δw‖/‖w‖", 2,
               "change of its weights until the next forward over their norm, of a sample of each",
               lambda signal, spans: signal.update_ratio(spans), number),
        Beside("branch_std", "branch std", 5, "of a block: spread of its branch at the add",
               _at_add("branch"), number),
        Beside("shortcut_std", "shortcut std", 5, "the same of its shortcut",
               _at_add("shortcut"), number),
        Beside("branch_share", "branch share", 3,
               "the branch's part of the sum of both variances", _at_add("share"), text.share),
    )
}  # fmt: skip
"""Every column of what flows, by key."""

HELD = ("layers", "blocks", "stages")
"""The views that have a place for them."""


def check_keys(keys: Sequence[str]) -> None:
    """Raise `UnknownName` for a key that no column has."""
    check_columns(keys, (*COLUMNS, *SIGNALS))


def shown(signal: Signal, view: str) -> tuple[str, ...]:
    """The columns that are shown where none are chosen."""
    flows = [flow for flow in signal.signals.flows if flow is not None]
    of_add = ("branch_std", "shortcut_std", "branch_share") if view == "blocks" else ()
    broken = ("nonfinite",) if any(flow.nonfinite for flow in flows) else ()
    has_updates = any(weight.update_ratio is not None for weight in signal.signals.weights)
    updates = ("update_ratio",) if has_updates else ()
    weights = ("weight_norm", "weight_gradient_norm", *updates)
    return (
        "path", "op", "output_shape", "output_std", "output_max", "zeros", *broken,
        "gradient_rms", *weights, *of_add,
    )  # fmt: skip


def view(signal: Signal, name: str, selection: Selection) -> Table:
    """The rows of the view `name` with what flows at them."""
    check_keys(selection.columns)
    table = VIEWS[name](
        signal.survey,
        replace(selection, columns=()),
        partial(widened, columns=SIGNALS.values(), measured=signal),
    )
    return replace(beside(signal, table, selection.columns), view="signal")


def beside(signal: Signal, table: Table, columns: Sequence[str] = ()) -> Table:
    """The layers, blocks or stages of a network, with what flows at them.

    `columns` are the keys of those to show, in order; by default, those of `shown`.
    """
    return replace(
        widened(table, SIGNALS.values(), signal),
        shown=tuple(columns) or shown(signal, table.view),
        totals=(*totals_of(signal), *table.totals),
        remarks=(*table.remarks, *map(text.visible, remarks_of(signal))),
    )


def totals_of(signal: Signal) -> Iterator[Total]:
    """What is said of the whole step."""

    def total(key: str, label: str, value: Any, write: Callable[[Any], str] = number) -> Total:
        return Total(key, label, EMPTY if value is None else Cell(value, write(value)))

    if signal.signals.loss_name:
        yield total("loss", "loss", signal.signals.loss)
    growth = signal.growth
    if growth is not None:
        yield total("gradient_growth", "gradient, first over last conv", growth.ratio)
    nonfinite = [flow.nonfinite > 0 for flow in signal.signals.flows if flow is not None]
    yield total("nonfinite_calls", "calls not finite", sum(nonfinite), text.integer)


_COMPARED = (
    Heading("network", "network", "left", 0),
    Heading("layers", "layers", "right", 6),
    Heading("loss", "loss", "right", 4),
    Heading("first_std", "first std", "right", 3),
    Heading("last_std", "last std", "right", 3),
    Heading("first_gradient", "first grad", "right", 1),
    Heading("last_gradient", "last grad", "right", 1),
    Heading("gradient_growth", "growth", "right", 0),
    Heading("nonfinite_calls", "not finite", "right", 2),
)


def side_by_side(signals: Sequence[Signal]) -> Table:
    """A row for each network: spread and gradient at its first and last convolution."""

    def cell(value: float | None) -> Cell:
        return EMPTY if value is None else Cell(value, number(value))

    rows, remarks = [], []
    for signal in signals:
        name = text.visible(signal.survey.trace.model_name)
        growth, depth = signal.growth, signal.depth
        broken = sum(bool(flow and flow.nonfinite) for flow in signal.signals.flows)
        rows.append(
            (
                Cell(name, name),
                Cell(len(depth), str(len(depth))),
                cell(signal.signals.loss),
                cell(depth[0].flow.std if depth else None),
                cell(depth[-1].flow.std if depth else None),
                cell(gradient_rms(growth.first.flow) if growth else None),
                cell(gradient_rms(growth.last.flow) if growth else None),
                cell(growth.ratio if growth else None),
                Cell(broken, str(broken)),
            )
        )
        remarks += [f"{name}: {said}" for said in remarks_of(signal)]
    return listing(
        "signal",
        "what flows, from the first convolution to the last",
        _COMPARED,
        rows,
        remarks=tuple(map(text.visible, remarks)),
    )
