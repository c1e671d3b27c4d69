"""Files are written whole or not at all, and nothing of the user's is lost."""

from __future__ import annotations

import os
import stat
from pathlib import Path

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
