"""The Python that loads weights into the network that they are of; what can be run is run."""

from __future__ import annotations

import ast
from dataclasses import replace

import pytest
from weights_by_name import NETWORK, changed, specs

from resnet_inspect.analysis.identity import Candidate, Identity, match
from resnet_inspect.traces.tensors import TensorSpec
from resnet_inspect.views.programs.loading import program


def identity(found: dict[str, TensorSpec], name: str = "resnet18", **arguments: object) -> Identity:
    best = Candidate(name, tuple(arguments.items()), match(found, NETWORK))
    return Identity("net.pth", "torch", "", (), found, None, (best,))


def written(of: Identity, file: str | None = None) -> str:
    program_ = program(of, file)
    ast.parse(program_)
    return program_


def renamed(of: Identity) -> dict[str, str]:
    """What the program makes of the names of the file: its lines are run on names for tensors."""
    lines = written(of).splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("state = "))
    end = next(
        n
        for n, line in enumerate(lines)
        if "model." in line and "get_model" not in line and n > start
    )
    kept = [line for line in lines[start:end] if "own = model" not in line]
    space: dict[str, dict[str, str]] = {"weights": {name: name for name in of.tensors}}
    exec("\n".join(kept), space)
    return {own: name for own, name in space["state"].items() if own in NETWORK}


def test_what_fits_is_loaded_as_it_is() -> None:
    said = written(identity(specs(NETWORK)))
    assert said.startswith("# net.pth is resnet18: all 8 tensors match\n")
    assert "model = get_model('resnet18', weights=None)\n" in said
    assert said.endswith("model.load_state_dict(state)\n")
    assert renamed(identity(specs(NETWORK))) == {name: name for name in NETWORK}


def test_a_prefix_is_taken_off() -> None:
    found = specs({f"module.{name}": shape for name, shape in NETWORK.items()})
    assert renamed(identity(found)) == {name: f"module.{name}" for name in NETWORK}


def test_names_are_changed_by_how_they_begin_where_that_is_enough() -> None:
    found = changed(fc__weight=None, fc__bias=None, head__weight=(1000, 8), head__bias=(1000,))
    assert "    'head': 'fc'," in written(identity(found)).splitlines()
    assert renamed(identity(found))["fc.bias"] == "head.bias"
    assert renamed(identity(found))["conv1.weight"] == "conv1.weight"


def test_names_that_no_beginning_tells_are_in_a_table() -> None:
    """fc.weight is head.w: what is behind the dot changes too, and otherwise for the bias."""
    found = changed(fc__weight=None, fc__bias=None, head__w=(1000, 8), head__b=(1000,))
    got = renamed(identity(found))
    assert (got["fc.weight"], got["fc.bias"]) == ("head.w", "head.b")


def test_what_has_no_place_is_left_out_and_what_is_missing_is_named() -> None:
    said = written(identity(changed(fc__weight=(10, 8), fc__bias=None, neck__weight=(4, 4))))
    flat = " ".join(line.removeprefix("# ") for line in said.splitlines())
    assert "Left out: fc.weight (is (10, 8), not (1000, 8)), neck.weight" in flat
    assert "Not in the file, so random, as it was built:" in flat
    assert "assert len(result.missing_keys) == 2, result.missing_keys" in said


def test_many_names_are_counted() -> None:
    extra = {f"extra.{n}": (1, n + 2) for n in range(30)}
    said = written(identity(specs(NETWORK | extra)))
    assert "and 6 more" in said
    assert max(len(line) for line in said.splitlines()) <= 100


@pytest.mark.parametrize(
    ("name", "arguments", "lines"),
    [
        (
            "resnet18",
            {"num_classes": 7},
            ["model = get_model('resnet18', weights=None, num_classes=7)"],
        ),
        (
            "fcn_resnet50",
            {},
            ["model = get_model('fcn_resnet50', weights=None, weights_backbone=None)"],
        ),
        (
            "timm:resnet18d",
            {"in_chans": 1},
            ["import timm", "model = timm.create_model('resnet18d', in_chans=1)"],
        ),
        ("paper:cifar_resnet20", {}, ["network = subject('paper:cifar_resnet20')"]),
        (
            "resnet18",
            {"channels": 1},
            ["stem = model.conv1", "model.conv1 = nn.Conv2d(", "    1,", "from torch import nn"],
        ),
    ],
)
def test_a_network_is_built_by_its_source(
    name: str, arguments: dict[str, object], lines: list[str]
) -> None:
    said = written(identity(specs(NETWORK), name, **arguments))
    assert set(lines) <= set(said.splitlines())


def test_each_format_of_file_is_read_by_its_own_means() -> None:
    plain = identity(specs(NETWORK))
    nested = written(replace(plain, place="checkpoint.model"))
    assert "    for name, tensor in saved['checkpoint']['model'].items()" in nested
    assert "weights_only=True" in nested
    safe = written(replace(plain, kind="safetensors", file="a\n'b.safetensors"))
    assert 'weights = load_file("a\\n\'b.safetensors")' in safe
    assert "import torch\n" not in safe
    index = written(replace(plain, kind="index"))
    assert "import json" in index
    assert "weights |= load_file(shard)" in index


def test_a_file_that_has_the_own_names_needs_no_other() -> None:
    found = changed(fc__weight=None, fc__bias=None, head__weight=(1000, 8), head__bias=(1000,))
    said = written(identity(found), "own.safetensors")
    assert "weights = load_file('own.safetensors')" in said
    assert "begins" not in said
    assert "Left out" not in said
