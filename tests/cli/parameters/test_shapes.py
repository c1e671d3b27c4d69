"""Shapes, inputs, image sizes and positions, as they are written."""

from __future__ import annotations

from typing import Any

import click
import pytest

from resnet_inspect.cli.parameters.shapes import ImageSize, ImageSizes, Input, Position, Shape


@pytest.mark.parametrize("written", ["1,3,224,192", "1x3x224x192", "1×3×224×192", "1, 3,224x192"])
def test_sizes_stand_with_commas_or_crosses_between_them(written: str) -> None:
    assert Shape().convert(written, None, None) == (1, 3, 224, 192)


@pytest.mark.parametrize(("written", "read"), [
    ("1,3,8,8", ("", (1, 3, 8, 8))),
    ("mask=1,1,8,8", ("mask", (1, 1, 8, 8))),
    ("mask=1,1,8,8:bool", ("mask", ((1, 1, 8, 8), "bool"))),
    ("1,8:int64", ("", ((1, 8), "int64"))),
    ("3,8,8+3,4,5", ("", [(3, 8, 8), (3, 4, 5)])),
    ("3,8,8+", ("", [(3, 8, 8)])),
    ("images=3,8,8:bf16+3,4,5", ("images", [((3, 8, 8), "bf16"), (3, 4, 5)])),
])  # fmt: skip
def test_an_input_has_a_keyword_a_type_and_maybe_several_tensors(written: str, read: Any) -> None:
    assert Input().convert(written, None, None) == read


@pytest.mark.parametrize("written", ["=1,3", "a b=1,3", "1=1,3", "x=y=1"])
def test_a_keyword_that_python_could_not_take_is_refused(written: str) -> None:
    with pytest.raises(click.BadParameter, match="write NAME=1,3,224,224"):
        Input().convert(written, None, None)


def test_one_size_is_a_square_and_two_are_height_and_width() -> None:
    assert ImageSize().convert("224", None, None) == (224, 224)
    assert ImageSize().convert("256x192", None, None) == (256, 192)
    with pytest.raises(click.BadParameter, match="height x width"):
        ImageSize().convert("1x2x3", None, None)
    several = ImageSizes().convert("160, 224,256x192", None, None)
    assert several == ((160, 160), (224, 224), (256, 192))


def test_a_position_is_a_row_and_a_column() -> None:
    assert Position().convert("3,20", None, None) == (3, 20)
    for wrong in ("3", "1,2,3"):
        with pytest.raises(click.BadParameter, match="ROW,COLUMN"):
            Position().convert(wrong, None, None)


@pytest.mark.parametrize("kind", [Shape, Input, ImageSize, ImageSizes, Position])
@pytest.mark.parametrize("written", ["", "1,x", "1,,2", "1.5,2"])
def test_what_is_no_size_is_said_with_an_example(kind: type[Shape], written: str) -> None:
    with pytest.raises(click.BadParameter, match=r"no shape: write sizes like 1,3,224,224"):
        kind().convert(written, None, None)
