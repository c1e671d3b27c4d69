"""A network is filled with the weights of a file."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from resnet_inspect.errors import CheckpointError
from resnet_inspect.pipeline.run import of_weights

if TYPE_CHECKING:
    from torch import Tensor, nn

    from resnet_inspect.analysis.identity import Match
    from resnet_inspect.sources.checkpoint import Checkpoint


def shapes_of(model: nn.Module) -> dict[str, tuple[int, ...]]:
    """The shape of every tensor in the state dict of a network."""
    every = model.state_dict().items()
    return {name: tuple(tensor.shape) for name, tensor in every if hasattr(tensor, "shape")}


def taken(file: Checkpoint, fit: Match) -> dict[str, Tensor]:
    """The tensors of a file that fit a network, with their numbers, by the network's names.

    Raises `CheckpointError` if they are of a kind that is not read.
    """
    from resnet_inspect.sources.checkpoint.contents import values

    pairs = fit.having("matches", "renamed")
    names = {pair.wanted_name: pair.name for pair in pairs if pair.wanted_name and pair.name}
    read = values({name: file.placed[name] for name in names.values()})
    return {wanted: read[name] for wanted, name in names.items()}


def fit_as_run(model: nn.Module, weights: str | Path) -> tuple[str, ...]:
    """Fit a network as the run did that wrote these weights, if one did; say what was done."""
    from torch import nn

    from resnet_inspect.lab import adaptation

    record, have = of_weights(weights), dict(model.named_modules())
    if record is None:
        return ()
    seed, said = record.recipe.seed, []
    if isinstance(have.get(record.head), nn.Linear | nn.Conv2d):
        said.append(adaptation.fit_head(model, record.head, len(record.images.classes), seed))
    said.append(adaptation.fit_stem(model, [path for path in record.stem if path in have], seed)[1])
    return tuple(f"as in the run {Path(weights).parent}: {one}" for one in said if one)


def fill(
    model: nn.Module, name: str, weights: str | Path, anew: Collection[str] = ()
) -> tuple[str, dict[str, int] | None]:
    """Put the weights of a file into a network; say what was done.

    Those of the modules `anew`, which were made to fit something else, are not missed. On meta
    weights are not put there, but their zeros are counted.

    Raises `CheckpointError` if they do not fit.
    """
    from resnet_inspect.analysis.identity import match
    from resnet_inspect.capture.members import tensors
    from resnet_inspect.capture.recording.zeros import zeros_among
    from resnet_inspect.sources import checkpoint
    from resnet_inspect.views.words.identity import matches, mismatches

    file = checkpoint.read(weights)
    numbers = {name: one.numbers for name, one in file.placed.items()}
    fit = match(file.tensors, shapes_of(model), numbers)
    if not fit.fits and not _fits_but(fit, anew):
        raise CheckpointError(
            f"{file.path} does not fit {name}: {mismatches(fit)}",
            hint=f"`resnet-inspect identify {weights}` names the network that it is of",
        )
    if all(tensor.is_meta for tensor in tensors(model)):
        note = f"weights: {file.path}, {matches(fit)}; on meta only their shapes are used"
        try:
            return note, zeros_among(taken(file, fit))
        except CheckpointError:  # of a kind whose numbers are not read
            return note, None
    model.load_state_dict(taken(file, fit), strict=fit.fits)
    return f"weights: {file.path}, {matches(fit) if fit.fits else mismatches(fit)}", None


def _fits_but(fit: Match, anew: Collection[str]) -> bool:
    """Whether nothing is amiss but in these modules."""
    amiss = fit.having("differs", "missing", "extra")
    names = (pair.wanted_name or (pair.name or "").removeprefix(fit.prefix) for pair in amiss)
    return fit.share > 0 and all(name.rpartition(".")[0] in anew for name in names)
