"""Data sets fetched by torchvision from a server of the test, in the formats of the real ones."""

from __future__ import annotations

import gzip
import hashlib
import io
import pickle
import tarfile
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy
import pytest
from torchvision import datasets

from resnet_inspect.cli import main
from resnet_inspect.errors import BadInput
from resnet_inspect.lab.data_sets import load
from resnet_inspect.lab.data_sets.split import InMemory, Split

pytest.importorskip("lightning")

TRAINING, HELD_OUT = 20, 10
"""Images in each of the test's archives."""


class Silent(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]


class Server:
    """Serves a folder; knows what was asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(folder)))
        self.asked: list[str] = []
        self.http.asked = self.asked  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    found = Server(tmp_path / "there")
    found.folder.mkdir()
    thread = threading.Thread(target=found.http.serve_forever, args=(0.01,))
    thread.start()
    yield found
    found.http.shutdown()
    found.http.server_close()
    thread.join()


Offer = Callable[[Server, pytest.MonkeyPatch], None]


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def pixels(number: int, *shape: int) -> Any:
    return (numpy.arange(number * int(numpy.prod(shape))) % 251).astype("uint8").reshape(number, -1)


def cifar(classes: int) -> Offer:
    """An archive of pickled batches, as the University of Toronto offers it."""
    kind = datasets.CIFAR10 if classes == 10 else datasets.CIFAR100
    key = b"labels" if classes == 10 else b"fine_labels"
    names = [f"class {number}" for number in range(classes)]

    def offer(server: Server, patch: pytest.MonkeyPatch) -> None:
        def batch(number: int) -> bytes:
            labels = [label % classes for label in range(number)]
            made = {b"data": pixels(number, 3, 32, 32), key: labels}
            return pickle.dumps({k.decode(): value for k, value in made.items()})

        parts = [name for name, _ in kind.train_list]
        each = TRAINING // len(parts)
        files = {name: batch(each) for name in parts}
        files[kind.test_list[0][0]] = batch(HELD_OUT)
        files[kind.meta["filename"]] = pickle.dumps({kind.meta["key"]: names})
        written = io.BytesIO()
        with tarfile.open(fileobj=written, mode="w:gz") as archive:
            for name, content in files.items():
                entry = tarfile.TarInfo(f"{kind.base_folder}/{name}")
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
        (server.folder / kind.filename).write_bytes(written.getvalue())
        patch.setattr(kind, "url", server.url + kind.filename)
        patch.setattr(kind, "tgz_md5", md5(written.getvalue()))
        for list_name in ("train_list", "test_list"):
            listed = [[name, md5(files[name])] for name, _ in getattr(kind, list_name)]
            patch.setattr(kind, list_name, listed)
        patch.setattr(kind, "meta", {**kind.meta, "md5": md5(files[kind.meta["filename"]])})

    return offer


def mnist(kind: Any) -> Offer:
    """Four files of IDX, zipped, as LeCun's page and Zalando offer them."""

    def offer(server: Server, patch: pytest.MonkeyPatch) -> None:
        resources = []
        for name, _ in kind.resources:
            number = TRAINING if name.startswith("train") else HELD_OUT
            count = number.to_bytes(4, "big")
            if "images" in name:
                side = (28).to_bytes(4, "big")
                content = bytes([0, 0, 8, 3]) + count + side + side
                content += pixels(number, 28, 28).tobytes()
            else:
                content = bytes([0, 0, 8, 1]) + count + bytes(i % 10 for i in range(number))
            zipped = gzip.compress(content)
            (server.folder / name).write_bytes(zipped)
            resources.append((name, md5(zipped)))
        patch.setattr(kind, "mirrors", [server.url])
        patch.setattr(kind, "resources", resources)

    return offer


OFFERS: dict[str, tuple[Offer, int, int]] = {
    "cifar10": (cifar(10), 3, 10),
    "cifar100": (cifar(100), 3, 100),
    "mnist": (mnist(datasets.MNIST), 1, 10),
    "fashion_mnist": (mnist(datasets.FashionMNIST), 1, 10),
}


