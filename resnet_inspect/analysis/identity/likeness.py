"""What residual network weights look like, by their names or, under any names, by their shapes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from resnet_inspect.analysis.identity.alignment import in_order
from resnet_inspect.traces.tensors import Shape, TensorSpec


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


def likeness_of(found: Mapping[str, TensorSpec]) -> Likeness | None:
    """What residual network the weights look like; None where there are no stages of blocks."""
    shapes = {name: spec.shape for name, spec in found.items()}
    named = _by_names(shapes)
    if named is not None and named.design:
        return named
    shaped = _by_shapes(shapes)
    if named is None or (shaped is not None and sum(shaped.depths) >= sum(named.depths)):
        return shaped
    return named


def _dimensions(shapes: Mapping[str, Shape]) -> int:
    counts = Counter(len(shape) - 2 for shape in shapes.values() if len(shape) > 2)
    return counts.most_common(1)[0][0] if counts else 2


# By names: layer1.0.conv1, stages.0.blocks.0.conv1

_BLOCK = re.compile(r"(?:^|.*\.)(?:layer|stages\.)(\d+)\.(?:blocks\.)?(\d+)\.")


def _by_names(found: Mapping[str, Shape]) -> Likeness | None:
    prefixes: Counter[str] = Counter()
    blocks: dict[tuple[str, int, int], dict[str, Shape]] = {}
    for name, shape in found.items():
        place = _BLOCK.match(name)
        if place is not None:
            prefix = name[: place.start(1)]
            key = (prefix, int(place[1][:9]), int(place[2][:9]))
            blocks.setdefault(key, {})[name[place.end() :]] = shape
            prefixes[prefix] += 1
    if not prefixes:
        return None
    prefix = prefixes.most_common(1)[0][0]
    stages: dict[int, list[dict[str, Shape]]] = {}
    for (before, stage, _), block in sorted(blocks.items(), key=lambda item: item[0]):
        if before == prefix:
            stages.setdefault(stage, []).append(block)
    depths = tuple(len(blocks) for blocks in stages.values())
    bottleneck = any(part.startswith("conv3") for part in next(iter(stages.values()))[0])
    network = re.sub(r"(layer|stages\.)$", "", prefix)
    outer = {
        name.removeprefix(network): shape
        for name, shape in found.items()
        if name.startswith(network) and not name.startswith(prefix)
    }
    within = {name: shape for name, shape in found.items() if name.startswith(network)}
    return Likeness(
        "bottleneck" if bottleneck else "basic",
        depths,
        sum(depths) * (3 if bottleneck else 2) + 2,
        _design_of_names(outer, list(stages.values()), bottleneck, depths),
        network,
        _dimensions(within),
    )


def _design_of_names(
    outer: Mapping[str, Shape],
    stages: list[list[dict[str, Shape]]],
    bottleneck: bool,
    depths: tuple[int, ...],
) -> str:
    """The line of the grammar of `resnet:`; "" where the shapes are of another kind."""
    first = stages[0][0]
    stem = outer.get("conv1.weight", ())
    inner, last = first.get("conv2.weight", ()), first.get(f"conv{3 if bottleneck else 2}.weight")
    if len(stem) != 4 or len(inner) != 4 or not last or not inner[1]:
        return ""
    heads = [shape for shape in outer.values() if len(shape) == 2]
    return _line(
        bottleneck,
        depths,
        stem,
        inner,
        last[0],
        heads[-1][0] if heads else None,
        _shortcut(stages),
        "bn.weight" in outer,
    )


def _line(
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


def _shortcut(stages: list[list[dict[str, Shape]]]) -> str:
    """The papers' option of the shortcuts: a projection has a weight from a block's in to its out.

    "C" only where one stands at a block that changes nothing; "B" where no block could have one.
    """
    projected: dict[bool, list[bool]] = {False: [], True: []}
    for number, blocks in enumerate(stages):
        for nth, block in enumerate(blocks):
            weights = (one for name, one in block.items() if re.fullmatch(r"conv\d\.weight", name))
            branch = [shape for shape in weights if len(shape) == 4]
            if not branch:
                continue
            ends = (branch[-1][0], branch[0][1])
            beside = (shape for name, shape in block.items() if not name.startswith("conv"))
            changes = ends[0] != ends[1] or (number > 0 and nth == 0)
            projected[changes].append(any(len(one) == 4 and one[:2] == ends for one in beside))
    return _option(projected)


def _option(projected: Mapping[bool, Sequence[bool]]) -> str:
    """By whether the shortcuts of blocks that change nothing, and those that do, have a weight."""
    if any(projected[False]):
        return "C"
    return "A" if projected[True] and not any(projected[True]) else "B"


# By shapes: what each convolution takes is what those before it give


class _Block(NamedTuple):
    bottleneck: bool
    inner: Shape
    """Of its second convolution."""
    planes: int
    projected: bool
    convolutions: int


def _by_shapes(found: Mapping[str, Shape]) -> Likeness | None:
    """The longest chain of blocks behind a stem; None where there are fewer than two."""
    names = in_order(list(found))
    shapes = [found[name] for name in names if len(found[name]) > 2 and all(found[name])]
    chains = [_chain(shapes, place + 1, stem[0]) for place, stem in enumerate(shapes[:_STEMS])]
    chain = max(chains, key=len, default=[])
    if len(chain) < 2:
        return None
    start = chains.index(chain)
    stem = shapes[start]
    bottleneck = chain[0].bottleneck
    depths: list[int] = []
    projected: dict[bool, list[bool]] = {False: [], True: []}
    planes = 0
    before = stem[0]
    for block in chain:
        if block.planes != planes:
            depths.append(0)
            planes = block.planes
        depths[-1] += 1
        projected[block.planes != before].append(block.projected)
        before = block.planes
    heads = [shape[0] for shape in found.values() if len(shape) == 2 and shape[1] == planes]
    dimensions = len(stem) - 2
    design = ""
    if start == 0 and dimensions == 2:
        design = _line(
            bottleneck,
            tuple(depths),
            stem,
            chain[0].inner,
            chain[0].planes,
            heads[-1] if heads else None,
            _option(projected),
        )
    layers = len(chain) * (3 if bottleneck else 2) + 2
    return Likeness(
        "bottleneck" if bottleneck else "basic",
        tuple(depths),
        layers,
        design,
        dimensions=dimensions,
        has_shortcuts=any(any(one) for one in projected.values()),
    )


_STEMS = 4
"""How many convolutions a stem may have."""


def _chain(shapes: Sequence[Shape], place: int, planes: int) -> list[_Block]:
    """Blocks of one kind, each of which takes what the one before gives."""
    chain: list[_Block] = []
    while True:
        block = _block(shapes[place : place + 4], planes)
        if block is None or (chain and block.bottleneck != chain[0].bottleneck):
            return chain
        chain.append(block)
        planes = block.planes
        place += block.convolutions


def _block(shapes: Sequence[Shape], planes: int) -> _Block | None:
    """A block at the beginning of these, whose shortcut may stand before or behind the branch."""
    branch = _branch(shapes, planes)
    if branch is not None:
        length, inner, out = branch
        behind = shapes[length : length + 1]
        projected = any(_is_point(one) and one[:2] == (out, planes) for one in behind)
        # Where planes stay, a weight behind may as well be the next block's first.
        projected = projected and (out != planes or length == 2)
        return _Block(length == 3, inner, out, projected, length + projected)
    if shapes and _is_point(shapes[0]) and shapes[0][1] == planes:
        branch = _branch(shapes[1:], planes)
        if branch is not None and branch[2] == shapes[0][0]:
            return _Block(branch[0] == 3, branch[1], branch[2], True, branch[0] + 1)
    return None


def _branch(shapes: Sequence[Shape], planes: int) -> tuple[int, Shape, int] | None:
    """Its convolutions, the shape of the second, the planes that come out."""
    if len(shapes) >= 3:
        first, second, third = shapes[:3]
        if (
            _is_point(first)
            and not _is_point(second)
            and _is_point(third)
            and first[1] == planes
            and second[0] == first[0] == third[1]
            and first[0] % second[1] == 0
        ):
            return 3, second, third[0]
    if len(shapes) >= 2:
        first, second = shapes[:2]
        windows = not _is_point(first) and not _is_point(second)
        if windows and first[1] == planes and second[1] == first[0] == second[0]:
            return 2, second, second[0]
    return None


def _is_point(shape: Shape) -> bool:
    return all(extent == 1 for extent in shape[2:])
