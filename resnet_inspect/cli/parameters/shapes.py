"""Shapes, inputs, image sizes and positions: 1,3,224,224, 256x192, 3,20."""

from __future__ import annotations

from typing import Any

import click

from resnet_inspect.cli.parameters.type import Type


class Shape(Type):
    """Sizes with commas or x between them: 1,3,224,224."""

    name = "shape"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """A tuple of integers."""
        if isinstance(value, tuple):
            return value
        parts = str(value).replace("x", ",").replace("×", ",").split(",")
        try:
            return tuple(int(part) for part in parts)
        except ValueError:
            self.fail(f"'{value}' is no shape: write sizes like 1,3,224,224", param, ctx)


class Input(Shape):
    """One input: 1,3,224,224 or mask=1,1,224,224:bool, or a list: 3,224,224+3,200,300."""

    name = "input"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The keyword ("" for a positional input), and the shape or the shape with its dtype.

        Of a list it is a list of these.
        """
        if isinstance(value, tuple):
            return value
        keyword, equals, written = str(value).rpartition("=")
        if equals and not keyword.isidentifier():
            self.fail(f"'{value}' is no input: write NAME=1,3,224,224", param, ctx)
        if "+" not in written:
            return keyword, self._one(written, param, ctx)
        parts = written.removesuffix("+").split("+")
        return keyword, [self._one(part, param, ctx) for part in parts]

    def _one(self, written: str, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        sizes, _, dtype = written.partition(":")
        shape = super().convert(sizes, param, ctx)
        return (shape, dtype) if dtype else shape


class ImageSize(Shape):
    """224 for a square image, 256x192 for height and width."""

    name = "image size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Height and width."""
        sizes = super().convert(value, param, ctx)
        if len(sizes) == 1:
            return (sizes[0], sizes[0])
        if len(sizes) != 2:
            self.fail(
                f"'{value}' is no image size: write 224 or 256x192 (height x width)", param, ctx
            )
        return sizes


class ImageSizes(ImageSize):
    """Several image sizes, with commas: 160,224,256x192."""

    name = "image sizes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Heights and widths."""
        if isinstance(value, tuple):
            return value
        one = super().convert
        return tuple(one(part.strip(), param, ctx) for part in str(value).split(","))


class Position(Shape):
    """A row and a column, counted from 0: 3,20."""

    name = "position"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Row and column."""
        places = super().convert(value, param, ctx)
        if len(places) != 2:
            self.fail(f"'{value}' is no position: write ROW,COLUMN, such as 3,20", param, ctx)
        return places
