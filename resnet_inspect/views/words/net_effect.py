"""What a stage did to its feature map, in the tutorials' words: "planes ×2, dimensions ÷2"."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_inspect.analysis.structure.net_effect import UNCHANGED, Factor, NetEffect


def effect(found: NetEffect | None) -> str:
    """A net effect in words; "" where it is not known."""
    if found is None:
        return ""
    planes, dimensions = factor(found.planes), factors(found.dimensions)
    what = "positions" if found.of_positions else "dimensions"
    if planes == dimensions == factor(UNCHANGED):
        return f"planes and {what} {planes}"
    return f"planes {planes}, {what} {dimensions}"


def factor(found: Factor) -> str:
    """A factor: "×2", "÷2", "unchanged", "64→96" where neither divides the other."""
    return "unchanged" if found == UNCHANGED else _sign(found)


def factors(found: Sequence[Factor]) -> str:
    """The factors of dimensions: one for all of them, or "×1, ÷2, ÷2"."""
    return factor(found[0]) if len(found) == 1 else ", ".join(map(_sign, found))


def _sign(found: Factor) -> str:
    if found.before == 1:
        return f"×{found.after}"
    return f"÷{found.before}" if found.after == 1 else f"{found.before}→{found.after}"
