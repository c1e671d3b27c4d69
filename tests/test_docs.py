"""The docs say what the program does."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "docs/reference.md",
        "docs/pictures/trace.svg",
        "docs/pictures/explorer.svg",
        "docs/pictures/block.svg",
    ],
)
def test_generated_pages_are_what_the_program_prints(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "")
    generate = generator()
    versions = generate.made_with()
    if versions not in (ROOT / "docs" / "reference.md").read_text(encoding="utf-8"):
        pytest.skip(f"made with other versions than {versions}, which print help differently")
    page = (ROOT / name).read_text(encoding="utf-8")
    assert page == generate.PAGES[name](), "run `python docs/generate.py`"


def test_local_links_lead_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_readme_gives_the_commands_that_ci_runs() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "-m venv .venv && .venv/bin/pip install" in readme
    assert ".venv/bin/resnet-inspect trace resnet50" in readme
    assert "<!-- test command -->" in readme
