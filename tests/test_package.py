"""What a package index shows of the project: whole addresses, from one setting."""

from __future__ import annotations

import importlib.util
import re
import sys
import tomllib
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
ADDRESS = "https://example.org/someone/resnet-inspect"


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The build's hook, on a stand-in for the interface that building it needs."""
    name = "hatchling.metadata.plugin.interface"
    monkeypatch.setitem(sys.modules, name, SimpleNamespace(MetadataHookInterface=object))
    for outer in ("hatchling", "hatchling.metadata", "hatchling.metadata.plugin"):
        monkeypatch.setitem(sys.modules, outer, ModuleType(outer))
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def metadata_of(hook: ModuleType, address: str) -> dict[str, Any]:
    made = hook.Addresses()
    made.root, made.config = str(ROOT), {"address": address}
    metadata: dict[str, Any] = {}
    made.update(metadata)
    return metadata


def targets(page: str) -> list[tuple[str, str]]:
    """Every link of a page, with "!" for a picture."""
    return re.findall(r"(!?)\[[^\]]*\]\(([^)]+)\)", page)


@pytest.mark.parametrize("address", [ADDRESS, f"{ADDRESS}/"])
def test_with_an_address_every_link_is_whole_and_leads_to_a_file(
    hook: ModuleType, address: str
) -> None:
    metadata = metadata_of(hook, address)
    links = targets(metadata["readme"]["text"])
    assert len([picture for picture, _ in links if picture]) >= 2
    assert len(links) > 15
    addresses = [*links, *(("", url) for url in metadata["urls"].values())]
    for picture, target in addresses:
        kind = "raw" if picture else "blob"
        if target != ADDRESS:
            assert target.startswith(f"{ADDRESS}/{kind}/HEAD/"), target
            assert (ROOT / target.removeprefix(f"{ADDRESS}/{kind}/HEAD/")).exists(), target


def test_what_leads_elsewhere_is_left_as_it_is(hook: ModuleType) -> None:
    page = "[a](https://x.org/y) [b](#there) [c](mailto:a@b.c) `[d]`(e) ![f](p/q.svg) [g](d.md#h)"
    assert hook.with_addresses(page, ADDRESS) == (
        "[a](https://x.org/y) [b](#there) [c](mailto:a@b.c) `[d]`(e) "
        f"![f]({ADDRESS}/raw/HEAD/p/q.svg) [g]({ADDRESS}/blob/HEAD/d.md#h)"
    )


def test_without_an_address_the_page_is_as_it_is(hook: ModuleType) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert metadata_of(hook, "") == {"readme": {"content-type": "text/markdown", "text": readme}}


def test_there_is_one_setting() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "address" in project["tool"]["hatch"]["metadata"]["hooks"]["custom"]
    assert {"readme", "urls"} <= set(project["project"]["dynamic"])
    assert project["project"].keys().isdisjoint({"readme", "urls"})
