"""The search for the networks that weights may be of: first as large, then as deep, then alike."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from resnet_inspect.errors import BuildError, InspectError, UsageError
from resnet_inspect.pipeline.building.networks import Tell, import_torch
from resnet_inspect.pipeline.building.weights import shapes_of
from resnet_inspect.sources import source, subject, surroundings
from resnet_inspect.traces.tensors import TensorSpec

if TYPE_CHECKING:
    from resnet_inspect.analysis.identity import Candidate, Other
    from resnet_inspect.sources.checkpoint import Checkpoint
    from resnet_inspect.sources.checkpoint.contents import Placed

_FEW = 8
"""Tensors that are no network of their own."""
_MOST = 4
"""Other networks in a file that are looked for."""


class Search:
    """Looks for the networks that weights may be of."""

    def __init__(self, tell: Tell) -> None:
        self.tell = tell

    def of(self, placed: Mapping[str, Placed], against: str | None = None) -> list[Candidate]:
        """The candidates, best first."""
        from resnet_inspect.sources.candidates import rarity

        tensors = {name: one.spec for name, one in placed.items()}
        numbers = {name: one.numbers for name, one in placed.items()}
        if against is not None:
            self.tell(f"comparing with {against}")
            return [self.fitted(against, {}, tensors, numbers)]
        found = self.near(tensors, numbers)
        alive = [one for one in found if one.match.share]
        return sorted(alive, key=lambda one: (one.match.rank, rarity(one.name), one.arguments))

    def near(
        self, tensors: Mapping[str, TensorSpec], numbers: Mapping[str, Hashable]
    ) -> list[Candidate]:
        """Networks as large, then of the same depths, then of that design, then those of timm."""
        from resnet_inspect.analysis.identity import likeness_of, parameters
        from resnet_inspect.sources import candidates

        likeness = likeness_of(tensors)
        found: list[Candidate] = []

        def compare(name: str, arguments: Mapping[str, Any]) -> None:
            self.tell(f"comparing with {name}")
            with suppress(InspectError):  # of a package that is not here, a design that cannot be
                found.append(self.fitted(name, arguments, tensors, numbers))

        prefix = likeness.prefix if likeness else ""
        within = {name: spec for name, spec in tensors.items() if name.startswith(prefix)}
        sizes = {parameters(tensors), parameters(within)}
        for name in candidates.as_large(sizes):
            compare(name, {})
        if likeness and not _any_fits(found):
            found.clear()
            for name, arguments in candidates.alike(
                likeness.block, likeness.depths, sizes, likeness.dimensions
            ):
                compare(name, arguments)
        if likeness and likeness.design and not _any_fits(found):
            for design in candidates.designs(likeness.design):
                compare(f"resnet:{design}", {})
        # Where nothing but the head is missing or another, none of timm explains more.
        if likeness and likeness.dimensions == 2 and not any(one.match.explains for one in found):
            for name in candidates.of_timm(tensors, likeness.layers):
                compare(name, {})
                if any(one.match.fits and not one.match.counts["renamed"] for one in found):
                    break
        return found

    def others(self, file: Checkpoint, found: Sequence[Candidate]) -> list[Other]:
        """What else is in the file: under other keys, or under the other names of this place."""
        rest = {file.place: file.placed} if found and found[0].match.share > 0.5 else {}
        others: list[Other] = []
        best: Candidate | None = found[0] if found else None
        for place, placed in [*rest.items(), *file.others.items()]:
            known, first = best, place == file.place
            left = _left(known, placed) if first and known else placed
            while len(left) >= _FEW and len(others) < _MOST:
                other = self.other(place, left, file.placed, best)
                if other.best is None and first:
                    break
                others.append(other)
                left = _left(other.best, left) if first and other.best else {}
        return others

    def other(
        self,
        place: str,
        placed: Mapping[str, Placed],
        ours: Mapping[str, Placed],
        best: Candidate | None,
    ) -> Other:
        """What some of the file's other weights are."""
        from resnet_inspect.analysis.identity import Other

        if _shapes_of(placed) == _shapes_of(ours):
            return Other(place, len(placed), True, best)
        near = self.of(placed)
        if not near or near[0].match.share < 0.5:
            return Other(place, len(placed), False, None)
        match = near[0].match
        count = len(match.pairs) - len(match.having("outside", "missing"))
        where = ".".join(part for part in (place, match.prefix.rstrip(".")) if part)
        same = best is not None and near[0].name == best.name and match.share == best.match.share
        return Other(where, count, same, near[0])

    def fitted(
        self,
        name: str,
        arguments: Mapping[str, Any],
        tensors: Mapping[str, TensorSpec],
        numbers: Mapping[str, Hashable],
    ) -> Candidate:
        """How weights fit a network; with their own classes and channels, if that is nearer."""
        from resnet_inspect.analysis.identity import Candidate, match, resized
        from resnet_inspect.sources.candidates import ARGUMENTS

        first = match(tensors, _shapes(name, arguments), numbers)
        best = Candidate(name, tuple(arguments.items()), first)
        names = ARGUMENTS.get(subject(name).source)
        if names is None:
            return best
        sizes = zip((names.classes, names.channels), resized(first, tuple(tensors)), strict=True)
        changed = {argument: size for argument, size in sizes if argument and size}
        if changed:
            with suppress(UsageError, BuildError):
                given = {**arguments, **changed}
                again = match(tensors, _shapes(name, given), numbers)
                if again.rank < first.rank:
                    best = Candidate(name, tuple(given.items()), again)
        return best


def _shapes(name: str, arguments: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """The shape of every tensor in the state dict of a network, built on meta."""
    if subject(name).source == "code":  # which may change
        return _built(name, arguments)
    return _built_once(name, tuple(arguments.items()))


@lru_cache(maxsize=64)
def _built_once(name: str, arguments: tuple[tuple[str, Any], ...]) -> dict[str, tuple[int, ...]]:
    return _built(name, dict(arguments))


def _built(name: str, arguments: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    import_torch()
    import torch

    chosen = subject(name)
    with surroundings(chosen):
        model = source(chosen.source).build(chosen.name, arguments, torch.device("meta"))
        return shapes_of(model)


def _any_fits(found: Sequence[Candidate]) -> bool:
    return any(one.match.fits for one in found)


def _shapes_of(placed: Mapping[str, Placed]) -> dict[str, tuple[int, ...]]:
    return {name: one.spec.shape for name, one in placed.items()}


def _left(candidate: Candidate, placed: Mapping[str, Placed]) -> dict[str, Placed]:
    """What a match does not explain."""
    names = {pair.name for pair in candidate.match.having("outside", "extra")}
    return {name: one for name, one in placed.items() if name in names}
