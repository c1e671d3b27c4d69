"""The recipes of CONTRIBUTING.md: a thing is added by one file and one line, and is there at once.

Each writes the file into a folder of its own, runs the line in a fresh interpreter, and asks the
command line: what can be chosen, what the help says, what comes out. No file of the package is
touched.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import python

ROOT = Path(__file__).parents[1]
SAVED = str(ROOT / "tests" / "data" / "resnet18.json")

Ask = Callable[..., str]


@pytest.fixture
def added(tmp_path: Path) -> Callable[[str, str], Ask]:
    """Writes a file, and gives what runs the command line after the line that registers it.

    That gives stdout; with `fails`, stderr.
    """

    def add(file: str, line: str) -> Ask:
        (tmp_path / "toy.py").write_text(file, encoding="utf-8")

        def ask(*arguments: str, fails: bool = False) -> str:
            program = (
                f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]\n{line}\n"
                f"from resnet_inspect.cli import main; sys.exit(main({arguments!r}))"
            )
            done = python("-c", program, cwd=tmp_path)
            assert bool(done.returncode) == fails, done.stderr
            assert "Traceback" not in done.stderr
            return done.stderr if fails else done.stdout

        return ask

    return add


def test_a_model_source(added: Callable[[str, str], Ask]) -> None:
    ask = added(
        """
from torch import nn
from resnet_inspect.sources.catalogue import Variant

def variants():
    return (Variant("toy:net", "toys"),)

def default_input(name):
    return (1, 3, 8, 8)

def build(name, arguments, device):
    return nn.Sequential(nn.Conv2d(3, 5, 3, device=device))
""",
        "from resnet_inspect.sources import SOURCES; SOURCES['toy'] = 'toy'",
    )
    assert "toy:net" in ask("list", "toy:*")
    assert "1×5×6×6" in ask("trace", "toy:net")


def test_a_view(added: Callable[[str, str], Ask]) -> None:
    ask = added(
        '''
"""The first layers alone."""
from resnet_inspect.views.tables import layers
from resnet_inspect.views.tables.table import Table
from dataclasses import replace

SHOWN = ("path", "output_shape")

def view(survey, selection):
    table = layers.view(survey, replace(selection, columns=selection.columns or SHOWN))
    return replace(table, view="first", rows=table.rows[:2])
''',
        "from resnet_inspect.views.tables import VIEWS, View; import toy\n"
        "VIEWS['first'] = View(toy.view, toy.SHOWN)",
    )
    assert "layers, blocks, stages, modules, totals or first" in " ".join(
        ask("trace", "--help").split()
    )
    printed = ask("show", SAVED, "--view", "first", "--format", "csv").splitlines()
    assert printed[0].startswith("path,output_shape,")
    assert [row.partition(",")[0] for row in printed[1:]] == ["stem", "conv1"]
    assert "first" in ask("show", SAVED, "--view", "fist", fails=True)


def test_a_format(added: Callable[[str, str], Ask], tmp_path: Path) -> None:
    ask = added(
        '''
"""A row a line, cells between bars."""

def render(table):
    return "".join("|".join(c.text for c in row.cells) + "\\n" for row in table.rows)
''',
        "from resnet_inspect.formats import FORMATS, Format\n"
        "FORMATS['bars'] = Format('toy', ('.bars',))",
    )
    assert "html, latex or bars" in " ".join(ask("show", "--help").split())
    assert "layer1.0.conv1|" in ask("show", SAVED, "--format", "bars")
    ask("export", SAVED, "out.bars")
    assert "layer1.0.conv1|" in (tmp_path / "out.bars").read_text(encoding="utf-8")
    assert "bars" in ask("show", SAVED, "--format", "bar", fails=True)


def test_a_format_of_figures(added: Callable[[str, str], Ask], tmp_path: Path) -> None:
    ask = added(
        '''
"""The titles of a figure's boxes."""

def render(figure, direction, theme):
    return "\\n".join(box.title for box in figure.boxes) + "\\n"
''',
        "from resnet_inspect.formats.figures import FIGURE_FORMATS, FigureFormat\n"
        "FIGURE_FORMATS['titles'] = FigureFormat('toy', ('.titles',), is_chart=True)",
    )
    assert "titles" in ask("draw", "--help")
    ask("draw", SAVED, "-o", "out.titles")
    assert "layer1.0" in (tmp_path / "out.titles").read_text(encoding="utf-8")


def test_a_command(added: Callable[[str, str], Ask]) -> None:
    ask = added(
        '''
