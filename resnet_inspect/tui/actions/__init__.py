"""What the explorer's keys do: each family of actions is a module, and `METHODS` has them all.

To be in it, a family is imported here. What only some key needs is imported with that key.
"""

from __future__ import annotations

from resnet_inspect.tui.actions import (  # noqa: F401 - to register what they do
    comparison,
    export,
    habits,
    inputs,
    networks,
    panes,
    perspective,
    reports,
    rows,
    run,
    signals,
    timing,
)
from resnet_inspect.tui.actions.registry import METHODS

__all__ = ["METHODS"]
