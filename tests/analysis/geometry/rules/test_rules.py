"""What is lost, what sees all, and what is said of norms and gates, on traces made by hand."""

from __future__ import annotations

import itertools

import pytest
from saved import ByHand, conv, window

from resnet_inspect.analysis.geometry.receptive_field import Fields, Lost, find
from resnet_inspect.traces.ops import (
    Activate,
    AdaptivePool,
    Attention,
    Conv,
    Create,
    Elementwise,
    Join,
    Linear,
    MatMul,
    Norm,
    Op,
    Pool,
    Reduce,
    Resample,
    Reshape,
    Unknown,
)
from resnet_inspect.traces.tensors import Shape

THREE = conv(8, 8, window(3, padding=1))
MAP: Shape = (1, 8, 6, 10)


def begun() -> tuple[ByHand, int]:
    net = ByHand()
    return net, net.step("first", THREE, net.input(*MAP))


def fields_of(net: ByHand, end: int) -> Fields:
    return find(net.trace(end))


@pytest.mark.parametrize(
    "op",
    [Unknown("fft_fft2"), Reshape("sort"), Reshape("gather"), Reshape("roll"), Reshape("slice")],
    ids=lambda op: op.name,
)
def test_nothing_begins_anew_behind_what_has_no_rule(op: Op) -> None:
    net, x = begun()
    x = net.step("second", THREE, net.step(":op", op, x))
    fields = fields_of(net, x)
    assert x not in fields.found
    assert fields.lost[x] == Lost(":op")


def test_a_convolution_that_is_given_offsets_looks_where_they_say() -> None:
    net, x = begun()
    offsets = net.step("offsets", conv(8, 18, window(3, padding=1)), x, (1, 18, 6, 10))
    x = net.step("deformed", THREE, (x, offsets))
    assert fields_of(net, x).lost[x] == Lost("deformed")


def test_a_tensor_that_no_recorded_call_made_may_be_of_anything() -> None:
    net, x = begun()
    x = net.step(":add", Elementwise("add"), (x, net.tensor(*MAP)))
    assert fields_of(net, x).lost[x] == Lost(":add", from_outside=True)
    net, x = begun()
    x = net.step(":mul", Elementwise("mul"), (x, net.tensor()))
    assert fields_of(net, x).found[x].size == (3, 3)


def test_a_vector_of_features_has_no_positions_and_a_linear_layer_sees_all_of_it() -> None:
    net = ByHand()
    given = net.input(1, 16)
    x = net.step("scaled", Elementwise("mul"), given)
    y = net.step("linear", Linear(16, 32, True), x, (1, 32))
    z = net.step(":view", Reshape("view"), y, (1, 2, 4, 4))
    z = net.step("conv", conv(2, 2, window(3, padding=1)), z)
    found = fields_of(net, z).found
    assert set(found) == {y, y + 1, z}
    assert found[z].whole
    assert not found[z].jump


@pytest.mark.parametrize("kind", ["group", "instance"])
def test_behind_statistics_of_all_positions_the_windows_are_said_with_the_norm(kind: str) -> None:
    net, x = begun()
    x = net.step("second", THREE, net.step("norm", Norm(kind, 8), x))
    field = fields_of(net, x).found[x]
    assert (field.size, field.statistics, field.gate) == ((5, 5), "norm", "")


@pytest.mark.parametrize(
    ("norm", "flagged"),
    [
        (Norm("batch", 8), False),
        (Norm("batch", 8, of_input=False), False),
        (Norm("batch", 8, of_input=True), True),
        (Norm("instance", 8, of_input=False), False),
        (Norm("layer", 8), False),
        (Norm("layer", 60), True),
        (Norm("local response", 0), False),
    ],
    ids=str,
)
def test_which_norms_take_statistics_over_positions(norm: Norm, flagged: bool) -> None:
    net, x = begun()
    x = net.step("norm", norm, x)
    field = fields_of(net, x).found[x]
    assert (field.size, bool(field.statistics)) == ((3, 3), flagged)


def test_a_norm_over_rows_sees_all_of_the_row() -> None:
    net, x = begun()
    x = net.step("norm", Norm("layer", 10, (-1,)), x)
    field = fields_of(net, x).found[x]
    assert (field.size, field.jump, field.statistics) == ((3, 10), (1, 1), "")


def test_a_gate_of_all_scales_what_the_windows_carry_and_a_context_is_all() -> None:
    net, x = begun()
    pooled = net.step("pool", AdaptivePool("avg", (1, 1)), x, (1, 8, 1, 1))
    gate = net.step("sigmoid", Activate("sigmoid"), pooled)
    gated = net.step(":mul", Elementwise("mul"), (x, gate))
    added = net.step(":add", Elementwise("add"), (x, gate))
    found = fields_of(net, added).found
    assert (found[gated].size, found[gated].gate) == ((3, 3), ":mul")
    assert found[pooled].whole
    assert found[added].whole
    assert found[added].jump == (1, 1)