@pytest.fixture
def offered(name: str, server: Server, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """Channels and classes of the data set of that name, which the server has."""
    offer, channels, classes = OFFERS[name]
    offer(server, monkeypatch)
    return channels, classes


def images_of(split: Split) -> list[InMemory]:
    found = [split.training, split.held_out]
    assert all(isinstance(part, InMemory) for part in found)
    return found  # type: ignore[return-value]


@pytest.mark.parametrize("name", OFFERS)
def test_it_is_fetched_once_and_only_if_that_is_asked_for(
    name: str,
    offered: tuple[int, int],
    server: Server,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    channels, classes = offered
    here = tmp_path / "here"
    with pytest.raises(BadInput, match=f"does not hold {name}") as refused:
        load(f"{name}:{here}", None, channels, 0, False)
    assert "--download" in refused.value.hint
    assert not server.asked
    capfd.readouterr()
    split = load(f"{name}:{here}", None, channels, 0, True)
    files = sorted(path.name for path in server.folder.iterdir())
    assert sorted({path.strip("/") for path in server.asked}) == files
    asked = len(server.asked)
    assert len(split.classes) == classes
    training, held_out = images_of(split)
    assert (len(training), len(held_out)) == (TRAINING, HELD_OUT)
    shape = (3, 32, 32) if channels == 3 else (1, 28, 28)
    expected = pixels(HELD_OUT, *shape).reshape(HELD_OUT, *shape)
    assert (held_out.images.numpy() == expected).all()
    assert held_out.classes.tolist() == [i % classes for i in range(HELD_OUT)]
    for download in (True, False):
        again = load(f"{name}:{here}", None, channels, 0, download)
        assert (images_of(again)[0].images == training.images).all()
    assert len(server.asked) == asked, "it is there"
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("name", ["cifar10", "mnist"])
def test_what_is_not_as_it_was_published_is_refused(
    name: str, offered: tuple[int, int], server: Server, tmp_path: Path
) -> None:
    channels, _ = offered
    for file in server.folder.iterdir():
        content = file.read_bytes()
        file.write_bytes(content[:-9] + bytes(9))
    with pytest.raises(BadInput, match="could not be downloaded") as refused:
        load(f"{name}:{tmp_path / 'here'}", None, channels, 0, True)
    assert "\n" not in refused.value.message
    assert "corrupted" in refused.value.message
    with pytest.raises(BadInput, match=f"does not hold {name}"):
        load(f"{name}:{tmp_path / 'here'}", None, channels, 0, False)


@pytest.mark.parametrize("length", [2, 1000000], ids=["half", "empty"])
@pytest.mark.parametrize("name", ["cifar10", "mnist"])
def test_files_that_are_damaged_are_named(
    length: int, name: str, offered: tuple[int, int], tmp_path: Path
) -> None:
    channels, _ = offered
    load(f"{name}:{tmp_path / 'here'}", None, channels, 0, True)
    for file in sorted(tmp_path.glob("here/**/*")):
        if file.is_file() and file.suffix != ".gz":
            file.write_bytes(file.read_bytes()[: file.stat().st_size // length])
    with pytest.raises(BadInput, match=f"does not hold {name}") as refused:
        load(f"{name}:{tmp_path / 'here'}", None, channels, 0, False)
    assert "\n" not in refused.value.message


@pytest.mark.usefixtures("offered")
@pytest.mark.parametrize("name", ["cifar10", "mnist"])
def test_a_network_that_fails_is_one_line(
    name: str,
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for file in server.folder.iterdir():
        file.unlink()  # 404, then a port that nobody listens on
    for _ in range(2):
        run = ["train", "-o", str(tmp_path / "run"), "--data", f"{name}:{tmp_path / 'here'}"]
        assert main([*run, "--download"]) == 2
        out, err = capfd.readouterr()
        assert (out, err.count("\n")) == ("", 1), err
        assert f"{name} could not be downloaded" in err
        assert not (tmp_path / "run").exists()
        nobody = "http://127.0.0.1:9/"
        monkeypatch.setattr(datasets.MNIST, "mirrors", [nobody])
        monkeypatch.setattr(datasets.CIFAR10, "url", nobody + datasets.CIFAR10.filename)
