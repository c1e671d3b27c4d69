"""Which tensors are maps and at which stride, told by the field or by the sizes."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from saved import ByHand, conv, survey_of, window

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.analysis.taps import maps
from resnet_inspect.analysis.taps.maps import Map, Maps
from resnet_inspect.traces.ops import Linear, Reshape, Unknown
from resnet_inspect.traces.tensors import Port

TWO = window(3, 2, 1)


def found(survey: Survey) -> Maps:
    made = maps.find(survey)
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("name", "path", "size", "stride", "planes"),
    [
        ("resnet50", "layer1", (56, 56), (4, 4), 256),
        ("resnet50", "layer4", (7, 7), (32, 32), 2048),
        ("resnet18_odd", "layer4", (8, 6), (32, 32), 512),
        ("fcn_resnet50", "backbone.layer4", (65, 65), (8, 8), 2048),
        ("r3d_18", "layer2", (8, 28, 28), (2, 4, 4), 128),
    ],
)
def test_the_stride_is_the_jump_of_the_field(
    name: str, path: str, size: tuple[int, ...], stride: tuple[int, ...], planes: int
) -> None:
    survey = survey_of(name)
    (port,) = survey.trace.calls[survey.trace.calls_at[path][0]].outputs
    one = found(survey).at[port.activation]
    assert one.size == size
    assert (one.stride, one.planes, one.lost) == (stride, planes, "")
    assert one.level == Fraction(stride[0]) * stride[1] * (stride[2] if len(stride) == 3 else 1)


def test_a_network_without_a_window_has_no_maps() -> None:
    net = ByHand()
    made = net.step("fc", Linear(8, 4, False), net.input(2, 8), (2, 4))
    assert maps.find(Survey(net.trace(made))) is None


@pytest.mark.parametrize(
    ("before", "after", "stride"),
    [
        (64, 16, (4, 4)), (65, 33, (2, 2)), (65, 17, (4, 4)), (64, 64, (1, 1)), (63, 21, (3, 3)),
        (64, 21, None),  # neither a power of two up to rounding nor exact
        (32, 64, (Fraction(1, 2),) * 2), (65, 100, None),
    ],
)  # fmt: skip
def test_where_the_field_is_lost_the_sizes_tell_the_stride(
    before: int, after: int, stride: tuple[Fraction | int, ...] | None
) -> None:
    net = ByHand()
    image = net.input(1, 3, before, before)
    made = net.step("enter", conv(3, 4, window(3, 1, 1)), image, (1, 4, before, before))
    odd = net.step("odd", Unknown("Odd"), made, (1, 4, after, after))
    got = found(Survey(net.trace(odd)))
    if stride is None:
        assert odd not in got.at
        assert got.unplaced == (odd,)
    else:
        assert got.at[odd] == Map(odd, (1, 4, after, after), stride, (2, 3), None, "odd")
        assert got.unplaced == ()


def test_channels_that_stand_last_are_known_by_the_positions() -> None:
    net = ByHand()
    image = net.input(1, 3, 8, 8)
    made = net.step("conv", conv(3, 5, TWO), image, (1, 5, 4, 4))
    turned = net.step(":permute", Reshape("permute", dims=(0, 2, 3, 1)), made, (1, 4, 4, 5))
    got = found(Survey(net.trace(turned)))
    assert (got.at[made].channels_at, got.at[made].planes) == (1, 5)
    assert (got.at[turned].channels_at, got.at[turned].planes) == (3, 5)
    assert got.at[turned].size == (4, 4)
    assert (got.origin, got.image, got.given) == (image, (8, 8), True)


def test_of_what_is_no_longer_a_sample_of_the_batch_there_are_no_maps() -> None:
    """A map for each box: more of them than images."""
    net = ByHand()
    x = net.step("conv", conv(3, 4, TWO), net.input(2, 3, 32, 32), (2, 4, 16, 16))
    boxes = net.step("boxes", Unknown("RoIAlign"), x, (7, 4, 8, 8))
    samples = net.step("samples", Unknown("Other"), x, (2, 4, 8, 8))
    got = found(Survey(net.trace(boxes, samples)))
    assert boxes not in got.at
    assert got.at[samples].stride == (4, 4)


def test_strides_are_counted_from_an_image_that_the_network_makes() -> None:
    """A detector makes a batch of the images that it is given."""
    net = ByHand()
    given = net.input(3, 50, 40)
    batch = net.step(":batch", Unknown("batch"), given, (1, 3, 64, 64))
    made = net.step("conv", conv(3, 4, TWO), batch, (1, 4, 32, 32))
    trace = net.trace(made)
    calls = (replace(call, outputs=() if call.path == ":batch" else call.outputs)
             for call in trace.calls)  # fmt: skip
    got = found(Survey(replace(trace, calls=tuple(calls))))
    assert (got.origin, got.image, got.given) == (batch, (64, 64), False)
    assert got.at[made].stride == (2, 2)


def test_maps_stand_together_where_each_has_a_level_of_its_own() -> None:
    survey = survey_of("resnet50")
    got = found(survey)
    ends = [survey.trace.calls[survey.trace.calls_at[f"layer{n}"][0]].outputs[0] for n in (1, 2, 3)]
    assert list(got.together(ends, 3)) == [port.activation for port in ends]
    assert got.together(ends, 4) == {}
    inside = survey.trace.calls[survey.trace.calls_at["layer1.0"][0]].outputs[0]
    assert got.together([*ends, inside], 2) == {}
    assert list(got.together([*ends, Port("", survey.trace.outputs[0].activation)], 2)) == [
        port.activation for port in ends
    ]
