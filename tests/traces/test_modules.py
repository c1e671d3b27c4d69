"""Names of classes, and of what is inside what."""

from __future__ import annotations

import pytest

from resnet_inspect.traces.modules import PythonClass, join


@pytest.mark.parametrize(
    ("module", "qualname", "name", "full_name"),
    [
        ("torch.nn", "Conv2d", "Conv2d", "torch.nn.Conv2d"),
        ("net", "build.<locals>.Net", "Net", "net.build.<locals>.Net"),
        ("net", "Outer.Inner", "Inner", "net.Outer.Inner"),
        # Where no module has it, all of the name is its own: TorchScript calls classes so.
        ("", "__torch__.net.Net", "__torch__.net.Net", ""),
    ],
)
def test_a_class_is_called_by_the_end_of_its_name(
    module: str, qualname: str, name: str, full_name: str
) -> None:
    found = PythonClass(module, qualname)
    assert (found.name, found.full_name) == (name, full_name)


def test_what_is_inside_the_network_itself_has_no_dot() -> None:
    assert join("", "conv1") == "conv1"
    assert join("layer1.0", "conv1") == "layer1.0.conv1"
