"""Parameter types and groups of options that several commands share."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from resnet_inspect.capture.backends import written
from resnet_inspect.errors import BadInput, UnknownName

if TYPE_CHECKING:
    _Type = click.ParamType[Any]
else:  # older versions of click have no type argument here
    _Type = click.ParamType

HELP = {"help_option_names": ["-h", "--help"]}
"""Settings of every command's context."""

F = TypeVar("F", bound=Callable[..., Any])


class Documented(click.Command):
    """A command whose help shows examples first."""

    def __init__(self, *args: Any, examples: Iterable[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = tuple(examples)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, then the description."""
        if self.examples:
            with formatter.section("Examples"):
                formatter.write_dl([(command, meaning) for command, meaning in self.examples])
        super().format_help_text(ctx, formatter)


class Named(_Type):
    """One of some names, with the nearest ones for a wrong one, and completion."""

    def __init__(self, name: str, known: Callable[[], Iterable[str]]) -> None:
        self.name = name
        self.known = known

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The name itself, if it is known."""
        known = list(self.known())
        if value not in known:
            raise UnknownName(self.name, str(value), known, see=f"known: {', '.join(known)}")
        return value

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The known names that begin so."""
        return [CompletionItem(name) for name in self.known() if name.startswith(incomplete)]


class ModelName(_Type):
    """A model's name; checked later, completed here."""

    name = "model"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The variants whose names begin so."""
        from resnet_inspect.sources.catalogue import names

        found = [CompletionItem(name) for name in names() if name.startswith(incomplete)]
        return found or [CompletionItem(incomplete, type="file")]


class Shape(_Type):
    """Sizes with commas or x between them: 1,3,224,224."""

    name = "shape"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """A tuple of integers."""
        if isinstance(value, tuple):
            return value
        parts = str(value).replace("x", ",").replace("×", ",").split(",")
        try:
            return tuple(int(part) for part in parts)
        except ValueError:
            self.fail(f"'{value}' is no shape: write sizes like 1,3,224,224", param, ctx)


class Input(Shape):
    """One input: 1,3,224,224 or mask=1,1,224,224:bool."""

    name = "input"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The keyword ("" for a positional input), and the shape or the shape with its dtype."""
        if isinstance(value, tuple):
            return value
        keyword, equals, written = str(value).rpartition("=")
        if equals and not keyword.isidentifier():
            self.fail(f"'{value}' is no input: write NAME=1,3,224,224", param, ctx)
        sizes, _, dtype = written.partition(":")
        shape = super().convert(sizes, param, ctx)
        return keyword, ((shape, dtype) if dtype else shape)


class ImageSize(Shape):
    """224 for a square image, 256x192 for height and width."""

    name = "image size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Height and width."""
        sizes = super().convert(value, param, ctx)
        if len(sizes) == 1:
            return (sizes[0], sizes[0])
        if len(sizes) != 2:
            self.fail(
                f"'{value}' is no image size: write 224 or 256x192 (height x width)", param, ctx
            )
        return sizes


class ImageSizes(ImageSize):
    """Several image sizes, with commas: 160,224,256x192."""

    name = "image sizes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Heights and widths."""
        if isinstance(value, tuple):
            return value
        one = super().convert
        return tuple(one(part.strip(), param, ctx) for part in str(value).split(","))


class Numbers(_Type):
    """Positive whole numbers with commas: 1,8,32."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """A tuple of integers."""
        if isinstance(value, tuple):
            return value
        parts = [part.strip() for part in str(value).split(",")]
        if not all(part.isdecimal() and int(part) > 0 for part in parts):
            self.fail(f"'{value}' is no list of positive numbers: write 1,8,32", param, ctx)
        return tuple(map(int, parts))


_PREFIXES = {"": 1.0} | {
    f"{letter}{i}": (1024.0 if i else 1000.0) ** power
    for power, letter in enumerate("KMGTP", start=1)
    for i in ("", "i")
}


class Quantity(_Type):
    """Amounts with decimal or binary prefixes: 16GiB, 24G; or several of them with commas."""

    name = "quantity"

    def __init__(self, count: int = 1) -> None:
        self.count = count

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """A tuple of `count` positive numbers."""
        if isinstance(value, tuple):
            return value
        parts = str(value).split(",")
        found = tuple(self._number(part.strip()) for part in parts)
        if len(found) != self.count or None in found:
            example = "10T,100G" if self.count > 1 else "16GiB"
            self.fail(f"'{value}' is no amount: write {example}", param, ctx)
        return found

    def _number(self, written: str) -> float | None:
        parts = re.fullmatch(r"([\d.]+)\s*([A-Za-z/]*)", written)
        if parts is None:
            return None
        number, unit = parts.groups()
        prefix = re.sub(r"(B|FLOPS?|FLOP)?(/s)?$", "", unit, flags=re.IGNORECASE)
        prefix = prefix[:1].upper() + prefix[1:].lower()
        try:
            found = float(number) * _PREFIXES[prefix]
        except (ValueError, KeyError):
            return None
        return found if 0 < found < math.inf else None


def format_names() -> Iterable[str]:
    """The formats that can be asked for."""
    from resnet_inspect.formats import FORMATS

    return FORMATS


def _views() -> Iterable[str]:
    from resnet_inspect.views.tables import VIEWS

    return VIEWS


def _kinds() -> Iterable[str]:
    from resnet_inspect.views.words.ops import KINDS

    return KINDS


def columns_option(known: Callable[[], Mapping[str, str]]) -> Callable[[F], F]:
    """`--columns`; `known` gives what can be chosen, with its meaning, for `--columns help`."""

    def answer(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
        """List the columns at once, whatever else was asked."""
        if value != "help" or context.resilient_parsing:
            return value
        columns = known()
        width = max(map(len, columns))
        for key, meaning in columns.items():
            click.echo(f"{key:<{width}}  {meaning}")
        return context.exit()

    return click.option(
        "--columns",
        metavar="KEYS",
        is_eager=True,
        callback=answer,
        help="Columns to show, with commas; +KEY adds one; help lists all.",
    )


def _columns() -> Mapping[str, str]:
    from resnet_inspect.views.tables.columns import COLUMNS

    return {key: column.meaning for key, column in COLUMNS.items()}


def _columns_of_differences() -> Mapping[str, str]:
    from resnet_inspect.views.tables.comparison.timing import HEADINGS

    return {key: heading.title for key, heading in HEADINGS.items()}


def devices(default: str, reason: str = "", without: Sequence[str] = ()) -> str:
    """For the help: every device that can be named, the one that is taken unasked first."""
    others = (name for name in written() if name != default and name not in without)
    return f"{default} (default{reason}), {', '.join(others)}."


INPUT_OPTIONS = (
    "inputs", "image_size", "batch", "channels", "dtype", "device", "train", "settings",
    "weights",
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
            "with the name of a keyword, with a type: mask=1,1,224,224:bool.",
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


SELECTION_OPTIONS = ("view", "everything", "only", "match", "stage", "depth", "fold", "columns")
"""Names of the options that `selection_options` adds."""


def selection_options(command: F) -> F:
    """Options for what is shown."""
    return selection_options_but()(command)


def selection_options_but(*left_out: str) -> Callable[[F], F]:
    """The options for what is shown without some."""
    options = [
        click.option(
            "--view",
            type=Named("view", _views),
            default="layers",
            show_default=True,
            help="layers, blocks, stages, modules or totals.",
        ),
        click.option(
            "--all", "everything", is_flag=True, help="Norms, activations and all other steps too."
        ),
        click.option("--only", help="Only these kinds, with commas: conv,pool,norm,add,linear,..."),
        click.option("--match", metavar="GLOB", help="Only paths that match: 'layer2.*.conv2'."),
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
        click.option("--only", help="Only these kinds, with commas: conv,pool,norm,add,linear,..."),
        click.option("--match", metavar="GLOB", help="Only paths that match: 'layer2.*.conv2'."),
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


def output_options(command: F) -> F:
    """Options for how and where the result is written."""
    options = [
        click.option(
            "--format",
            "format",
            type=Named("format", format_names),
            default=None,
            help="table (default), text, md, csv, json, html or latex.",
        ),
        click.option(
            "-o",
            "--output",
            type=click.Path(allow_dash=True),
            help="Write to this file; its suffix chooses the format; - is stdout.",
        ),
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


def read_inputs(inputs: Sequence[tuple[str, Any]]) -> Any:
    """What `--input` was given, as `pipeline.trace` takes it: one shape, or by place and name."""
    if len(inputs) == 1 and not inputs[0][0]:
        return inputs[0][1]
    positional = [one for keyword, one in inputs if not keyword]
    named = [(keyword, one) for keyword, one in inputs if keyword]
    twice = [keyword for keyword, _ in named if [k for k, _ in named].count(keyword) > 1]
    if twice:
        raise BadInput(f"--input {twice[0]}= is given twice")
    return dict(enumerate(positional)) | dict(named)


def read_settings(settings: Iterable[str]) -> dict[str, Any]:
    """Builder arguments from NAME=VALUE, each value a Python literal or, failing that, a word."""
    found: dict[str, Any] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or not name.isidentifier():
            raise BadInput(
                f"--set {setting} is no NAME=VALUE", hint="for example --set num_classes=10"
            )
        try:
            found[name] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            known = {"true": True, "false": False, "none": None}
            if value.lower() not in known:
                raise BadInput(
                    f"--set {name}: {value!r} is no Python literal",
                    hint="numbers, True, False, None, 'text' and lists of them are",
                ) from None
            found[name] = known[value.lower()]
    return found
