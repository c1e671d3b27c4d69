"""Options for how and where the result is written."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from resnet_inspect.cli.options.output import output_options
from resnet_inspect.errors import UnknownName
from resnet_inspect.formats import FORMATS


@click.command
@output_options
def command(**given: object) -> None:
    """Nothing."""


def test_the_help_names_every_format_and_the_one_that_is_taken_unasked() -> None:
    said = " ".join(CliRunner().invoke(command, ["--help"]).output.split())
    named = said.partition("--format ")[2].partition(".")[0].replace(" or ", ", ")
    assert named.partition(" ")[2].split(", ") == [
        "table (default)" if name == "table" else name for name in FORMATS
    ]


def test_nothing_is_chosen_until_it_is_written() -> None:
    unasked = command.make_context("command", []).params
    assert unasked == {
        "format": None, "output": None, "raw": False, "width": None, "color": "auto",
    }  # fmt: skip
    with pytest.raises(UnknownName, match="markdwn"):
        command.make_context("command", ["--format", "markdwn"])
    with pytest.raises(click.BadParameter):
        command.make_context("command", ["--width", "19"])
