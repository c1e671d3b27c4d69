"""Signals made by hand."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from saved import survey_of, trace_of

from resnet_inspect.analysis.comparison.networks import compare
from resnet_inspect.analysis.comparison.signals import SignalComparison
from resnet_inspect.analysis.signals.signal import Signal
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.modules import join
from resnet_inspect.traces.signals import Flow, Signals, Weight


def signals(trace: Trace) -> Signals:
    """A gradient that doubles with every call towards the input, and numbers that tell calls apart.

    The norm of a parameter is the root of its elements, and that of its gradient half of it.
    """
    calls = len(trace.calls)
    flows: list[Flow | None] = []
    for call in trace.calls:
        shape = trace.spec(call.outputs[0]).shape if call.outputs else ()
        elements = max(prod(shape), 1)
        flows.append(
            Flow(
                elements=elements,
                mean=0.5,
                std=1.0 + call.index,
                largest=4.0,
                zeros=elements // 2,
                nonfinite=0,
                channel_mean_squared=0.25,
                channel_variance=2.0,
                gradient_norm=2.0 ** (calls - call.index) * elements**0.5,
            )
        )
    weights = []
    for module in trace.modules:
        for one in module.parameters:
            if one.same_as is None:
                norm = prod(one.tensor.shape) ** 0.5
                path = join(module.path, one.name)
                weights.append(Weight(path, prod(one.tensor.shape), norm, norm / 2, one.trainable))
    return Signals(0, 2.5, "cross-entropy", tuple(flows), tuple(weights))


def run_of(trace: Trace, steps: int) -> tuple[Signals, ...]:
    """Steps of which each has ten more spread than the one before.

    The first convolution never changes; all others change by a thousandth of their norm.
    """
    one, made = signals(trace), []
    for step in range(steps):
        flows = tuple(f and replace(f, std=(f.std or 0) + 10 * step) for f in one.flows)
        weights = tuple(
            replace(weight, update_ratio=1e-3 if place else 0.0)
            for place, weight in enumerate(one.weights)
        )
        made.append(replace(one, step=100 * step, flows=flows, weights=weights))
    return tuple(made)


def signal_of(name: str) -> Signal:
    """The signals of a saved trace."""
    return Signal(survey_of(name), signals(trace_of(name)))


def changed(signal: Signal, path: str, **numbers: object) -> Signal:
    """The same with other numbers in the flow of the first call at a path."""
    index = signal.survey.trace.calls_at[path][0]
    flows = list(signal.signals.flows)
    flow = flows[index]
    assert flow is not None
    flows[index] = replace(flow, **numbers)  # type: ignore[arg-type]
    return Signal(signal.survey, replace(signal.signals, flows=tuple(flows)))


def of(left: Signal | str, right: Signal | str) -> SignalComparison:
    surveys = [survey_of(one) if isinstance(one, str) else one.survey for one in (left, right)]
    return SignalComparison(
        compare(*surveys), *(None if isinstance(one, str) else one for one in (left, right))
    )
