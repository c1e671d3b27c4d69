"""The docs say what the program does."""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import re
import shlex
import textwrap
from pathlib import Path
from types import ModuleType

import click
import pytest
from commands import inspect

from resnet_inspect.cli.group import COMMANDS, commands

ROOT = Path(__file__).parents[1]


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", generator().PAGES)
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


FLOORS = {
    "value": "",
    "analysis": "analysis",
    "view": "views",
    "capture": "capture",
    "pipeline": "pipeline",
    "command": "cli/commands",
    "explorer": "tui",
}
"""The columns of the table of subjects, and where their names are looked for."""


def test_a_subject_is_where_the_table_of_subjects_says() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = page.partition("| subject |")[2].partition("\n\n")[0].splitlines()
    assert [name.strip() for name in table[0].strip(" |").split("|")] == [*FLOORS]
    for row in table[2:]:
        subject, *cells = row.strip("|").split("|")
        for floor, cell in zip(FLOORS.values(), cells, strict=True):
            for name in re.findall(r"`([^`]+)`", cell):
                package = ROOT / "resnet_inspect"
                wanted = name if name.endswith("/") else f"{name}.py"
                homes = (package / floor / wanted, package / wanted)
                assert any(home.exists() for home in homes), f"{subject}: {floor}/{wanted}"


def test_every_module_that_a_page_names_is_there() -> None:
    pages = [ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    named = [
        path
        for page in pages
        for path in re.findall(r"`(\w+/[\w/]*\.py)`", page.read_text(encoding="utf-8"))
        if Path(path).stem != "x"
    ]
    assert len(named) > 20
    for path in named:
        assert (ROOT / path).exists() or (ROOT / "resnet_inspect" / path).exists(), path


def test_a_package_lists_only_what_is_in_it() -> None:
    for file in (ROOT / "resnet_inspect").rglob("__init__.py"):
        said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
        for line in re.findall(r"^- (`.*?`):", said, re.MULTILINE):
            for name in re.findall(r"`([\w/]+)`", line):
                home = file.parent / name
                assert home.is_dir() or home.with_suffix(".py").exists(), (
                    f"{file.parent.name}: {name}"
                )


def test_the_site_has_every_page_and_leads_out_of_none() -> None:
    pages = {page.name for page in (ROOT / "docs").glob("*.md")}
    nav = (ROOT / "zensical.toml").read_text(encoding="utf-8")
    assert set(re.findall(r'"([\w-]+\.md)"', nav)) == pages
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {f"docs/{name}" for name in pages - {"index.md"}} <= set(
        re.findall(r"\]\(([^)]+)\)", readme)
    )
    for page in (ROOT / "docs").rglob("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)[^):]*\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).resolve().is_relative_to(ROOT / "docs"), page.name


def test_the_readme_gives_the_commands_that_ci_runs() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "-m venv .venv && .venv/bin/pip install" in readme
    assert ".venv/bin/resnet-inspect trace resnet50" in readme
    assert "<!-- test command -->" in readme


FENCE = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"^cat > (\S+) <<'END'\n(.*?)^END\n", re.DOTALL | re.MULTILINE)


ELSEWHERE = frozenset({"train", "report", "attribute", "signal", "tui"})
"""Commands that train, need a training or a terminal; they have tests of their own."""


@pytest.mark.parametrize(
    ("page", "start"),
    [("README.md", "## Six questions"), ("docs/tutorials.md", "# Three tutorials")],
)
def test_every_command_of_a_page_runs_in_an_empty_folder(
    page: str, start: str, tmp_path: Path
) -> None:
    """From top to bottom, but for setting up; what is said to exit with 1 does."""
    text = (ROOT / page).read_text(encoding="utf-8").partition(start)[2]
    ran = 0
    for block in FENCE.findall(text):
        for name, written in FILE.findall(block):
            (tmp_path / name).write_text(written)
        for line in FILE.sub("", block).replace("\\\n", "").splitlines():
            command, _, comment = line.partition("  #")
            program, *arguments = shlex.split(command)
            if program == "pip" or arguments[0] in ELSEWHERE:
                continue
            assert program == "resnet-inspect"
            done = inspect(*arguments, cwd=tmp_path)
            assert done.returncode == ("exits with 1" in comment), (line, done.stderr)
            assert "defect" not in done.stderr
            ran += 1
    assert ran >= 6


def takes(words: list[str]) -> None:
    """Read the words of a command as it would, up to where it would run; raises if it cannot."""
    name, command, rest = commands.resolve_command(click.Context(commands), words)
    assert command is not None
    with contextlib.suppress(click.exceptions.Exit):  # of --columns help
        command.make_context(name, rest)


PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_in_the_pages_is_understood(
    page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every `resnet-inspect` line in a block: options and what they are given. Nothing is run."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    for block in FENCE.findall(text):
        for line in FILE.sub("", block).splitlines():
            for part in re.split(r"&&|\||;", line.partition("  #")[0]):
                words = shlex.split(part.partition(" # ")[0].partition(" > ")[0])
                if words[:1] == ["resnet-inspect"] and len(words) > 1:
                    takes(words[1:])


@pytest.mark.parametrize("name", COMMANDS)
def test_every_example_of_the_help_is_understood(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = commands.get_command(click.Context(commands), name)
    for line, _ in getattr(command, "examples", ()):
        words = shlex.split(re.split(r" > | \| ", line)[0])
        if words[0] == "resnet-inspect" and len(words) > 1:
            takes(words[1:])


SNIPPETS = ("README.md", "docs/guide.md", "docs/python.md")
GIVEN = """
from typing import Any
import resnet_inspect as ri
model: Any
Net: Any
def train_step() -> None: ...
"""
"""What the snippets take for granted."""
LEAN = """
[mypy]
strict = true
[mypy-torch.*,torchvision.*,numpy.*,pandas.*,pytest.*,_pytest.*,click.*,rich.*,textual.*]
follow_imports = skip
[mypy-resnet_inspect.*]
follow_imports = silent
"""
"""Others' packages are not read: that takes longer than all else, and nothing here is theirs."""


def test_the_snippets_are_typed(tmp_path: Path) -> None:
    mypy = pytest.importorskip("mypy.api")
    written = [GIVEN]
    for page in SNIPPETS:
        text = (ROOT / page).read_text(encoding="utf-8")
        snippets = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
        assert snippets, page
        for snippet in snippets:
            inside = textwrap.indent(snippet, "    ")
            written.append(f"def snippet_{len(written)}() -> None:  # {page}\n{inside}")
    (tmp_path / "snippets.py").write_text("\n".join(written), encoding="utf-8")
    (tmp_path / "mypy.ini").write_text(LEAN, encoding="utf-8")
    options = ["--no-incremental", "--config-file", str(tmp_path / "mypy.ini")]
    said, failed, code = mypy.run([*options, str(tmp_path / "snippets.py")])
    assert (code, failed) == (0, ""), said
