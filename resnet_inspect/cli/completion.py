"""What the tab key completes: the shells' programs, and words of a list or of a trace."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from typing import Any

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
from resnet_inspect.cli.parameters import Type
from resnet_inspect.escaping import visible

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


class Listed(Type):
    """Words with commas between them, with completion of the last."""

    name = "keys"

    def __init__(self, known: Callable[[], Iterable[str]]) -> None:
        self.known = known

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """What is written; the tables check it."""
        return str(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The known words that begin as the last one does, behind those before it."""
        before, comma, last = incomplete.rpartition(",")
        plus = "+" if last.startswith("+") else ""
        there = {word.removeprefix("+") for word in before.split(",")}
        return [
            CompletionItem(f"{before}{comma}{plus}{word}")
            for word in self.known()
            if word.startswith(last.removeprefix("+")) and word not in there
        ]


class Filter(Listed):
    """A line of the filter language, with completion of the column that its last term names."""

    name = "filter"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The columns whose names begin as the last term does, behind what stands before it."""
        before, space, term = incomplete.rpartition(" ")
        name = term.lstrip("-!")
        sign = term.removesuffix(name)
        found = (key for key in self.known() if name and key.startswith(name))
        return [CompletionItem(f"{before}{space}{sign}{key}") for key in found]


class LayerPath(Type):
    """The path of a layer of the model before it, completed where its trace is at hand."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """What is written; the trace decides."""
        return str(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The paths that begin so, of a saved trace or of one in the cache; nothing is run."""
        try:
            given = (ctx.params.get("model"), ctx.params.get("file"), *ctx.args)
            paths = _paths(next(filter(None, given), ""))
        except Exception:  # a broken file, a name that is none: tab says nothing
            return []
        return [CompletionItem(p) for p in paths if p.startswith(incomplete) and _is_literal(p)]


def _is_literal(word: str) -> bool:
    """Whether a shell takes a word as it is written; what a file brings must be no command."""
    return re.fullmatch(r"[\w@%+=:,./-]+", word) is not None and visible(word) == word


def _paths(model: str) -> Iterable[str]:
    from resnet_inspect import pipeline

    trace = pipeline.load(model) if model.endswith(".json") else pipeline.cached(model)
    return dict.fromkeys(call.path for call in trace.calls if call.path) if trace else ()
