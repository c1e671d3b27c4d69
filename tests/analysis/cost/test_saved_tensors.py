"""What autograd saves of each op, as PyTorch's derivatives.yaml has it, in networks by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from saved import ByHand, conv, window

from resnet_inspect.analysis.cost import saved_tensors
from resnet_inspect.analysis.structure.freezing import frozen
from resnet_inspect.traces.ops import (
    Activate,
    AdaptivePool,
    Elementwise,
    Linear,
    MatMul,
    Norm,
    Op,
    Pool,
    Recurrent,
    Reduce,
    Reshape,
    Unknown,
)

MAP = (2, 4, 8, 8)
ELEMENTS = 2 * 4 * 8 * 8


@pytest.mark.parametrize(
    ("op", "kept", "beside"),
    [
        (conv(4, 4, window(1)), "input", 0),
        (Norm("batch", 4), "input", 2 * 4 * 4),  # mean and deviation of each channel
        (Norm("layer", 64), "input", 2 * (ELEMENTS // 64) * 4),
        (Pool("max", window(3, 1, 1)), "input", 8 * ELEMENTS),  # the place of each maximum
        (Pool("avg", window(3, 1, 1)), "input", 0),
        (AdaptivePool("avg", (8, 8)), "input", 0),
        (AdaptivePool("avg", (1, 1)), "", 0),  # a mean
        (AdaptivePool("max", (1, 1)), "input", 8 * ELEMENTS),
        (Activate("relu"), "output", 0),
        (Activate("sigmoid"), "output", 0),
        (Activate("gelu"), "input", 0),
        (Activate("silu"), "input", 0),
        (Elementwise("add"), "", 0),
        (Elementwise("pow"), "input", 0),
        (Elementwise("dropout"), "", ELEMENTS),  # a mask of a byte each
        (Reduce("sum"), "", 0),
        (Reduce("var"), "input", 0),
        (Reshape("pad"), "", 0),
        (Reshape("pad", border="reflect"), "input", 0),
        (Recurrent("lstm", 8, 8), "both", 0),
        (Unknown("Odd"), "", 0),
    ],
)
def test_each_op_saves_what_its_gradient_needs(op: Op, kept: str, beside: int) -> None:
    net = ByHand()
    x = net.step("before", conv(3, 4, window(1)), net.input(2, 3, 8, 8), MAP,
                 weights={"weight": (4, 3, 1, 1)})  # fmt: skip
    made = net.step("step", op, x)
    found = saved_tensors.of(net.trace(made))[1]
    expected = {"input": (x,), "output": (made,), "both": (x, made), "": ()}[kept]
    assert (found.activations, found.beside) == (expected, beside)


def test_a_linear_layer_saves_its_input_only_if_it_is_trained() -> None:
    net = ByHand()
    x = net.step("a", Linear(4, 4, False), net.input(1, 4), weights={"weight": (4, 4)})
    y = net.step("b", Linear(4, 4, False), x, weights={"weight": (4, 4)})
    trace = net.trace(y)
    # The network's own input is not counted.
    assert [one.activations for one in saved_tensors.of(trace)] == [(), (x,)]
    still = saved_tensors.of(frozen(trace, frozenset({"b.weight"})))
    assert [one.activations for one in still] == [(), ()]


@pytest.mark.parametrize("op", [Elementwise("mul"), MatMul("matmul")])
def test_a_factor_is_saved_if_the_gradient_of_another_needs_it(op: Op) -> None:
    net = ByHand()
    image = net.input(4, 4)
    x = net.step("a", Linear(4, 4, False), image, weights={"weight": (4, 4)})
    y = net.step(":relu", Activate("relu"), x)
    constant = net.step(":scale", Elementwise("exp"), image)
    both = net.step(":mul", op, (x, y))
    scaled = net.step(":mul", op, (x, constant))
    found = {one.call: one.activations for one in saved_tensors.of(net.trace(both, scaled))}
    assert found[4] == (x, y)
    assert found[5] == (constant,)  # the constant has no gradient that would need the other


def test_under_autocast_a_layer_saves_what_it_cast_the_weight_once() -> None:
    net = ByHand()
    x = net.step("before", Linear(4, 4, False), net.input(2, 4), weights={"weight": (4, 4)})
    for _ in range(2):
        made = net.step("layer", Linear(4, 8, False), x, (2, 8), weights={"weight": (8, 4)})
        half = replace(net.activations[made].tensor, dtype="float16", itemsize=2)
        net.activations[made] = replace(net.activations[made], tensor=half)
    _, first, again = saved_tensors.of(net.trace(made))
    # Its input, 2·4 numbers, and its weight, 8·4, in two bytes each.
    assert (first.activations, first.beside) == ((), 2 * (8 + 32))
    assert (again.activations, again.beside) == ((), 2 * 8)
