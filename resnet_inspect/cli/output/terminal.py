"""What stdout is: how wide, and whether it has colours."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import suppress


def is_coloured(color: str) -> bool:
    """Whether "always", "never" or "auto" means colours here.

    "auto" colours a terminal that is not dumb; NO_COLOR and FORCE_COLOR are obeyed.
    """
    if color != "auto":
        return color == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return os.environ.get("FORCE_COLOR", "0") not in ("", "0") or sys.stdout.isatty()


def columns_of_terminal() -> int | None:
    """Columns to fit into: COLUMNS, or the terminal's; None where stdout is no terminal."""
    given = os.environ.get("COLUMNS", "")
    with suppress(ValueError):  # of more digits than Python reads
        if given.isdecimal() and int(given) > 0:
            return int(given)
    if not sys.stdout.isatty():
        return None
    return shutil.get_terminal_size().columns
