"""Which tensors of two networks correspond, and where the layers of networks by hand part."""

from __future__ import annotations

from dataclasses import replace

import pytest
from comparisons import of
from saved import ByHand, conv, survey_of, window

from resnet_inspect.analysis.comparison.difference import Difference
from resnet_inspect.analysis.comparison.networks import compare
from resnet_inspect.analysis.equivalence import (
    Equivalence,
    Parting,
    alike,
    mappings,
    same_calls,
    same_places,
    without_counterpart,
)
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import Activate, Elementwise, Linear, Norm
from resnet_inspect.traces.tensors import Shape


def network(*names: str, between: bool = False, in_place: bool = False, relus: int = 1) -> Survey:
    """A convolution, a norm, nonlinearities and a linear layer by these names."""
    a, b, c = names
    net = ByHand()
    x = net.step(a, conv(3, 4, window(3, 1, 1)), net.input(1, 3, 8, 8), (1, 4, 8, 8),
                 weights={"weight": (4, 3, 3, 3)})  # fmt: skip
    x = net.step(b, Norm("batch", 4), x, weights={"weight": (4,), "bias": (4,)})
    for _ in range(relus):
        x = net.step(":relu", Activate("relu", in_place), x)
    if between:
        x = net.step("drop", Elementwise("dropout"), x)
    x = net.step(c, Linear(8, 2, False), x, (1, 4, 8, 2), weights={"weight": (2, 8)})
    return Survey(net.trace(x))


SHAPES: dict[str, Shape] = {
    "a.weight": (4, 3, 3, 3), "b.weight": (4,), "b.bias": (4,), "c.weight": (2, 8),
}  # fmt: skip
OTHER: dict[str, Shape] = {
    "x.weight": (4, 3, 3, 3), "y.weight": (4,), "y.bias": (4,), "z.weight": (2, 8),
}  # fmt: skip


def pair(**more: bool) -> Difference:
    return compare(network("a", "b", "c"), network("x", "y", "z", **more))  # type: ignore[arg-type]


def test_what_changes_no_value_does_not_matter() -> None:
    assert alike(pair())
    assert alike(pair(between=True))
    assert alike(pair(in_place=True))
    assert Equivalence(pair(between=True)).first_edit is None


def test_the_layers_part_at_the_first_that_matters() -> None:
    found = compare(network("a", "b", "c"), network("x", "y", "z", relus=2, between=True))
    assert not alike(found)
    assert Equivalence(found).first_edit == ("", ":relu")
    turned = compare(network("x", "y", "z", relus=2), network("a", "b", "c"))
    assert Equivalence(turned).first_edit == (":relu", "")


def test_they_are_the_same_only_where_they_were_compared_and_did_not_part() -> None:
    found = Equivalence(pair())
    assert (found.compared, found.same) == (True, True)
    parted = replace(found, parted=Parting(("a", "x"), 0.5))
    assert (parted.compared, parted.same) == (True, False)
    assert not replace(found, reason="they raised").compared
    assert not replace(found, alone=((), ("z.weight",))).compared


def test_modules_correspond_by_their_role() -> None:
    paths = [(mine.path, theirs.path) for mine, theirs in same_calls(pair())]
    assert paths == [("a", "x"), ("b", "y"), ("c", "z")]  # a function holds no weights


def test_a_module_that_runs_again_is_told_by_which_of_its_calls() -> None:
    places = same_places(of("resnet50", "resnet50"))
    assert [place for place in places if place[0][0] == "layer1.0.relu"] == [
        (("layer1.0.relu", nth),) * 2 for nth in range(3)
    ]
    assert (("conv1", 0), ("conv1", 0)) in places


def test_tensors_correspond_by_role_or_by_shapes_in_order_each_way_once() -> None:
    expected = dict(zip(SHAPES, OTHER, strict=True))
    # By name nothing is found; what is left over is told in order, as by role.
    assert list(mappings(pair(), SHAPES, OTHER)) == [("role", expected)]
    same = compare(network("a", "b", "c"), network("a", "b", "c"))
    assert list(mappings(same, SHAPES, SHAPES)) == [("role", {name: name for name in SHAPES})]


def test_by_role_and_by_name_may_say_another_thing() -> None:
    """The first of one is called as the last of the other: both are tried."""
    shapes: dict[str, Shape] = {"a.weight": (4, 4, 1, 1), "b.weight": (4, 4, 1, 1)}

    def two(first: str, second: str) -> Survey:
        net = ByHand()
        x = net.step(first, conv(4, 4, window(1)), net.input(1, 4, 8, 8))
        return Survey(net.trace(net.step(second, conv(4, 4, window(1)), x)))

    found = dict(mappings(compare(two("a", "b"), two("b", "a")), shapes, shapes))
    assert found["role"] == {"a.weight": "b.weight", "b.weight": "a.weight"}
    assert found["name"] == {"a.weight": "a.weight", "b.weight": "b.weight"}


def test_dimensions_of_one_element_do_not_count_and_other_shapes_do() -> None:
    pointwise = OTHER | {"z.weight": (2, 8, 1, 1)}
    (_, names), *_ = mappings(pair(), SHAPES, pointwise)
    assert names["c.weight"] == "z.weight"
    (_, names), *_ = mappings(pair(), SHAPES, OTHER | {"z.weight": (3, 8)})
    assert "c.weight" not in names


def test_no_tensor_has_two_counterparts() -> None:
    for _, names in mappings(pair(), SHAPES, OTHER | {"b.weight": (4,), "extra": (4,)}):
        assert len(set(names.values())) == len(names)


@pytest.mark.parametrize("names", [{}, {"a.weight": "x.weight"}])
def test_weights_in_use_that_are_not_mapped_have_no_counterpart(names: dict[str, str]) -> None:
    found = without_counterpart(pair(), names, (list(SHAPES), list(OTHER)))
    assert found == (
        tuple(name for name in SHAPES if name not in names),
        tuple(name for name in OTHER if name not in names.values()),
    )


def test_weights_that_are_never_used_need_none() -> None:
    survey = survey_of("oddities")
    found = without_counterpart(
        compare(survey, survey), {}, (["first.weight", "uncalled.0.weight"], ["uncalled.1.bias"])
    )
    assert found == (("first.weight",), ())
