"""Options of every command, and how a group of options is added to one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def with_options(options: Sequence[Callable[[Any], Any]], command: F) -> F:
    """A command with these options, in their order."""
    for option in reversed(options):
        command = option(command)
    return command


def common_options(command: F) -> F:
    """Options of every command."""
    options = [
        click.option("--force", is_flag=True, help="Overwrite existing files."),
        click.option("--debug", is_flag=True, help="Show the traceback of an error."),
    ]
    return with_options(options, command)
