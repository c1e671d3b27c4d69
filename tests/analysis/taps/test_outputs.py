"""What a network returns and the scores that it makes that of, in networks made by hand."""

from __future__ import annotations

import pytest
from saved import ByHand, conv, window

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.analysis.taps import maps, outputs
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Activate, Elementwise, Linear, Reduce, Resample

ONE, TWO = window(1), window(3, 2, 1)


def answers(trace: Trace) -> set[int]:
    known = maps.find(Survey(trace))
    assert known is not None
    return outputs.find(trace, known)


def test_scores_that_are_enlarged_and_bent_are_the_answer_with_what_is_made_of_them() -> None:
    net = ByHand()
    x = net.step("body", conv(3, 16, TWO), net.input(1, 3, 16, 16), (1, 16, 8, 8))
    scores = net.step("scores", conv(16, 4, ONE), x, (1, 4, 8, 8))
    large = net.step(":interpolate", Resample("interpolate"), scores, (1, 4, 16, 16))
    bent = net.step(":softmax", Activate("softmax"), large)
    assert answers(net.trace(bent)) == {scores, large, bent}


def test_what_several_scores_add_up_to_is_the_answer_and_so_are_they() -> None:
    """FCN, Long et al. 2015: scores of several strides are enlarged and added."""
    net = ByHand()
    x = net.step("a", conv(3, 16, TWO), net.input(1, 3, 16, 16), (1, 16, 8, 8))
    y = net.step("b", conv(16, 16, TWO), x, (1, 16, 4, 4))
    near = net.step("near", conv(16, 4, ONE), x, (1, 4, 8, 8))
    far = net.step("far", conv(16, 4, ONE), y, (1, 4, 4, 4))
    large = net.step(":interpolate", Resample("interpolate"), far, (1, 4, 8, 8))
    both = net.step(":add", Elementwise("add"), (near, large))
    assert answers(net.trace(both)) == {both, near, large, far}
    # A sum with what no convolution makes is looked at no further.
    bent = net.step(":relu", Activate("relu"), x)
    fused = net.step(":add", Elementwise("add"), (bent, x))
    assert answers(net.trace(fused)) == {fused}


@pytest.mark.parametrize(
    ("window_", "planes", "are_answers"),
    [
        (window(3, 1, 1), 16, False),
        (window(3, 1, 1), 12, False),
        (window(3, 1, 1), 8, True),
        (ONE, 16, True),
    ],
)
def test_several_levels_are_what_the_network_is_for_unless_they_are_scores(
    window_: object, planes: int, are_answers: bool
) -> None:
    net = ByHand()
    x = net.step("a", conv(3, 16, TWO), net.input(1, 3, 16, 16), (1, 16, 8, 8))
    y = net.step("b", conv(16, 16, TWO), x, (1, 16, 4, 4))
    made = [
        net.step(name, conv(16, planes, window_), of, (1, planes, size, size))  # type: ignore[arg-type]
        for name, of, size in (("p", x, 8), ("q", y, 4))
    ]
    assert answers(net.trace(*made)) == (set(made) if are_answers else set())


def test_a_classifier_answers_with_its_last_vector_and_the_image_is_no_answer() -> None:
    net = ByHand()
    image = net.input(1, 3, 16, 16)
    x = net.step("a", conv(3, 16, TWO), image, (1, 16, 8, 8))
    mean = net.step(":mean", Reduce("mean", (2, 3)), x, (1, 16))
    made = net.step("fc", Linear(16, 4, False), mean, (1, 4))
    assert answers(net.trace(made, image)) == {made}
    assert outputs.maker(net.trace(made), image).path == ""
    assert outputs.maker(net.trace(made), made).path == "fc"
