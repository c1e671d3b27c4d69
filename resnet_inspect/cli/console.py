"""The rich console that writes colours to stdout."""

from __future__ import annotations

import sys

from rich.console import Console


class _Pipe(Console):
    def on_broken_pipe(self) -> None:
        """Leave a closed pipe to the command line, which ends quietly."""
        raise BrokenPipeError


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
