"""The trace cache: what a named network did on meta, kept so that torch need not be imported.

Such a trace depends on versions and arguments alone, and these make its key. An entry is a file:
a line with a checksum and the key, then the trace as `codec` writes it. It is written whole or not
at all, and by any number of processes at once; one that cannot be read, for whatever reason, is as
good as none. Nothing here raises because of the cache: without one, a network is run.

`RESNET_INSPECT_NO_CACHE` turns it off, `RESNET_INSPECT_CACHE_DIR` says where it is.
"""

from __future__ import annotations

import json
import os
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from resnet_inspect._version import __version__
from resnet_inspect.errors import InspectError
from resnet_inspect.traces import codec
from resnet_inspect.traces.model import FORMAT_VERSION, Trace

OFF_VARIABLE = "RESNET_INSPECT_NO_CACHE"
FOLDER_VARIABLE = "RESNET_INSPECT_CACHE_DIR"

LIMIT = 64 * 2**20
"""Bytes that all entries together may take; the ones read least recently go first."""

_SUFFIX = ".trace"

_PACKAGES = ("torch", "torchvision", "timm")

_TOWER = ("capture", "pipeline", "sources", "traces")
"""The folders of this package whose code decides what a trace says."""

_SWITCHES = "TIMM_"
"""How the variables of the environment begin that change what is built: fused attention or not."""


def folder() -> Path:
    """Where the entries are; the folder need not be there."""
    told = os.environ.get(FOLDER_VARIABLE)
    if told:
        return Path(told).expanduser()
    import platformdirs

    return platformdirs.user_cache_path("resnet-inspect", appauthor=False) / "traces"


@dataclass(frozen=True, slots=True)
class Entry:
    """The place of one trace in the cache."""

    key: str
    """All that the trace depends on, in one line."""

    @property
    def path(self) -> Path:
        """Its file. Two keys may share one; the file has the key too, so none is mistaken."""
        return folder() / f"{zlib.crc32(self.key.encode()):08x}{_SUFFIX}"

    def read(self) -> Trace | None:
        """The trace, or None if it is not there whole."""
        try:
            path = self.path
            head, _, body = path.read_bytes().partition(b"\n")
            if head != self._head(body):
                return None
            trace = codec.loads(body.decode())
        except (OSError, ValueError, RuntimeError, InspectError):
            return None
        with suppress(OSError):
            os.utime(path)  # read last
        return replace(trace, provenance=replace(trace.provenance, cached=True))

    def keep(self, trace: Trace) -> None:
        """Keep the trace if the key alone decides it, and make room for it."""
        if trace.failure is not None or trace.provenance.device != "meta":
            return
        from resnet_inspect.files import write_all

        body = codec.dumps(trace)
        head = self._head(body.encode()).decode()
        with suppress(OSError, RuntimeError, InspectError):
            path = self.path
            path.parent.mkdir(parents=True, exist_ok=True)
            write_all({path: f"{head}\n{body}"}, overwrite=True)
            _make_room(path.parent)

    def _head(self, body: bytes) -> bytes:
        return f"{zlib.crc32(body):08x} {self.key}".encode()


def entry(**asked: Any) -> Entry | None:
    """The entry for what is asked, plain data only, under the versions that are installed.

    None if the cache is turned off or torch is not installed as a package with a version.
    """
    if os.environ.get(OFF_VARIABLE):
        return None
    versions = installed(_PACKAGES)
    if "torch" not in versions:
        return None
    made_by = {
        "tool": [__version__, FORMAT_VERSION, _own_code()],
        "python": sys.version,
        "packages": versions,
        "switches": sorted(i for i in os.environ.items() if i[0].startswith(_SWITCHES)),
    }
    try:
        return Entry(json.dumps({**asked, **made_by}, sort_keys=True))
    except (TypeError, ValueError):  # what is asked is no plain data
        return None


def installed(packages: Iterable[str]) -> dict[str, str]:
    """The versions of those packages that are installed, by the names of their metadata folders.

    `importlib.metadata` says the same, and importing it takes as long as all else that a trace
    from the cache needs.
    """
    wanted = set(packages)
    found: dict[str, str] = {}
    for place in sys.path:
        try:
            names = os.listdir(place or ".")
        except OSError:
            continue
        for name in names:
            if name.endswith((".dist-info", ".egg-info")):
                package, _, version = name.rpartition(".")[0].partition("-")
                if package in wanted:
                    found.setdefault(package, version)
    return found


def _own_code() -> list[list[Any]]:
    """Size and time of the files that make a trace: in a checkout they change, the version not."""
    here = Path(__file__).parent
    files: list[Path] = []
    for name in _TOWER:
        for folder, _, names in os.walk(here / name):
            files += (Path(folder, name) for name in names if name.endswith(".py"))
    stamps = []
    for file in sorted(files):
        with suppress(OSError):
            status = file.stat()
            stamps.append([str(file.relative_to(here)), status.st_size, status.st_mtime_ns])
    return stamps


def clear() -> tuple[int, int]:
    """Remove every entry, and nothing else; how many there were, and their bytes."""
    count = size = 0
    for path, status in _entries(folder()):
        with suppress(OSError):
            path.unlink()
            count, size = count + 1, size + status.st_size
    return count, size


def _make_room(place: Path) -> None:
    """Remove the entries that were read least recently, until all take at most `LIMIT`."""
    entries = list(_entries(place))
    size = sum(status.st_size for _, status in entries)
    for path, status in sorted(entries, key=lambda one: one[1].st_mtime_ns):
        if size <= LIMIT:
            break
        path.unlink(missing_ok=True)
        size -= status.st_size


def _entries(place: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Every entry with its status, also what a process left that was killed while writing one."""
    for path in (*place.glob(f"*{_SUFFIX}"), *place.glob(f".*{_SUFFIX}.*")):
        with suppress(OSError):
            yield path, path.stat()
