"""The rich console that writes colours to stdout."""

from __future__ import annotations

import sys

from rich.console import Console

from resnet_inspect.cli.diagnostics import nobody_reads


class _Pipe(Console):
    def on_broken_pipe(self) -> None:
        """Go on quietly: what is left goes nowhere."""
        nobody_reads()


def console() -> Console:
    """A console with colours, whatever stdout is."""
    return _Pipe(
        file=sys.stdout,
        force_terminal=True,
        color_system="auto" if sys.stdout.isatty() else "standard",
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=True,
    )
