"""The trace cache: what a named network did on meta, kept so that torch need not be imported.

Such a trace depends on versions and arguments alone, and these make its key. An entry is a file:
a line with a digest and the key, then the trace as `codec` writes it. It is written whole or not
at all, and by any number of processes at once; one that cannot be read, for whatever reason, is as
good as none. Nothing here raises because of the cache: without one, a network is run.

A trace is taken only from a regular file of one's own in a folder that nobody else can write; where
others can, there is no cache, and `refusal` says so.

`RESNET_INSPECT_NO_CACHE` turns it off, `RESNET_INSPECT_CACHE_DIR` says where it is.
"""

from __future__ import annotations

import json
import os
import stat
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from resnet_inspect._version import __version__
from resnet_inspect.errors import InspectError, OutputError
from resnet_inspect.traces.json import codec
from resnet_inspect.traces.model import FORMAT_VERSION, Trace
from resnet_inspect.traces.timestamps import reproducible

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
    """Where the entries are; the folder need not be there.

    Raises `OutputError` where there is no home for it.
    """
    told = os.environ.get(FOLDER_VARIABLE)
    try:
        if told:
            return Path(told).expanduser()
        import platformdirs

        found = platformdirs.user_cache_path("resnet-inspect", appauthor=False) / "traces"
    except RuntimeError:
        found = Path()
    if not found.is_absolute():  # a ~ that stands for nobody's home
        raise OutputError(
            "there is no home folder to keep traces in", hint=f"set {FOLDER_VARIABLE}"
        )
    return found


def refusal() -> str:
    """Why traces are neither kept nor taken, in one line; "" where they are, or need not be."""
    if os.environ.get(OFF_VARIABLE):
        return ""
    try:
        place = folder()
        status = place.stat()
    except OutputError as error:
        return f"no cache: {error.message} ({error.hint})"
    except (OSError, ValueError):
        return ""  # it can still be made, or not even that
    if _is_ours(status):
        return ""
    return f"no cache: others can write in {place} (chmod go-w, or set {FOLDER_VARIABLE})"


def _is_ours(status: os.stat_result) -> bool:
    """Whether a file or folder belongs to this user and nobody else can write it."""
    if sys.platform == "win32":  # whose folders are told apart by other means
        return True
    return status.st_uid == os.geteuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


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
            head, _, body = _contents(path).partition(b"\n")
            if head != self._head(body):
                return None
            trace = codec.loads(body.decode())
        except (OSError, ValueError, RuntimeError, InspectError):
            return None
        with suppress(OSError):
            os.utime(path)  # read last
        made = reproducible() or trace.provenance.captured_at
        return replace(trace, provenance=replace(trace.provenance, cached=True, captured_at=made))

    def keep(self, trace: Trace) -> None:
        """Keep the trace if the key alone decides it, and make room for it."""
        if trace.failure is not None or trace.provenance.device != "meta":
            return
        from resnet_inspect.files import write_all

        body = codec.dumps(trace)
        head = self._head(body.encode()).decode()
        with suppress(OSError, RuntimeError, InspectError):
            path = self.path
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if path.exists() and not path.is_file():
                return
            write_all({path: f"{head}\n{body}"}, overwrite=True)
            _make_room(path.parent)

    def _head(self, body: bytes) -> bytes:
        from hashlib import blake2b

        key = self.key.encode()
        return blake2b(key + b"\n" + body, digest_size=32).hexdigest().encode() + b" " + key


_LARGEST = 2**28
"""Bytes of an entry that are read."""


def _contents(path: Path) -> bytes:
    """The bytes of an entry; raises `OSError` for what is none, without waiting for a pipe."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
    with open(os.open(path, flags | getattr(os, "O_BINARY", 0)), "rb") as stream:
        status = os.fstat(stream.fileno())
        if not stat.S_ISREG(status.st_mode) or not _is_ours(status):
            raise OSError(f"{path} is no entry")
        return stream.read(_LARGEST)


def entry(**asked: Any) -> Entry | None:
    """The entry for what is asked, plain data only, under the versions that are installed.

    None if the cache is turned off or cannot be trusted, or torch is not installed as a package
    with a version.
    """
    if os.environ.get(OFF_VARIABLE) or refusal():
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
            status = path.lstat()
            if stat.S_ISREG(status.st_mode):
                yield path, status
