"""Which network weights are of: asked by `identify`, and where nobody named a network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resnet_inspect.errors import BadInput, CheckpointError
from resnet_inspect.pipeline.building.networks import Tell, import_torch, silent
from resnet_inspect.pipeline.identity.search import Search
from resnet_inspect.pipeline.run import network_of, of_weights

if TYPE_CHECKING:
    from resnet_inspect.analysis.identity import Identity
    from resnet_inspect.sources.checkpoint import Checkpoint

Weights = str | Path | Mapping[str, Any]
"""A file of weights, or a state dict."""


def identify(
    weights: Weights,
    against: str | None = None,
    tell: Tell = silent,
    *,
    under: str | None = None,
) -> Identity:
    """Which network weights belong to: the nearest of those known, best first.

    Args:
        weights: a file of PyTorch, safetensors, or the index of several; nothing in it is run. Or
            a state dict, or what `torch.load` gives.
        against: the one network to compare it with, by name, instead.
        tell: called with the name of each step that takes time.
        under: where the weights lie, if there are several networks: the keys that lead to them, or
            the prefix of their names.

    Raises:
        CheckpointError: the file holds no weights, or cannot be read.
        UnknownName, BadInput, BuildError: of `against`.

    """
    return identified(checkpoint_of(weights, tell, under), against, tell)


def checkpoint_of(weights: Weights, tell: Tell = silent, under: str | None = None) -> Checkpoint:
    """The weights of a file, or of a state dict, without their numbers."""
    from resnet_inspect.sources import checkpoint

    if isinstance(weights, Mapping):
        import_torch()
        return checkpoint.of(weights, under)
    tell(f"reading {Path(weights).name}")
    return checkpoint.read(weights, under)


def identified(file: Checkpoint, against: str | None = None, tell: Tell = silent) -> Identity:
    """Which network the weights of a file belong to, and what else is in it."""
    from resnet_inspect.analysis.identity import Identity, likeness_of

    search = Search(tell)
    found = search.of(file.placed, against)
    others = [] if against else list(search.others(file, found))
    return Identity(
        str(file.path),
        file.kind,
        file.place,
        tuple(others),
        file.tensors,
        likeness_of(file.tensors),
        tuple(found),
        file.beside,
    )


def recognised(weights: str | Path, tell: Tell = silent) -> tuple[str, dict[str, Any], str]:
    """The name and arguments of the network that a file of weights belongs to.

    Also a note of the other networks that the weights fit as well, or of the run that says whose
    they are; "" where there is none.

    Raises `CheckpointError` if it belongs to none that is known.
    """
    from resnet_inspect.views.words.identity import said, told_from

    record = of_weights(weights)
    if record is not None:
        return network_of(record, Path(weights).parent)
    found = identify(weights, tell=tell)
    if not found.candidates:
        raise CheckpointError(said(found), hint="name the network that the weights are for")
    best = found.candidates[0]
    if not best.match.fits:
        raise CheckpointError(
            said(found), hint=f"`resnet-inspect trace {best.name}` traces it without these weights"
        )
    return best.name, dict(best.arguments), told_from(found)


def network_of_weights(
    weights: str | Path | None, arguments: Mapping[str, Any] | None, tell: Tell
) -> tuple[str, dict[str, Any], str]:
    """What `recognised` gives, with other arguments beside, for a network that nobody named.

    Raises `BadInput` where there are no weights either.
    """
    if weights is None:
        raise BadInput("which model? `resnet_inspect.variants()` lists those with a name")
    name, known, told_from = recognised(weights, tell)
    return name, {**known, **(arguments or {})}, told_from
