"""The index of weights in several files, in JSON: {"weight_map": {name: file beside it}}."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from resnet_inspect.errors import CheckpointError
from resnet_inspect.sources.checkpoint.contents import AGAIN, Contents, Placed
from resnet_inspect.sources.checkpoint.safetensors import LARGEST_HEADER, read_json


def read(file: Path, read_shard: Callable[[Path], Contents]) -> Contents:
    """The tensors of all files that an index names, in its order; `read_shard` reads each."""
    joined: dict[str, Placed] = {}
    beside: dict[str, None] = {}
    for shard, names in _shards(file).items():
        found = read_shard(shard)
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
