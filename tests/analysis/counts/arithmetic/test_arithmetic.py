"""The written-out arithmetic: every working is evaluated and compared with its value."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, prod

import pytest
from hypothesis import given
from hypothesis import strategies as st
from saved import ByHand, conv, steady, trace_of, traces, window
from workings import value_of

from resnet_inspect.analysis.counts import arithmetic, macs, parameters
from resnet_inspect.analysis.counts.arithmetic.equation import Equation
from resnet_inspect.analysis.counts.arithmetic.macs import mac_equations
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import (
    AdaptivePool,
    Attention,
    Container,
    Conv,
    Join,
    MatMul,
    Pool,
    Reshape,
    Window,
)


def equations(trace: Trace, index: int) -> dict[str, Equation]:
    return {e.what: e for e in arithmetic.of_call(trace, trace.calls[index])}


def test_every_working_equals_its_value(trace: Trace) -> None:
    for call in trace.calls:
        for equation in arithmetic.of_call(trace, call):
            assert value_of(equation.working) == equation.value, (call.path, equation)


def test_sizes_equal_the_shapes_of_the_trace(trace: Trace) -> None:
    for index in trace.steps:
        call = trace.calls[index]
        if not isinstance(call.op, Conv | Pool) or not call.outputs:
            continue
        dimensions = len(call.op.window.kernel_size)
        found = [
            equation.value
            for equation in arithmetic.of_call(trace, call)
            for name in equation.what.split(", ")
            if name in {"length", "depth", "height", "width"}
        ]
        assert tuple(found) == trace.spec(call.outputs[0]).shape[-dimensions:], call.path


def test_macs_equal_those_of_the_analysis(trace: Trace) -> None:
    for index in trace.steps:
        call = trace.calls[index]
        counted = macs.of_call(trace, call)
        found = equations(trace, index).get("MACs")
        assert (found.value if found else None) == (counted or None), call.path


def test_parameters_equal_those_of_the_modules(trace: Trace) -> None:
    steps = set(trace.steps)
    for call in trace.calls:
        if call.module is None or (call.index not in steps and isinstance(call.op, Container)):
            continue
        held = parameters.of_module(trace, call.module).total
        written = [
            e for e in arithmetic.of_call(trace, call)
            if e.what == "parameters" or e.what in parameter_names(trace, call.module)
        ]  # fmt: skip
        assert (written[-1].value if written else 0) == held, call.path


def parameter_names(trace: Trace, path: str) -> set[str]:
    return {
        f"{module.path}.{p.name}".removeprefix(f"{path}.")
        for module in parameters.subtree(trace, path)
        for p in module.parameters
    }


def test_the_equations_of_the_first_layer() -> None:
    trace = trace_of("resnet50")
    found = [f"{e.what}: {e.text}" for e in arithmetic.of_call(trace, trace.calls[1])]
    assert found == [
        "height, width: ⌊(224 + 2·3 − 1·(7−1) − 1) / 2⌋ + 1 = 112",
        "weight: 64·3·7·7 = 9,408",
        "MACs: 1·64·112·112 · 3 · 7·7 = 118,013,952",
    ]


def test_unequal_dimensions_have_an_equation_each() -> None:
    trace = trace_of("resnet18_odd")
    found = [e.what for e in arithmetic.of_call(trace, trace.calls[1])]
    assert found[:2] == ["height", "width"]


def test_groups_divide_the_channels() -> None:
    hand = ByHand()
    a = hand.input(1, 128, 8, 8)
    b = hand.step("conv", conv(128, 128, window(3, padding=1), groups=32), a,
                  weights={"weight": (128, 4, 3, 3)})  # fmt: skip
    found = equations(hand.trace(b), 1)
    assert found["weight"].text == "128·(128/32)·3·3 = 4,608"
    assert found["MACs"].text == "1·128·8·8 · (128/32) · 3·3 = 294,912"


@pytest.mark.parametrize("made", [13, 14])
def test_a_transposed_convolution_shows_the_padding_that_was_used(made: int) -> None:
    hand = ByHand()
    a = hand.input(1, 24, 7, 7)
    op = Conv(window(3, 2, 1), 24, 4, 2, False, transposed=True, output_padding=(0, 0))
    b = hand.step("up", op, a, (1, 4, made, made), weights={"weight": (24, 2, 3, 3)})
    found = equations(hand.trace(b), 1)
    assert found["height, width"].text == f"(7 − 1)·2 − 2·1 + 1·(3−1) + {made - 13} + 1 = {made}"
    assert found["weight"].text == "24·(4/2)·3·3 = 432"
    assert found["MACs"].value == macs.of_call(hand.trace(b), hand.trace(b).calls[1])


def test_what_the_formula_does_not_give_is_left_out() -> None:
    hand = ByHand()
    a = hand.input(1, 3, 8, 8)
    b = hand.step("conv", conv(3, 4, window(3)), a, (1, 4, 5, 5))
    assert "height, width" not in equations(hand.trace(b), 1)


@given(
    st.integers(1, 40), st.integers(1, 6), st.integers(1, 6), st.integers(0, 3), st.integers(0, 3),
    st.integers(1, 3), st.booleans(),
)  # fmt: skip
@steady
def test_every_window_is_written_out(
    size: int, k: int, s: int, p: int, q: int, d: int, ceil_mode: bool
) -> None:
    slid = Window((k,), (s,), (p,), (d,), ceil_mode, None if p == q else (q,))
    (made,) = slid.output_size((size,))
    if made < 1:
        return
    hand = ByHand()
    a = hand.input(1, 3, size)
    trace = hand.trace(hand.step("pool", Pool("max", slid), a, (1, 3, made)))
    found = equations(trace, 1)["length"]
    assert found.value == made == value_of(found.working)


@given(st.integers(1, 60), st.integers(1, 60))
@steady
def test_the_windows_of_an_adaptive_pool(size: int, wanted: int) -> None:
    lengths = [ceil(Fraction((k + 1) * size, wanted)) - k * size // wanted for k in range(wanted)]
    hand = ByHand()
    a = hand.input(1, 3, size)
    trace = hand.trace(hand.step("pool", AdaptivePool("avg", (wanted,)), a, (1, 3, wanted)))
    found = arithmetic.of_call(trace, trace.calls[1])
    assert {e.value for e in found} == {min(lengths), max(lengths)}
    assert all(value_of(e.working) == e.value for e in found)


def test_flatten_and_cat() -> None:
    hand = ByHand()
    a = hand.input(2, 512, 7, 7)
    b = hand.step(":cat", Join("cat", 1), (a, a), (2, 1024, 7, 7))
    c = hand.step(":flatten", Reshape("flatten"), b, (2, 50176))
    trace = hand.trace(c)
    assert equations(trace, 1)["channels"].text == "512 + 512 = 1,024"
    assert equations(trace, 2)["flattened"].text == "1024·7·7 = 50,176"


def test_attention_and_matrix_products_add_up() -> None:
    hand = ByHand()
    a = hand.input(2, 10, 16)
    b = hand.step("attention", Attention(16, 16, 16, 4, True), (a, a, a), (2, 10, 16))
    q = hand.step(":heads", Reshape("reshape"), b, (2, 4, 10, 4))
    c = hand.step(":sdpa", MatMul("scaled_dot_product_attention"), (q, q, q), (2, 4, 10, 4))
    trace = hand.trace(c)
    for index in (1, 3):
        total = equations(trace, index)["MACs"]
        assert value_of(total.working) == total.value == macs.of_call(trace, trace.calls[index])
    parts = [e.value for e in arithmetic.of_call(trace, trace.calls[1]) if "MACs of" in e.what]
    assert sum(parts) == equations(trace, 1)["MACs"].value


def test_tied_weights_are_named() -> None:
    trace = trace_of("oddities")
    decoder = next(call for call in trace.calls if call.path == "decoder")
    notes = [e.note for e in arithmetic.of_call(trace, decoder)]
    assert "the same as encoder.weight" in notes


@given(traces())
@steady
def test_any_trace_has_true_equations(trace: Trace) -> None:
    for call in trace.calls:
        for equation in arithmetic.of_call(trace, call):
            assert value_of(equation.working) == equation.value
        if counted := mac_equations(trace, call):
            assert counted[-1].value == macs.of_call(trace, call)


def test_the_evaluator_itself() -> None:
    assert value_of("⌊(224 + 2·3 − 1·(7−1) − 1) / 2⌋ + 1") == 112
    assert value_of("1,728 + 64") == 1792
    assert value_of("64·3·7·7") == prod((64, 3, 7, 7))