def test_tokens_keep_their_positions_until_they_are_mixed() -> None:
    net, x = begun()
    flat = net.step(":flatten", Reshape("flatten"), x, (1, 8, 60))
    tokens = net.step(":transpose", Reshape("transpose", dims=(0, 2, 1)), flat, (1, 60, 8))
    made = net.step("linear", Linear(8, 8, True), tokens)
    back = net.step(":permute", Reshape("permute"), made, (1, 8, 60))  # told from the shapes
    again = net.step(":view", Reshape("view"), back, MAP)
    seen = net.step("attention", Attention(8, 8, 8, 1, True), tokens)
    over = net.step("mixer", Linear(60, 60, True), back)
    found = fields_of(net, over).found
    assert (found[tokens].size, found[tokens].jump) == ((3, 3), (1, 1))
    assert not found[tokens].is_map
    assert found[again] == found[x]
    assert found[again].is_map
    assert found[seen].whole
    assert found[over].whole


def test_a_softmax_without_its_dimension_is_lost_and_attention_by_hand_is_all() -> None:
    net, x = begun()
    soft = net.step(":softmax", Activate("softmax"), x)
    assert fields_of(net, soft).lost[soft] == Lost(":softmax")
    net, x = begun()
    tokens = net.step(":flatten", Reshape("flatten"), x, (1, 8, 60))
    keys = net.step(":transpose", Reshape("transpose", dims=(0, 2, 1)), tokens, (1, 60, 8))
    weights = net.step(":matmul", MatMul("matmul"), (keys, tokens), (1, 60, 60))
    weights = net.step(":softmax", Activate("softmax", dims=(2,)), weights)
    made = net.step(":matmul", MatMul("matmul"), (weights, keys), (1, 60, 8))
    assert fields_of(net, made).found[made].whole


def test_what_is_made_from_nothing_sees_nothing_and_is_added_without_harm() -> None:
    net, x = begun()
    zeros = net.step(":zeros_like", Create("zeros_like"), x)
    added = net.step(":add", Elementwise("add"), (x, zeros))
    fields = fields_of(net, added)
    assert zeros not in fields.found
    assert zeros not in fields.lost
    assert fields.found[added] == fields.found[x]


def test_weights_that_are_computed_from_all_of_the_map_are_a_gate() -> None:
    net, x = begun()
    pooled = net.step("pool", AdaptivePool("avg", (1, 1)), x, (1, 8, 1, 1))
    weights = net.step("kernel", conv(8, 8, window(1)), pooled, (1, 8, 1, 1))
    made = net.step(":conv2d", Conv(window(3, padding=1), 8, 8, 1, False), (x, weights))
    field = fields_of(net, made).found[made]
    assert (field.size, field.gate) == ((5, 5), ":conv2d")


RANKS: tuple[Shape, ...] = ((), (5,), (3, 5), (2, 3, 5), (1, 8, 6, 10), (2, 1, 8, 6, 10))
OF_TWO: tuple[Op, ...] = (
    *(MatMul(name) for name in ("matmul", "mm", "bmm", "scaled_dot_product_attention", "dot")),
    MatMul("einsum", "bij,bjk->bik"), Attention(8, 8, 8, 1, batch_first=True), Elementwise("add"),
    Join("cat", 1), Join("stack", 7), Join("hstack", 0),
)  # fmt: skip
REARRANGED = (
    "view", "permute", "transpose", "t", "mT", "expand", "repeat", "chunk", "split", "select",
    "slice", "unbind", "narrow", "roll", "flip", "rot90", "index_select", "embedding", "pad",
    "channel_shuffle", "pixel_shuffle", "pixel_unshuffle", "unfold", "fold", "gather", "contiguous",
)  # fmt: skip
OF_ONE: tuple[Op, ...] = (
    Linear(5, 7, bias=True), Norm("layer", 5), Norm("batch", 8), THREE, Pool("max", window(2)),
    AdaptivePool("avg", (1, 1)), Activate("softmax", dims=(-1,)), Activate("softmax", dims=(9,)),
    Resample("nearest"), Reduce("mean", (1,)), Reduce("cumsum", (9,)), Reduce("argmax"),
    *(Reshape(name, (-1, 0), (5, 3), dims) for name in REARRANGED for dims in (None, (-1, 9))),
)  # fmt: skip


@pytest.mark.parametrize("op", [*OF_ONE, *OF_TWO], ids=str)
def test_every_rule_answers_for_shapes_that_do_not_fit_together(op: Op) -> None:
    for taken in itertools.product(RANKS, repeat=2 if op in OF_TWO else 1):
        for made in RANKS:
            net, begins = begun()
            views = [net.step(f":v{n}", Reshape("view"), begins, to) for n, to in enumerate(taken)]
            end = net.step(":whatever", op, tuple(views), made)
            assert end in find(net.trace(end)).found.keys() | find(net.trace(end)).lost.keys()
