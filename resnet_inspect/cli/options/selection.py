"""Options for what is shown: the view, its rows and its columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click

from resnet_inspect.cli.options.common import F, with_options
from resnet_inspect.cli.parameters.lists import Filter, Listed
from resnet_inspect.cli.parameters.names import Named, NamedOption, list_meanings
from resnet_inspect.cli.parameters.networks import LayerPath

if TYPE_CHECKING:
    from resnet_inspect.views.tables.measured import Beside
    from resnet_inspect.views.tables.table import Heading


def meanings(headings: Iterable[Heading]) -> Mapping[str, str]:
    """What columns say, by key, for `--columns help`."""
    return {heading.key: heading.meaning or heading.title for heading in headings}


def columns_option(known: Callable[[], Mapping[str, str]]) -> Callable[[F], F]:
    """`--columns`; `known` gives what can be chosen, with its meaning, for `--columns help`."""

    def answer(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
        """List the columns at once, whatever else was asked."""
        if value != "help" or context.resilient_parsing:
            return value
        return list_meanings(known(), context)

    return click.option(
        "--columns",
        type=Listed(known),
        metavar="KEYS",
        is_eager=True,
        callback=answer,
        help="Columns to show, with commas; +KEY adds one; help lists all.",
    )


def where_option(known: Callable[[], Iterable[str]], examples: str) -> Callable[[F], F]:
    """`--where`, with examples of what it takes; `known` gives the columns that it can name."""
    return click.option(
        "--where",
        type=Filter(known),
        metavar="FILTER",
        help=f"Only rows that the explorer's filter finds: {examples}",
    )


def _conventions() -> Mapping[str, str]:
    """The conventions that a total can be counted by, with what each has."""
    from resnet_inspect.analysis.conventions import CONVENTIONS

    return {name: convention.about for name, convention in CONVENTIONS.items()}


def convention_option(command: F) -> F:
    """The option for a total by another convention."""
    option = click.option(
        "--count-as",
        cls=NamedOption,
        type=Named("convention", _conventions),
        default=None,
        help="The MACs of another convention too, and why they differ: {names}; help explains.",
    )
    return option(command)


def _kinds() -> Iterable[str]:
    from resnet_inspect.views.words.ops import KINDS

    return KINDS


_ONLY = click.option(
    "--only",
    type=Listed(_kinds),
    metavar="KINDS",
    help="Only these kinds or ops, with commas: conv,pool,norm,add,linear,max pool,...",
)
_STAGE = click.option("--stage", type=int, help="Only this stage, counted from 1.")


def _views() -> Iterable[str]:
    from resnet_inspect.views.tables import VIEWS

    return tuple(VIEWS)


def _columns() -> Mapping[str, str]:
    from resnet_inspect.views.tables.columns import COLUMNS

    return {key: column.meaning for key, column in COLUMNS.items()}


SELECTION_OPTIONS = (
    "view", "everything", "only", "match", "where", "stage", "depth", "fold", "columns"
)  # fmt: skip
"""Names of the options that `selection_options` adds."""


def selection_options(command: F) -> F:
    """Options for what is shown."""
    return selection_options_but()(command)


def selection_options_but(*left_out: str) -> Callable[[F], F]:
    """The options for what is shown without some."""
    options = [
        click.option(
            "--view",
            cls=NamedOption,
            type=Named("view", _views),
            default="layers",
            show_default=True,
            help="{names}.",
        ),
        click.option(
            "--all", "everything", is_flag=True, help="Norms, activations and all other steps too."
        ),
        _ONLY,
        click.option(
            "--match",
            type=LayerPath(),
            metavar="GLOB",
            help="Only paths that match: 'layer2.*.conv2'.",
        ),
        where_option(_columns, "'stride:2 params>1M', 'conv 3x3'."),
        _STAGE,
        click.option(
            "--depth",
            type=int,
            help="Sum up what is nested deeper; 1 shows the network's own modules.",
        ),
        click.option("--fold", is_flag=True, help="A run of identical blocks as one, marked ×N."),
        columns_option(_columns),
    ]
    chosen = [o for name, o in zip(SELECTION_OPTIONS, options, strict=True) if name not in left_out]
    return lambda command: with_options(chosen, command)


def measured_options(
    measured: Callable[[], Mapping[str, Beside[Any]]], examples: str
) -> Callable[[F], F]:
    """Options for what is shown of what was measured, which has columns of its own.

    `examples` are of what `--where` takes.
    """

    def known() -> Mapping[str, str]:
        return {**_columns(), **{key: column.meaning for key, column in measured().items()}}

    options = [
        click.option(
            "--view",
            type=click.Choice(["layers", "blocks", "stages"]),
            default="layers",
            show_default=True,
            help="What a row is.",
        ),
        selection_options_but("view", "columns", "where"),
        where_option(known, examples),
        columns_option(known),
    ]
    return lambda command: with_options(options, command)


def _columns_of_differences() -> Mapping[str, str]:
    from resnet_inspect.views.tables.comparison import signals, timing

    return meanings((timing.HEADINGS | signals.HEADINGS).values())


def difference_options(command: F) -> F:
    """Options for what is shown of a difference."""
    options = [
        click.option("--all", "everything", is_flag=True, help="Every step, equal ones too."),
        _ONLY,
        click.option("--match", metavar="GLOB", help="Only paths that match: 'layer2.*.conv2'."),
        where_option(_columns_of_differences, "'stride:2', 'only left', 'params>1M'."),
        _STAGE,
        columns_option(_columns_of_differences),
    ]
    return with_options(options, command)
