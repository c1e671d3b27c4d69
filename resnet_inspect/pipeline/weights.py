"""A network is filled with the weights of a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from resnet_inspect.errors import CheckpointError

if TYPE_CHECKING:
    from torch import nn


def shapes_of(model: nn.Module) -> dict[str, tuple[int, ...]]:
    """The shape of every tensor in the state dict of a network."""
    return {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}


def fill(model: nn.Module, name: str, weights: str | Path) -> tuple[str, dict[str, int] | None]:
    """Put the weights of a file into a network; say what was done.

    On meta they are not put there, but their zeros are counted.

    Raises `CheckpointError` if they do not fit.
    """
    from resnet_inspect.analysis.identity import match
    from resnet_inspect.capture.recording.zeros import zeros_among
    from resnet_inspect.sources import checkpoint
    from resnet_inspect.views.words.identity import matches, mismatches

    file = checkpoint.read(weights)
    fit = match(file.tensors, shapes_of(model))
    if not fit.fits:
        raise CheckpointError(
            f"{file.path} does not fit {name}: {mismatches(fit)}",
            hint=f"`resnet-inspect identify {weights}` names the network that it is of",
        )
    values = checkpoint.values(file)
    state = {
        pair.wanted_name: values[pair.name]
        for pair in fit.pairs
        if pair.name is not None and pair.wanted_name is not None
    }
    if all(tensor.is_meta for tensor in (*model.parameters(), *model.buffers())):
        note = f"weights: {file.path}, {matches(fit)}; on meta only their shapes are used"
        return note, zeros_among(state)
    model.load_state_dict(state)
    return f"weights: {file.path}, {matches(fit)}", None
