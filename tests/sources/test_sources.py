"""A source is added by a module and one entry in the registry, and its networks can be named."""

from __future__ import annotations

import json
from pathlib import Path

from commands import python

from resnet_inspect.sources import SOURCES

TOY = """
from torch import nn
from resnet_inspect.sources.catalogue import Variant

def variants():
    return (Variant("toy:line", "toys", input=(1, 4)),)

def default_input(name):
    return (1, 4)

def build(name, arguments, device):
    return nn.Linear(4, 2, device=device)
"""

PROGRAM = """
from resnet_inspect.sources import SOURCES
SOURCES["toy"] = "toys"
from resnet_inspect.cli import main
"""


def run(folder: Path, arguments: list[str]) -> str:
    (folder / "toys.py").write_text(TOY, encoding="utf-8")
    found = f"import sys; sys.path.insert(0, {str(folder)!r})"
    done = python("-c", f"{found}{PROGRAM}raise SystemExit(main({arguments!r}))")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_its_networks_are_listed_and_traced(tmp_path: Path) -> None:
    listed = json.loads(run(tmp_path, ["list", "toy:*", "--format", "json"]))
    assert "toy:line" in json.dumps(listed)
    traced = json.loads(run(tmp_path, ["trace", "toy:line", "--format", "json"]))
    assert traced["provenance"]["source"] == "toy:line"
    assert [row["op"] for row in traced["rows"]] == ["linear"]


def test_each_entry_names_a_module_with_the_functions_of_a_source() -> None:
    for module in SOURCES.values():
        inside = Path(__file__).parents[2].joinpath(*module.split("."))
        file = inside.with_suffix(".py")
        written = (file if file.exists() else inside / "__init__.py").read_text(encoding="utf-8")
        for function in ("variants", "default_input", "build"):
            assert f"\ndef {function}(" in written
