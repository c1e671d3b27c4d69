"""What an attribution says, in sentences, of values made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from resnet_inspect.traces.attribution import (
    Attributed,
    Attribution,
    Box,
    Gate,
    Grid,
    Heat,
    Layer,
    Seen,
    Settings,
)
from resnet_inspect.views.words import attribution as words

LAYER = Layer("layer4", (7, 7), 512, (435.0, 435.0), (0.5, 0.5), (32.0, 32.0))
IMAGE = Attributed("cat.png", 224, 224, b"", 3, 12.5, 0.75, 3, (), None, ())


def grid(rows: int, columns: int, value: float = 1.0) -> Grid:
    return ((value,) * columns,) * rows


@pytest.mark.parametrize(
    ("images", "said"),
    [
        (1, "net: what the score of 1 image rests on"),
        (2, "net: what the scores of 2 images rest on"),
    ],
)
def test_the_title_says_how_many_images(images: int, said: str) -> None:
    assert words.title(Attribution("net", (IMAGE,) * images, LAYER, Settings(), ())) == said


@pytest.mark.parametrize(
    ("image", "classes", "said"),
    [
        (IMAGE, (), "class 3: score 12.5, 75.0% of the softmax, the highest"),
        (
            IMAGE,
            ("a", "b", "c", "cat"),
            "class 3 (cat): score 12.5, 75.0% of the softmax, the highest",
        ),
        (IMAGE, ("0", "1", "2", "3"), "class 3: score 12.5, 75.0% of the softmax, the highest"),
        (
            replace(IMAGE, predicted=0, probability=None),
            ("d\x1bog",),
            "class 3: score 12.5, class 0 (d␛og) is highest",
        ),
    ],
)
def test_the_score_is_said_with_the_class_and_whether_it_wins(
    image: Attributed, classes: tuple[str, ...], said: str
) -> None:
    assert words.scored(image, classes) == said


def test_what_a_heat_is_of() -> None:
    gradcam = Heat("gradcam", grid(7, 7))
    assert list(words.heat(gradcam, LAYER)) == ["7×7 positions of layer4"]
    nothing = Heat("gradcam", grid(7, 7, 0.0))
    assert list(words.heat(nothing, LAYER))[1] == "nothing there speaks for the class"
    assert list(words.heat(Heat("shapley", grid(5, 4)), None)) == ["5×4 regions"]
    assert list(words.heat(Heat("occlusion", grid(2, 2)), None)) == ["by how much the score falls"]


@pytest.mark.parametrize(("total", "adds_up"), [(2.0, True), (2.09, True), (2.11, False)])
def test_a_sum_that_misses_the_difference_by_more_than_a_twentieth_is_said(
    total: float, adds_up: bool
) -> None:
    said = list(words.heat(Heat("integrated_gradients", grid(2, 2), total, 2.0), None))
    assert said[1] == "the score is 2.00 above that of the mean image"
    assert ("it does not add up: more --steps" not in said) == adds_up
    below = list(words.heat(Heat("integrated_gradients", grid(2, 2), -2.0, -2.0), None))
    assert below[1:] == ["the score is 2.00 below that of the mean image"]


def test_what_a_position_sees_is_said_with_what_the_border_leaves() -> None:
    inside = Seen((1, 2), Box(0, 0, 100, 80), grid(2, 2), 0.5)
    assert list(words.seen(inside, replace(LAYER, field_size=(100.0, 80.0)))) == [
        "position 1,2 of layer4 sees 100×80",
        "50.0% of its gradient lies in there",
    ]
    cut = next(words.seen(inside, LAYER))
    assert cut == "position 1,2 of layer4 sees 435×435, here 100×80"
    whole = replace(LAYER, field_size=(), beyond=("bn1", "se"))
    said = list(words.seen(replace(inside, within=1.0), whole))
    assert said == [
        "position 1,2 of layer4 sees all",
        "all of its gradient lies in there",
        "through bn1, se it depends on more",
    ]


def test_what_is_not_known_of_a_position_is_said() -> None:
    unknown = replace(LAYER, field_size=(), unknown="behind odd it is not known")
    seen = Seen((0, 0), None, grid(2, 2, 0.0), None)
    assert list(words.seen(seen, unknown)) == [
        "position 0,0 of layer4: behind odd it is not known",
        "no gradient comes back from it",
    ]


def test_gates_are_counted_with_their_least_and_most() -> None:
    assert words.gate(Gate("se", "channels", ((0.25, 1.0, 0.5),))) == "3 channels, 0.250 to 1.00"
    assert words.gate(Gate("sa", "positions", grid(2, 3, 0.5))) == "2×3 positions, 0.500 to 0.500"
    assert words.gate(Gate("sa", "positions", grid(1, 3, 0.5))).startswith("1×3 positions")
    both = words.gate(Gate("both", "both", ((0.0, 1.0),)))
    assert both == "2 channels in the mean over positions, 0 to 1.00"
