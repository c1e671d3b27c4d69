"""Words of a list, of which the last is completed: keys with commas, a line of the filter."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click
from click.shell_completion import CompletionItem

from resnet_inspect.cli.parameters.type import Type


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
