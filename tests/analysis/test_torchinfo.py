"""How torchinfo counts, against what it prints."""

from __future__ import annotations

from dataclasses import replace

from saved import ByHand, conv, survey_of, window

from resnet_inspect.analysis import torchinfo
from resnet_inspect.analysis.checks import Opinion, judge
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.modules import ParameterSpec
from resnet_inspect.traces.ops import Activate, Linear, MatMul, Norm, Op, Recurrent
from resnet_inspect.traces.tensors import Shape, TensorSpec


def verdict(figure, value, by="somebody", **more):
    return judge(survey_of("resnet50"), [Opinion(figure, by, value, **more)])[0]


def test_torchinfo_counts_norms_and_biases():
    # torchinfo 1.8.0 prints 4,089,238,376 for ResNet-50: 53,120 in norms and 1,000 biases more.
    found = verdict("macs", 4_089_238_376, by="torchinfo 1.8.0")
    assert found.explained == (("norm weights and biases", 53_120), ("linear biases", 1_000))
    assert found.sound


def test_the_parts_for_a_batch_of_two_and_odd_sizes():
    survey = survey_of("resnet18_odd")
    assert torchinfo.macs(survey) == (
        ("norm weights and biases", 2 * 9_600), ("linear biases", 2 * 1_000),
    )  # fmt: skip


def network(op: Op, weights: dict[str, Shape], given: Shape, made: Shape) -> Survey:
    """One module."""
    net = ByHand()
    net.step("layer", op, net.input(*given), made, weights=weights)
    return Survey(net.trace())


def named(survey: Survey, name: str) -> Survey:
    """With another class for the layer."""
    trace = survey.trace
    modules = (
        replace(m, python_class=replace(m.python_class, qualname=name)) if m.path else m
        for m in trace.modules
    )
    return Survey(replace(trace, modules=tuple(modules)))


def test_the_weight_of_a_norm_and_biases_are_counted_for_each_image() -> None:
    norm = network(Norm("batch", 4), {"weight": (4,), "bias": (4,)}, (2, 4, 8, 8), (2, 4, 8, 8))
    assert torchinfo.macs(norm) == (("norm weights and biases", 2 * 8),)
    linear = network(Linear(8, 5, True), {"weight": (5, 8), "bias": (5,)}, (2, 8), (2, 5))
    assert torchinfo.macs(linear) == (("linear biases", 2 * 5),)


def test_the_bias_of_a_convolution_is_counted_at_each_position() -> None:
    weights: dict[str, Shape] = {"weight": (4, 3, 3, 3), "bias": (4,)}
    op = conv(3, 4, window(3, 1, 1), bias=True)
    found = named(network(op, weights, (2, 3, 8, 8), (2, 4, 8, 8)), "Conv2d")
    assert torchinfo.macs(found) == (("convolution biases", 2 * 64 * 4),)


def test_a_linear_layer_on_a_sequence_is_counted_for_one_position() -> None:
    found = network(Linear(8, 5, False), {"weight": (5, 8)}, (2, 7, 8), (2, 7, 5))
    assert torchinfo.macs(found) == (("outputs it takes for other sizes", (2 - 14) * 40),)


def test_functions_are_not_seen_and_modules_that_hold_nothing_add_nothing() -> None:
    net = ByHand()
    x = net.input(4, 8)
    net.step(":matmul", MatMul("matmul"), (x, net.input(8, 5)), (4, 5))
    net.step("relu", Activate("relu"), x)
    assert torchinfo.macs(Survey(net.trace())) == (("functions that it does not see", -4 * 8 * 5),)


def test_of_what_is_pruned_the_numbers_that_are_left_are_counted() -> None:
    weights: dict[str, Shape] = {"weight_orig": (5, 8)}
    survey = network(Linear(8, 5, False), weights, (2, 8), (2, 5))
    pruned = {"layer.weight_orig": 10}
    assert torchinfo.parameters(survey, pruned) == (("numbers that masks prune", -10),)
    assert torchinfo.macs(survey, pruned) == (("numbers that masks prune", -2 * 10),)
    # A parameter that is called so and is not pruned is taken for a recurrent layer's.
    ((reason, amount),) = torchinfo.macs(survey) or ()
    assert "weight_orig, taken for weights of a recurrent layer" in reason
    assert amount == 2 * 5 * 40 - 2 * 40


def test_masks_of_which_nothing_is_known_leave_no_answer() -> None:
    survey = network(Linear(8, 5, False), {"weight_orig": (5, 8)}, (2, 8), (2, 5))
    mask = ParameterSpec("weight_mask", TensorSpec((5, 8), "float32", 4), False)
    modules = tuple(replace(m, buffers=(mask,)) if m.path else m for m in survey.trace.modules)
    masked = Survey(replace(survey.trace, modules=modules))
    assert torchinfo.macs(masked) is None
    assert torchinfo.macs(masked, {}) is not None


def test_what_is_tied_is_counted_again() -> None:
    survey = survey_of("oddities")
    tied = next(m for m in survey.trace.modules if m.path == "encoder").parameters[0].tensor
    parts = dict(torchinfo.parameters(survey))
    again = "tensors that several modules hold, more than once"
    # Less what is in a module that was never called, which it does not list.
    assert parts == {again: tied.elements - 28}
    trainable = dict(torchinfo.parameters(survey, trainable=True))
    assert trainable == parts
    assert torchinfo.parameters(survey_of("resnet50")) == ()


def test_biases_of_a_recurrent_layer_are_counted_for_each_step() -> None:
    weights: dict[str, Shape] = {
        "weight_ih_l0": (16, 8), "weight_hh_l0": (16, 4), "bias_ih_l0": (16,), "bias_hh_l0": (16,),
    }  # fmt: skip
    found = network(Recurrent("lstm", 8, 4), weights, (5, 2, 8), (5, 2, 4))
    assert torchinfo.macs(found) == (("recurrent biases", 5 * 2 * 32),)
