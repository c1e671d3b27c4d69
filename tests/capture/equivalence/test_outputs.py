"""What two networks give: the same within rounding, or where they part, and by how much."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from small_networks import Forward
from torch import Tensor, nn

from resnet_inspect.capture.equivalence.outputs import (
    TOLERANCES,
    dtype_of,
    first_difference,
    in_doubles,
    is_random,
    tolerance_of,
    why_empty,
)

X = torch.tensor([[1.0, -2.0, 4.0]])


def scaled(*factors: float, ends: Any = None) -> nn.Module:
    """Layers in a row that multiply by a number."""
    layers = []
    for factor in factors:
        layer = nn.Linear(3, 3, bias=False)
        layer.weight.data = torch.eye(3) * factor
        layers.append(layer)
    return Forward(lambda m, x: (ends or (lambda y: y))(m.layers(x)), layers=nn.Sequential(*layers))


PAIRS = [((f"layers.{i}", 0), (f"layers.{i}", 0)) for i in range(3)]


def test_the_first_pair_that_parts_is_named_with_the_part_of_the_largest_value() -> None:
    ours, theirs = scaled(2, 3, 1), scaled(2, 4, 1)
    assert first_difference(ours, ours, PAIRS, (X,), {}) is None
    # 6 against 8 of each number: a quarter of the largest of the second's.
    assert first_difference(ours, theirs, PAIRS, (X,), {}) == ("layers.1", "layers.1", 0.25)
    assert first_difference(theirs, ours, PAIRS[2:], (X,), {}) == (
        "layers.2", "layers.2", pytest.approx(1 / 3),
    )  # fmt: skip


def test_where_no_pair_parts_it_is_the_networks_themselves() -> None:
    ours, theirs = scaled(1, ends=lambda y: y + 1), scaled(1)
    assert first_difference(ours, theirs, PAIRS[:1], (X,), {}) == ("", "", 0.25)
    assert first_difference(ours, theirs, [], (X,), {}) == ("", "", 0.25)


def test_what_is_between_is_nothing_to_networks_that_give_the_same() -> None:
    assert first_difference(scaled(2, 3), scaled(3, 2), PAIRS[:2], (X,), {}) is None


def test_other_shapes_differ_by_no_number() -> None:
    ours, theirs = scaled(1, ends=lambda y: y[:, :2]), scaled(1)
    assert first_difference(ours, theirs, [], (X,), {}) == ("", "", None)
    ours = scaled(1, ends=lambda y: (y, y))
    assert first_difference(ours, theirs, [], (X,), {}) == ("", "", None)


def test_rounding_is_no_difference_and_what_is_no_number_is_one_unless_both_have_it() -> None:
    plain = scaled(1)
    for amount, parts in ((TOLERANCES[torch.float32] / 2, False), (1e-4, True)):
        other = scaled(1 + amount)
        assert (first_difference(other, plain, [], (X,), {}) is not None) is parts
    for odd in (torch.nan, torch.inf):
        broken = scaled(1, ends=lambda y, odd=odd: y + odd)
        assert first_difference(broken, broken, [], (X,), {}) is None
        assert first_difference(broken, plain, [], (X,), {}) is not None
        assert first_difference(plain, broken, [], (X,), {}) is not None


def test_each_call_of_a_layer_is_a_place_of_its_own() -> None:
    def twice(factor: float) -> nn.Module:
        def run(m: Any, x: Tensor) -> Tensor:
            made: Tensor = m.layer(m.layer(x) * factor)
            return made

        layer = nn.Linear(3, 3, bias=False)
        layer.weight.data = torch.eye(3)
        return Forward(run, layer=layer)

    pairs = [(("layer", nth), ("layer", nth)) for nth in (0, 1)]
    assert first_difference(twice(2), twice(1), pairs[:1], (X,), {}) == ("", "", 1.0)
    assert first_difference(twice(2), twice(1), pairs, (X,), {}) == ("layer", "layer", 1.0)


def test_inputs_are_not_overwritten_nor_hooks_left() -> None:
    def overwriting(factor: float) -> nn.Module:
        return Forward(lambda m, x: m.inner(x.mul_(2)), inner=scaled(factor))

    ours, theirs, x = overwriting(1), overwriting(2), X.clone()
    before = torch.get_rng_state()
    pairs = [(("inner", 0), ("inner", 0))]
    assert first_difference(ours, theirs, pairs, (x,), {}) == ("inner", "inner", 0.5)
    assert torch.equal(x, X)
    assert torch.equal(torch.get_rng_state(), before)
    assert not any(module._forward_hooks for module in (*ours.modules(), *theirs.modules()))


def test_zeros_and_what_is_no_number_show_nothing() -> None:
    assert why_empty(scaled(1), (X,), {}) == ""
    assert why_empty(scaled(0), (X,), {}) == "they give nothing but zeros"
    assert (
        why_empty(scaled(1, ends=lambda y: y * torch.nan), (X,), {})
        == "they give what is no number"
    )
    assert why_empty(scaled(1, ends=lambda y: {"a": y * 0, "b": y}), (X,), {}) == ""
    assert why_empty(scaled(1, ends=lambda y: None), (X,), {}) == "they give nothing but zeros"


def test_what_draws_in_eval_mode_is_random() -> None:
    dropout = scaled(1, ends=nn.functional.dropout)
    assert is_random(dropout, (X,), {})
    trained = nn.Sequential(scaled(1), nn.Dropout()).train()
    assert not is_random(trained, (X,), {})


def test_both_are_doubled_where_both_run_so_and_neither_where_one_does_not() -> None:
    def in_floats(m: Any, x: Tensor) -> Tensor:
        made: Tensor = m.fc(x) + torch.ones(3, dtype=torch.float32) @ m.fc.weight
        return made

    def taking(m: Any, x: Tensor, others: Any = (), count: int = 0) -> Tensor:
        made: Tensor = m.fc(x)
        return made

    one, other = Forward(taking, fc=nn.Linear(3, 3)), nn.BatchNorm1d(3).half()
    (x,), kwargs = in_doubles([one], (X,), {"others": [X], "count": 3})
    assert (x.dtype, kwargs["others"][0].dtype, kwargs["count"]) == (*[torch.float64] * 2, 3)
    assert (dtype_of(one), tolerance_of(one)) == ("float64", 1e-7)
    stubborn = Forward(in_floats, fc=nn.Linear(3, 3))
    given = in_doubles([one, other, stubborn], (X,), {})
    assert given == ((X,), {})
    assert [dtype_of(model) for model in (other, stubborn)] == ["float16", "float32"]
    assert other.num_batches_tracked.dtype == torch.int64
    assert tolerance_of(other) == 1e-2
