"""From an identity to weights under the network's own names, and to code that loads them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from resnet_inspect.errors import CheckpointError
from resnet_inspect.pipeline.building.networks import import_torch
from resnet_inspect.pipeline.building.weights import taken

if TYPE_CHECKING:
    from resnet_inspect.analysis.identity import Candidate, Identity
    from resnet_inspect.sources.checkpoint import Checkpoint


def convert(
    file: Checkpoint, identity: Identity, output: str | Path, *, overwrite: bool = False
) -> str:
    """Write what fits the nearest network as safetensors under its own names; say what was done.

    The file is written whole or not at all.

    Raises:
        CheckpointError: there is no such network, or the weights are of a kind that is not read.
        OutputError: the file exists and is not to be overwritten, or cannot be written.

    """
    from resnet_inspect.files import write_all
    from resnet_inspect.sources.checkpoint.safetensors import dumps
    from resnet_inspect.views.words.identity import full_name, mismatches

    best = _nearest(identity)
    import_torch()
    content = dumps(taken(file, best.match))
    write_all({Path(output): content}, overwrite=overwrite)
    return f"wrote {output}, for {full_name(best)}: {mismatches(best.match)}"


def loading(identity: Identity, converted: str | Path | None = None) -> str:
    """Python that loads the weights into the nearest network, from their file or a converted one.

    Raises `CheckpointError` if there is no such network, or torch does not open the file.
    """
    from resnet_inspect.views.programs.loading import program

    _nearest(identity)
    if identity.beside and converted is None:
        raise CheckpointError(
            f"torch.load(weights_only=True) does not open {identity.file}, which names "
            f"{identity.beside[0][:80]}",
            hint="with --convert OUT.safetensors too, the program loads what that writes",
        )
    return program(identity, None if converted is None else str(converted))


def _nearest(identity: Identity) -> Candidate:
    """The best candidate, if its tensors are those of the file."""
    from resnet_inspect.views.words.identity import said

    best = identity.candidates[0] if identity.candidates else None
    if best is None or not best.match.share or best.match.counts["folded"]:
        raise CheckpointError(
            f"no network takes these weights as they are: {said(identity)}",
            hint="`resnet-inspect identify FILE --against MODEL` compares with one",
        )
    return best
