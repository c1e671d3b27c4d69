"""When something was made."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime


def reproducible() -> str | None:
    """The time of SOURCE_DATE_EPOCH, for outputs that are to be equal; None without."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch.isdecimal():
        with suppress(OverflowError, ValueError, OSError):  # a year that no calendar has
            return datetime.fromtimestamp(int(epoch), UTC).isoformat()
    return None


def now() -> str:
    """The time as ISO 8601 in UTC, in whole seconds; SOURCE_DATE_EPOCH stands in for it."""
    return reproducible() or datetime.now(UTC).replace(microsecond=0).isoformat()
