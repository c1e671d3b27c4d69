"""The help of a command: examples first, then what it does."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner
from commands import inspect

from resnet_inspect.cli.help import HELP, Documented


def test_examples_come_first_and_words_are_asked_for_when_it_is_shown() -> None:
    known = ["sgd"]

    @click.command(
        cls=Documented,
        context_settings=HELP,
        examples=[("train resnet18 -o run", "a run of its own")],
        words={"optimizers": lambda: ", ".join(known)},
    )
    @click.option("--optimizer")
    def train(optimizer: str) -> None:
        """Train with one of {optimizers}, {not} {otherwise}."""

    known.append("adam")
    for flag in ("-h", "--help"):
        said = CliRunner().invoke(train, [flag]).output
        example, meaning, options = (
            said.index(words) for words in ("train resnet18 -o run", "Train with", "Options:")
        )
        assert said.index("Examples:") < example < meaning < options
        assert "a run of its own" in said
        assert "one of sgd, adam, {not} {otherwise}." in said


def test_a_command_without_examples_has_no_heading_for_them() -> None:
    said = CliRunner().invoke(click.command(cls=Documented)(lambda: None), ["--help"]).output
    assert "Examples" not in said


@pytest.mark.parametrize("command", ["trace", "show", "export", "list"])
def test_every_help_begins_with_examples(command: str) -> None:
    done = inspect(command, "-h")
    assert done.returncode == 0
    assert done.stdout.index("Examples:") < done.stdout.index("Options:")
    assert f"resnet-inspect {command}" in done.stdout
