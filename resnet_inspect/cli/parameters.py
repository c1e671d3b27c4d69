"""Types of parameters: what a word on the command line may be, and what completes it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

import click
from click.shell_completion import CompletionItem

from resnet_inspect.cli.diagnostics import put
from resnet_inspect.errors import UnknownName

if TYPE_CHECKING:
    Type = click.ParamType[Any]
else:  # older versions of click have no type argument here
    Type = click.ParamType


def list_meanings(meanings: Mapping[str, str], ctx: click.Context) -> NoReturn:
    """Print what can be named, each with what it means; there the command ends."""
    width = max(map(len, meanings))
    for name, meaning in meanings.items():
        put(f"{name:<{width}}  {meaning}\n")
    ctx.exit()


class Named(Type):
    """One of some names, with the nearest ones for a wrong one, and completion.

    Where `known` gives the meaning of each too, "help" lists them.
    """

    def __init__(
        self, name: str, known: Callable[[], Iterable[str] | Mapping[str, str]], usual: str = ""
    ) -> None:
        self.name = name
        self.known = known
        self.usual = usual
        """What is taken where none is given, if the help is to say so among the others."""

    @property
    def listed(self) -> str:
        """Every name in a phrase: "table (default), text or md"."""
        names = [f"{name} (default)" if name == self.usual else name for name in self.known()]
        return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The name itself, if it is known."""
        found = self.known()
        if value == "help" and isinstance(found, Mapping) and ctx and not ctx.resilient_parsing:
            list_meanings(found, ctx)
        known = list(found)
        if value not in known:
            raise UnknownName(self.name, str(value), known, see=f"known: {', '.join(known)}")
        return value

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The known names that begin so."""
        return [CompletionItem(name) for name in self.known() if name.startswith(incomplete)]


class NamedOption(click.Option):
    """An option for one of some names: "{names}" in its help stands for all of them."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Flags and help, for which the names are asked now."""
        if isinstance(self.type, Named):
            self.help = (self.help or "").replace("{names}", self.type.listed)
        return super().get_help_record(ctx)


class ModelName(Type):
    """A model's name; checked later, completed here."""

    name = "model"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The variants whose names begin so."""
        from resnet_inspect.sources.catalogue import names

        found = [CompletionItem(name) for name in names() if name.startswith(incomplete)]
        return found or [CompletionItem(incomplete, type="file")]


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


class Position(Shape):
    """A row and a column, counted from 0: 3,20."""

    name = "position"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Row and column."""
        places = super().convert(value, param, ctx)
        if len(places) != 2:
            self.fail(f"'{value}' is no position: write ROW,COLUMN, such as 3,20", param, ctx)
        return places


class ImageSizes(ImageSize):
    """Several image sizes, with commas: 160,224,256x192."""

    name = "image sizes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Heights and widths."""
        if isinstance(value, tuple):
            return value
        one = super().convert
        return tuple(one(part.strip(), param, ctx) for part in str(value).split(","))


class Numbers(Type):
    """Positive whole numbers with commas: 1,8,32."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """A tuple of integers."""
        if isinstance(value, tuple):
            return value
        parts = [part.strip() for part in str(value).split(",")]
        if not all(part.isdecimal() and int(part) > 0 for part in parts):
            self.fail(f"'{value}' is no list of positive numbers: write 1,8,32", param, ctx)
        return tuple(map(int, parts))


class Decimals(Type):
    """Numbers with commas: 0.485,0.456,0.406."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """A tuple of numbers."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(map(float, str(value).split(",")))
        except ValueError:
            self.fail(f"'{value}' is no list of numbers: write 0.5,0.5,0.5", param, ctx)


_PREFIXES = {"": 1.0} | {
    f"{letter}{i}": (1024.0 if i else 1000.0) ** power
    for power, letter in enumerate("KMGTP", start=1)
    for i in ("", "i")
}


class Quantity(Type):
    """Amounts with decimal or binary prefixes: 16GiB, 24G; or several of them with commas."""

    name = "quantity"

    def __init__(self, count: int = 1) -> None:
        self.count = count

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """A tuple of `count` positive numbers."""
        if isinstance(value, tuple):
            return value
        parts = str(value).split(",")
        found = tuple(self._number(part.strip()) for part in parts)
        if len(found) != self.count or None in found:
            example = "10T,100G" if self.count > 1 else "16GiB"
            self.fail(f"'{value}' is no amount: write {example}", param, ctx)
        return found

    def _number(self, written: str) -> float | None:
        parts = re.fullmatch(r"([\d.]+)\s*([A-Za-z/]*)", written)
        if parts is None:
            return None
        number, unit = parts.groups()
        prefix = re.sub(r"(B|FLOPS?|FLOP)?(/s)?$", "", unit, flags=re.IGNORECASE)
        prefix = prefix[:1].upper() + prefix[1:].lower()
        try:
            found = float(number) * _PREFIXES[prefix]
        except (ValueError, KeyError):
            return None
        return found if 0 < found < math.inf else None
