"""Files of weights that mean harm, or are damaged: each is read, or refused in one sentence.

Nothing in them is run, and none takes more time and memory than its size allows.
`RESNET_INSPECT_FUZZ_SECONDS` is the time for damage at random, `RESNET_INSPECT_FUZZ_SEED` its seed.
"""

from __future__ import annotations

import io
import os
import pickle
import random
import time
import tracemalloc
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from resnet_inspect.errors import CheckpointError
from resnet_inspect.sources import checkpoint
from resnet_inspect.sources.checkpoint.pickles import PickleError, walk

SECONDS = float(os.environ.get("RESNET_INSPECT_FUZZ_SECONDS", "2"))
SEED = int(os.environ.get("RESNET_INSPECT_FUZZ_SEED", "13"))

MANY = 10_000


class Planted:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.folder),)


def zipped(pickled: bytes, **numbers: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("net/data.pkl", pickled)
        for key, held in numbers.items():
            archive.writestr(f"net/data/{key.removeprefix('n')}", held)
    return stream.getvalue()


def unzipped(file: bytes) -> tuple[bytes, dict[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        held = {one.filename.partition("/")[2]: archive.read(one) for one in archive.infolist()}
    numbers = {f"n{name[5:]}": part for name, part in held.items() if name.startswith("data/")}
    return held["data.pkl"], numbers


def seeds(planted: Planted) -> list[bytes]:
    weights = OrderedDict(
        {"conv1.weight": torch.ones(4, 3, 3, 3), "fc.bias": torch.zeros(2), "n": torch.tensor(1)}
    )
    module = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))
    made = []
    for value in (weights, {"model": weights, "beside": planted}, module):
        for new in (True, False):
            stream = io.BytesIO()
            torch.save(value, stream, _use_new_zipfile_serialization=new)
            made.append(stream.getvalue())
    header = b'{"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}'
    made.append(len(header).to_bytes(8, "little") + header + bytes(8))
    return made


HOSTILE = (
    b"cposix\nsystem\nX\x04\x00\x00\x00true\x85R",
    b"\x93", b"R", b"b", b"(", b"t", b"e", b"u", b"2",
    b"0", b"1", b"Q", b"]", b"}", b"N", b"\x8b\xff\xff\xff\x7f", b"r\xff\xff\xff\xff", b"\x94",
    b"\x8d" + b"\xff" * 8, b"\x8a\xff", b"I" + b"9" * 5_000 + b"\n", b"h\x00", b"h\x01", b"\x81",
    b"X\xff\xff\xff\xff", b"PK\x05\x06", b"PK\x06\x06", bytes(8), b"\xff" * 8, b"\x00\x00\x00\x80",
)  # fmt: skip


def damaged(chance: random.Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 5, 30))):
        place = chance.randrange(len(changed) or 1)
        kind = chance.randrange(6)
        if kind == 0:
            changed[place : place + 1] = bytes([chance.randrange(256)])
        elif kind == 1:
            changed[place:place] = chance.choice(HOSTILE)
        elif kind == 2:
            del changed[place : place + chance.choice((1, 3, 20))]
        elif kind == 3:
            length = chance.choice((2, 9, 60))
            start = chance.randrange(len(changed) or 1)
            changed[place:place] = changed[start : start + length]
        elif kind == 4:
            changed[place : place + 4] = chance.choice(HOSTILE)[:4]
        elif chance.random() < 0.1:
            del changed[place:]
    return bytes(changed)


def survived(file: Path) -> bool:
    """Whether the file was read; if it was refused, then in one sentence and soon."""
    start = time.process_time()
    try:
        found = checkpoint.read(file)
        assert all(isinstance(name, str) for name in found.tensors)
        checkpoint.values(found)
        read = True
    except CheckpointError as error:
        sentence, read = error.message, False
    else:
        sentence = ""
    assert "\n" not in sentence
    assert time.process_time() - start < 2
    return read


def test_damage_at_random_is_read_or_refused(tmp_path: Path) -> None:
    planted = Planted(tmp_path / "was run")
    originals = seeds(planted)
    file = tmp_path / "net.pth"
    chance = random.Random(SEED)
    read = tried = 0
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        content = chance.choice(originals)
        if content.startswith(b"PK") and chance.random() < 0.7:  # a sound zip of a damaged pickle
            pickled, numbers = unzipped(content)
            content = zipped(damaged(chance, pickled), **numbers)
        else:
            content = damaged(chance, content)
        file.write_bytes(content)
        try:
            read += survived(file)
        except BaseException:
            print(f"seed {SEED}, file {tried}: {content!r}"[:20_000])
            raise
        tried += 1
    assert tried > 50
    assert 0 < read < tried
    assert not planted.folder.exists()


