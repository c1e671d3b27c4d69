"""What the tab key asks: the programs of the shells, and the answer to them."""

from __future__ import annotations

import os

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    split_arg_string,
)

from resnet_inspect.cli.diagnostics import put

NAME = "resnet-inspect"
VARIABLE = "_RESNET_INSPECT_COMPLETE"

_BASH = """\
%(complete_func)s() {
    local IFS=$'\\n' reply
    COMPREPLY=()
    for reply in $(env COMP_LINE="${COMP_LINE:0:COMP_POINT}" %(complete_var)s=bash_complete $1); do
        case "${reply%%%%,*}" in
            dir) compopt -o dirnames 2>/dev/null ;;
            file) compopt -o default 2>/dev/null ;;
            *) COMPREPLY+=("${reply#*,}") ;;
        esac
    done
}

complete -o nosort -F %(complete_func)s %(prog_name)s 2>/dev/null ||
    complete -F %(complete_func)s %(prog_name)s
"""


class Bash(BashComplete):
    """Bash, which takes a word to begin anew behind a colon or an equals sign."""

    source_template = _BASH

    def source(self) -> str:
        """The program to be evaluated; for that no bash need be here."""
        return ShellComplete.source(self)

    def get_completion_args(self) -> tuple[list[str], str]:
        """The whole words before the cursor, and the one that is half typed."""
        line = os.environ["COMP_LINE"]
        words = split_arg_string(line)[1:]
        if not line or line[-1].isspace():
            return words, ""
        return words[:-1], words[-1] if words else ""

    def format_completion(self, item: CompletionItem) -> str:
        """The kind, and what is to stand behind the last colon that was typed."""
        _, typed = self.get_completion_args()
        line = os.environ["COMP_LINE"]
        if line.count("'") % 2 or line.count('"') % 2:  # a word in quotes is not cut
            return f"{item.type},{item.value}"
        if typed.startswith("-"):
            typed = typed.partition("=")[2]
        begun = max(typed.rfind(":"), typed.rfind("=")) + 1
        return f"{item.type},{item.value[begun:]}"


SHELLS: dict[str, type[ShellComplete]] = {"bash": Bash, "zsh": ZshComplete, "fish": FishComplete}


def program_for(shell: str) -> str:
    """The program that a shell evaluates, so that tab completes this command line."""
    return SHELLS[shell](click.Command(NAME), {}, NAME, VARIABLE).source()


def answer(commands: click.Command) -> int:
    """Print what the shell asked for in the environment; returns the exit code."""
    shell, _, instruction = os.environ[VARIABLE].partition("_")
    if shell not in SHELLS or instruction != "complete":
        return 1
    words = SHELLS[shell](commands, {}, NAME, VARIABLE).complete()
    if words:
        put(f"{words}\n")
    return 0
