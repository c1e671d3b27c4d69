"""Where gradients are wanted, in networks made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from saved import ByHand, conv, survey_of, trace_of, window

from resnet_inspect.analysis.cost import gradients
from resnet_inspect.analysis.cost.gradients import Wanted
from resnet_inspect.analysis.structure.freezing import frozen, parameters_of
from resnet_inspect.traces.model import Checkpoint, Trace
from resnet_inspect.traces.ops import Activate, Elementwise, Linear, Norm

MAP = (1, 4, 8, 8)
KERNEL = {"weight": (4, 4, 1, 1)}


def chain(*, again: range = range(0), reentrant: bool = False) -> Trace:
    """Two convolutions with a norm and a nonlinearity between them, some under a checkpoint."""
    net = ByHand()
    x = net.step("a", conv(4, 4, window(1)), net.input(*MAP), weights=KERNEL)
    x = net.step("norm", Norm("batch", 4), x, weights={"weight": (4,), "bias": (4,)})
    x = net.step(":relu", Activate("relu"), x)
    x = net.step("b", conv(4, 4, window(1)), x, weights=KERNEL)
    trace = net.trace(x)
    calls = list(trace.calls)
    for index in again:
        checkpoint = Checkpoint(again.start, reentrant=reentrant, selective=False)
        calls[index] = replace(calls[index], checkpoints=(checkpoint,))
    return replace(trace, calls=tuple(calls))


def test_they_are_wanted_from_the_first_trainable_parameter_on() -> None:
    trace = chain()
    every = (Wanted(1, 0, 1), Wanted(2, 1, 0), Wanted(3, 1, 0), Wanted(4, 1, 1))
    assert gradients.wanted(trace) == every
    without = frozen(trace, frozenset({"a.weight"}))
    assert gradients.wanted(without) == (Wanted(2, 0, 0), Wanted(3, 1, 0), Wanted(4, 1, 1))
    last = frozen(trace, frozenset({"a.weight", "norm.weight", "norm.bias", "b.weight"}))
    assert gradients.wanted(last) == ()


def test_a_frozen_layer_behind_a_trained_one_hands_its_gradient_on() -> None:
    trace = frozen(chain(), frozenset({"b.weight"}))
    assert gradients.wanted(trace)[-1] == Wanted(4, 1, 0)


def test_both_terms_of_a_sum_want_one_if_both_come_from_weights() -> None:
    net = ByHand()
    image = net.input(1, 4)
    x = net.step("fc", Linear(4, 4, False), image, weights={"weight": (4, 4)})
    both = net.step(":add", Elementwise("add"), (x, x))
    one = net.step(":add", Elementwise("add"), (x, image))
    assert gradients.wanted(net.trace(both, one))[1:] == (Wanted(2, 2, 0), Wanted(3, 1, 0))


def test_a_stage_that_is_frozen_from_the_start_has_no_backward() -> None:
    survey = survey_of("resnet18")
    trace = frozen(survey.trace, parameters_of(survey, "stem,stage 1-4"))
    assert [trace.calls[step.call].path for step in gradients.wanted(trace)] == ["fc"]


@pytest.mark.parametrize("reentrant", [True, False])
def test_a_reentrant_checkpoint_of_the_image_trains_nothing(reentrant: bool) -> None:
    trace = chain(again=range(1, 4), reentrant=reentrant)
    steps = [step.call for step in gradients.wanted(trace)]
    assert steps == ([4] if reentrant else [1, 2, 3, 4])
    assert gradients.cut(trace) == (("a",) if reentrant else ())


def test_one_that_takes_a_gradient_has_a_backward() -> None:
    trace = chain(again=range(2, 5), reentrant=True)
    assert [step.call for step in gradients.wanted(trace)] == [1, 2, 3, 4]
    assert gradients.cut(trace) == ()
    frozen_before = frozen(trace, frozenset({"a.weight"}))
    assert gradients.wanted(frozen_before) == ()
    assert gradients.cut(frozen_before) == ("norm",)
    # Where nothing in it could be trained, nothing is cut.
    assert gradients.cut(frozen(trace, frozenset(gradients.trainable_parameters(trace)))) == ()


def test_the_checkpoints_around_a_call_are_told_from_the_outermost_in() -> None:
    call = chain().calls[1]
    outer, inner = Checkpoint(1, True, False), Checkpoint(2, False, False)
    nested = replace(call, checkpoints=(outer, inner))
    assert list(gradients.around(nested)) == [(outer,), (outer, inner)]
    assert list(gradients.around(call)) == []


def test_a_tied_parameter_is_had_by_each_of_its_names() -> None:
    held = gradients.trainable_parameters(trace_of("oddities"))
    assert {"shared.weight", "again.weight", "encoder.weight", "decoder.weight"} <= set(held)
    assert not {"frozen.weight", "frozen.bias"} & set(held)
