"""Options for what is run against the clock."""

from __future__ import annotations

import click
import pytest

from resnet_inspect.cli.options.timing import RUN_OPTIONS, run_options, run_options_given


@click.command
@run_options
def command(**given: object) -> None:
    """Nothing."""


def given(*arguments: str) -> dict[str, object]:
    """What the options are where these are written."""
    return command.make_context("command", list(arguments)).params


def test_the_names_and_defaults_are_those_of_the_options() -> None:
    assert given() == RUN_OPTIONS


@pytest.mark.parametrize(("written", "is_given"), [
    ((), False), (("--repeats", "20"), False), (("--repeats", "2"), True), (("--compile",), True),
    (("--warm-up", "0"), True), (("--threads", "1"), True), (("--backward",), True),
])  # fmt: skip
def test_what_is_not_as_usual_was_given(written: tuple[str, ...], is_given: bool) -> None:
    assert run_options_given(given(*written)) == is_given


@pytest.mark.parametrize("written", [("--repeats", "0"), ("--threads", "0"), ("--warm-up", "-1")])
def test_nothing_is_run_less_than_once(written: tuple[str, str]) -> None:
    with pytest.raises(click.BadParameter):
        given(*written)
