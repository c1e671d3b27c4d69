"""Options for what is run against the clock, and how often."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from resnet_inspect.cli.options.common import F, with_options

RUN_OPTIONS = {
    "backward": False, "channels_last": False, "compiled": False, "threads": None, "repeats": 20,
    "warm_up": 5,
}  # fmt: skip
"""Names of the options that `run_options` adds, with their defaults."""


def run_options(command: F) -> F:
    """Options for what is run against the clock, and how often."""
    options = [
        click.option("--backward", is_flag=True, help="The backward pass too."),
        click.option("--channels-last", is_flag=True, help="Channels last in memory."),
        click.option("--compile", "compiled", is_flag=True, help="The whole forward compiled too."),
        click.option("--threads", type=click.IntRange(min=1), help="Threads of the CPU."),
        click.option(
            "--repeats",
            type=click.IntRange(min=1),
            default=RUN_OPTIONS["repeats"],
            show_default=True,
            help="Runs that count.",
        ),
        click.option(
            "--warm-up",
            type=click.IntRange(min=0),
            default=RUN_OPTIONS["warm_up"],
            show_default=True,
            help="Runs before them.",
        ),
    ]
    return with_options(options, command)


def run_options_given(options: Mapping[str, Any]) -> bool:
    """Whether any option says what is run against the clock, or how often."""
    return any(options[name] != usual for name, usual in RUN_OPTIONS.items())
