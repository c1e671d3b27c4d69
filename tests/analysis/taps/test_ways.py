"""The way down and the way back up, in a U-Net made by hand."""

from __future__ import annotations

from fractions import Fraction

from saved import ByHand, conv, survey_of, window

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.analysis.taps import maps
from resnet_inspect.analysis.taps.ways import Ways
from resnet_inspect.traces.model import Call
from resnet_inspect.traces.ops import (
    Activate,
    AdaptivePool,
    Elementwise,
    Join,
    MatMul,
    Pool,
    Resample,
    Reshape,
)

WIDE, ONE = window(3, 1, 1), window(1)


def ways_of(net: ByHand, *outputs: int) -> Ways:
    survey = Survey(net.trace(*outputs))
    known = maps.find(survey)
    assert known is not None
    return Ways(survey, known)


def unet() -> tuple[Ways, dict[str, int]]:
    """Ronneberger et al. 2015, of two levels: what comes from below is put beside the skip."""
    net, at = ByHand(), {}
    at["image"] = net.input(1, 3, 16, 16)
    at["first"] = net.step("first", conv(3, 4, WIDE), at["image"], (1, 4, 16, 16))
    at["pooled"] = net.step("pool", Pool("max", window(2, 2)), at["first"], (1, 4, 8, 8))
    at["second"] = net.step("second", conv(4, 8, WIDE), at["pooled"], (1, 8, 8, 8))
    at["narrow"] = net.step("narrow", conv(8, 4, ONE), at["second"], (1, 4, 8, 8))
    at["up"] = net.step(":up", Resample("interpolate"), at["narrow"], (1, 4, 16, 16))
    at["cat"] = net.step(":cat", Join("cat", 1), (at["first"], at["up"]), (1, 8, 16, 16))
    at["last"] = net.step("last", conv(8, 4, WIDE), at["cat"], (1, 4, 16, 16))
    at["scores"] = net.step("scores", conv(4, 2, ONE), at["last"], (1, 2, 16, 16))
    return ways_of(net, at["scores"]), at


def test_a_map_behind_something_deeper_is_on_the_way_up() -> None:
    ways, at = unet()
    assert {name for name in at if at[name] in ways.mixed} == {"up", "cat", "last", "scores"}
    assert ways.deepest[at["first"]] == 1
    # A pooled map is only smaller: no layer has looked around on it.
    assert ways.deepest[at["pooled"]] == 1
    assert at["pooled"] not in ways.worked
    assert {ways.deepest[at[name]] for name in ("second", "narrow", "up", "last")} == {Fraction(4)}
    assert not ways.mixes


def test_where_a_larger_map_is_made_of_a_smaller_one_it_rises() -> None:
    ways, at = unet()
    rises = [(before.activation, after.activation) for before, after in ways.rises]
    assert rises == [(at["narrow"], at["up"])]


def test_candidates_are_maps_behind_a_layer_with_weights_in_order() -> None:
    ways, at = unet()
    assert [one.activation for one in ways.candidates] == [
        at[name] for name in ("first", "pooled", "second", "narrow", "up", "cat", "last", "scores")
    ]
    assert [one.activation for one in ways.before(at["narrow"])] == [
        at[name] for name in ("first", "pooled", "second", "narrow")
    ]


def test_what_is_narrowed_to_be_enlarged_is_taken_before_that() -> None:
    ways, at = unet()
    of = {name: ways.maps.at[number] for name, number in at.items() if number in ways.maps.at}
    assert ways.before_resampling(of["narrow"]) == of["second"]
    assert ways.before_resampling(of["second"]) == of["second"]  # a convolution takes it
    assert ways.wide(of["narrow"]) == of["second"]
    assert ways.wide(of["second"]) == of["second"]


def test_a_normed_convolution_of_several_maps_fits_no_channels() -> None:
    net = ByHand()
    x = net.step("x", conv(3, 8, WIDE), net.input(1, 3, 16, 16), (1, 8, 16, 16))
    both = net.step(":cat", Join("cat", 1), (x, x), (1, 16, 16, 16))
    one = net.step("y", conv(8, 16, WIDE), x, (1, 16, 16, 16))
    bent = []
    for number, of in enumerate((both, one)):
        narrow = net.step(f"narrow{number}", conv(16, 4, ONE), of, (1, 4, 16, 16))
        bent.append(net.step(f"relu{number}", Activate("relu"), narrow))
    ways = ways_of(net, *bent)
    joined, alone = (ways.maps.at[number] for number in bent)
    assert ways.wide(joined) == joined
    assert ways.wide(alone).planes == 16


def test_the_trunk_is_what_all_of_the_data_flows_through() -> None:
    ways, at = unet()
    assert [one.activation for one in ways.trunk(at["scores"])] == [
        at[name] for name in ("first", "cat", "last", "scores")
    ]
    assert list(ways.behind(at["cat"])) == [at["first"], at["image"]]


def test_what_is_only_cut_or_pooled_to_a_size_is_no_candidate() -> None:
    net = ByHand()
    x = net.step("x", conv(3, 8, WIDE), net.input(1, 3, 16, 16), (1, 8, 16, 16))
    pooled = net.step("pool", AdaptivePool("avg", (8, 8)), x, (1, 8, 8, 8))
    half = Reshape("slice", (0, 0, 0, 0), (1, 1, 1, 1), (0, 1, 2, 3))
    cut = net.step(":slice", half, x, (1, 4, 16, 16))
    dropped = net.step(":dropout", Elementwise("dropout"), x)
    with net.inside("stage", x) as gives:
        kept = net.step("stage.drop", Elementwise("dropout"), x)
        gives.append(kept)
    ways = ways_of(net, pooled, cut, dropped, kept)
    candidates = {one.activation for one in ways.candidates}
    assert x in candidates
    assert candidates.isdisjoint({pooled, cut, dropped})
    assert kept in candidates  # a stage that ends with a dropout gives what that hands on


def test_a_product_with_what_is_no_map_is_of_queries() -> None:
    net = ByHand()
    x = net.step("x", conv(3, 8, WIDE), net.input(1, 3, 16, 16), (1, 8, 16, 16))
    queries = net.tensor(1, 5, 8)
    masks = net.step(":einsum", MatMul("einsum", "bqc,bchw->bqhw"), (queries, x), (1, 5, 16, 16))
    both = net.step(":matmul", MatMul("matmul"), (x, x))
    ways = ways_of(net, masks, both)

    def call(made: int) -> Call:
        return ways.maker(made)

    assert ways.is_of_queries(call(masks))
    assert not ways.is_of_queries(call(both))
    assert not ways.is_of_queries(call(x))


def test_modules_that_give_maps_of_several_levels_give_them_together() -> None:
    net = ByHand()
    image = net.input(1, 3, 16, 16)
    with net.inside("body", image) as gives:
        x = net.step("body.a", conv(3, 4, WIDE), image, (1, 4, 16, 16))
        y = net.step("body.b", conv(4, 8, window(3, 2, 1)), x, (1, 8, 8, 8))
        gives += [x, y]
    ways = ways_of(net, net.step("c", conv(8, 8, WIDE), y))
    assert [list(found) for found in ways.together()] == [[x, y]]


def test_the_stages_of_a_resnet_are_not_on_a_way_up() -> None:
    survey = survey_of("resnet50")
    known = maps.find(survey)
    assert known is not None
    ways = Ways(survey, known)
    assert not ways.rises
    assert not ways.mixes
    assert not {one.activation for one in ways.candidates} & ways.mixed
