"""The top of the command line: every command registered, with its own first sentence."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from resnet_inspect.cli import commands as rooms
from resnet_inspect.cli.group import COMMANDS, commands


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