import click
from resnet_inspect.cli.help import Documented, HELP

@click.command(name="toy", cls=Documented, context_settings=HELP, examples=[("a toy", "plays")])
def command() -> int:
    """Play."""
    click.echo("played")
    return 0
''',
        "import resnet_inspect.cli.commands as rooms; rooms.__path__.append(sys.path[0])\n"
        "from resnet_inspect.cli.group import COMMANDS; COMMANDS['toy'] = 'Play.'",
    )
    assert re.search(r"^  toy +Play\.$", ask("--help"), re.MULTILINE)
    assert "a toy  plays" in ask("toy", "--help")
    assert ask("toy") == "played\n"
    assert "toy" in ask("tyo", fails=True)


def test_a_layer_reader(added: Callable[[str, str], Ask], tmp_path: Path) -> None:
    ask = added(
        """
from torch import nn
from resnet_inspect.capture.readers.registry import reads
from resnet_inspect.traces.ops import Activate

class Swirl(nn.Module):
    def forward(self, x):
        return x * x.sigmoid()

@reads(Swirl)
def swirl(module):
    return Activate("swirl")
""",
        "import toy",
    )
    (tmp_path / "net.py").write_text(
        "import toy\nfrom torch import nn\nnet = nn.Sequential(nn.Conv2d(3, 4, 1), toy.Swirl())\n",
        encoding="utf-8",
    )
    rows = ask("trace", "net.py:net", "--all", "--format", "csv").splitlines()
    assert any(row.startswith("1,swirl,") for row in rows)
    assert not any("sigmoid" in row for row in rows)


def test_a_column(added: Callable[[str, str], Ask]) -> None:
    ask = added(
        '''
"""What a row weighs."""
from resnet_inspect.views.tables.columns.column import Column

WEIGHT = Column("weight", "weight", "parameters in thousands", lambda s, line:
                line.amounts.parameters / 1000, lambda number: f"{number:.1f} k", "right")
''',
        "from resnet_inspect.views.tables.columns import define; import toy; define(toy.WEIGHT)",
    )
    assert "weight                     parameters in thousands" in ask(
        "show", SAVED, "--columns", "help"
    )
    shown = ask("show", SAVED, "--columns", "path,weight", "--format", "md")
    assert "| layer1.0.conv1 | 36.9 k |" in " ".join(shown.split())
    assert '"weight": 36.864' in ask("show", SAVED, "--format", "json")
    assert "weight" in ask("show", SAVED, "--columns", "wieght", fails=True)


def test_a_figure(added: Callable[[str, str], Ask]) -> None:
    ask = added(
        '''
"""The network's stages, one way."""
from resnet_inspect.views.figures import graph

def strip(survey, of):
    return graph.network(survey, "stage")
''',
        "from resnet_inspect.views.figures import FIGURES, Kind; import toy\n"
        "FIGURES['strip'] = Kind(toy.strip, 'The stages as a strip.')",
    )
    assert "--strip" in ask("draw", "--help")
    assert "The stages as a strip." in ask("draw", "--help")
    assert ask("draw", SAVED, "--strip", "--format", "mermaid").count("flowchart") == 1


def test_a_lesson(added: Callable[[str, str], Ask]) -> None:
    ask = added(
        '''
"""What a convolution is to a gardener."""

def garden(trace, call, op):
    yield f"It rakes {op.out_channels} beds."
''',
        "from resnet_inspect.traces.ops import Conv; import toy\n"
        "from resnet_inspect.views.lessons.layers import LESSONS; LESSONS[Conv] = toy.garden",
    )
    assert "It rakes 128 beds." in ask("explain", SAVED, "layer2.0.conv2")


def test_no_contract_of_imports_wants_a_third_line() -> None:
    """Where files are added, contracts name floors and need not name each file."""
    recipes = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Recipes")[2]
    named = re.findall(r"`([\w/]+)/x\.py`|(?:a|the) (?:file|family) (?:of|in) `([\w/]+)/`", recipes)
    rooms = {(one or other).replace("/", ".") for one, other in named}
    assert {"formats", "views.cards", "capture.readers", "tui.actions"} <= rooms
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for contract in project["tool"]["importlinter"]["contracts"]:
        for container in contract.get("containers", ()):
            if container.removeprefix("resnet_inspect.") in rooms:
                assert not contract.get("exhaustive"), container
