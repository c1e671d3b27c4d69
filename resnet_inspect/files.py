"""Files written whole or not at all, and never over an existing one unasked."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from resnet_inspect.errors import OutputError


def refuse_existing(paths: Iterable[Path]) -> None:
    """Raise `OutputError` if any of these is an existing file, or can be none."""
    for path in paths:
        try:
            is_folder, is_file = path.is_dir(), path.is_file()
        except OSError as error:  # a name that is too long
            raise OutputError(f"{path} could not be written: {error.strerror}") from error
        if is_folder:
            raise OutputError(f"{path} is a folder", hint="name a file in it")
        if is_file:
            raise OutputError(f"{path} exists already", hint="--force overwrites it")


def write_all(contents: Mapping[Path, str | bytes], *, overwrite: bool = False) -> None:
    """Write several files, text as UTF-8; if any cannot be written, none is.

    Each is written beside its place and moved there, which no signal cuts short; one that is
    replaced keeps its mode, and one that is read-only is not replaced. A device or pipe is written
    to directly.

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
            beside = _beside(target)
            written.append((beside, target))
            beside.write_bytes(written_as)
            if target.is_file():
                mode = stat.S_IMODE(target.stat().st_mode)
                if not mode & 0o222:
                    raise OutputError(f"{path} is read-only", hint="chmod u+w, or another name")
                beside.chmod(mode)
        with _signals_waiting():
            with _all_or_none() as note:
                for beside, target in written:
                    path = target
                    note(beside, target)
                    if overwrite:
                        os.replace(beside, target)
                    else:
                        _move_to_new(beside, target)
            _remove([beside for beside, _ in written])
    except RuntimeError as error:  # links that loop, before Python 3.13
        raise OutputError(f"{path} is a link to itself", hint="another name") from error
    except OSError as error:
        raise OutputError(
            f"{path} could not be written: {error.strerror or error}",
            hint="nothing was left half-written",
        ) from error
    finally:
        _remove([beside for beside, _ in written])


_ENDING = ("SIGINT", "SIGTERM", "SIGHUP")


@contextmanager
def _signals_waiting() -> Iterator[None]:
    """Have signals that would end this wait until it is done; to other threads none come."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    numbers = [getattr(signal, name) for name in _ENDING if hasattr(signal, name)]
    handlers = [(n, handler) for n in numbers if callable(handler := signal.getsignal(n))]
    try:
        for number, _ in handlers:
            signal.signal(number, lambda number, frame: came.append(number))
        yield
    finally:
        _handle_again(handlers)
        for number in came:
            signal.raise_signal(number)


def _handle_again(handlers: list[tuple[int, Any]]) -> None:
    """Give signals their handlers back; all of them, also where one comes at that moment."""
    try:
        while handlers:
            signal.signal(*handlers[-1])
            handlers.pop()
    finally:
        if handlers:
            _handle_again(handlers)


@contextmanager
def _all_or_none() -> Iterator[Callable[[Path, Path], None]]:
    """Gives what is told of each file before it is put in place; if one fails, all are back."""
    before: list[tuple[Path | None, Path, Path]] = []

    def note(beside: Path, target: Path) -> None:
        kept = _beside(target) if target.is_file() else None
        before.append((kept, beside, target))
        if kept is not None:
            try:
                os.link(target, kept)
            except OSError:  # a file system without hard links
                shutil.copy2(target, kept)

    try:
        yield note
    except BaseException:
        for kept, beside, target in before:
            if kept is not None:
                if not beside.exists():  # it is in the target's place
                    os.replace(kept, target)
            elif not beside.exists() or (target.exists() and target.samefile(beside)):
                target.unlink(missing_ok=True)  # it is ours; another may have come there first
        raise
    finally:
        _remove([kept for kept, _, _ in before if kept is not None])


def _remove(paths: list[Path]) -> None:
    """Remove files that may be there."""
    for path in paths:
        with suppress(OSError):
            path.unlink()


_PREFIX = ".resnet-inspect."


def _beside(target: Path) -> Path:
    """A name in the same folder that no one else takes; short, since the target's may be long."""
    return target.with_name(f"{_PREFIX}{os.urandom(6).hex()}")


def leftovers(folder: Path) -> list[Path]:
    """What was being written in a folder when its writer was killed, where it has no other."""
    return list(folder.glob(f"{_PREFIX}*"))


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
