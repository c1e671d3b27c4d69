"""Where a trace comes from: its source, the mode of its modules, the versions that made it."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Any

import pytest
import torch
from torch import nn

from resnet_inspect import __version__
from resnet_inspect.capture.recording.provenance import is_exported, provenance, source_of
from resnet_inspect.traces.model import Provenance


def made(model: nn.Module, **arguments: Any) -> Provenance:
    return provenance(
        source="here", arguments=arguments, device="meta", model=model, notes=["a"], call="encode"
    )


def test_all_that_makes_it_again_is_there() -> None:
    found = made(nn.ReLU(), num_classes=10, weights=None, name="a'b")
    assert found.arguments == (("num_classes", "10"), ("weights", "None"), ("name", '"a\'b"'))
    assert (found.source, found.device, found.notes, found.call) == (
        "here",
        "meta",
        ("a",),
        "encode",
    )
    assert found.tool_version == __version__
    versions = dict(found.versions)
    assert versions.pop("python") == platform.python_version()
    assert versions["torch"] == version("torch")
    assert all(number == version(package) for package, number in versions.items())
    assert not found.cached


@pytest.mark.parametrize(
    ("frozen", "mode"), [((), "train"), ((0,), "mixed"), ((0, 1), "mixed"), (("all",), "eval")]
)
def test_the_mode_is_that_of_all_modules(frozen: tuple[Any, ...], mode: str) -> None:
    model = nn.Sequential(nn.BatchNorm1d(2), nn.Dropout())
    for place in frozen:
        (model if place == "all" else model[place]).eval()
    assert made(model).mode == mode


def test_what_was_exported_has_the_mode_of_its_export() -> None:
    exported = torch.export.export(
        nn.Sequential(nn.Linear(2, 2)).eval(), (torch.ones(1, 2),)
    ).module()
    assert is_exported(exported)
    assert made(exported).mode == "as exported"
    traced = torch.fx.symbolic_trace(nn.Sequential(nn.ReLU()))
    assert not is_exported(traced)
    assert not is_exported(nn.ReLU())


def test_a_module_is_known_by_its_class() -> None:
    class Net(nn.Module):
        pass

    assert source_of(nn.ReLU()) == "python:torch.nn.modules.activation.ReLU"
    assert source_of(Net()) == f"python:{__name__}.{Net.__qualname__}"
