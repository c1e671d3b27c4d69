"""A residual network in one line, and what that line may hold; torch is not imported.

    BLOCK:DEPTHS[:OPTION=VALUE,...]      bottleneck:3,4,6,3:width=32,stem=cifar

BLOCK is basic or bottleneck; DEPTHS are the blocks of each stage. The options are the other fields
of `Design`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

from resnet_inspect.errors import BadInput, UnknownName

Block = Literal["basic", "bottleneck"]
Stem = Literal["imagenet", "cifar"]
Shortcut = Literal["A", "B", "C", "none"]
Stride = Literal["1x1", "3x3"]
Norm = Literal["batch", "none"]
Init = Literal["he", "default"]

_CHOICES: dict[str, tuple[str, ...]] = {
    "block": get_args(Block),
    "stem": get_args(Stem),
    "shortcut": get_args(Shortcut),
    "stride": get_args(Stride),
    "norm": get_args(Norm),
    "init": get_args(Init),
    "preact": ("false", "true"),
}
"""Options that are one of some words."""

_LARGEST = {
    "width": 16_384, "stem_width": 16_384, "groups": 16_384, "width_per_group": 16_384,
    "channels": 16_384, "classes": 1_000_000,
}  # fmt: skip
"""Options that are whole numbers from 1 to this."""

_STAGES = 8
_BLOCKS = 3_000
_PLANES = 65_536
"""What a network may have at most; ResNet-1202 has 600 blocks, wide_resnet101_2 2,048 planes."""

GRAMMAR = "BLOCK:DEPTHS:OPTION=VALUE,... as in bottleneck:3,4,6,3:width=32,stem=cifar"


@dataclass(frozen=True, slots=True)
class Design:
    """Everything that makes one residual network differ from another."""

    block: Block
    depths: tuple[int, ...]
    """Blocks in each stage."""
    width: int = 64
    """Planes of the first stage; each further one has twice those of the one before."""
    stem_width: int | None = None
    """Planes of the stem; None for `width`."""
    groups: int = 1
    """Groups of a bottleneck's 3×3 convolution."""
    width_per_group: int = 64
    """Planes of each of those groups in the first stage, where `width` is 64."""
    stem: Stem = "imagenet"
    """"imagenet": 7×7 and a pool, each with stride 2; "cifar": 3×3 with stride 1."""
    classes: int | None = None
    """Scores for each image; None for 1000, or 10 with the stem of CIFAR."""
    channels: int = 3
    """Of the images."""
    shortcut: Shortcut = "B"
    """Where the shape changes, "A" pads the identity with zeros and "B" projects; "C" projects
    everywhere; "none" leaves all shortcuts out."""
    preact: bool = False
    """Norm and relu before each convolution."""
    stride: Stride = "3x3"
    """The convolution of a bottleneck that has the stride: "1x1", the first one, or "3x3"."""
    norm: Norm = "batch"
    """"none" leaves all norms out, and nothing in their place."""
    init: Init = "he"
    """How convolutions start: "he" keeps the variance behind a ReLU, "default" is torch's own."""

    @property
    def input(self) -> tuple[int, ...]:
        """The input shape of the papers: 224×224 pixels, or 32×32 with the stem of CIFAR."""
        pixels = 32 if self.stem == "cifar" else 224
        return (1, self.channels, pixels, pixels)

    @property
    def offered(self) -> dict[str, str]:
        """Every option with its value as a Python literal."""
        return {field.name: repr(getattr(self, field.name)) for field in fields(self)}

    def but(self, options: Mapping[str, Any]) -> Design:
        """The same design with these options, as text or as Python values.

        Raises `UnknownName` for an option that is not there, `BadInput` for a value that cannot be.
        """
        known = {field.name: field for field in fields(self)}
        for option in options:
            if option not in known:
                raise UnknownName("option", option, known, see=f"options: {', '.join(known)}")
        values: dict[str, Any] = {
            option: None if given is known[option].default is None else _value(option, given)
            for option, given in options.items()
        }
        made = replace(self, **values)
        made._check()
        return made

    def _check(self) -> None:
        """Refuse what cannot be built, or never ends."""
        if len(self.depths) > _STAGES or sum(self.depths) > _BLOCKS:
            raise BadInput(
                f"{len(self.depths)} stages with {sum(self.depths):,} blocks are too many",
                hint=f"up to {_STAGES} stages and {_BLOCKS:,} blocks can be built",
            )
        expansion = 4 if self.block == "bottleneck" else 1
        last = self.width * 2 ** (len(self.depths) - 1)
        inner = [self.width * 2**i * self.width_per_group // 64 for i in range(len(self.depths))]
        planes = max(last * expansion, inner[-1] * self.groups)
        if planes > _PLANES:
            raise BadInput(
                f"the last stage would have {planes:,} planes",
                hint=f"up to {_PLANES:,} can be built; a lower width or fewer stages would do",
            )
        if self.block == "basic" and (self.groups, self.width_per_group) != (1, 64):
            raise BadInput("groups and width_per_group are for the 3×3 of a bottleneck")
        if not inner[0]:
            raise BadInput(
                f"width={self.width},width_per_group={self.width_per_group} leaves a group no plane"
            )


def read(line: str) -> Design:
    """The design that a line describes.

    Raises `UnknownName` for a block or option that is not there, `BadInput` for a value that cannot
    be or a line of another form.
    """
    block, _, rest = line.partition(":")
    depths, _, options = rest.partition(":")
    if not depths:
        raise BadInput(
            f"'{line}' has no depths", hint=f"{GRAMMAR}; a file of your own is resnet.py:NAME"
        )
    return Design("basic", (1,)).but({"block": block, "depths": depths} | read_options(options))


def read_options(written: str) -> dict[str, str]:
    """OPTION=VALUE with commas between them; raises `BadInput` for another form."""
    found: dict[str, str] = {}
    for part in filter(None, written.split(",")):
        option, equals, value = part.partition("=")
        if not equals:
            raise BadInput(f"'{part}' is no OPTION=VALUE", hint=GRAMMAR)
        if option in found:
            raise BadInput(f"{option} is given twice: {found[option]} and {value}")
        found[option] = value
    return found


def _value(option: str, given: Any) -> Any:
    """An option's value, checked; `given` is text from a name or a literal from --set."""
    shown = str(given)[:60]
    if option == "depths":
        parts = given if isinstance(given, tuple | list) else str(given).split(",")
        depths = tuple(_whole(part, _BLOCKS) for part in parts)
        if not depths or not all(depths):
            raise BadInput(
                f"depths '{shown}': blocks per stage are whole numbers from 1", hint=GRAMMAR
            )
        return depths
    if option in _LARGEST:
        number = _whole(given, _LARGEST[option])
        if not number:
            raise BadInput(f"{option}={shown}: a whole number from 1 to {_LARGEST[option]:,}")
        return number
    choices = _CHOICES[option]
    for choice in choices:
        if str(given).lower() == choice.lower():
            return choice == "true" if option == "preact" else choice
    if option == "block":
        raise UnknownName("block", shown, choices, see=f"known: {', '.join(choices)}")
    raise BadInput(f"{option}={shown}: it is one of {', '.join(choices)}")


def _whole(given: Any, largest: int) -> int:
    """The number from 1 to `largest` that is written; 0 for anything else."""
    text = str(given)
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(largest)):
        return 0
    return int(text) if int(text) <= largest else 0
