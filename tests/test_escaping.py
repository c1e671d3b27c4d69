"""Text from outside is shown, never obeyed: the gate, and that there is no way around it."""

from __future__ import annotations

import ast
import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from saved import DATA, steady

import resnet_inspect
from resnet_inspect.cli import main
from resnet_inspect.escaping import (
    LONGEST,
    first_line,
    json_text,
    message,
    named_first_line,
    named_line,
    said,
    visible,
    visible_lines,
)

HOSTILE = "a\x1b]0;pwn\x07\x9b2J\u202eb\u200bc\u2066d\ufeffe\U000e0041f\u3164\r\x7f\x08"
OBEYED = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def obeyed(written: str) -> list[str]:
    """The characters in it that do something rather than show something."""
    return [c for c in written if unicodedata.category(c) in OBEYED and c != "\n"]


@steady
@given(st.text())
def test_visible_text_is_one_line_of_the_same_length(written: str) -> None:
    shown = visible(written)
    assert len(shown) == len(written)
    assert not obeyed(shown)
    assert "\n" not in shown
    letters = [(a, b) for a, b in zip(written, shown, strict=True) if a.isascii() and a >= " "]
    assert all(a == b or a == "\x7f" for a, b in letters)


def test_the_letters_of_all_scripts_stay() -> None:
    for written in ("größe", "слой1", "层·1", "שכבה", "e\u0301", "🙂", "❤\ufe0f", "e\u0301" * 99):
        assert visible(written) == written


def test_marks_that_flood_a_letter_are_cut_off() -> None:
    for upon in ("\u0301", "\u0e49", "\u20dd\u0301\u0489"):
        written = f"a{upon * 400}b"
        shown = visible(written)
        assert len(shown) == len(written)
        assert shown[:9] == written[:9]
        assert set(shown[9:-1]) == {"\ufffd"}
        assert json.loads(json_text(written)) == written
        assert upon * 9 not in json_text(written)
        assert visible_lines(f"{written}\n") == f"{shown}\n"


def test_what_hides_in_selectors_of_variants_is_shown() -> None:
    hidden = "".join(chr(0xE0100 + byte) for byte in b"hidden")
    assert visible(f"a{hidden}\ufe03") == "a" + "\ufffd" * 7


@steady
@given(st.recursive(st.text(), lambda inner: st.dictionaries(st.text(), inner)))
def test_json_shows_every_character_and_means_the_same(value: object) -> None:
    written = json_text(value, indent=2)
    assert not obeyed(written)
    assert json.loads(written) == value


def test_messages_are_cut_and_lines_are_kept() -> None:
    assert message("one\n  two\x1b") == "one two␛"
    assert len(message("x" * 10**7)) < LONGEST + 20
    assert len(message(" x" * 10**7)) < LONGEST + 20
    assert visible_lines("one\n\ttwo\x1b\n") == "one\n\ttwo␛\n"


def test_an_exception_that_cannot_say_anything_says_nothing() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert said(Mute()) == ""
    assert first_line(Mute()) == named_line(Mute()) == named_first_line(Mute()) == "Mute"


def test_an_exception_is_told_in_a_line() -> None:
    error = ValueError("\n  one:\n\ttwo  three")
    assert first_line(error) == "one:"
    assert named_first_line(error) == "ValueError: one:"
    assert named_line(error) == "ValueError: one: two three"


def hostile_trace(folder: Path) -> Path:
    """The saved trace of a network with a failure, every name of which is hostile."""
    written = (DATA / "broken.json").read_text(encoding="utf-8")
    document = json.loads(written)
    for path in [c["path"] for c in document["modules"] if c["path"]]:
        written = written.replace(json.dumps(path), json.dumps(f"{path}{HOSTILE}"))
    document = json.loads(written)
    document["model_name"] += HOSTILE
    document["provenance"]["notes"] = [HOSTILE]
    document["failure"]["message"] = document["failure"]["error"] = HOSTILE
    file = folder / f"{HOSTILE.replace(chr(0), '')}.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    "command",
    [
        "show",
        "show --color always",
        "show --format json",
        "show --format csv",
        "show --format html",
        "show --view modules --format md",
        "explain",
        "draw",
        "taps --python",
        "cost",
        "diff --format json SAME",
        "lock",
        "trace",
        "export x.lairs",
        "explain no\x1b[31m",
    ],
)
def test_nothing_of_a_file_is_obeyed(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(hostile_trace(tmp_path))
    name, *options = command.split(" ")
    main([name, file, *(file if option == "SAME" else option for option in options)])
    out, err = capsys.readouterr()
    colours = "\x1b" if "always" in command else ""
    assert out or err
    assert not [c for c in obeyed(out) if c not in colours]
    assert "\x1b]" not in out
    assert not obeyed(err)


@pytest.mark.parametrize("line", [f"a {HOSTILE} -> 1x3x8x8", f"model: {HOSTILE}", HOSTILE])
def test_nothing_of_a_lock_is_obeyed(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "net.lock"
    file.write_text(f"resnet-inspect lock 1\nmodel: x\nmode: eval\n{line}\n", encoding="utf-8")
    assert main(["show", str(file)]) == 1
    assert not obeyed("".join(capsys.readouterr()))


ROOT = Path(resnet_inspect.__file__).parent
GATE = {ROOT / "cli" / "diagnostics.py"}
STREAMS = {ROOT / "__main__.py", ROOT / "cli" / "streams.py", ROOT / "cli" / "console.py"}
"""These flush them, redirect them, and give one to rich."""


def ways_out(tree: ast.AST) -> Iterator[ast.Attribute | ast.Call]:
    """Where a module's code writes to stdout or stderr."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if (node.value.id, node.attr) in {("sys", "stderr"), ("sys", "__stderr__")}:
                yield node
            if node.value.id == "traceback" and node.attr.startswith("print_"):
                yield node
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in {"print", "sys.stdout.write", "sys.stdout.writelines", "os.write"}:
                yield node
            if called in {"click.echo", "click.secho", "click.prompt", "click.confirm"}:
                yield node


def test_nothing_writes_to_a_terminal_but_through_the_gate() -> None:
    found = [
        f"{file.relative_to(ROOT)}, line {node.lineno}"
        for file in sorted({*ROOT.rglob("*.py")} - GATE - STREAMS)
        for node in ways_out(ast.parse(file.read_text(encoding="utf-8")))
    ]
    assert found == []
    assert len(list(ways_out(ast.parse("print(1); sys.stderr.flush(); click.echo(1, err=1)")))) == 3
