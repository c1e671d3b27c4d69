"""What signals say, in sentences; nothing here imports torch."""

from __future__ import annotations

from dataclasses import replace

import pytest
from saved import trace_of
from signals import changed, run_of, signal_of

from resnet_inspect.analysis.signals.run import Run
from resnet_inspect.analysis.signals.signal import Signal
from resnet_inspect.traces.json import codec
from resnet_inspect.views.words.signals import number, remarks_of, remarks_of_run


def test_growth_is_said_with_its_factor_and_ends() -> None:
    signal = signal_of("resnet18")
    trace = signal.survey.trace
    growth = signal.growth
    assert growth is not None
    apart = trace.calls_at["layer4.1.conv2"][0] - trace.calls_at["conv1"][0]
    assert growth.ratio == pytest.approx(2.0**apart)
    (said,) = [line for line in remarks_of(signal) if "grows" in line]
    assert number(2.0**apart) in said
    assert "layer4.1.conv2" in said
    assert "downsample" not in " ".join(point.path for point in signal.depth)
    still = changed(signal, "conv1", gradient_norm=0.0)
    assert any("no gradient is left" in line for line in remarks_of(still))
    without = changed(signal, "layer4.1.conv2", gradient_norm=None)
    assert without.growth is None


def test_dead_and_untrained_parts_are_named_only_where_there_are_some() -> None:
    signal = signal_of("resnet18")
    assert not any("zero at" in line or "no gradient" in line for line in remarks_of(signal))
    elements = signal.signals.flows[signal.survey.trace.calls_at["layer3.0.relu"][0]]
    assert elements is not None
    dead = changed(signal, "layer3.0.relu", zeros=elements.elements)
    assert any("zero at layer3.0.relu" in line for line in remarks_of(dead))
    first, second, *others = signal.signals.weights
    weights = (replace(first, gradient_norm=None), replace(second, trainable=False), *others)
    partly = Signal(signal.survey, replace(signal.signals, weights=weights))
    said = " ".join(remarks_of(partly))
    assert "frozen: bn1.weight" in said
    assert "got no gradient (unused, or detached from the loss): conv1.weight" in said


def test_a_gradient_that_came_and_is_not_finite_is_not_missing() -> None:
    signal = signal_of("resnet18")
    first, *others = signal.signals.weights
    weights = (replace(first, gradient_norm=None, gradient_nonfinite=True), *others)
    found = Signal(signal.survey, replace(signal.signals, weights=weights))
    said = " ".join(remarks_of(found))
    assert "the gradient is not finite at conv1.weight" in said
    assert "got no gradient" not in said
    watched = (signal.survey.trace, (found.signals,))
    assert codec.loads_signals(codec.dumps_signals(watched)) == watched


def test_where_no_parameter_has_a_gradient_none_is_called_unused() -> None:
    signal = signal_of("resnet18")
    weights = tuple(replace(one, gradient_norm=None) for one in signal.signals.weights)
    said = " ".join(remarks_of(Signal(signal.survey, replace(signal.signals, weights=weights))))
    assert "no parameter was given a gradient" in said
    assert "unused" not in said


def test_a_backward_pass_that_stopped_blames_no_parameter() -> None:
    signal = signal_of("resnet18")
    first, *others = signal.signals.weights
    weights = (replace(first, gradient_norm=None), *others)
    stopped = replace(signal.signals, weights=weights, is_whole=False)
    said = " ".join(remarks_of(Signal(signal.survey, stopped)))
    assert "did not come to its end" in said
    assert "got no gradient" not in said
    watched = (signal.survey.trace, (stopped,))
    assert codec.loads_signals(codec.dumps_signals(watched)) == watched


def test_gradients_of_several_passes_are_said_to_be_unknown() -> None:
    signal = changed(signal_of("resnet18"), "conv1", gradient_norm=None, gradient_passes=2)
    lines = list(remarks_of(signal))
    assert any("2 backward passes brought gradients to 1 output" in line for line in lines)
    assert not any("first convolution" in line or "to the first" in line for line in lines)
    watched = (signal.survey.trace, (signal.signals,))
    assert codec.loads_signals(codec.dumps_signals(watched)) == watched


def test_a_gradient_that_ends_as_it_began_is_not_said_to_stay_so() -> None:
    signal = signal_of("resnet18")
    last = signal.signals.flows[signal.survey.trace.calls_at["layer4.1.conv2"][0]]
    first = signal.signals.flows[signal.survey.trace.calls_at["conv1"][0]]
    assert last is not None
    assert first is not None
    assert last.gradient_norm is not None
    norm = last.gradient_norm * (first.elements / last.elements) ** 0.5
    alike = changed(signal, "conv1", gradient_norm=norm)
    (said,) = [line for line in remarks_of(alike) if "alike" in line]
    assert "at the last convolution (layer4.1.conv2) and at the first (conv1)" in said


def test_what_was_not_measured_is_not_said_to_be_finite() -> None:
    signal = signal_of("resnet18")
    add = "layer2.0:add"
    known = changed(signal, add, nonfinite=1, std=None)
    (said,) = [line for line in remarks_of(known) if "first" in line and "finite" in line]
    assert f"{add} is the first to give" in said
    call = signal.survey.trace.calls_at["layer2.0.bn2"][0]
    flows = (*known.signals.flows[:call], None, *known.signals.flows[call + 1 :])
    partly = Signal(signal.survey, replace(known.signals, flows=flows))
    (said,) = [line for line in remarks_of(partly) if "first" in line and "finite" in line]
    assert f"{add} is the first that was seen to give" in said
    assert "layer2.0.downsample.1, was finite" in said


def test_all_are_said_to_change_only_where_all_are_known() -> None:
    trace = trace_of("resnet18")
    survey, steps = signal_of("resnet18").survey, run_of(trace, 3)
    changing = tuple(
        replace(one, weights=tuple(replace(w, update_ratio=1e-3) for w in one.weights))
        for one in steps
    )
    assert any("do change" in line for line in remarks_of_run(Run(survey, changing)))
    partly = tuple(
        replace(one, weights=(replace(one.weights[0], update_ratio=None), *one.weights[1:]))
        for one in changing
    )
    assert not any("do change" in line for line in remarks_of_run(Run(survey, partly)))


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.0, "0"), (0.318, "0.318"), (1.0, "1.00"), (12_345.6, "12,346"), (4.5e-8, "4.50e-8"),
     (-0.25, "-0.250"), (3e12, "3.00e12"), (128.0, "128")],
)  # fmt: skip
def test_numbers_have_three_digits(value: float, said: str) -> None:
    assert number(value) == said
