"""`resnet-inspect completion`: what a shell evaluates so that tab completes."""

from __future__ import annotations

import click

from resnet_inspect.cli.completion import SHELLS, program_for
from resnet_inspect.cli.diagnostics import put
from resnet_inspect.cli.help import HELP, Documented


@click.command(
    name="completion",
    cls=Documented,
    context_settings=HELP,
    examples=[
        ('eval "$(resnet-inspect completion bash)"', "in ~/.bashrc"),
        ('eval "$(resnet-inspect completion zsh)"', "in ~/.zshrc, after compinit"),
        ("resnet-inspect completion fish | source", "in ~/.config/fish/config.fish"),
    ],
)
@click.argument("shell", type=click.Choice(list(SHELLS)))
def command(shell: str) -> int:
    """Print what SHELL evaluates so that the tab key completes.

    Commands, options, models, columns, formats and files are completed; layers too, of a saved
    trace or of a network that was traced before.
    """
    put(program_for(shell))
    return 0
