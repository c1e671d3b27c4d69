"""The rich console that writes to stdout."""

from __future__ import annotations

import os
import sys

from rich.console import Console


class _Pipe(Console):
    def on_broken_pipe(self) -> None:
        """Leave a closed pipe to the command line, which ends quietly."""
        raise BrokenPipeError


def console(color: str) -> Console:
    """A console for "always", "never" or "auto" colours.

    "auto" colours a terminal that is not dumb; NO_COLOR and FORCE_COLOR are obeyed.
    """
    wanted = color == "always" or (
        color == "auto" and os.environ.get("FORCE_COLOR", "0") not in ("", "0")
    )
    never = color == "never" or (
        color == "auto" and (bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb")
    )
    coloured = not never and (wanted or sys.stdout.isatty())
    return _Pipe(
        file=sys.stdout,
        force_terminal=coloured,
        no_color=not coloured,
        color_system=("auto" if sys.stdout.isatty() else "standard") if coloured else None,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=True,
    )