def bombs() -> dict[str, bytes]:
    """Pickles that grow without end in what obeys them."""
    double = b"".join(
        b"h" + bytes([n]) + b"h" + bytes([n]) + b"\x86q" + bytes([n + 1]) for n in range(200)
    )
    module = b"}(X\x0b\x00\x00\x00_parameters}X\x08\x00\x00\x00_buffers}X\x08\x00\x00\x00_modules"
    inside = b"cm\nM\n)R" + module + b"}ubq\x00"
    for n in range(40):
        both = b"}(X\x01\x00\x00\x00ah" + bytes([n]) + b"X\x01\x00\x00\x00bh" + bytes([n]) + b"u"
        inside += b"cm\nM\n)R" + module + both + b"ubq" + bytes([n + 1])
    return {
        "tuples of tuples": b"\x80\x02)q\x00" + double + b".",
        "deep lists": b"\x80\x02" + b"]" * MANY + b"a" * (MANY - 1) + b".",
        "deep tuples": b"\x80\x02)" + b"\x85" * MANY + b".",
        "a deep tuple as a key": b"\x80\x02})" + b"\x85" * MANY + b"Ns.",
        "deep dictionaries": b"\x80\x02"
        + b"}X\x01\x00\x00\x00a" * MANY
        + b"}"
        + b"s" * MANY
        + b".",
        "marks": b"\x80\x02" + b"(" * MANY + b"t" * MANY + b".",
        "marks alone": b"\x80\x02" + b"(" * MANY,
        "a list in itself": b"\x80\x02]q\x00h\x00a.",
        "a dictionary in itself": b"\x80\x02}q\x00X\x01\x00\x00\x00ah\x00s.",
        "a memo far away": b"\x80\x02Nr\xff\xff\xff\xff.",
        "a number of two gigabytes": b"\x80\x02\x8b\xff\xff\xff\x7f.",
        "a number of many digits": b"\x80\x02I" + b"9" * MANY + b"\n.",
        "a string of exabytes": b"\x80\x04\x8d" + b"\xff" * 7 + b"\x7f.",
        "bytes of exabytes": b"\x80\x04\x8e" + b"\xff" * 7 + b"\x7f.",
        "modules in modules": b"\x80\x02" + inside + b".",
        "calls of calls": b"\x80\x02cposix\nsystem\n" + b")R" * MANY + b".",
        "nothing": b"\x80\x02.",
        "no end": b"\x80\x02" + b"N0" * MANY,
        "keys that collide": b"\x80\x02}("
        + b"".join(
            b"\x8a\x0a" + (n * (2**61 - 1)).to_bytes(10, "little") + b"N" for n in range(MANY)
        )
        + b"u.",
    }


@pytest.mark.parametrize("kind", bombs())
def test_bombs_do_not_go_off(tmp_path: Path, kind: str) -> None:
    pickled = bombs()[kind]
    for content in (zipped(pickled), pickled):
        file = tmp_path / "net.pth"
        file.write_bytes(content)
        tracemalloc.start()
        try:
            start = time.process_time()
            with pytest.raises(CheckpointError):
                checkpoint.read(file)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert time.process_time() - start < 5
        assert peak < 2**24 + 500 * len(content)


HUGE: dict[str, Callable[[bytes], bytes]] = {
    "more numbers than there are": lambda p: p.replace(b"K\x06tq", b"J\x00\x00\x00\x7ftq"),
    "a shape beyond its numbers": lambda p: p.replace(b"K\x02K\x03\x86", b"K\x02K\x04\x86"),
    "an offset beyond its numbers": lambda p: p.replace(b"QK\x00K\x02", b"QK\x01K\x02"),
    "a shape that overflows": lambda p: p.replace(
        b"K\x02K\x03\x86",
        b"\x8a\x07" + b"\xff" * 6 + b"\x7f" + b"\x8a\x07" + b"\xff" * 6 + b"\x7f\x86",
    ),
    "a negative shape": lambda p: p.replace(b"K\x02K\x03\x86", b"J\xff\xff\xff\xffK\x03\x86"),
}


@pytest.mark.parametrize("kind", HUGE)
def test_sizes_are_held_against_what_is_there(tmp_path: Path, kind: str) -> None:
    stream = io.BytesIO()
    torch.save({"a": torch.zeros(2, 3)}, stream)
    pickled, numbers = unzipped(stream.getvalue())
    changed = HUGE[kind](pickled)
    assert changed != pickled
    file = tmp_path / "net.pth"
    file.write_bytes(zipped(pickled, **numbers))
    assert survived(file)
    file.write_bytes(zipped(changed, **numbers))
    with pytest.raises(CheckpointError, match=r"declares|impossible shape"):
        checkpoint.read(file)


def test_many_tensors_of_one_number_take_no_memory(tmp_path: Path) -> None:
    stream = io.BytesIO()
    torch.save({"a": torch.zeros(()).expand(2**40)}, stream)
    file = tmp_path / "net.pth"
    file.write_bytes(stream.getvalue())
    assert checkpoint.read(file).tensors["a"].shape == (2**40,)
    assert survived(file)


def test_a_zip_with_a_huge_index_is_refused_before_it_is_read(tmp_path: Path) -> None:
    whole = zipped(b"\x80\x02}.")
    place = whole.rfind(b"PK\x05\x06")
    file = tmp_path / "net.pth"
    file.write_bytes(whole[: place + 12] + b"\xff\xff\xff\x7f" + whole[place + 16 :])
    with pytest.raises(CheckpointError, match="its index would have"):
        checkpoint.read(file)


def test_nothing_is_looked_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = Planted(tmp_path / "was run")
    pickled = pickle.dumps({"a": planted, "b": io.BytesIO})

    def raises(*_: object, **__: object) -> None:
        raise AssertionError("a name was looked up")

    monkeypatch.setattr("builtins.__import__", raises)
    said = walk(io.BytesIO(pickled))
    monkeypatch.undo()
    assert {str(name) for name in said.names} == {f"{os.mkdir.__module__}.mkdir", "_io.BytesIO"}
    assert not planted.folder.exists()
    with pytest.raises(PickleError):
        walk(io.BytesIO(pickled[:-1]))
