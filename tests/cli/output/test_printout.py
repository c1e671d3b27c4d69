"""A table written: to stdout or to a file, in the format asked for or that of the suffix."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest
from commands import SAVED, inspect
from saved import trace_of

import resnet_inspect as ri
from resnet_inspect.cli.output.printout import check_outputs, is_page, print_table
from resnet_inspect.errors import OutputError, UnknownName
from resnet_inspect.formats import render

UNASKED: dict[str, Any] = {
    "output": None, "format": None, "width": None, "color": "never", "columns": None,
    "force": False, "raw": False,
}  # fmt: skip
TABLE = ri.tabulate(trace_of("resnet18"))


def test_two_outputs_are_two_files_and_neither_is_there(tmp_path: Path) -> None:
    here = tmp_path / "a.md"
    check_outputs([str(here), None, "-", "-", str(tmp_path / "b.md")], force=False)
    with pytest.raises(click.UsageError, match="same file"):
        check_outputs([str(here), str(tmp_path / "x" / ".." / "a.md")], force=True)
    here.write_text("mine")
    check_outputs([str(here)], force=True)
    with pytest.raises(OutputError, match="exists already"):
        check_outputs([str(here)], force=False)


@pytest.mark.parametrize(("output", "format", "found"), [
    ("a.html", None, True), ("a.html", "html", False), ("a.md", None, False),
    (None, None, False), ("-", None, False),
])  # fmt: skip
def test_a_page_is_asked_for_by_its_suffix_alone(
    output: str | None, format: str | None, found: bool
) -> None:
    assert is_page(UNASKED | {"output": output, "format": format}) == found


def test_a_file_has_the_format_that_is_asked_for_or_that_of_its_suffix(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "t.csv"
    print_table(TABLE, UNASKED | {"output": str(file)})
    assert file.read_text(encoding="utf-8") == render(TABLE, "csv")
    assert capsys.readouterr() == ("", f"resnet-inspect: wrote {file}\n")
    print_table(TABLE, UNASKED | {"output": str(file), "format": "md", "force": True})
    assert file.read_text(encoding="utf-8") == render(TABLE, "md")
    with pytest.raises(OutputError, match="exists already"):
        print_table(TABLE, UNASKED | {"output": str(file)})
    with pytest.raises(UnknownName, match="pdf"):
        print_table(TABLE, UNASKED | {"output": str(tmp_path / "t.pdf")})
    capsys.readouterr()
    print_table(TABLE, UNASKED | {"output": "-", "format": "json"})
    assert json.loads(capsys.readouterr().out)["model"] == "resnet18"


def test_columns_that_have_no_room_are_named_but_none_that_was_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_table(TABLE, UNASKED | {"width": 60})
    out, err = capsys.readouterr()
    assert max(map(len, out.splitlines())) <= 60
    assert err.startswith("resnet-inspect: no room in 60 columns for: ")
    assert "stride" in err
    (header,) = (line for line in out.splitlines() if line.startswith("layer "))
    assert "stride" not in header
    wide = ri.tabulate(
        trace_of("resnet18"), selection=ri.Selection(columns=("path", "output_shape", "parameters"))
    )
    print_table(wide, UNASKED | {"width": 20, "columns": "path,output_shape,parameters"})
    out, err = capsys.readouterr()
    width = max(len(line) for line in out.splitlines() if set(line) == {"─"})
    assert width > 20
    assert "no room" not in err
    assert f"what was asked for takes {width} columns; there are 20" in err


def test_a_narrow_terminal_drops_columns_and_says_which() -> None:
    done = inspect("show", str(SAVED), "--width", "80")
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert done.stderr.startswith("resnet-inspect: no room in 80 columns for: ")
    assert inspect("show", str(SAVED), COLUMNS="80").stdout == done.stdout
