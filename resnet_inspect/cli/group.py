"""The command line's top: one line for each command; a command is imported when it is called."""

from __future__ import annotations

import sys
from importlib import import_module
from os.path import isfile  # unlike `Path.is_file`, no for a name that is too long
from shlex import quote

import click

from resnet_inspect._version import __version__
from resnet_inspect.cli.diagnostics import put, say
from resnet_inspect.cli.help import HELP
from resnet_inspect.errors import UnknownName, UsageError

COMMANDS = {
    "trace": "Run MODEL once and print what every layer did.",
    "show": "Print a trace that was saved, with every view and format.",
    "export": "Write MODEL to FILES, each in the format its suffix names.",
    "taps": "List the feature maps of MODEL that a U-Net, an FPN or a detector would take.",
    "cost": "Say what MODELS need: parameters, MACs, memory to run and to train.",
    "measure": "Time every layer of MODEL on this machine.",
    "signal": "Run MODELS forward and back once and say what flows at every layer.",
    "train": "Train MODEL on images and write down what happens in every layer.",
    "report": "Say what a training came to: curves, confusions, gradients, frozen parts, costs.",
    "attribute": "Show which parts of each IMAGE a score of MODEL rests on.",
    "verify": "Ask others for MODEL's parameters, MACs and output shapes.",
    "draw": "Draw MODEL as a figure for a paper, a slide or a page.",
    "explain": "Explain a layer, a block, a stage or all of MODEL with its own numbers.",
    "identify": "Say which network the weights in FILE are of.",
    "diff": "Say what differs between A and B: in words, in totals, and layer by layer.",
    "lock": "Write the architecture of MODEL to a file for version control.",
    "check": "Exit with 1 if MODEL is not what a lock file says.",
    "tui": "Browse MODEL in the terminal.",
    "serve": "Show the explorer of MODEL in a browser.",
    "list": "List the models that can be traced by name.",
    "completion": "Print what SHELL evaluates so that the tab key completes.",
    "cache": "Say where traces are kept, or remove them.",
}
"""Every command with its line in the help, in that order; `cli/commands/NAME.py` has it."""

SYNONYMS = {
    "summary": "trace",
    "compare": "diff",
    "plot": "draw",
    "figure": "draw",
    "memory": "cost",
    "flops": "cost",
    "profile": "measure",
    "benchmark": "measure",
    "gradients": "signal",
    "gradcam": "attribute",
    "features": "taps",
    "validate": "verify",
    "explore": "tui",
    "models": "list",
}
"""Other names of commands, by which people look for them; the help lists none."""


def _model_of(word: str) -> str | None:
    """The model that a word that is no command names, or a file that holds one."""
    from resnet_inspect.sources.catalogue import names

    if word.lower() in names():
        return word.lower()
    return word if ":" in word or isfile(word) else None


def _view_of(word: str) -> str | None:
    """The view that a word that is no command names, in the singular too."""
    from resnet_inspect.views.tables import VIEWS

    return next((name for name in VIEWS if word.lower() in (name, name.removesuffix("s"))), None)


@click.command("help", hidden=True)
@click.argument("command", required=False)
@click.pass_context
def _help(ctx: click.Context, command: str | None) -> int:
    """Show the help, of all or of one command."""
    assert ctx.parent is not None
    of = ctx.parent
    if command is not None:
        _, found, _ = commands.resolve_command(of, [command])
        assert found is not None
        of = click.Context(found, of, command)
    put(f"{of.get_help()}\n")
    return 0


def _print_versions(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if not value or ctx.resilient_parsing:
        return
    from importlib.metadata import PackageNotFoundError, version

    def found(package: str) -> str:
        try:
            return f"{package} {version(package)}"
        except PackageNotFoundError:
            return f"{package} not installed"

    python = ".".join(map(str, sys.version_info[:3]))
    others = ", ".join((f"Python {python}", *map(found, ("torch", "torchvision"))))
    put(f"resnet-inspect {__version__} ({others})\n")
    ctx.exit()


class _Top(click.Group):
    """The group of all commands; its help begins with examples."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, without importing any."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command of that name, imported now."""
        if name == "help":
            return _help
        name = SYNONYMS.get(name, name)
        if name not in COMMANDS:
            return None
        found: click.Command = import_module(f"resnet_inspect.cli.commands.{name}").command
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first argument names; raises `UnknownName` with the nearest."""
        known = {*COMMANDS, *SYNONYMS, "help"}
        if args and args[0] not in known and not ctx.resilient_parsing:
            model = _model_of(args[0])
            if model is not None:
                hint = f"resnet-inspect trace {quote(model)}"
                raise UsageError(f"'{args[0]}' is a model, no command", hint=hint)
            if view := _view_of(args[0]):
                model = quote(args[1]) if args[1:] else "MODEL"
                hint = f"resnet-inspect trace {model} --view {view}"
                raise UsageError(f"'{args[0]}' is a view, no command", hint=hint)
            raise UnknownName("command", args[0], COMMANDS, see="resnet-inspect --help")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands' lines."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, then the description."""
        with formatter.section("Examples"):
            formatter.write_dl(
                [
                    ("resnet-inspect trace resnet50", "every layer's window, shapes and cost"),
                    ("resnet-inspect trace resnet34 --view stages", "what each stage did"),
                    ("resnet-inspect trace model.py:ResNet18", "your own code; this runs it"),
                    ("resnet-inspect export resnet50 out.md out.html", "the same, as files"),
                    ("resnet-inspect list 'wide*'", "what can be traced"),
                ]
            )
        super().format_help_text(ctx, formatter)


@click.group(cls=_Top, context_settings=HELP, invoke_without_command=True)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_versions,
    help="Show the version, and those of Python, torch and torchvision.",
)  # fmt: skip
@click.pass_context
def commands(ctx: click.Context) -> int | None:
    """Inspect the architecture of residual networks, as they really run."""
    if ctx.invoked_subcommand is not None:
        return None
    if sys.stdin.isatty() and sys.stdout.isatty():
        from resnet_inspect.tui import explore

        return explore()
    say(ctx.get_help())
    return 2
