"""Receptive fields, of saved networks against published figures and of each op by hand.

The figures of torchvision's variants are those of its own weights' meta data and of an independent
survey of other tools; those of the paper are of He et al. 2015, table 1.
"""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from saved import ByHand, conv, steady, survey_of, trace_of, window

from resnet_inspect.analysis.geometry import receptive_field
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import (
    Activate,
    AdaptivePool,
    Attention,
    Conv,
    Elementwise,
    Join,
    Norm,
    Op,
    Pool,
    Reduce,
    Resample,
    Reshape,
    Unknown,
    Window,
)
from resnet_inspect.traces.tensors import Shape


@pytest.mark.parametrize(
    ("name", "sizes", "edges"),
    [
        ("resnet18", (43, 99, 211, 435), (-21, -49, -105, -217)),
        ("resnet34", (59, 179, 547, 899), (-29, -89, -273, -449)),
        ("resnet50", (35, 91, 267, 427), (-17, -45, -133, -213)),
        ("resnet101", (35, 91, 811, 971), (-17, -45, -405, -485)),
        ("resnet50_v1", (35, 99, 291, 483), (-17, -49, -145, -241)),
    ],
)
def test_receptive_fields_are_the_published_ones(
    name: str, sizes: tuple[int, ...], edges: tuple[int, ...]
) -> None:
    survey = survey_of(name)
    fields = [survey.receptive_fields[stage.output] for stage in survey.anatomy.stages]
    assert [field.size for field in fields] == [(n, n) for n in sizes]
    assert [field.jump for field in fields] == [(n, n) for n in (4, 8, 16, 32)]
    assert [field.start for field in fields] == [(n, n) for n in edges]


def field_after(trace: Trace, path: str) -> receptive_field.ReceptiveField:
    call = next(call for call in trace.calls if call.path == path)
    return receptive_field.by_activation(trace)[call.outputs[0].activation]


def test_the_stem_sees_seven_then_eleven_pixels() -> None:
    trace = trace_of("resnet18")
    first, pooled = field_after(trace, "conv1"), field_after(trace, "maxpool")
    assert (first.size, first.jump, first.start) == ((7, 7), (2, 2), (-3, -3))
    assert (pooled.size, pooled.jump, pooled.start) == ((11, 11), (4, 4), (-5, -5))
    assert field_after(trace, "avgpool").whole
    assert field_after(trace, "fc").whole


def test_dilation_keeps_the_receptive_field_and_stops_the_stride() -> None:
    survey = survey_of("fcn_resnet50")
    fields = [survey.receptive_fields[stage.output] for stage in survey.anatomy.stages]
    assert [field.size[0] for field in fields] == [35, 91, 267, 427]
    assert [field.jump[0] for field in fields] == [4, 8, 8, 8]


def test_video_networks_see_three_dimensions() -> None:
    """r3d_18: a 3×7×7 stem of stride 1×2×2, then 3×3×3 units; by hand from the recurrence."""
    survey = survey_of("r3d_18")
    fields = [survey.receptive_fields[stage.output] for stage in survey.anatomy.stages]
    # After the stem 3 frames and 7 pixels; four convolutions of jump 1 frame and 2 pixels.
    assert fields[0].size == (3 + 4 * 2, 7 + 4 * 4, 7 + 4 * 4)
    # One more convolution at the old jump, three at the doubled one, for each stage.
    frames, pixels = 11, 23
    for field, jump in zip(fields[1:], (1, 2, 4), strict=True):
        frames += 2 * jump + 3 * 4 * jump
        pixels += 2 * 2 * jump + 3 * 4 * 2 * jump
        assert field.size == (frames, pixels, pixels)
        assert field.jump == (2 * jump, 4 * jump, 4 * jump)


def after(op: Op, given: Shape, made: Shape, *, first: Op | None = None) -> object:
    """The receptive field after one op that follows a first window."""
    by_hand = ByHand()
    first = first or conv(1, 1, window(3, padding=1))
    x = by_hand.step("first", first, by_hand.input(1, 1, *given[2:]), given)
    y = by_hand.step("second", op, x, made)
    field = receptive_field.by_activation(by_hand.trace(y)).get(y)
    return field if field is None or not field.whole else "all"


MAP: Shape = (1, 1, 8, 8)


def same(size: int | Fraction, jump: int | Fraction, start: int | Fraction) -> object:
    return receptive_field.ReceptiveField((size,) * 2, (jump,) * 2, (start,) * 2)


