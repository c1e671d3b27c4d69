"""A source is added by a module and one entry in the registry, and its networks can be named."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
import torch
from commands import python

from resnet_inspect.errors import UnknownName
from resnet_inspect.sources import SOURCES, offered, source, subject

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


OFFERED = {
    "resnet18": {"num_classes": "1000", "width_per_group": "64", "channels": "3"},
    "wide_resnet50_2": {"width_per_group": "128"},
    "paper:cifar_resnet20:width=8": {"depths": "(3, 3, 3)", "width": "8", "shortcut": "'A'"},
}
"""What torchvision's signatures and the papers' tables say."""


@pytest.mark.parametrize("name", OFFERED)
def test_a_builder_says_what_it_takes_and_takes_it(name: str) -> None:
    chosen = subject(name)
    found = offered(chosen)
    assert found.items() >= OFFERED[name].items()
    assert not {"weights", "norm_layer", "progress"} & found.keys()
    given = {argument: ast.literal_eval(default) for argument, default in found.items()}
    meta = torch.device("meta")
    asked, usual = (
        source(chosen.source).build(chosen.name, arguments, meta) for arguments in (given, {})
    )
    assert str(asked) == str(usual)


def test_a_class_of_ones_own_says_what_it_takes(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(
        "from torch import nn\n"
        "class Net(nn.Module):\n"
        "    def __init__(self, depth, width=16, act=nn.ReLU, pool='max', **more):\n"
        "        super().__init__()\n"
    )
    found = offered(subject(f"{tmp_path}/model.py:Net"))
    assert found == {"depth": "", "width": "16", "pool": "'max'"}


def test_the_folder_of_a_run_is_no_model_and_says_where_its_weights_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnknownName) as refused:
        subject("run")
    assert "--weights run/best.safetensors" in refused.value.hint
