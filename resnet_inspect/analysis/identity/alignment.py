"""Tensors under foreign names are told by their order and shapes.

What is aligned are units: a layer with the norm behind it. Programs disagree on the place of a
shortcut within its block, so what the first alignment leaves over is aligned again.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from resnet_inspect.traces.tensors import Shape

COUNTER = "num_batches_tracked"
"""The number of steps that a norm has seen: nothing that is computed in evaluation needs it."""
OF_QUANTIZATION = ("scale", "zero_point")
"""Numbers of a quantized layer that no float network has."""
_LEAVES = ("weight", "bias", "running_mean", "running_var", COUNTER)
_SHORTCUT = re.compile(r"short_?cut|down_?sample|skip|identity|proj(?!ector)")
_LARGEST = 1_000_000
"""Cells of the table of an alignment; beyond, the first that fits is taken."""


class Unit(NamedTuple):
    """A layer with the norm behind it."""

    shapes: tuple[Shape, ...]
    """Of its tensors, without the counters."""
    on_shortcut: bool
    """Whether its name says that it lies on a shortcut."""
    names: tuple[str, ...]
    """Of its tensors, without the counters."""
    counters: tuple[str, ...]


def in_order(names: Sequence[str]) -> list[str]:
    """The names as a network has them, where a file has sorted them by the alphabet.

    Then numbers count as numbers, and a norm stands behind the layer of its number.
    """
    return sorted(names, key=_place) if list(names) == sorted(names) else list(names)


def _place(name: str) -> list[tuple[float, bool, str]]:
    *path, leaf = name.split(".")
    order = _LEAVES.index(leaf) if leaf in _LEAVES else len(_LEAVES)
    return [*map(_place_of_part, path), (float(order), False, leaf)]


def _place_of_part(part: str) -> tuple[float, bool, str]:
    word, number = re.fullmatch(r"(.*?)(\d*)", part, re.DOTALL).groups()  # type: ignore[union-attr]
    behind = word.endswith(("bn", "norm", "batchnorm"))
    return float(number[:15]) if number else float("inf"), behind, word


def units(tensors: Mapping[str, Shape]) -> list[Unit]:
    """The layers that these tensors are of, in their order."""
    modules: list[tuple[str, dict[str, str]]] = []
    for name, shape in tensors.items():
        parent, _, leaf = name.rpartition(".")
        if leaf in OF_QUANTIZATION and not shape:
            continue
        if not modules or modules[-1][0] != parent or leaf in modules[-1][1]:
            modules.append((parent, {}))
        modules[-1][1][leaf] = name
    made: list[list[str]] = []
    waits = False  # for the norm behind a layer
    for _, leaves in modules:
        known = [leaves[leaf] for leaf in _LEAVES if leaf in leaves]
        names = known + [name for leaf, name in leaves.items() if leaf not in _LEAVES]
        heads = any(len(tensors[name]) > 1 for name in names)
        if waits and not heads:
            made[-1] += names
        else:
            made.append(names)
        waits = heads
    return [_unit(names, tensors) for names in made]


def _unit(names: Sequence[str], tensors: Mapping[str, Shape]) -> Unit:
    counted = [name for name in names if not name.endswith(COUNTER)]
    return Unit(
        tuple(tensors[name] for name in counted),
        _SHORTCUT.search(names[0].lower()) is not None,
        tuple(counted),
        tuple(name for name in names if name.endswith(COUNTER)),
    )


def aligned(
    found: Mapping[str, Shape], wanted: Mapping[str, Shape], known: Mapping[str, str]
) -> dict[str, str]:
    """Names of a network -> names in a file, of units with the same shapes in the same order.

    Those whose names agree are `known`, and what is left of the units is aligned.
    """
    ours = _without(units({name: found[name] for name in in_order(list(found))}), known.values())
    theirs = _without(units(wanted), known)
    pairs: dict[str, str] = {}
    while steps := _longest(ours, theirs):
        for one, other in steps:
            names = ours[one].names + ours[one].counters
            pairs |= zip(theirs[other].names + theirs[other].counters, names, strict=False)
        gone = {one for one, _ in steps}, {other for _, other in steps}
        ours = [unit for place, unit in enumerate(ours) if place not in gone[0]]
        theirs = [unit for place, unit in enumerate(theirs) if place not in gone[1]]
    return pairs


def _without(every: Sequence[Unit], known: Iterable[str]) -> list[Unit]:
    """What is left of units without tensors of these names."""
    gone = frozenset(known)
    left = []
    for unit in every:
        places = [place for place, name in enumerate(unit.names) if name not in gone]
        if places:
            names = tuple(unit.names[place] for place in places)
            counters = tuple(name for name in unit.counters if name not in gone)
            shapes = tuple(unit.shapes[place] for place in places)
            left.append(unit._replace(names=names, counters=counters, shapes=shapes))
    return left


def _longest(ours: Sequence[Unit], theirs: Sequence[Unit]) -> list[tuple[int, int]]:
    """The places of the longest sequence of units that both have, in order.

    Of equally long ones that in which most units lie on a shortcut in both or in neither.
    """
    start = 0
    while start < min(len(ours), len(theirs)) and ours[start][:2] == theirs[start][:2]:
        start += 1
    last = 0
    while last < min(len(ours), len(theirs)) - start and ours[~last][:2] == theirs[~last][:2]:
        last += 1
    ends = len(ours) - last, len(theirs) - last
    inner = _between(ours[start : ends[0]], theirs[start : ends[1]])
    return [
        *((place, place) for place in range(start)),
        *((start + one, start + other) for one, other in inner),
        *((ends[0] + place, ends[1] + place) for place in range(last)),
    ]


def _between(ours: Sequence[Unit], theirs: Sequence[Unit]) -> list[tuple[int, int]]:
    if len(ours) * len(theirs) > _LARGEST:
        return _first_of_each(ours, theirs)
    best = [[0] * (len(theirs) + 1) for _ in range(len(ours) + 1)]
    for i in range(len(ours) - 1, -1, -1):
        for j in range(len(theirs) - 1, -1, -1):
            together = _alike(ours[i], theirs[j])
            best[i][j] = max(
                best[i + 1][j], best[i][j + 1], together and together + best[i + 1][j + 1]
            )
    steps = []
    i = j = 0
    while i < len(ours) and j < len(theirs):
        together = _alike(ours[i], theirs[j])
        if together and best[i][j] == together + best[i + 1][j + 1]:
            steps.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return steps


def _first_of_each(ours: Sequence[Unit], theirs: Sequence[Unit]) -> list[tuple[int, int]]:
    """For each unit the first that is like it behind the one before: not always the longest."""
    places: dict[tuple[object, ...], list[int]] = {}
    for place, unit in enumerate(ours):
        places.setdefault(unit[:2], []).append(place)
    steps: list[tuple[int, int]] = []
    free = 0
    for other, unit in enumerate(theirs):
        known = places.get(unit[:2], [])
        next_one = bisect_left(known, free)
        if next_one < len(known):
            steps.append((known[next_one], other))
            free = known[next_one] + 1
    return steps


def _alike(one: Unit, other: Unit) -> int:
    if one.shapes != other.shapes:
        return 0
    return 3 if one.on_shortcut == other.on_shortcut else 2
