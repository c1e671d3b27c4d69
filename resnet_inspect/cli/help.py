"""The help of a command: examples first, then what it does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import click

HELP = {"help_option_names": ["-h", "--help"]}
"""Settings of every command's context."""


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