@pytest.mark.parametrize(
    ("op", "made", "expected"),
    [
        (Pool("max", window(2, 2)), (1, 1, 4, 4), same(4, 2, -1)),
        (conv(1, 1, window(3, 1, 2, dilation=2)), MAP, same(7, 1, -3)),
        (conv(1, 1, window(1, 2)), (1, 1, 4, 4), same(3, 2, -1)),
        (Norm("batch", 1), MAP, same(3, 1, -1)),
        (Activate("relu"), MAP, same(3, 1, -1)),
        (AdaptivePool("avg", (1, 1)), (1, 1, 1, 1), "all"),
        (AdaptivePool("avg", (4, 4)), (1, 1, 4, 4), same(4, 2, -1)),
        (AdaptivePool("avg", (3, 3)), (1, 1, 3, 3), same(6, Fraction(8, 3), -1)),
        (Reduce("mean"), (1, 1), "all"),
        (Reduce("mean"), (1, 1, 1, 1), "all"),
        (Resample("nearest"), (1, 1, 16, 16), same(3, Fraction(1, 2), -1)),
        (Resample("bilinear"), (1, 1, 16, 16), same(4, Fraction(1, 2), -1)),
        (Resample("roi_align"), (1, 1, 7, 7), None),
        (Reshape("permute"), (1, 8, 8, 1), None),
        (Reshape("pad", (0, 0, -1, -1), (1, 1, 1, 1)), (1, 1, 10, 10), same(3, 1, -2)),
        (Reshape("slice", (0, 0, 0, 0), (1, 1, 2, 2)), (1, 1, 4, 4), same(3, 2, -1)),
        (Unknown("Telepathy"), MAP, None),
        (Attention(8, 8, 8, 1), MAP, None),
    ],
    ids=str,
)
def test_the_rule_of_each_op(op: Op, made: Shape, expected: object) -> None:
    assert after(op, MAP, made) == expected


def test_a_transposed_convolution_halves_the_jump() -> None:
    up = Conv(window(2, 2), 1, 1, 1, False, transposed=True)
    field = after(up, MAP, (1, 1, 16, 16))
    assert isinstance(field, receptive_field.ReceptiveField)
    assert field.size == (3, 3)  # each output element comes from one input element
    assert field.jump == (Fraction(1, 2), Fraction(1, 2))
    assert field.start == (-1, -1)  # element 0 sees element 0


def test_a_transposed_window_longer_than_what_is_looked_at_is_not_known() -> None:
    """Element by element it would take any memory; one dimension lost loses the field."""
    up = Conv(window(10**9, 2), 1, 1, 1, False, transposed=True)
    assert not isinstance(after(up, MAP, (1, 1, 16, 16)), receptive_field.ReceptiveField)


@steady
@given(st.integers(1, 5), st.integers(1, 4), st.integers(0, 3))
def test_a_transposed_convolution_sees_what_reaches_its_element(k: int, s: int, p: int) -> None:
    """Input i reaches output s·i − p + t for every tap t below k."""
    op = Conv(window(k, s, p), 1, 1, 1, False, transposed=True)
    side = 7 * s - 2 * p + k
    if p >= k or side < 1:
        return
    field = after(op, MAP, (1, 1, side, side), first=conv(1, 1, window(1)))
    assert isinstance(field, receptive_field.ReceptiveField)
    reach = {o: [i for i in range(-9, 9) if 0 <= o - s * i + p < k] for o in range(s)}
    if reach[0]:
        assert field.start == (min(reach[0]),) * 2
    assert field.size == (max(1, max(max(r) - min(r) + 1 for r in reach.values() if r)),) * 2


def test_where_ways_join_the_field_is_their_hull() -> None:
    by_hand = ByHand()
    x = by_hand.input(1, 1, 8, 8)
    left = by_hand.step("left", conv(1, 1, window(5, padding=2)), x)
    right = by_hand.step(
        "right", conv(1, 1, Window((3, 3), (1, 1), (0, 0), (1, 1), padding_after=(2, 2))), x
    )
    joined = by_hand.step(":cat", Join("cat", 1), (left, right), (1, 2, 8, 8))
    field = receptive_field.by_activation(by_hand.trace(joined))[joined]
    assert (field.start, field.size) == ((-2, -2), (5, 5))  # -2 … 2 and 0 … 2
    wide = by_hand.step("wide", conv(2, 2, window(1, 2)), joined, (1, 2, 4, 4))
    odd = by_hand.step(":add", Elementwise("add"), (wide, joined), (1, 2, 4, 4))
    assert odd not in receptive_field.by_activation(by_hand.trace(odd))
