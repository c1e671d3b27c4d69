"""Files of weights, read without running anything that is in them.

Opened are PyTorch's files, safetensors, and the index of several such files. A file is what its
first bytes say, not what its name says. Names, shapes and types are read without the numbers, and
without torch: the pickle in PyTorch's files is walked through, and nothing that it names is looked
up or called (`pickles`). So files are read too that `torch.load(weights_only=True)` refuses for
what lies beside the weights: `Checkpoint.beside` names it.

What declares more than it holds is not opened: `CheckpointError` says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resnet_inspect.errors import CheckpointError
from resnet_inspect.sources.checkpoint import contents
from resnet_inspect.sources.checkpoint.contents import SAVE, Contents, Placed, Storage
from resnet_inspect.sources.checkpoint.formats import FORMATS, kind_of
from resnet_inspect.sources.checkpoint.state_dicts import state_dicts
from resnet_inspect.traces.tensors import TensorSpec

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a file of weights holds, without the numbers."""

    path: Path
    kind: str
    """A key of `FORMATS`; "state dict" for one in memory."""
    place: str
    """Keys under which the weights lie in the file, with dots: "", "state_dict", "model_ema"."""
    placed: Mapping[str, Placed]
    """Every weight by the name it has in the file."""
    others: Mapping[str, Mapping[str, Placed]]
    """Other weights in the same file by their places, such as a moving average of these."""
    beside: tuple[str, ...] = ()
    """Classes and functions that the file names beside weights: none was looked up or called."""

    @property
    def tensors(self) -> dict[str, TensorSpec]:
        """Shape and type of every weight."""
        return {name: one.spec for name, one in self.placed.items()}


def read(path: str | Path, under: str | None = None) -> Checkpoint:
    """What the file holds; of several sets of weights the largest, and of equals the first.

    Args:
        path: the file.
        under: the keys under which the weights lie, or the prefix of their names, or both, with
            dots, where those of a place are wanted: "model_ema", "encoder_q.", "state_dict.ema".

    Raises `CheckpointError` for anything else than weights that can be read safely.

    """
    file = Path(path)
    kind = kind_of(file)
    try:
        found = FORMATS[kind](file)
    except OSError as error:
        raise CheckpointError(f"{file}: {error.strerror or error}") from error
    return _chosen(file, kind, found, under)


def of(weights: Mapping[str, Any], under: str | None = None) -> Checkpoint:
    """The same of a state dict in memory, or of what `torch.load` gives.

    Raises `CheckpointError` if there are no tensors with names in it.
    """
    from torch import Tensor

    file = Path("the state dict")

    def placed(value: Any) -> Placed | None:
        if not isinstance(value, Tensor):
            return None
        dtype = str(value.dtype).removeprefix("torch.")
        spec = TensorSpec(tuple(value.shape), dtype, value.element_size())
        try:
            key = str(value.untyped_storage()._cdata)
        except (NotImplementedError, RuntimeError):  # sparse tensors have none
            key = str(id(value))
        return Placed(spec, Storage(file, key, -1, spec.nbytes))

    return _chosen(file, "state dict", Contents(dict(state_dicts(weights, placed))), under)


def _chosen(file: Path, kind: str, found: Contents, under: str | None) -> Checkpoint:
    places = found.places
    if not any(places.values()):
        raise CheckpointError(f"{file} holds no tensors that have names", hint=SAVE)
    if under is not None:
        place, placed = _under(file, places, under.strip("."))
        return Checkpoint(file, kind, place, placed, {}, found.beside)
    place = max(places, key=lambda place: len(places[place]))
    enough = len(places[place]) / 2
    others = {o: placed for o, placed in places.items() if o != place and len(placed) >= enough}
    return Checkpoint(file, kind, place, places[place], others, found.beside)


def _under(
    file: Path, places: Mapping[str, Mapping[str, Placed]], under: str
) -> tuple[str, Mapping[str, Placed]]:
    """The place that is asked for, and what lies there."""
    if under in places:
        return under, places[under]
    for place, placed in places.items():
        start = f"{place}." if place else ""
        prefix = f"{under.removeprefix(start)}."
        if under.startswith(start):
            within = {name: one for name, one in placed.items() if name.startswith(prefix)}
            if within:
                return place, within
    first = {name.partition(".")[0]: None for placed in places.values() for name in placed}
    known = [place for place in places if place] + list(first)
    raise CheckpointError(
        f"{file} has no weights under {under[:80]!r}",
        hint=f"there are {', '.join(known[:8])}"[:300],
    )


def values(checkpoint: Checkpoint) -> Mapping[str, Tensor]:
    """The weights themselves, on the CPU.

    Raises `CheckpointError` if the file is not what it was, or they are of a kind not read.
    """
    return contents.values(checkpoint.placed)
