"""The calls that hide what they do, in sentences."""

from __future__ import annotations

import pytest
from saved import ByHand, conv, survey_of, window

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import Unknown
from resnet_inspect.views.words.structure import opaque, them


def hiding(*paths: str) -> Survey:
    """Modules with weights that no rule covers."""
    net = ByHand()
    x = net.step("conv", conv(3, 4, window(1)), net.input(1, 3, 8, 8), (1, 4, 8, 8))
    for path in paths:
        x = net.step(path, Unknown("Scripted", "it is compiled"), x, weights={"weight": (4, 4)})
    return Survey(net.trace(x))


def test_what_can_be_looked_into_needs_no_words() -> None:
    assert opaque(survey_of("resnet50")) == ""


@pytest.mark.parametrize(
    ("paths", "said", "called"),
    [
        (("a",), "1 call cannot be looked into (a)", "it"),
        (("a", "b"), "2 calls cannot be looked into (a, b)", "them"),
        (("a", "a"), "2 calls cannot be looked into (a)", "them"),
        (tuple("abcde"), "5 calls cannot be looked into (a, b, c, 2 more)", "them"),
    ],
)
def test_hidden_calls_are_counted_and_three_are_named(
    paths: tuple[str, ...], said: str, called: str
) -> None:
    survey = hiding(*paths)
    assert len(survey.opaque) == len(paths)
    assert opaque(survey) == said
    assert them(survey) == called


def test_those_within_some_calls_alone() -> None:
    survey = hiding("a", "b")
    second = survey.opaque[1].index
    assert opaque(survey, [(second, second)]) == "1 call in it cannot be looked into (b)"
    assert them(survey, [(second, second)]) == "it"
    assert opaque(survey, [(0, 1)]) == ""
