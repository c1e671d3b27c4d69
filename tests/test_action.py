"""The action and the hook for other repositories: the step is run, with stand-ins for programs."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from resnet_inspect.cli.group import commands

ROOT = Path(__file__).parent.parent
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())

PROGRAM = """#!/bin/sh
for word in "$@"; do echo "$word" >> {here}/asked; last="$word"; done
test -n "$WRITES" && echo "$WRITES" > "$last"
exit $EXITS
"""
GH = """#!/bin/sh
echo "$@" >> {here}/commented
exit ${GH_EXITS:-0}
"""


def step(name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(s for s in ACTION["runs"]["steps"] if s.get("id") == name)
    return found


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize(
    ("exits", "writes", "environment", "changed", "commented"),
    [
        (0, "", {}, "changed=false\n", False),
        (1, "| what | changed |", {}, "changed=true\n", True),
        (1, "| what | changed |", {"GH_EXITS": "4"}, "changed=true\n", True),
        (1, "| what | changed |", {"COMMENT": "false"}, "changed=true\n", False),
        (1, "| what | changed |", {"PULL_REQUEST": ""}, "changed=true\n", False),
        (1, "", {}, "", False),  # it could not be run: nothing is known to have changed
        (2, "", {}, "", False),
    ],
)
def test_what_changed_is_commented(
    tmp_path: Path,
    exits: int,
    writes: str,
    environment: dict[str, str],
    changed: str,
    commented: bool,
) -> None:
    for name, script in (("resnet-inspect", PROGRAM), ("gh", GH)):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(script.replace("{here}", str(tmp_path)))
        program.chmod(0o755)
    files = {name: tmp_path / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    for file in files.values():
        file.touch()
    given = {
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "RUNNER_TEMP": str(tmp_path),
        **{name: str(file) for name, file in files.items()},
        "MODEL": "my model.py:Net",
        "LOCK": "net.lock",
        "OPTIONS": "--set num_classes=10",
        "COMMENT": "true",
        "PULL_REQUEST": "7",
        "EXITS": str(exits),
        "WRITES": writes,
        **environment,
    }
    assert set(step("check")["env"]) - set(given) == {"GH_TOKEN", "GH_REPO"}
    script = ["bash", "-e", "-o", "pipefail", "-c", step("check")["run"]]
    done = subprocess.run(script, env=given, timeout=60)
    assert done.returncode == exits
    assert files["GITHUB_OUTPUT"].read_text() == changed
    assert files["GITHUB_STEP_SUMMARY"].read_text().strip() == writes
    assert (tmp_path / "commented").exists() == commented
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked[:6] == [
        "check", "my model.py:Net", "--lock", "net.lock", "--set", "num_classes=10",
    ]  # fmt: skip
    of_check = commands.get_command(click.Context(commands), "check")
    assert of_check is not None
    assert of_check.make_context("check", asked[1:]).params["output"].endswith(".md")


def test_every_input_is_used_and_every_one_used_is_there() -> None:
    written = str(ACTION["runs"]) + str(ACTION["outputs"])
    assert set(re.findall(r"inputs\.([\w-]+)", written)) == set(ACTION["inputs"])


def test_the_hook_runs_a_command_that_there_is() -> None:
    (hook,) = HOOKS
    program, command = shlex.split(hook["entry"])
    assert program == "resnet-inspect"
    assert commands.get_command(click.Context(commands), command) is not None
    assert hook["pass_filenames"] is False
