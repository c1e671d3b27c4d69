"""A residual network told by its names: layer1.0.conv1, stages.0.blocks.0.conv1."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from resnet_inspect.analysis.identity.likeness.design import Likeness, line_of, option_of
from resnet_inspect.traces.tensors import Shape


def _dimensions(shapes: Mapping[str, Shape]) -> int:
    counts = Counter(len(shape) - 2 for shape in shapes.values() if len(shape) > 2)
    return counts.most_common(1)[0][0] if counts else 2


_BLOCK = re.compile(r"(?:^|.*\.)(?:layer|stages\.)(\d+)\.(?:blocks\.)?(\d+)\.")


def by_names(found: Mapping[str, Shape]) -> Likeness | None:
    """What the names tell; None where none is of a block of a stage."""
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
    return line_of(
        bottleneck,
        depths,
        stem,
        inner,
        last[0],
        heads[-1][0] if heads else None,
        _shortcut(stages),
        "bn.weight" in outer,
    )


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
    return option_of(projected)
