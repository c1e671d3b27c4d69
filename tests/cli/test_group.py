"""The top of the command line: every command registered, with its own first sentence."""

from __future__ import annotations

import csv
from pathlib import Path

import click
import pytest

from resnet_inspect.cli import commands as rooms
from resnet_inspect.cli import main
from resnet_inspect.cli.group import COMMANDS, SYNONYMS, commands


def test_every_file_of_a_command_is_registered() -> None:
    here = Path(rooms.__file__).parent
    assert {path.stem for path in here.glob("*.py")} - {"__init__"} == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_line_of_the_help_begins_as_the_command_s_own(name: str) -> None:
    command = commands.get_command(click.Context(commands), name)
    assert command is not None
    assert command.name == name
    assert command.help is not None
    words = " ".join(command.help.split()).replace("(a name or a saved trace) ", "")
    line = COMMANDS[name].rstrip(".")
    assert words.startswith(line), (words, line)


@pytest.mark.parametrize("word", SYNONYMS)
def test_words_by_which_people_look_for_a_command_find_it(word: str) -> None:
    assert word not in COMMANDS
    command = commands.get_command(click.Context(commands), word)
    assert command is not None
    assert command.name == SYNONYMS[word]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["help"], 0, ["Usage: resnet-inspect [OPTIONS] [COMMAND]", "explain"]),
        (["help", "taps"], 0, ["resnet-inspect taps", "--decoder"]),
        (["blocks", "resnet18"], 2, ["no command", "trace resnet18 --view blocks"]),
        (["stage"], 2, ["no command", "trace MODEL --view stages"]),
        (["help", "tap"], 2, ["unknown command 'tap'", "did you mean taps"]),
        (["ResNet50"], 2, ["resnet-inspect trace resnet50"]),
        (["paper:resnet50"], 2, ["resnet-inspect trace paper:resnet50"]),
        (["resnet"], 2, ["unknown command 'resnet'"]),
    ],
)
def test_what_is_no_command_is_answered(
    arguments: list[str], code: int, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == code
    written = capsys.readouterr()
    for word in words:
        assert word in (written.err if code else written.out)


def test_the_list_has_the_columns_that_are_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "variants.csv"
    assert (
        main(["list", "resnet18", "resnet50", "--columns", "name,parameters", "-o", str(file)]) == 0
    )
    with file.open() as opened:
        rows = list(csv.reader(opened))
    assert rows == [["name", "parameters"], ["resnet18", "11689512"], ["resnet50", "25557032"]]
    assert main(["list", "--columns", "macs"]) == 2
    assert "known: name, family, block" in capsys.readouterr().err
    assert main(["list", "resnet18", "-o", str(file)]) == 1
    assert "--force" in capsys.readouterr().err
