"""What the tab key completes, asked as a shell asks."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from resnet_inspect.cli import main
from resnet_inspect.cli.completion import SHELLS, program_for

SAVED = Path(__file__).parent.parent / "data" / "resnet50.json"


def completed(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> list[str]:
    """What bash is answered for a line with the cursor at its end, without the kind."""
    monkeypatch.setenv("_RESNET_INSPECT_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_LINE", f"resnet-inspect {line}")
    assert main([]) == 0
    return [entry.partition(",")[2] for entry in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("exp", ["export", "explain"]),
        ("trace resnet10", ["resnet101"]),
        ("trace resnet50 --forma", ["--format"]),
        ("trace resnet50 --format m", ["md"]),
        ("trace resnet50 --format=m", ["md"]),
        ("trace resnet50 --columns macs_s", ["macs_share"]),
        ("trace resnet50 --columns path,macs_s", ["path,macs_share"]),
        ("trace resnet50 --columns macs_share,macs_s", []),
        ("trace resnet50 --columns +jump,+macs_s", ["+jump,+macs_share"]),
        ("trace resnet50 --columns=path,macs_s", ["path,macs_share"]),
        ("trace resnet50 --only conv,po", ["conv,pool"]),
        ("trace resnet50 --where strid", ["stride"]),
        ("trace resnet50 --where 'stride:2 -kern", ["stride:2 -kernel_size"]),
        ("measure resnet50 --where time_sh", ["time_share"]),
        ("signal resnet50 --where weight_g", ["weight_gradient_norm"]),
        ("diff resnet18 resnet34 --where time_r", ["time_ratio"]),
        (f"explain {SAVED} layer2.1.con", [f"layer2.1.conv{i}" for i in (1, 2, 3)]),
        (f"show {SAVED} --match fc", ["fc"]),
        ("explain nowhere.json layer", []),
        ("completion f", ["fish"]),
    ],
)
def test_words_are_completed(
    line: str,
    words: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert completed(line, monkeypatch, capsys) == words


def test_behind_a_colon_only_the_rest_is_given(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = completed("trace paper:cifar_resnet12", monkeypatch, capsys)
    assert found == ["cifar_resnet1202", "cifar_resnet1202_b"]


def test_only_paths_that_a_shell_takes_literally_are_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written = SAVED.read_text(encoding="utf-8")
    names = ("$(touch x)", "`x`", "x;y", "a b", "*", "\x1b[2J", "a\nb", "\u202ea", "~", "é")
    for number, name in enumerate(names):
        part = json.dumps(name)[1:-1]
        written = written.replace(f'"layer2.{number // 3}.conv{number % 3 + 1}', f'"layer2.{part}')
    file = tmp_path / "net.json"
    file.write_text(written, encoding="utf-8")
    shown = completed(f"explain {file} layer2.", monkeypatch, capsys)
    assert "layer2.3.conv2" in shown
    assert "layer2.é" in shown
    assert all(re.fullmatch(r"[\w.:]+", path) for path in shown)


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_runs_the_program(tmp_path: Path) -> None:
    program = tmp_path / "resnet-inspect"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m resnet_inspect "$@"\n')
    program.chmod(0o755)
    script = (
        f"{program_for('bash')}\n"
        'COMP_LINE="resnet-inspect trace paper:cifar_resnet12"; COMP_POINT=${#COMP_LINE}\n'
        f"_resnet_inspect_completion {program}\n"
        'echo "${COMPREPLY[@]}"; complete -p resnet-inspect\n'
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60)
    said, kept = done.stdout.splitlines()
    assert said == "cifar_resnet1202 cifar_resnet1202_b"
    assert "_resnet_inspect_completion" in kept


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_has_its_program(shell: str) -> None:
    from resnet_inspect.cli.group import commands

    done = CliRunner().invoke(commands, ["completion", shell])
    assert done.exit_code == 0
    assert "_RESNET_INSPECT_COMPLETE" in done.output
    checker = shutil.which(shell)
    if checker:
        subprocess.run([checker, "-n"], input=done.output, text=True, check=True, timeout=60)


def test_another_shell_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "tcsh"]) == 2
    assert "tcsh" in capsys.readouterr().err
