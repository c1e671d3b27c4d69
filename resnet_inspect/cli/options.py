"""Parameter types and groups of options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from resnet_inspect.capture.backends import written
from resnet_inspect.cli.completion import Filter, LayerPath, Listed
from resnet_inspect.cli.parameters import ImageSize, Input, Named, NamedOption, list_meanings

if TYPE_CHECKING:
    from resnet_inspect.views.tables.table import Heading

HELP = {"help_option_names": ["-h", "--help"]}
"""Settings of every command's context."""

F = TypeVar("F", bound=Callable[..., Any])


class Documented(click.Command):
    """A command whose help shows examples first.

    A word in braces in its help stands for what `words` has for it, asked when the help is.
    """

    def __init__(
        self,
        *args: Any,
        examples: Iterable[tuple[str, str]] = (),
        words: Mapping[str, Callable[[], str]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.examples = tuple(examples)
        self.words = words or {}

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, then the description."""
        if self.examples:
            with formatter.section("Examples"):
                formatter.write_dl([(command, meaning) for command, meaning in self.examples])
        for word, said in self.words.items():
            self.help = (self.help or "").replace(f"{{{word}}}", said())
        super().format_help_text(ctx, formatter)


def format_names() -> Iterable[str]:
    """The formats that can be asked for."""
    from resnet_inspect.formats import FORMATS

    return tuple(FORMATS)


def _views() -> Iterable[str]:
    from resnet_inspect.views.tables import VIEWS

    return tuple(VIEWS)


def _kinds() -> Iterable[str]:
    from resnet_inspect.views.words.ops import KINDS

    return KINDS


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


def _columns() -> Mapping[str, str]:
    from resnet_inspect.views.tables.columns import COLUMNS

    return {key: column.meaning for key, column in COLUMNS.items()}


def _columns_of_differences() -> Mapping[str, str]:
    from resnet_inspect.views.tables.comparison import signals, timing

    return meanings((timing.HEADINGS | signals.HEADINGS).values())


def meanings(headings: Iterable[Heading]) -> Mapping[str, str]:
    """What columns say, by key, for `--columns help`."""
    return {heading.key: heading.meaning or heading.title for heading in headings}


def devices(default: str, reason: str = "", without: Sequence[str] = ()) -> str:
    """For the help: every device that can be named, the one that is taken unasked first."""
    others = (name for name in written() if name != default and name not in without)
    return f"{default} (default{reason}), {', '.join(others)}."


INPUT_OPTIONS = (
    "inputs", "image_size", "batch", "channels", "dtype", "device", "train", "settings",
    "weights", "call",
)  # fmt: skip
"""Names of the options that `input_options` adds."""


def input_options(command: F) -> F:
    """Options for what goes into the network and where it runs."""
    return input_options_but()(command)


def input_options_but(*left_out: str) -> Callable[[F], F]:
    """The input options without some, where a command has options of its own for these."""
    options = [
        click.option(
            "--input",
            "inputs",
            type=Input(),
            multiple=True,
            metavar="[NAME=]SHAPE[:DTYPE]",
            help="Whole input shape, batch first: 1,3,224,224. Once for each input of the forward; "
            "with the name of a keyword, with a type: mask=1,1,224,224:bool. A list of tensors is "
            "one input: 3,224,224+3,200,300; of one tensor 3,224,224+.",
        ),
        click.option(
            "--image-size", type=ImageSize(), help="Image size: 224, or 256x192 (height x width)."
        ),
        click.option("--batch", type=int, help="Batch size."),
        click.option("--channels", type=int, help="Input channels."),
        click.option(
            "--dtype", help="Element type of input and weights: float32, bf16, fp16, float64."
        ),
        click.option("--device", help=devices("meta", ": no weight takes memory")),
        click.option("--train", is_flag=True, help="Run in training mode."),
        click.option(
            "--set",
            "settings",
            multiple=True,
            metavar="NAME=VALUE",
            help="Argument of the builder, as a Python literal: num_classes=10.",
        ),
        click.option(
            "--weights",
            type=click.Path(),
            metavar="FILE",
            help="Weights, which must fit; on meta only their shapes are read.",
        ),
        click.option(
            "--call", metavar="METHOD", help="Run another method than forward: forward_features."
        ),
    ]
    chosen = [o for name, o in zip(INPUT_OPTIONS, options, strict=True) if name not in left_out]
    if "no_cache" not in left_out:
        chosen.append(
            click.option(
                "--no-cache",
                is_flag=True,
                help="Run it, also if its trace is in the cache; keep none.",
            )
        )
    return lambda command: _with(chosen, command)


SELECTION_OPTIONS = (
    "view", "everything", "only", "match", "where", "stage", "depth", "fold", "columns"
)  # fmt: skip
"""Names of the options that `selection_options` adds."""


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


def where_option(known: Callable[[], Iterable[str]], examples: str) -> Callable[[F], F]:
    """`--where`, with examples of what it takes; `known` gives the columns that it can name."""
    return click.option(
        "--where",
        type=Filter(known),
        metavar="FILTER",
        help=f"Only rows that the explorer's filter finds: {examples}",
    )


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
        click.option(
            "--only",
            type=Listed(_kinds),
            metavar="KINDS",
            help="Only these kinds or ops, with commas: conv,pool,norm,add,linear,max pool,...",
        ),
        click.option(
            "--match",
            type=LayerPath(),
            metavar="GLOB",
            help="Only paths that match: 'layer2.*.conv2'.",
        ),
        where_option(_columns, "'stride:2 params>1M', 'conv 3x3'."),
        click.option("--stage", type=int, help="Only this stage, counted from 1."),
        click.option(
            "--depth",
            type=int,
            help="Sum up what is nested deeper; 1 shows the network's own modules.",
        ),
        click.option("--fold", is_flag=True, help="A run of identical blocks as one, marked ×N."),
        columns_option(_columns),
    ]
    chosen = [o for name, o in zip(SELECTION_OPTIONS, options, strict=True) if name not in left_out]
    return lambda command: _with(chosen, command)


def difference_options(command: F) -> F:
    """Options for what is shown of a difference."""
    options = [
        click.option("--all", "everything", is_flag=True, help="Every step, equal ones too."),
        click.option(
            "--only",
            type=Listed(_kinds),
            metavar="KINDS",
            help="Only these kinds or ops, with commas: conv,pool,norm,add,linear,max pool,...",
        ),
        click.option("--match", metavar="GLOB", help="Only paths that match: 'layer2.*.conv2'."),
        where_option(_columns_of_differences, "'stride:2', 'only left', 'params>1M'."),
        click.option("--stage", type=int, help="Only this stage, counted from 1."),
        columns_option(_columns_of_differences),
    ]
    return _with(options, command)


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
    return _with(options, command)


def run_options_given(options: Mapping[str, Any]) -> bool:
    """Whether any option says what is run against the clock, or how often."""
    return any(options[name] != usual for name, usual in RUN_OPTIONS.items())


RAW = click.option("--raw", is_flag=True, help="In CSV, text that looks like a formula as it is.")
"""The option for what the format csv makes harmless."""


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
        click.option("--width", type=click.IntRange(min=20), help="Columns of text to use."),
        click.option(
            "--color",
            type=click.Choice(["auto", "always", "never"]),
            default="auto",
            show_default=True,
            help="Colours; NO_COLOR and FORCE_COLOR are obeyed.",
        ),
    ]
    return _with(options, command)


def common_options(command: F) -> F:
    """Options of every command."""
    options = [
        click.option("--force", is_flag=True, help="Overwrite existing files."),
        click.option("--debug", is_flag=True, help="Show the traceback of an error."),
    ]
    return _with(options, command)


def _with(options: Sequence[Callable[[Any], Any]], command: F) -> F:
    for option in reversed(options):
        command = option(command)
    return command
