"""What the weights of a network did over several steps."""

from __future__ import annotations

from dataclasses import replace

from saved import survey_of, trace_of
from signals import run_of, signals

from resnet_inspect.analysis.signals.run import Run
from resnet_inspect.traces.signals import Signals


def run(*ratios: dict[str, float | None]) -> Run:
    """A step for each of these; what is not named did not change."""
    one = signals(trace_of("resnet18"))
    steps: list[Signals] = []
    for given in ratios:
        weights = (replace(w, update_ratio=given.get(w.path, 0.0)) for w in one.weights)
        steps.append(replace(one, weights=tuple(weights)))
    return Run(survey_of("resnet18"), tuple(steps))


def test_of_several_steps_the_median_change_is_taken() -> None:
    found = run(*({"conv1.weight": ratio} for ratio in (0.1, 0.4, 0.2))).update_ratios
    assert found["conv1.weight"] == 0.2
    assert found["fc.weight"] == 0
    even = run(*({"conv1.weight": ratio} for ratio in (0.1, 0.4, 0.2, None))).update_ratios
    assert even["conv1.weight"] == 0.2  # where nobody looked is left out


def test_what_changed_in_one_step_is_not_still() -> None:
    found = run({"conv1.weight": 0.1}, {"fc.weight": 0.1})
    assert not {"conv1.weight", "fc.weight"} & set(found.still)
    assert "fc.bias" in found.still
    assert len(found.still) == len(found.update_ratios) - 2


def test_where_nothing_changed_nothing_is_called_still() -> None:
    assert run({}, {}).still == ()


def test_what_is_frozen_is_neither_changed_nor_still() -> None:
    steps = run_of(trace_of("resnet18"), 3)
    cold = tuple(
        replace(one, weights=(replace(one.weights[0], trainable=False), *one.weights[1:]))
        for one in steps
    )
    survey = survey_of("resnet18")
    assert Run(survey, steps).still == ("conv1.weight",)
    assert Run(survey, cold).still == ()
    assert "conv1.weight" not in Run(survey, cold).update_ratios


def test_each_step_has_its_analyses() -> None:
    steps = run_of(trace_of("resnet18"), 2)
    found = Run(survey_of("resnet18"), steps).signals
    assert [one.signals.step for one in found] == [0, 100]
    spread = [one.flow(((0, 0),)) for one in found]
    assert [flow.std for flow in spread if flow] == [1.0, 11.0]
