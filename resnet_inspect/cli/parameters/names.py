"""One of some names, listed in the help and completed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

import click
from click.shell_completion import CompletionItem

from resnet_inspect.cli.diagnostics import put
from resnet_inspect.cli.parameters.type import Type
from resnet_inspect.errors import UnknownName


def list_meanings(meanings: Mapping[str, str], ctx: click.Context) -> NoReturn:
    """Print what can be named, each with what it means; there the command ends."""
    width = max(map(len, meanings))
    for name, meaning in meanings.items():
        put(f"{name:<{width}}  {meaning}\n")
    ctx.exit()


class Named(Type):
    """One of some names, with the nearest ones for a wrong one, and completion.

    Where `known` gives the meaning of each too, "help" lists them.
    """

    def __init__(
        self, name: str, known: Callable[[], Iterable[str] | Mapping[str, str]], usual: str = ""
    ) -> None:
        self.name = name
        self.known = known
        self.usual = usual
        """What is taken where none is given, if the help is to say so among the others."""

    @property
    def listed(self) -> str:
        """Every name in a phrase: "table (default), text or md"."""
        names = [f"{name} (default)" if name == self.usual else name for name in self.known()]
        return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The name itself, if it is known."""
        found = self.known()
        if value == "help" and isinstance(found, Mapping) and ctx and not ctx.resilient_parsing:
            list_meanings(found, ctx)
        known = list(found)
        if value not in known:
            raise UnknownName(self.name, str(value), known, see=f"known: {', '.join(known)}")
        return value

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The known names that begin so."""
        return [CompletionItem(name) for name in self.known() if name.startswith(incomplete)]


class NamedOption(click.Option):
    """An option for one of some names: "{names}" in its help stands for all of them."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Flags and help, for which the names are asked now."""
        if isinstance(self.type, Named):
            self.help = (self.help or "").replace("{names}", self.type.listed)
        return super().get_help_record(ctx)
