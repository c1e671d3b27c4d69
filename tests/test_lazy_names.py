"""Names that are loaded when they are first used: each is what its home has, and no other."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

import pytest

import resnet_inspect as ri
from resnet_inspect import pipeline


@pytest.mark.parametrize("package", [ri, pipeline], ids=lambda package: package.__name__)
def test_each_name_is_what_its_home_has(package: ModuleType) -> None:
    for name, home in package._HOMES.items():
        there = getattr(import_module(f"resnet_inspect.{home}"), name)
        assert getattr(package, name) is there, name
    assert set(package.__all__) - {"__version__", "variants"} <= set(package._HOMES)
    with pytest.raises(AttributeError, match=rf"'{package.__name__}' has no attribute 'nothing'"):
        package.nothing  # noqa: B018
