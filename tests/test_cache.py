"""The trace cache: what is kept, what is not, and that nothing of it is ever in the way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest
from saved import DATA, trace_of

import resnet_inspect as ri
from resnet_inspect import cache, pipeline
from resnet_inspect.errors import OutputError
from resnet_inspect.traces.model import Failure, Trace

ROOT = Path(__file__).parents[1]
SAVED = trace_of("resnet18")
SMALL = "resnet:basic:1,1:width=8,stem=cifar"


pytestmark = pytest.mark.usefixtures("cache_folder")


def entry(**asked: object) -> cache.Entry:
    found = cache.entry(**asked)
    assert found is not None
    return found


# -- entries -------------------------------------------------------------------------------------


def test_what_is_kept_comes_back_equal_and_says_where_it_was() -> None:
    entry(network="a").keep(SAVED)
    found = entry(network="a").read()
    assert found == SAVED
    assert found.provenance.cached
    assert not SAVED.provenance.cached
    assert entry(network="b").read() is None


def test_a_saved_trace_says_nothing_of_the_cache(tmp_path: Path) -> None:
    entry(network="a").keep(SAVED)
    found = entry(network="a").read()
    assert found is not None
    ri.save(found, tmp_path / "trace.json")
    assert not ri.load(tmp_path / "trace.json").provenance.cached
    assert "cached" not in json.loads((tmp_path / "trace.json").read_text())["provenance"]


def on_the_cpu(trace: Trace) -> Trace:
    return replace(trace, provenance=replace(trace.provenance, device="cpu"))


def that_raised(trace: Trace) -> Trace:
    return replace(trace, failure=Failure(1, "ValueError", "no"))


@pytest.mark.parametrize("other", [on_the_cpu, that_raised])
def test_what_the_key_does_not_decide_is_not_kept(
    other: Callable[[Trace], Trace], cache_folder: Path
) -> None:
    entry(network="a").keep(other(SAVED))
    assert not cache_folder.exists()


def test_every_damage_is_as_good_as_nothing_there() -> None:
    kept = entry(network="a")
    kept.keep(SAVED)
    whole = kept.path.read_bytes()
    assert kept.read() is not None
    digit = whole.rindex(b"3")
    damages = [
        b"", b"\n", whole[:100], whole[:-1], whole[: len(whole) // 2], whole + b" ",
        b"\xff" + whole, whole.replace(b"1", b"2", 1), whole.replace(b'"a"', b'"b"', 1),
        whole[:digit] + b"4" + whole[digit + 1 :],
    ]  # fmt: skip
    for damage in damages:
        kept.path.write_bytes(damage)
        assert kept.read() is None
    kept.path.unlink()
    kept.path.mkdir()
    assert kept.read() is None
    kept.keep(SAVED)  # cannot, and says nothing


def test_two_keys_with_one_file_are_not_mistaken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache.Entry, "path", cache.folder() / "00000000.trace")
    entry(network="a").keep(SAVED)
    assert entry(network="a").read() == SAVED
    assert entry(network="b").read() is None


def test_a_folder_that_cannot_be_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(cache.FOLDER_VARIABLE, str(tmp_path / "file" / "below"))
    entry(network="a").keep(SAVED)
    assert entry(network="a").read() is None
    assert cache.clear() == (0, 0)


def test_what_was_read_least_recently_goes_first(
    cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = [entry(network=str(number)) for number in range(4)]
    for number, one in enumerate(kept[:3]):
        one.keep(SAVED)
        os.utime(one.path, (number, number))
    (cache_folder / ".killed.trace.0123").write_bytes(b"half")
    os.utime(cache_folder / ".killed.trace.0123", (0, 0))
    (cache_folder / "not-ours.txt").write_text("kept")
    assert kept[0].read() == SAVED  # and now it is the newest
    monkeypatch.setattr(cache, "LIMIT", int(kept[0].path.stat().st_size * 3.5))
    kept[3].keep(SAVED)
    assert [one.path.exists() for one in kept] == [True, False, True, True]
    assert not (cache_folder / ".killed.trace.0123").exists()
    assert cache.clear()[0] == 3
    assert [path.name for path in cache_folder.iterdir()] == ["not-ours.txt"]


def test_processes_that_write_read_and_remove_at_once_never_see_half_a_trace() -> None:
    code = (
        "from resnet_inspect import cache, pipeline\n"
        f"saved = pipeline.load({str(DATA / 'resnet18.json')!r})\n"
        "cache.LIMIT = 100_000\n"
        "for turn in range(12):\n"
        "    one = cache.entry(network=turn % 4)\n"
        "    one.keep(saved)\n"
        "    found = one.read()\n"
        "    assert found is None or found == saved\n"
        "    if turn == 7: cache.clear()\n"
        "print(sum(cache.entry(network=n).read() is not None for n in range(4)))"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    for process in running:
        assert process.stdout is not None
        with process, process.stdout as stdout:
            said = stdout.read()
            assert process.wait(60) == 0
            assert said.strip() in b"01234"
    left = list(cache.folder().iterdir())
    assert sum(path.stat().st_size for path in left) <= 100_000
    assert not [path for path in left if path.name.startswith(".")]


# -- keys ----------------------------------------------------------------------------------------


def test_versions_are_those_of_the_metadata() -> None:
    names = ("torch", "torchvision", "click", "rich")
    assert cache.installed(names) == {name: version(name) for name in names}
    assert cache.installed(["no-such-package"]) == {}


def test_the_key_follows_versions_code_and_switches(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {entry(network="a").key, entry(network="b").key}
    monkeypatch.setenv("TIMM_FUSED_ATTN", "0")
    keys.add(entry(network="a").key)
    monkeypatch.setattr(cache, "__version__", "0")
    keys.add(entry(network="a").key)
    monkeypatch.setattr(cache, "_own_code", list)
    keys.add(entry(network="a").key)
    monkeypatch.setattr(cache, "installed", lambda packages: {"torch": "2.0"})
    keys.add(entry(network="a").key)
    assert len(keys) == 6
    monkeypatch.setattr(cache, "installed", lambda packages: {})
    assert cache.entry(network="a") is None


def test_every_file_that_makes_a_trace_is_looked_at_for_changes() -> None:
    looked_at = [name for name, *_ in cache._own_code()]
    assert len(looked_at) == len(set(looked_at))
    assert {
        "capture/recording/recorder.py",
        "capture/backends.py",
        "pipeline/tracing/trace.py",
    } <= set(looked_at)


# -- a cache that cannot be trusted --------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="folders have no such modes here")
@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o775, 0o702])
def test_nothing_is_taken_from_a_folder_that_others_can_write(
    cache_folder: Path, mode: int
) -> None:
    entry(network="a").keep(SAVED)
    cache_folder.chmod(mode)
    assert cache.entry(network="a") is None
    assert str(cache_folder) in cache.refusal()
    assert pipeline.why_no_cache("model.py:Net") == pipeline.why_no_cache(SMALL, "cpu") == ""
    cache_folder.chmod(0o755)
    assert cache.refusal() == ""
    assert entry(network="a").read() == SAVED


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no owners here")
def test_nothing_is_taken_from_a_folder_or_file_of_another(
    cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = entry(network="a")
    kept.keep(SAVED)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert kept.read() is None
    assert cache.refusal()
    monkeypatch.undo()
    monkeypatch.setenv(cache.FOLDER_VARIABLE, str(cache_folder))
    kept.path.chmod(0o666)
    assert kept.read() is None


def test_a_folder_that_is_made_is_ones_own(cache_folder: Path) -> None:
    previous = os.umask(0)
    try:
        entry(network="a").keep(SAVED)
    finally:
        os.umask(previous)
    assert cache_folder.stat().st_mode & 0o077 == 0


def test_pipes_devices_and_links_are_no_entries(cache_folder: Path, tmp_path: Path) -> None:
    kept = entry(network="a")
    kept.keep(SAVED)
    kept.path.rename(tmp_path / "elsewhere")
    kept.path.symlink_to(tmp_path / "elsewhere")
    assert kept.read() is None
    kept.path.unlink()
    os.mkfifo(kept.path)
    assert kept.read() is None  # and does not wait for a writer
    kept.keep(SAVED)
    assert cache.clear() == (0, 0)
    assert kept.path.is_fifo()


def test_without_a_home_there_is_no_cache_and_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(cache.FOLDER_VARIABLE)
    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    assert "no home folder" in cache.refusal()
    assert cache.entry(network="a") is None
    with pytest.raises(OutputError, match="no home folder"):
        cache.folder()
    monkeypatch.setenv(cache.FOLDER_VARIABLE, str(tmp_path / "kept"))
    assert entry(network="a").read() is None
