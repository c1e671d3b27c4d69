"""Options for how and where the result is written."""

from __future__ import annotations

from collections.abc import Iterable

import click

from resnet_inspect.cli.options.common import F, with_options
from resnet_inspect.cli.parameters.names import Named, NamedOption


def format_names() -> Iterable[str]:
    """The formats that can be asked for."""
    from resnet_inspect.formats import FORMATS

    return tuple(FORMATS)


RAW = click.option("--raw", is_flag=True, help="In CSV, text that looks like a formula as it is.")
"""The option for what the format csv makes harmless."""


def text_options(command: F) -> F:
    """Options for text: its width and its colours."""
    options = [
        click.option("--width", type=click.IntRange(min=20), help="Columns of text to use."),
        click.option(
            "--color",
            type=click.Choice(["auto", "always", "never"]),
            default="auto",
            show_default=True,
            help="Colours; NO_COLOR and FORCE_COLOR are obeyed.",
        ),
    ]
    return with_options(options, command)


def output_options(command: F) -> F:
    """Options for how and where the result is written."""
    options = [
        click.option(
            "--format",
            "format",
            cls=NamedOption,
            type=Named("format", format_names, usual="table"),
            default=None,
            help="{names}.",
        ),
        click.option(
            "-o",
            "--output",
            type=click.Path(allow_dash=True),
            help="Write to this file; its suffix chooses the format; - is stdout.",
        ),
        RAW,
        text_options,
    ]
    return with_options(options, command)
