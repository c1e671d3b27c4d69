"""Which named networks some weights may belong to, without building one.

Few are named, the likeliest first: the depths of the stages, the number of parameters and, in timm,
words in the names of the weights choose them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from importlib.util import find_spec
from itertools import zip_longest
from typing import NamedTuple

from resnet_inspect.sources.catalogue import VARIANTS, Variant

_NEAR = 8
_MOST = 24
"""How many networks are worth building: of the catalogue, of timm."""


class Arguments(NamedTuple):
    """What the builders of a source call two things that often differ in a file."""

    classes: str
    channels: str


ARGUMENTS = {
    "torchvision": Arguments("num_classes", "channels"),
    "paper": Arguments("classes", "channels"),
    "resnet": Arguments("classes", "channels"),
    "timm": Arguments("num_classes", "in_chans"),
}
"""By source."""

_WORDS = (
    (".se_module.", "legacy_se"),
    (".se.conv", "eca"),
    (".se.", "se"),
    (".convs.", "res2"),
    (".paths.", "sk"),
    (".conv2.fc1", "resnest"),
    ("stem.conv.gain", "nf_"),
    ("stages.", "v2"),
)
"""Part of a weight's name -> part of the names of the networks in timm that have such weights."""


def as_large(sizes: Collection[int]) -> Iterator[str]:
    """Names of those in the catalogue with exactly as many parameters as one of these."""
    return (variant.name for variant in VARIANTS.values() if variant.parameters in sizes)


def rarity(name: str) -> tuple[bool, bool, int]:
    """Sorts first what weights most likely are of, among networks that they fit alike.

    A residual network comes before its plain twin and the stride that all have before that of the
    paper; then the order of the catalogue decides, and the packages come before the grammar.
    """
    known = VARIANTS.get(name)
    if known is None:
        return False, False, len(VARIANTS) + name.startswith("resnet:")
    in_first_1x1 = name.startswith("paper:resnet") and known.block == "bottleneck"
    return (
        known.block == "plain",
        in_first_1x1 and not name.endswith("_v1_5"),
        list(VARIANTS).index(name),
    )


def alike(
    block: str, depths: tuple[int, ...], sizes: Collection[int], dimensions: int = 2
) -> Iterator[tuple[str, dict[str, object]]]:
    """Names, with arguments for their builders, of those with the nearest depths, then size.

    The sizes are the parameters of what may be the whole network, or only what wraps or heads it.
    For video where the convolutions have three dimensions, for images where they have two.
    """
    known = [variant for variant in VARIANTS.values() if len(variant.input) == dimensions + 2]
    kinds = ("basic", "plain") if block == "basic" else (block,)

    def distance(variant: Variant) -> tuple[bool, int]:
        pairs = zip_longest(variant.depths, depths, fillvalue=0)
        return variant.block not in kinds, sum(abs(a - b) for a, b in pairs)

    nearest = min(map(distance, known), default=(True, 0))
    near = [variant for variant in known if distance(variant) == nearest]
    near.sort(key=lambda variant: min(abs((variant.parameters or 0) - size) for size in sizes))
    for variant in near[:_NEAR]:
        yield variant.name, {}
        if variant.family == "segmentation":
            yield variant.name, {"aux_loss": True}


def designs(line: str) -> tuple[str, ...]:
    """A design with norms behind the convolutions, and with norms before them, likelier first."""
    if "preact=true" in line:
        return (line, line.replace("preact=true", "preact=false"))
    return (line, f"{line}{',' if line.count(':') > 1 else ':'}preact=true")


def of_timm(weights: Iterable[str], layers: int) -> Iterator[str]:
    """Names of networks of timm with that many layers in their name, if timm is installed."""
    if find_spec("timm") is None:
        return
    from timm import models

    names = list(weights)
    words = [word for part, word in _WORDS if any(part in name for name in names)]
    deep_stem = any(re.search(r"(^|\.)conv1\.0\.weight$", name) for name in names)

    def likeliness(name: str) -> tuple[int, bool, int]:
        # Words that are there and should be, then a stem of three convolutions, then plain names.
        wrong = sum((word in name) != (word in words) for _, word in _WORDS)
        return wrong, deep_stem != bool(re.search(r"\d[dstc]\b|\d[dstc]_", name)), len(name)

    numbered = re.compile(rf"res.*(?<!\d){layers}(?!\d)")
    known = [name for name in models.list_models() if numbered.search(name)]
    for name in sorted(known, key=likeliness)[:_MOST]:
        yield f"timm:{name}"
