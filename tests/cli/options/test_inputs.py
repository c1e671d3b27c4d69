"""Options for what goes into a network: which there are, and what is named by whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
import pytest

from resnet_inspect.cli.options.inputs import (
    INPUT_OPTIONS,
    devices,
    input_options,
    input_options_but,
)

FLAGS = {"inputs": "--input", "settings": "--set"}
"""Those that are called otherwise on the command line."""


def options_of(added: Callable[[Any], Any]) -> dict[str, click.Parameter]:
    """The options that a command has by name."""

    def command(**given: object) -> None: ...

    return {str(option.name): option for option in click.command()(added(command)).params}


def test_every_name_is_of_its_own_option() -> None:
    options = options_of(input_options)
    assert list(options) == [*INPUT_OPTIONS, "no_cache"]
    for name, option in options.items():
        assert option.opts == [FLAGS.get(name, f"--{name.replace('_', '-')}")]


@pytest.mark.parametrize("name", [*INPUT_OPTIONS, "no_cache"])
def test_one_that_is_left_out_is_missing_alone(name: str) -> None:
    left = [n for n in (*INPUT_OPTIONS, "no_cache") if n != name]
    assert list(options_of(input_options_but(name))) == left


def test_devices_are_named_with_the_usual_one_first() -> None:
    assert devices("meta").startswith("meta (default), cpu, ")
    assert devices("meta").count("meta") == 1
    said = devices("cpu", ": there is time", without=("meta",))
    assert said.startswith("cpu (default: there is time), ")
    assert "meta" not in said
    assert said.endswith(".")
