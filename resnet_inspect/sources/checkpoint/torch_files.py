"""PyTorch's own files: a zip since version 1.6, several pickles and then the numbers before.

Names, shapes and types stand in a pickle, which is walked through and not obeyed.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from resnet_inspect.errors import CheckpointError
from resnet_inspect.sources.checkpoint.contents import AGAIN, SAVE, Contents, Storage
from resnet_inspect.sources.checkpoint.pickles import LARGEST, PickleError, Stored, walk
from resnet_inspect.sources.checkpoint.torch_tensors import (
    contents_of,
    lacking,
    malformed,
    storage_of,
)

_MOST = 2**24
"""Bytes of the index of a zip, which stands at its end."""


def read_zip(file: Path) -> Contents:
    """Every state dict in a file of torch since 1.6."""
    try:
        _check_index(file)
        with zipfile.ZipFile(file) as archive:
            entries = {one.filename.partition("/")[2]: one for one in archive.infolist()}
            _check(file, archive.infolist(), entries)
            if entries["data.pkl"].file_size > LARGEST:
                raise PickleError(f"it is larger than {LARGEST:,} bytes")
            said = walk(io.BytesIO(archive.read(entries["data.pkl"])))
    except PickleError as error:
        raise malformed(file, error) from error
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, EOFError) as error:
        raise CheckpointError(f"{file} is truncated or damaged", hint=AGAIN) from error

    big = False
    with file.open("rb") as stream:
        if "byteorder" in entries:
            stream.seek(_first(stream, entries["byteorder"]))
            big = stream.read(3) == b"big"

        def place(key: str, nbytes: int) -> Storage:
            entry = entries.get(f"data/{key}")
            held = 0 if entry is None else entry.file_size
            if nbytes > held:
                raise lacking(file, nbytes, held)
            start = -1 if big or entry is None else _first(stream, entry)
            return Storage(file, key, start, nbytes)

        return contents_of(file, said, place)


def _first(stream: BinaryIO, entry: zipfile.ZipInfo) -> int:
    """Where the bytes of an entry begin: behind its own header, which has two lengths in it."""
    stream.seek(entry.header_offset)
    header = stream.read(30)
    lengths = int.from_bytes(header[26:28], "little"), int.from_bytes(header[28:30], "little")
    return entry.header_offset + 30 + sum(lengths)


def _check_index(file: Path) -> None:
    """Refuse a zip whose index would not fit into memory, before it is read."""
    with file.open("rb") as stream:
        size = stream.seek(0, io.SEEK_END)
        stream.seek(max(0, size - 2**16 - 22))
        end = stream.read()
    place = end.rfind(b"PK\x05\x06")
    if place < 0 or len(end) < place + 22:
        raise CheckpointError(f"{file} is truncated: no index at its end", hint=AGAIN)
    length = int.from_bytes(end[place + 12 : place + 16], "little")
    wide = end.rfind(b"PK\x06\x06", 0, place)
    if wide >= 0:
        length = max(length % 0xFFFFFFFF, int.from_bytes(end[wide + 40 : wide + 48], "little"))
    if length > _MOST:
        raise CheckpointError(f"{file} was not opened: its index would have {length:,} bytes")


def _check(file: Path, every: list[zipfile.ZipInfo], entries: Mapping[str, object]) -> None:
    """Refuse a zip that torch did not write."""
    if "constants.pkl" in entries:
        raise CheckpointError(
            f"{file} was not opened, because it would run code: it is TorchScript, a program",
            hint=SAVE,
        )
    if "data.pkl" not in entries:
        raise CheckpointError(f"{file} is a zip archive and no checkpoint", hint=SAVE)
    size, unpacked = file.stat().st_size, sum(entry.file_size for entry in every)
    if unpacked > size or any(entry.compress_type != zipfile.ZIP_STORED for entry in every):
        raise CheckpointError(
            f"{file} was not opened: its {size:,} bytes would unpack to {unpacked:,}, "
            "and torch compresses nothing"
        )


_MAGIC = 0x1950A86A20F9469CFC6C
"""What the first pickle of a file of before 1.6 is."""


def read_pickles(file: Path) -> Contents:
    """Every state dict in a file of torch before 1.6: pickles, then each storage with its length.

    Of another pickle, such as a program may write, what it has of tensors.
    """
    with file.open("rb") as stream:
        try:
            said = first = walk(stream)
            keys: Any = []
            big = False
            if type(first.value) is int and first.value == _MAGIC:
                walk(stream)  # a version
                system = walk(stream).value
                big = isinstance(system, dict) and system.get("little_endian") is False
                said = walk(stream)
                keys = walk(stream).value
            starts = _starts(file, stream, said.stored, keys)
        except PickleError as error:
            raise malformed(file, error) from error

    def place(key: str, nbytes: int) -> Storage:
        start, held = starts.get(key, (-1, 0))
        if nbytes > held:
            raise lacking(file, nbytes, held)
        return Storage(file, key, -1 if big else start, nbytes)

    return contents_of(file, said, place)


def _starts(
    file: Path, stream: BinaryIO, stored: Iterable[Stored], keys: Any
) -> dict[str, tuple[int, int]]:
    """First byte and bytes of each storage; each stands behind the number of its elements."""
    items = {}
    for one in stored:
        if isinstance(one.key, tuple) and one.key[:1] != ("module",):  # the source of a class
            key, _, itemsize, _ = storage_of(one)
            items[key] = itemsize
    end = file.stat().st_size
    found = {}
    for key in keys if isinstance(keys, list) else ():
        if not isinstance(key, str) or key not in items:
            raise PickleError("it lists numbers that nothing uses")
        start = stream.tell() + 8
        nbytes = int.from_bytes(stream.read(8), "little") * items[key]
        if start + nbytes > end:
            raise PickleError("it is cut off")
        found[key] = start, nbytes
        stream.seek(start + nbytes)
    return found
