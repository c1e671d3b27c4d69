"""Files are written whole or not at all, and nothing of the user's is lost."""

from __future__ import annotations

import os
import signal
import stat
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from resnet_inspect import files
from resnet_inspect.errors import OutputError
from resnet_inspect.files import write_all


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_file_that_is_replaced_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o640)
    write_all({path: "new"}, overwrite=True)
    assert (path.read_text(encoding="utf-8"), stat.S_IMODE(path.stat().st_mode)) == ("new", 0o640)
    assert names(tmp_path) == {"a.md"}


def test_a_read_only_file_is_not_replaced(tmp_path: Path) -> None:
    path, other = tmp_path / "a.md", tmp_path / "b.md"
    path.write_text("mine", encoding="utf-8")
    path.chmod(0o444)
    with pytest.raises(OutputError, match="read-only"):
        write_all({other: "new", path: "new"}, overwrite=True)
    assert path.read_text(encoding="utf-8") == "mine"
    assert names(tmp_path) == {"a.md"}


@pytest.mark.parametrize("overwrite", [True, False])
def test_where_one_cannot_be_put_in_place_all_are_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overwrite: bool
) -> None:
    paths = [tmp_path / name for name in ("a", "b", "c")]
    if overwrite:
        paths[0].write_text("old", encoding="utf-8")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    name = "replace" if overwrite else "link"
    really = getattr(os, name)

    def failing(source: Path, target: Path) -> None:
        if target == paths[2] and not Path(source).read_bytes().startswith(b"old"):
            raise OSError(28, "No space left on device")
        really(source, target)

    monkeypatch.setattr(files.os, name, failing)
    if not overwrite:
        monkeypatch.setattr(files.os, "replace", failing)
    with pytest.raises(OutputError, match="No space left"):
        write_all(dict.fromkeys(paths, "new"), overwrite=overwrite)
    monkeypatch.undo()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_what_another_has_put_there_meanwhile_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    really = os.link

    def late(source: Path, target: Path) -> None:
        if target == second:
            second.write_text("theirs", encoding="utf-8")
        really(source, target)

    monkeypatch.setattr(files.os, "link", late)
    with pytest.raises(OutputError, match="exists"):
        write_all({first: "new", second: "new"})
    assert names(tmp_path) == {"b"}
    assert second.read_text(encoding="utf-8") == "theirs"


def test_names_may_be_as_long_as_the_file_system_has_them(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 252 + ".md")
    write_all({path: "new"})
    write_all({path: "newer"}, overwrite=True)
    assert path.read_text(encoding="utf-8") == "newer"
    with pytest.raises(OutputError, match="could not be written"):
        write_all({tmp_path / ("x" * 300): "new"})


def test_a_link_that_loops_is_refused_and_one_that_leads_somewhere_is_followed(
    tmp_path: Path,
) -> None:
    loop, link, there = tmp_path / "loop", tmp_path / "link", tmp_path / "there"
    loop.symlink_to(loop)
    with pytest.raises(OutputError):
        write_all({loop: "new"}, overwrite=True)
    link.symlink_to(there)
    write_all({link: "new"}, overwrite=True)
    assert link.is_symlink()
    assert there.read_text(encoding="utf-8") == "new"


class InterruptsAt:
    """Interrupts `files` at one of the lines that it runs, each time another."""

    def __init__(self, line: int) -> None:
        self.left = line

    def __call__(self, frame: FrameType, event: str, argument: object) -> Any:
        if frame.f_code.co_filename != files.__file__:
            return None
        if event == "line":
            self.left -= 1
            if self.left == 0:
                signal.raise_signal(signal.SIGINT)
        return self


@pytest.mark.parametrize("with_links", [True, False])
@pytest.mark.parametrize("overwrite", [True, False])
def test_an_interrupt_at_any_line_leaves_all_or_none_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overwrite: bool, with_links: bool
) -> None:
    if not with_links:
        monkeypatch.setattr(files.os, "link", lambda *_: os.stat(tmp_path / "nowhere"))
    paths = [tmp_path / name for name in "abc"]
    handler = signal.getsignal(signal.SIGINT)
    ended = []
    for line in range(1, 400):
        for path in paths:
            path.unlink(missing_ok=True)
        if overwrite:
            paths[1].write_text("old", encoding="utf-8")
        before = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
        traced = sys.gettrace()
        sys.settrace(InterruptsAt(line))
        try:
            write_all(dict.fromkeys(paths, "new"), overwrite=overwrite)
        except KeyboardInterrupt:
            ended.append("interrupted")
        else:
            ended.append("written")
        finally:
            sys.settrace(traced)
        found = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
        assert found in (before, dict.fromkeys("abc", "new")), line
        assert signal.getsignal(signal.SIGINT) is handler
    assert ended[-1] == "written"
    assert ended.count("interrupted") > 50
