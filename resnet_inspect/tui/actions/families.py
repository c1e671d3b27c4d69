"""Every family of actions: to be on a key, an action's module is imported here.

What only some key needs is imported with that key.
"""

from __future__ import annotations

from resnet_inspect.tui.actions import (  # noqa: F401 - to register what they do
    comparison,
    export,
    inputs,
    networks,
    panes,
    perspective,
    reports,
    rows,
    settings,
)
from resnet_inspect.tui.actions.recorded import run, signals, timing  # noqa: F401 - likewise
from resnet_inspect.tui.actions.registry import METHODS

__all__ = ["METHODS"]
