"""Files written whole or not at all, and never over an existing one unasked."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from resnet_inspect.errors import OutputError


def refuse_existing(paths: Iterable[Path]) -> None:
    """Raise `OutputError` if any of these is an existing file."""
    for path in paths:
        if path.is_dir():
            raise OutputError(f"{path} is a folder", hint="name a file in it")
        if path.is_file():
            raise OutputError(f"{path} exists already", hint="--force overwrites it")


def write_all(contents: Mapping[Path, str | bytes], *, overwrite: bool = False) -> None:
    """Write several files, text as UTF-8; if any cannot be written, none is.

    Each is written beside its place and moved there. A device or pipe is written to directly.
    Raises `OutputError`.
    """
    if not overwrite:
        refuse_existing(contents)
    written: list[tuple[Path, Path]] = []
    path = Path()
    try:
        for path, content in contents.items():
            written_as = content.encode() if isinstance(content, str) else content
            if path.is_dir():
                raise OutputError(f"{path} is a folder", hint="name a file in it")
            if path.exists() and not path.is_file():
                path.write_bytes(written_as)
                continue
            target = path.resolve()
            beside = target.with_name(f".{target.name}.{os.urandom(4).hex()}")
            written.append((beside, target))
            beside.write_bytes(written_as)
        for beside, target in written:
            path = target
            if overwrite:
                os.replace(beside, target)
            else:
                _move_to_new(beside, target)
    except OSError as error:
        raise OutputError(
            f"{path} could not be written: {error.strerror or error}",
            hint="nothing was left half-written",
        ) from error
    finally:
        for beside, _ in written:
            beside.unlink(missing_ok=True)


def _move_to_new(beside: Path, target: Path) -> None:
    """Move a file to a place where none is, also if one appears there meanwhile."""
    try:
        os.link(beside, target)
    except FileExistsError as error:
        raise OutputError(f"{target} exists already", hint="--force overwrites it") from error
    except OSError:  # a file system without hard links
        if target.exists():
            raise OutputError(f"{target} exists already", hint="--force overwrites it") from None
        os.replace(beside, target)
