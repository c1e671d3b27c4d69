"""MACs of stages against published figures, and of each op against closed formulas.

The figures of torchvision's variants are those of its own weights' meta data and of an independent
survey of other tools; those of the paper are of He et al. 2015, table 1.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st
from saved import ByHand, conv, steady, survey_of, window

from resnet_inspect.analysis.counts import macs
from resnet_inspect.traces.model import Failure
from resnet_inspect.traces.ops import (
    Activate,
    Attention,
    Conv,
    Elementwise,
    Linear,
    MatMul,
    Norm,
    Op,
    Pool,
    Recurrent,
    Reduce,
    Unknown,
    Window,
)
from resnet_inspect.traces.tensors import Shape

STAGE_MACS = {
    "resnet18": (462_422_016, 411_041_792, 411_041_792, 411_041_792),
    "resnet34": (693_633_024, 873_463_808, 1_335_885_824, 642_252_800),
    "resnet50": (667_942_912, 1_027_604_480, 1_464_336_384, 809_238_528),
    "resnet101": (667_942_912, 1_027_604_480, 5_176_557_568, 809_238_528),
}


@pytest.mark.parametrize("name", STAGE_MACS)
def test_macs_of_stages_are_the_published_ones(name: str) -> None:
    survey = survey_of(name)
    stages = survey.anatomy.stages
    assert tuple(survey.amounts(s.first, s.last).macs for s in stages) == STAGE_MACS[name]
    assert survey.amounts(1, stages[0].first - 1).macs == 118_013_952
    features = 512 if name in {"resnet18", "resnet34"} else 2048
    head = survey.amounts(stages[-1].last + 1, len(survey.trace.calls) - 1)
    assert (head.macs, head.parameters) == (features * 1000, features * 1000 + 1000)


def cost(op: Op, *inputs: Shape, made: Shape, labels: tuple[str, ...] | None = None) -> int | None:
    by_hand = ByHand()
    taken = tuple(by_hand.input(*shape) for shape in inputs)
    by_hand.step("layer", op, taken, made, labels=labels)
    trace = by_hand.trace()
    return macs.of_call(trace, trace.calls[1])


UP = Conv(window(3, 2, 1), 8, 4, 2, True, transposed=True, output_padding=(1, 1))


@pytest.mark.parametrize(
    ("op", "inputs", "made", "expected"),
    [
        (conv(3, 64, window(7, 2, 3)), [(1, 3, 224, 224)], (1, 64, 112, 112), 118_013_952),
        (conv(8, 8, window(3, padding=1), groups=8), [(2, 8, 5, 5)], (2, 8, 5, 5), 2 * 8 * 25 * 9),
        (conv(8, 6, window(3), groups=2), [(1, 8, 5, 5)], (1, 6, 3, 3), 6 * 9 * 4 * 9),
        (conv(2, 3, window(3, dimensions=1), bias=True), [(2, 9)], (3, 7), 3 * 7 * 2 * 3),
        (conv(2, 3, window(3, dimensions=3)), [(1, 2, 4, 4, 4)], (1, 3, 2, 2, 2), 24 * 2 * 27),
        (UP, [(1, 8, 5, 5)], (1, 4, 10, 10), 8 * 25 * (4 // 2) * 9),
        (Linear(512, 1000, True), [(1, 512)], (1, 1000), 512_000),
        (Linear(8, 3, False), [(2, 7, 8)], (2, 7, 3), 2 * 7 * 8 * 3),
        (Linear(8, 3, False), [(8,)], (3,), 24),
        (MatMul("matmul"), [(2, 3, 4), (2, 4, 5)], (2, 3, 5), 2 * 3 * 4 * 5),
        (MatMul("matmul"), [(4,), (4,)], (), 4),
        (MatMul("bmm"), [(6, 3, 4), (6, 4, 5)], (6, 3, 5), 6 * 3 * 4 * 5),
        (MatMul("addmm"), [(5,), (3, 4), (4, 5)], (3, 5), 3 * 4 * 5),
        (MatMul("addmv"), [(3,), (3, 4), (4,)], (3,), 3 * 4),
        (Unknown("fft_fft2"), [(3, 4)], (3, 4), 0),
        (Unknown("scatter_add"), [(3, 4)], (3, 4), 0),
        (MatMul("addbmm"), [(3, 5), (6, 3, 4), (6, 4, 5)], (3, 5), 6 * 3 * 4 * 5),
        (
            MatMul("scaled_dot_product_attention"),
            [(2, 8, 10, 16), (2, 8, 12, 16), (2, 8, 12, 20)],
            (2, 8, 10, 20),
            2 * 8 * 10 * 12 * (16 + 20),
        ),
        (Norm("batch", 64), [(1, 64, 8, 8)], (1, 64, 8, 8), 0),
        (Activate("relu"), [(1, 64)], (1, 64), 0),
        (Elementwise("add"), [(1, 64), (1, 64)], (1, 64), 0),
        (Pool("avg", window(7)), [(1, 8, 7, 7)], (1, 8, 1, 1), 0),
        (Reduce("mean"), [(1, 8)], (), 0),
        (Unknown("Telepathy"), [(1, 8)], (1, 8), None),
        (MatMul("matmul"), [(), ()], (), None),
    ],
    ids=str,
)
def test_the_cost_of_each_op(
    op: Op, inputs: list[Shape], made: Shape, expected: int | None
) -> None:
    assert cost(op, *inputs, made=made) == expected


@pytest.mark.parametrize("batch_first", [True, False])
def test_attention_costs_four_projections_and_two_products(batch_first: bool) -> None:
    batch, queries, keys, embed, key_dim, value_dim = 3, 5, 7, 8, 6, 4

    def shape(length: int, features: int) -> Shape:
        return (batch, length, features) if batch_first else (length, batch, features)

    op = Attention(embed, key_dim, value_dim, 2, batch_first)
    expected = batch * (
        queries * embed * embed  # query projection
        + keys * key_dim * embed
        + keys * value_dim * embed
        + 2 * queries * keys * embed  # scores, and their product with the values
        + queries * embed * embed  # output projection
    )
    given_shapes = (shape(queries, embed), shape(keys, key_dim), shape(keys, value_dim))
    assert cost(op, *given_shapes, made=shape(queries, embed)) == expected
    alone = cost(op, (queries, embed), (keys, key_dim), (keys, value_dim), made=(queries, embed))
    assert alone is not None
    assert alone * batch == expected


@steady
@given(st.data())
def test_a_convolution_costs_a_product_per_tap_and_output_element(data: st.DataObject) -> None:
    dimensions = data.draw(st.integers(1, 3))
    groups = data.draw(st.integers(1, 3))
    given_channels = groups * data.draw(st.integers(1, 3))
    made_channels = groups * data.draw(st.integers(1, 3))
    kernel = data.draw(st.tuples(*[st.integers(1, 3)] * dimensions))
    ones, none = (1,) * dimensions, (0,) * dimensions
    w = Window(kernel, ones, none, ones)
    size = tuple(k + data.draw(st.integers(0, 2)) for k in kernel)
    op = conv(given_channels, made_channels, w, groups=groups)
    output = w.output_size(size)
    weights = made_channels * given_channels // groups * prod(kernel)
    places = prod(i - k + 1 for i, k in zip(size, kernel, strict=True))
    assert cost(op, (1, given_channels, *size), made=(1, made_channels, *output)) == (
        weights * places
    )


def test_a_step_that_raised_costs_nothing_and_one_without_tensors_is_not_known() -> None:
    by_hand = ByHand()
    x = by_hand.input(1, 3, 4, 4)
    by_hand.step("conv", conv(3, 4, window(1)), x, (1, 4, 4, 4))
    trace = by_hand.trace()
    silent = replace(trace, calls=(trace.calls[0], replace(trace.calls[1], outputs=())))
    assert macs.by_call(silent) == (0, None)
    raised = replace(silent, failure=Failure(1, "RuntimeError", "no"))
    assert macs.by_call(raised) == (0, 0)


def test_a_shared_layer_counts_once_and_costs_twice() -> None:
    survey = survey_of("oddities")
    calls = [call for call in survey.trace.calls if call.module == "shared"]
    assert [call.nth for call in calls] == [1, 2]
    assert [survey.parameters[call.index].total for call in calls] == [4 * 4 * 9, 0]
    assert [survey.macs[call.index] for call in calls] == [2 * 16 * 4 * 4 * 9] * 2
    assert survey.trace.module_at["again"] is survey.trace.module_at["shared"]


def test_a_recurrent_layer_multiplies_its_input_and_its_state_with_every_gate() -> None:
    lstm = Recurrent("lstm", 5, 8, layers=2, bidirectional=True, projection=3)
    steps = 4 * 2
    one_way = 4 * 8 * (5 + 3) + 8 * 3 + 4 * 8 * (2 * 3 + 3) + 8 * 3
    assert cost(lstm, (4, 2, 5), made=(4, 2, 6)) == steps * 2 * one_way
    assert cost(Recurrent("gru", 5, 8), (2, 5), made=(2, 8)) == 2 * 3 * 8 * (5 + 8)
    assert cost(Recurrent("rnn", 5, 8), (5,), made=(8,)) == 8 * (5 + 8)


def test_what_no_rule_covers_is_named() -> None:
    totals = survey_of("oddities").totals
    assert totals.not_counted == (("LSTM", 1),)
    # first, shared twice, encoder, decoder, frozen
    assert totals.macs == 2 * (16 * 12 + 2 * 16 * 144 + 4 * 48 * 2 + 4 * 36)
