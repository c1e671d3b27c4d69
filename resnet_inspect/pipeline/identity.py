"""A file of weights and the networks it may be of: which one it is, and filling one with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resnet_inspect.errors import BuildError, CheckpointError, InspectError, UsageError
from resnet_inspect.pipeline.networks import Tell, import_torch, silent
from resnet_inspect.pipeline.weights import shapes_of
from resnet_inspect.sources import Subject, source, subject, surroundings
from resnet_inspect.traces.tensors import TensorSpec

if TYPE_CHECKING:
    from resnet_inspect.analysis.identity import Candidate, Identity


def identify(weights: str | Path, against: str | None = None, tell: Tell = silent) -> Identity:
    """Which network a file of weights belongs to: the nearest of those known, best first.

    Args:
        weights: a file of PyTorch, safetensors, or the index of several; nothing in it is run.
        against: the one network to compare it with, by name, instead.
        tell: called with the name of each step that takes time.

    Raises:
        CheckpointError: the file holds no weights, or cannot be read without running code.
        UnknownName, BadInput, BuildError: of `against`.

    """
    from resnet_inspect.analysis.identity import Identity, looks_of, parameters
    from resnet_inspect.sources import candidates, checkpoint

    tell(f"reading {Path(weights).name}")
    file = checkpoint.read(weights)
    looks = looks_of(file.tensors)
    found: list[Candidate] = []

    def compare(name: str, arguments: Mapping[str, Any]) -> None:
        tell(f"comparing with {name}")
        with suppress(InspectError):  # of a package that is not here, a design that cannot be
            found.append(_fitted(name, arguments, file.tensors))

    if against is not None:
        tell(f"comparing with {against}")
        found.append(_fitted(against, {}, file.tensors))
    else:
        size = parameters(file.tensors)
        for name in candidates.as_large(size):
            compare(name, {})
        if looks and not _any_fits(found):
            found.clear()
            for name, arguments in candidates.alike(looks.block, looks.depths, size):
                compare(name, arguments)
        if looks and looks.design and not _any_fits(found):
            compare(f"resnet:{looks.design}", {})
        # Where only tensors of the network are missing, such as the head, no other explains more.
        if looks and not any(one.match.leaves_nothing for one in found):
            for name in candidates.of_timm(file.tensors, looks.layers):
                compare(name, {})
                if _any_fits(found):
                    break
    alive = [one for one in found if one.match.share or against is not None]
    ranked = sorted(alive, key=lambda one: (one.match.rank, len(one.arguments)))
    return Identity(
        str(file.path),
        file.kind,
        file.place,
        tuple(file.others),
        file.tensors,
        looks,
        tuple(ranked),
    )


def _any_fits(found: Sequence[Candidate]) -> bool:
    return any(one.match.fits for one in found)


def _fitted(
    name: str, arguments: Mapping[str, Any], tensors: Mapping[str, TensorSpec]
) -> Candidate:
    """How weights fit a network; with the classes and channels of the file, if that is nearer."""
    from resnet_inspect.analysis.identity import Candidate, match, resized
    from resnet_inspect.sources.candidates import ARGUMENTS

    chosen = subject(name)
    first = match(tensors, _shapes(chosen, arguments))
    best = Candidate(name, tuple(arguments.items()), first)
    names = ARGUMENTS.get(chosen.source)
    if names is None:
        return best
    sizes = zip((names.classes, names.channels), resized(first), strict=True)
    changed = {argument: size for argument, size in sizes if argument and size}
    if changed:
        with suppress(UsageError, BuildError):
            given = {**arguments, **changed}
            again = match(tensors, _shapes(chosen, given))
            if again.rank < first.rank:
                best = Candidate(name, tuple(given.items()), again)
    return best


def _shapes(chosen: Subject, arguments: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """The shape of every tensor in the state dict of a network, built on meta."""
    import_torch()
    import torch

    with surroundings(chosen):
        model = source(chosen.source).build(chosen.name, arguments, torch.device("meta"))
        return shapes_of(model)


def recognised(weights: str | Path, tell: Tell = silent) -> tuple[str, dict[str, Any]]:
    """The name and arguments of the network that a file of weights belongs to.

    Raises `CheckpointError` if it belongs to none that is known.
    """
    from resnet_inspect.views.words.identity import said

    found = identify(weights, tell=tell)
    if not found.candidates:
        raise CheckpointError(said(found), hint="name the network that the weights are for")
    best = found.candidates[0]
    if not best.match.fits:
        raise CheckpointError(
            said(found), hint=f"`resnet-inspect trace {best.name}` traces it without these weights"
        )
    return best.name, dict(best.arguments)
