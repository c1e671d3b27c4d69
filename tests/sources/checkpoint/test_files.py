"""Files of weights in every format, and those that are refused since they are not safe."""

from __future__ import annotations

import io
import json
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from weight_files import real, written

import resnet_inspect as ri
from resnet_inspect import pipeline
from resnet_inspect.errors import CheckpointError
from resnet_inspect.sources import checkpoint


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "weights.pth"


@pytest.mark.parametrize("kind", ["torch", "legacy", "safetensors", "index"])
def test_every_format_gives_the_same_shapes_types_and_numbers(tmp_path: Path, kind: str) -> None:
    tensors = real() | {"half": torch.ones(2, 3).half(), "bf16": torch.ones(1).bfloat16()}
    tensors["none"] = torch.zeros(0, 3)
    found = checkpoint.read(written(tmp_path, kind, tensors))
    assert {name: (spec.shape, spec.dtype) for name, spec in found.tensors.items()} == {
        name: (tuple(one.shape), str(one.dtype).removeprefix("torch."))
        for name, one in tensors.items()
    }
    values = checkpoint.values(found)
    assert all(torch.equal(values[name], tensors[name]) for name in tensors)


class _RunsCode:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (self.path,)

    path = ""


def _with_code(folder: Path) -> Any:
    bad = _RunsCode()
    bad.path = str(folder / "was run")
    return bad


def saved(value: object, **options: Any) -> bytes:
    stream = io.BytesIO()
    torch.save(value, stream, **options)
    return stream.getvalue()


def safetensors(header: object, numbers: bytes = b"", length: int | None = None) -> bytes:
    written = json.dumps(header).encode()
    return (len(written) if length is None else length).to_bytes(8, "little") + written + numbers


def bomb() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"0" * 10_000_000)
    return stream.getvalue()


def entry(shape: list[int], *offsets: int, dtype: str = "F32") -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": list(offsets)}


OLD = {"_use_new_zipfile_serialization": False}
BAD: dict[str, tuple[Callable[[Path], bytes], str]] = {
    "empty": (lambda _: b"", "is empty"),
    "a web page": (lambda _: b"\n<!DOCTYPE html><html>", "is a web page"),
    "git lfs": (lambda _: b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
    "gzip": (lambda _: b"\x1f\x8b\x08\x00", "gzip"),
    "keras": (lambda _: b"\x89HDF\r\n\x1a\n", "HDF5"),
    "text": (lambda _: b"hello", "no checkpoint that is known"),
    "zip": (lambda _: bomb().replace(b"data.pkl", b"data.txt"), "is a zip archive"),
    "a zip bomb": (lambda _: bomb(), "would unpack to 10,000,000"),
    "truncated": (lambda _: saved(real())[:5000], "is truncated"),
    "truncated, old": (lambda _: saved(real(), **OLD)[:-999], "truncated"),
    "cut in its head, old": (lambda _: saved(real(), **OLD)[:300], "truncated"),
    "code": (lambda f: saved({"a": _with_code(f)}), "would run code: it names .*mkdir"),
    "code, old": (lambda f: saved({"a": _with_code(f)}, **OLD), "would run code: it names"),
    "a pickle with code": (lambda f: pickle.dumps(_with_code(f)), "would run code: it names"),
    "a number": (lambda _: saved(3), "no tensors that have names"),
    "a tensor": (lambda _: saved(torch.zeros(2)), "no tensors that have names"),
    "a list": (lambda _: saved([torch.zeros(2)]), "no tensors that have names"),
    "json": (lambda _: b'{"calls": []}', "no weight_map"),
    "half a json": (lambda _: b'{"weight_map": {', "no JSON"),
    "deep json": (lambda _: b'{"weight_map":' + b"[" * 200_000, "no JSON"),
    "a missing shard": (
        lambda _: b'{"weight_map": {"a": "1.pth", "b": "2.pth"}}', "needs 2 files.*1.pth, 2.pth"
    ),
    "a shard elsewhere": (
        lambda _: b'{"weight_map": {"a": "../../etc/passwd"}}', "no file beside it"
    ),
    "no shard": (lambda _: b'{"weight_map": {"a": 3}}', "no file beside it"),
    "truncated safetensors": (
        lambda _: safetensors({"a": entry([2], 0, 8)}, b"1234"), "8 bytes of weights, 4 are there"
    ),
    "a lying shape": (
        lambda _: safetensors({"a": entry([2**40], 0, 8)}, b"12345678"), "not lie where its shape"
    ),
    "overlapping": (
        lambda _: safetensors({"a": entry([1], 0, 4), "b": entry([1], 2, 6)}, b"123456"),
        "not lie where its shape",
    ),
    "a negative shape": (
        lambda _: safetensors({"a": entry([-1, -1], 0, 4)}, b"1234"), "has no shape"
    ),
    "an unknown type": (
        lambda _: safetensors({"a": entry([1], 0, 4, dtype="X")}, b"1234"), "unknown type"
    ),
    "no place": (lambda _: safetensors({"a": {"dtype": "F32"}}), "no type, shape and place"),
    "a header past the end": (
        lambda _: safetensors({"a": entry([1], 0, 4)}, b"1234", length=5_000), "cannot be in"
    ),
    "no header": (lambda _: safetensors({}), "no tensors that have names"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_bad_files_are_refused_in_one_sentence(file: Path, kind: str) -> None:
    content, sentence = BAD[kind]
    file.write_bytes(content(file.parent))
    with pytest.raises(CheckpointError, match=sentence) as caught:
        ri.identify(file)
    assert str(file) in caught.value.message
    assert not (file.parent / "was run").exists()


def test_the_code_in_those_files_would_have_run(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(_with_code(tmp_path)))
    assert (tmp_path / "was run").exists()


@pytest.mark.parametrize("length", [0x3C, 0x4B50, 0x80])
def test_a_header_of_any_length_is_that_of_safetensors(file: Path, length: int) -> None:
    """The first bytes of its length may be those of a web page, of a zip or of a pickle."""
    header = json.dumps({"a": entry([1], 0, 4)}, separators=(",", ":")).encode()
    file.write_bytes(length.to_bytes(8, "little") + header.ljust(length) + b"1234")
    assert checkpoint.read(file).tensors["a"].shape == (1,)


def test_more_declared_than_there_is_is_refused(file: Path) -> None:
    """A storage of 4 bytes is declared as one of 4 TB; on meta nothing would notice."""
    with zipfile.ZipFile(io.BytesIO(saved({"a": torch.zeros(1)}))) as archive:
        entries = {one.filename: archive.read(one) for one in archive.infolist()}
    (pickled,) = [name for name in entries if name.endswith("data.pkl")]
    count = b"K\x01tq\x07Q"  # 1 element, end of the tuple, its number, persistent id
    assert count in entries[pickled]
    huge = b"\x8a\x06" + (10**12).to_bytes(6, "little") + b"tq\x07Q"
    entries[pickled] = entries[pickled].replace(count, huge)
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    with pytest.raises(CheckpointError, match="declares 4,000,000,000,000 bytes"):
        ri.identify(file)


@pytest.mark.parametrize("path", [".", "nowhere.pth", os.devnull])
def test_what_is_no_file_is_refused(path: str) -> None:
    with pytest.raises(CheckpointError, match=r"directory|no such file|no regular file"):
        pipeline.identify(path)
