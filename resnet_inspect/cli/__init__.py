"""The command line. `main` runs it and returns the exit code."""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line on these arguments (None: those of the process)."""
    from resnet_inspect.cli.entry_point import run

    return run(arguments)
