"""A residual network told by its shapes: each convolution takes what those before it give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from resnet_inspect.analysis.identity.alignment import in_order
from resnet_inspect.analysis.identity.likeness.design import Likeness, line_of, option_of
from resnet_inspect.traces.tensors import Shape


class _Block(NamedTuple):
    bottleneck: bool
    inner: Shape
    """Of its second convolution."""
    planes: int
    projected: bool
    convolutions: int


def by_shapes(found: Mapping[str, Shape]) -> Likeness | None:
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
        design = line_of(
            bottleneck,
            tuple(depths),
            stem,
            chain[0].inner,
            chain[0].planes,
            heads[-1] if heads else None,
            option_of(projected),
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
