"""Files of weights, read without running anything that is in them.

Opened are PyTorch's files, safetensors, and the index of several such files. A file is what its
first bytes say, not what its name says. Names, shapes and types are read without the numbers, and
without torch: the pickle in PyTorch's files is walked through, and nothing that it names is looked
up or called (`pickles`). So files are read too that `torch.load(weights_only=True)` refuses for
what lies beside the weights: `Checkpoint.beside` names it.

What declares more than it holds is not opened: `CheckpointError` says why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resnet_inspect.errors import CheckpointError
from resnet_inspect.sources.checkpoint import contents
from resnet_inspect.sources.checkpoint.contents import (
    AGAIN,
    SAVE,
    Contents,
    Placed,
    Storage,
    state_dicts,
)
from resnet_inspect.sources.checkpoint.safetensors import LARGEST_HEADER, read_json
from resnet_inspect.sources.checkpoint.safetensors import read as read_safetensors
from resnet_inspect.sources.checkpoint.torch_files import read_pickles, read_zip
from resnet_inspect.traces.tensors import TensorSpec

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a file of weights holds, without the numbers."""

    path: Path
    kind: str
    """A key of `_FORMATS`; "state dict" for one in memory."""
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


_NOT_WEIGHTS = (
    (b"version https://git-lfs", "is a Git LFS pointer, not the weights", "git lfs pull"),
    (b"<", "is a web page, not weights", "the download gave an error page; try it again"),
    (b"\x1f\x8b", "is compressed with gzip", "gunzip it first"),
    (b"\x89HDF", "is HDF5, as Keras writes it", "PyTorch and safetensors files are read"),
)
"""First bytes of what is often found under the name of a checkpoint; what it is; the way on."""


def read(path: str | Path, under: str | None = None) -> Checkpoint:
    """What the file holds; of several sets of weights the largest, and of equals the first.

    Args:
        path: the file.
        under: the keys under which the weights lie, or the prefix of their names, or both, with
            dots, where those of a place are wanted: "model_ema", "encoder_q.", "state_dict.ema".

    Raises `CheckpointError` for anything else than weights that can be read safely.

    """
    file = Path(path)
    kind = _kind(file)
    try:
        found = _FORMATS[kind](file)
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


def _kind(file: Path) -> str:
    """The format of a file, by its first bytes."""
    try:
        if file.is_dir():
            raise CheckpointError(f"{file} is a directory", hint="name a file in it")
        if not file.exists():
            raise CheckpointError(f"{file}: no such file")
        if not file.is_file():
            raise CheckpointError(f"{file} is no regular file")
        with file.open("rb") as stream:
            start = stream.read(64)
    except OSError as error:
        raise CheckpointError(f"{file}: {error.strerror or error}") from error
    if not start:
        raise CheckpointError(f"{file} is empty", hint=AGAIN)
    if start[8:9] == b"{" and int.from_bytes(start[:8], "little") <= LARGEST_HEADER:
        return "safetensors"  # asked first: its first bytes are a number and could be any other's
    for signature, meaning, hint in _NOT_WEIGHTS:
        if start.lstrip().startswith(signature):
            raise CheckpointError(f"{file} {meaning}", hint=hint)
    if start.startswith(b"PK"):
        return "torch"
    if start.startswith(b"\x80"):
        return "torch before 1.6"
    if file.suffix == ".safetensors":
        return "safetensors"
    if start.lstrip().startswith(b"{"):
        return "index"
    raise CheckpointError(
        f"{file} is no checkpoint that is known, by its first bytes",
        hint="PyTorch, safetensors and the index of a sharded checkpoint are read",
    )


# An index: {"weight_map": {name: file beside it}}


def _read_index(file: Path) -> Contents:
    """The tensors of all files that an index names, in its order."""
    joined: dict[str, Placed] = {}
    beside: dict[str, None] = {}
    for shard, names in _shards(file).items():
        kind = _kind(shard)
        if kind == "index":
            raise CheckpointError(f"{file} names another index: {shard.name}")
        found = _FORMATS[kind](shard)
        beside |= dict.fromkeys(found.beside)
        tensors = found.places.get("", {})
        for name in names:
            if name not in tensors:
                raise CheckpointError(f"{file}: {name!r} is not in {shard.name}", hint=AGAIN)
            joined[name] = tensors[name]
    return Contents({"": joined}, tuple(beside))


def _shards(file: Path) -> dict[Path, list[str]]:
    """Each file that the index names, with the tensors that lie in it."""
    if file.stat().st_size > LARGEST_HEADER:
        raise CheckpointError(f"{file} is too large for an index")
    written = read_json(file, file.read_bytes())
    match written:
        case {"weight_map": dict(places)} if places:
            pass
        case _:
            raise CheckpointError(
                f"{file} is JSON and no index of a checkpoint: it has no weight_map",
                hint="`resnet-inspect show` reads a saved trace",
            )
    found: dict[Path, list[str]] = {}
    for name, shard in places.items():
        if not isinstance(shard, str) or Path(shard).name != shard:
            raise CheckpointError(f"{file} names {str(shard)[:60]!r}, which is no file beside it")
        found.setdefault(file.with_name(shard), []).append(name)
    missing = [shard.name for shard in found if not shard.is_file()]
    if missing:
        raise CheckpointError(
            f"{file} needs {len(found)} files, and {len(missing)} of them are not there: "
            f"{', '.join(missing[:3])}{', ...' if len(missing) > 3 else ''}",
            hint="put them beside it",
        )
    return found


_FORMATS: dict[str, Callable[[Path], Contents]] = {
    "torch": read_zip,
    "torch before 1.6": read_pickles,
    "safetensors": read_safetensors,
    "index": _read_index,
}
"""How a kind of file is read."""
