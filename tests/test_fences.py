"""What each way in may import, proved in fresh interpreters."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import resnet_inspect as ri

ROOT = Path(__file__).parents[1]
SAVED = ROOT / "tests" / "data" / "resnet50.json"
READING = [f"tests/{room}" for room in ("traces", "analysis", "views", "formats", "locks")]
"""Where the reading tower is tested; what needs torch there is in files named `..._in_torch.py`."""


def run_python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=600,
    )


def modules_after(code: str) -> set[str]:
    """Top-level names of what is imported once `code` has run."""
    report = "\nimport sys; print('@@' + ' '.join({m.partition('.')[0] for m in sys.modules}))"
    done = run_python(code + report)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.rpartition("@@")[2].split())


HEAVY = {"torch", "torchvision", "numpy", "textual"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["trace", "--help"],
        ["trace", "resnet50", "--columns", "help"],
        ["list"],
        ["list", "wide*", "--format", "json"],
        ["show", str(SAVED)],
        ["show", str(SAVED), "--view", "stages", "--format", "html"],
        ["diff", str(SAVED), str(SAVED.with_name("resnet34.json"))],
        ["lock", str(SAVED)],
        ["check", str(SAVED), "--lock", str(SAVED)],
        ["trace", "resnet51"],
        ["trace", "resnet50", "--view", "lairs"],
        ["identify", "--help"],
        ["identify", str(ROOT / "README.md")],
    ],
    ids=" ".join,
)
def test_what_needs_no_torch_loads_none(arguments: list[str]) -> None:
    loaded = modules_after(f"from resnet_inspect.cli import main; main({arguments!r})")
    assert "resnet_inspect" in loaded
    assert not loaded & HEAVY


@pytest.mark.parametrize("name", ["paper:resnet18:shortcut=C", "resnet:basic:1,1:stem=cifar"])
def test_the_input_of_a_design_is_known_without_torch(name: str) -> None:
    loaded = modules_after(
        f"from resnet_inspect.pipeline import input_shape; input_shape({name!r})"
    )
    assert not loaded & HEAVY


@pytest.mark.parametrize("name", ["paper:cifar_resnet20", "resnet:bottleneck:1,1:stem=cifar"])
def test_the_papers_networks_need_no_torchvision(name: str) -> None:
    loaded = modules_after(f"import resnet_inspect as ri; ri.trace({name!r})")
    assert "torch" in loaded
    assert "torchvision" not in loaded


def test_your_own_code_needs_no_torchvision_unless_it_does(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text("from torch import nn\nnet = nn.Linear(4, 2)\n")
    name = f"{tmp_path}/model.py:net"
    loaded = modules_after(f"import resnet_inspect as ri; ri.trace({name!r}, (1, 4))")
    assert "torch" in loaded
    assert not loaded & {"torchvision", "timm", "torchinfo", "rich", "click"}


def test_a_table_without_colours_loads_no_rich() -> None:
    loaded = modules_after(
        f"from resnet_inspect.cli import main; main(['show', {str(SAVED)!r}, '--color', 'never'])"
    )
    assert not loaded & {*HEAVY, "rich", "importlib_metadata", "hashlib"}


@pytest.mark.parametrize("format", ["md", "csv", "json", "html", "latex", "text"])
def test_formats_other_than_the_terminal_load_no_rich(format: str) -> None:
    loaded = modules_after(
        "import resnet_inspect as ri;"
        f"print(ri.render(ri.load({str(SAVED)!r}), 'layers', {format!r}))"
    )
    assert not loaded & {*HEAVY, "rich"}


def test_a_table_loads_nothing_that_it_does_not_show() -> None:
    """A cached trace is printed in the time of its table, whatever else the program can do."""
    done = run_python(
        "from resnet_inspect.cli import main\n"
        f"main(['show', {str(SAVED)!r}])\n"
        "import sys; print('@@' + ' '.join(sys.modules))"
    )
    assert done.returncode == 0, done.stderr
    rooms = (
        "views.lessons", "views.figures", "views.cards", "analysis.comparison", "analysis.cost",
        "analysis.taps", "pipeline.questions", "answers.figures", "answers.lessons",
        "answers.pages", "watched",
    )  # fmt: skip
    unasked = tuple(f"resnet_inspect.{room}." for room in rooms)
    loaded = done.stdout.rpartition("@@")[2].split()
    assert not [name for name in loaded if f"{name}.".startswith(unasked)]


def test_finding_a_definition_imports_nothing_of_its_package() -> None:
    loaded = modules_after(
        "import resnet_inspect as ri; from resnet_inspect import definitions\n"
        f"trace = ri.load({str(SAVED)!r})\n"
        "for call in trace.calls: definitions.of_calls(trace, call.index, call.index)"
    )
    assert not loaded & HEAVY


def test_the_pytest_plugin_costs_a_test_suite_nothing() -> None:
    loaded = modules_after("import resnet_inspect.pytest")
    assert not loaded & {*HEAVY, "rich", "click"}


def test_importing_the_package_loads_none_of_its_floors() -> None:
    done = run_python(
        "import sys, resnet_inspect;"
        "print([m for m in sys.modules if m.startswith('resnet_inspect.')])"
    )
    assert done.stdout.strip() == "['resnet_inspect._version']"


def test_the_public_names_are_exactly_these() -> None:
    assert set(ri.__all__) == set(dir(ri))
    for name in ri.__all__:
        assert getattr(ri, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        ri.nothing  # noqa: B018


def test_the_reading_tower_passes_its_tests_where_torch_cannot_be_imported() -> None:
    """Every test function but properties, with every thirtieth of its cases: all ran already."""
    done = run_python(
        "import sys\n"
        "for name in ('torch', 'torchvision', 'torchinfo', 'timm'): sys.modules[name] = None\n"
        "import pytest\n"
        "class Few:\n"
        "    def pytest_collection_modifyitems(self, items):\n"
        "        seen = {}\n"
        "        for item in items:\n"
        "            if getattr(item.function, 'is_hypothesis_test', False): continue\n"
        "            seen.setdefault(getattr(item, 'function', item), []).append(item)\n"
        "        items[:] = [item for cases in seen.values() for item in cases[::30]]\n"
        f"arguments = {READING!r} + ['-q', '-p', 'no:cacheprovider']\n"
        "arguments += ['--ignore-glob=*_in_torch.py']\n"
        "sys.exit(pytest.main(arguments, plugins=[Few()]))\n"
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout
