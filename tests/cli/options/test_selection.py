"""Options for what is shown: which there are, and what their `help` lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
import pytest
from commands import SAVED, inspect

from resnet_inspect.analysis.conventions import CONVENTIONS
from resnet_inspect.cli import main
from resnet_inspect.cli.options.selection import (
    SELECTION_OPTIONS,
    difference_options,
    measured_options,
    selection_options,
    selection_options_but,
)
from resnet_inspect.views.tables.columns import COLUMNS
from resnet_inspect.views.tables.timing import TIMES

TRACE = str(SAVED)
FLAGS = {"everything": "--all"}
"""Those that are called otherwise on the command line."""


def command_with(added: Callable[[Any], Any]) -> click.Command:
    """A command that has these options alone."""

    def command(**given: object) -> None: ...

    return click.command()(added(command))


def test_every_name_is_of_its_own_option() -> None:
    options = command_with(selection_options).params
    assert [option.name for option in options] == list(SELECTION_OPTIONS)
    for option in options:
        assert option.opts == [FLAGS.get(str(option.name), f"--{option.name}")]


@pytest.mark.parametrize("name", SELECTION_OPTIONS)
def test_one_that_is_left_out_is_missing_alone(name: str) -> None:
    left = [option.name for option in command_with(selection_options_but(name)).params]
    assert left == [one for one in SELECTION_OPTIONS if one != name]


def test_what_was_measured_adds_its_columns_to_those_of_the_network(
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = command_with(measured_options(lambda: TIMES, "'time>1ms'."))
    assert sorted(str(option.name) for option in command.params) == sorted(SELECTION_OPTIONS)
    with pytest.raises(click.exceptions.Exit):
        command.make_context("measure", ["--columns", "help", "--view", "modules"])
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert listed == [*COLUMNS, *TIMES]
    with pytest.raises(click.BadParameter, match="modules"):
        command.make_context("measure", ["--view", "modules"])


def test_the_columns_of_a_difference_are_listed_with_their_meanings(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(click.exceptions.Exit):
        command_with(difference_options).make_context("diff", ["--columns", "help"])
    listed = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert {"path", "change", "time_ratio"} <= set(listed)
    assert all(listed.values())


def test_columns_help_lists_every_column() -> None:
    listed = [line.split()[0] for line in inspect("trace", "--columns", "help").stdout.splitlines()]
    assert listed == list(COLUMNS)


def test_columns_help_is_answered_whatever_else_is_asked() -> None:
    assert inspect("show", "--columns", "help").stdout.startswith("path")
    assert inspect("export", "--columns", "help").stdout.startswith("path")


def test_help_says_what_a_convention_counts(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("trace", "show", "verify"):
        assert main([command, TRACE, "--count-as", "help"]) == 0
        said = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
        assert said == {name: one.about for name, one in CONVENTIONS.items()}
    for option in ("--view", "--format"):
        assert main(["trace", TRACE, option, "help"]) == 2
        assert "known: " in capsys.readouterr().err
