"""Whether two networks compute the same, in sentences, of what was found by hand."""

from __future__ import annotations

from dataclasses import replace
from math import nan

import pytest
from comparisons import of, plain
from saved import survey_of

from resnet_inspect.analysis.comparison.networks import compare
from resnet_inspect.analysis.equivalence import Equivalence, Parting
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.words.comparison.equivalence import sentences


def named(survey: Survey, name: str) -> Survey:
    return Survey(replace(survey.trace, model_name=name))


SAME = Equivalence(
    compare(named(survey_of("resnet18"), "mine"), survey_of("resnet18")),
    copied=122, dtype="float64", tolerance=1e-7,
)  # fmt: skip
INPUT = "on an input of 1×3×224×224, in float64, up to 1e-07 of the largest value"


def test_two_that_are_the_same() -> None:
    assert sentences(SAME) == (
        "mine has the layers, shapes and counts of resnet18 (69 steps)",
        f"mine computes the same as resnet18: with 122 tensors of resnet18 copied into it, {INPUT}",
    )


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"way": "order"}, "copied into it, told by their shapes in order, on an input"),
        ({"way": "name"}, "copied into it, told by their names, on an input"),
        ({"back": 2}, "copied into it and 2 of its own into resnet18, on an input"),
        ({"made": (("fc.weight", "WeightNorm"),)}, ", fc.weight as WeightNorm makes it, on"),
        (
            {"made": (("a", "L1"), ("b", "L1"), ("c", "Low"))},
            ", a, b as L1 makes them, c as Low makes it, on",
        ),
    ],
)
def test_with_which_weights_they_were_run(more: dict[str, object], said: str) -> None:
    assert said in sentences(replace(SAME, **more))[1]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("parted", "said"),
    [
        (Parting(("layer1", "layer1"), 0.25), "layer1 and layer1 differ first, by 0.25 of it"),
        (Parting(("", ""), 0.25), "the outputs differ by 0.25 of it"),
        (Parting(("a", "b"), None), "a and b have other shapes"),
        (Parting(("a", "b"), nan), "a and b differ first, since one gives what is no number"),
        (Parting(("", ""), nan), "the outputs differ, since one gives what is no number"),
    ],
)
def test_where_they_part(parted: Parting, said: str) -> None:
    found = sentences(replace(SAME, parted=parted))
    assert found[1].startswith("mine does not compute the same as resnet18: with 122 tensors")
    assert found[1].endswith(f", {said}")


def test_equal_norms_that_part_are_told_to_compare_their_eps() -> None:
    hint = "bn1 and bn1 are the same norm with the same numbers: compare their eps"
    assert hint in sentences(replace(SAME, parted=Parting(("bn1", "bn1"), 0.1)))
    assert hint not in sentences(replace(SAME, parted=Parting(("bn1", "bn1"), None)))
    other = sentences(replace(SAME, parted=Parting(("conv1", "conv1"), 0.1)))
    assert not any("their eps" in line for line in other)


def test_what_was_not_compared_is_not_known() -> None:
    (_, said) = sentences(replace(SAME, reason="they gave nothing but zeros"))
    assert said == (
        "whether mine computes the same as resnet18 is not known: they gave nothing but zeros"
    )
    (_, said) = sentences(replace(SAME, alone=(("a.bias",), ())))
    assert said.endswith("no counterpart of the same shape: a.bias of mine")
    (_, said) = sentences(replace(SAME, alone=(("a",), ("b", "c"))))
    assert said.endswith("shape: a of mine; b, c of resnet18")


def test_two_of_one_name_are_told_by_their_sources() -> None:
    twin = replace(SAME, difference=of("resnet50", "resnet50"))
    source = survey_of("resnet50").trace.provenance.source
    assert sentences(twin)[0].startswith(f"{source} has the layers, shapes and counts of {source}")


def test_layers_that_are_others_are_named_though_the_same_is_computed() -> None:
    found = compare(named(plain([(4, 3)]), "mine"), named(plain([(4, 3), (4, 1)]), "theirs"))
    same = sentences(Equivalence(found, copied=1, dtype="float64", tolerance=1e-7))
    assert same[1] == "that holds for this input; what differs between them:"
    parted = sentences(Equivalence(found, parted=Parting(("", ""), None)))
    assert parted[0] == "mine is not theirs: it gives 1×4×8×8 where that gives 1×4×8×8"
    assert parted[1] == "their layers part first at nothing, where theirs has features.1"
