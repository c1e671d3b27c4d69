"""What is told of a residual network, and the line of `resnet:` that comes nearest to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from resnet_inspect.traces.tensors import Shape


@dataclass(frozen=True, slots=True)
class Likeness:
    """What names and shapes alone tell of a residual network."""

    block: Literal["basic", "bottleneck"]
    depths: tuple[int, ...]
    """Blocks of each stage."""
    layers: int
    """What names like ResNet-50 count: convolutions on the way through, and the head."""
    design: str
    """The line of `resnet:` that comes nearest: "bottleneck:3,4,6,3:classes=10"; "" for none."""
    prefix: str = ""
    """What stands before the names of the network."""
    dimensions: int = 2
    """Of its convolutions: 2 for images, 3 for video and volumes."""
    has_shortcuts: bool = True
    """Whether names or weights tell of shortcuts; a plain network may have the same shapes."""


def line_of(
    bottleneck: bool,
    depths: tuple[int, ...],
    stem: Shape,
    inner: Shape,
    planes: int,
    classes: int | None,
    shortcut: str,
    preact: bool = False,
) -> str:
    """A line of the grammar of `resnet:`.

    `inner` are the sizes of the first block's second convolution, `planes` what the block gives.
    """
    width = planes // (4 if bottleneck else 1)
    groups = inner[0] // inner[1] if bottleneck else 1
    cifar = stem[2] == 3
    usual = 10 if cifar else 1000
    per_group = inner[0] * 64 // (width * groups) if width * groups and bottleneck else 64
    options = {
        "width": (width, 64),
        "stem_width": (stem[0], width),
        "groups": (groups, 1),
        "width_per_group": (per_group, 64),
        "stem": ("cifar" if cifar else "imagenet", "imagenet"),
        "classes": (usual if classes is None else classes, usual),
        "channels": (stem[1], 3),
        "shortcut": (shortcut, "B"),
        "preact": ("true" if preact else "false", "false"),
    }
    written = ",".join(f"{name}={is_}" for name, (is_, usual) in options.items() if is_ != usual)
    kind = "bottleneck" if bottleneck else "basic"
    line = f"{kind}:{','.join(map(str, depths))}"
    return f"{line}:{written}" if written else line


def option_of(projected: Mapping[bool, Sequence[bool]]) -> str:
    """By whether the shortcuts of blocks that change nothing, and those that do, have a weight."""
    if any(projected[False]):
        return "C"
    return "A" if projected[True] and not any(projected[True]) else "B"
