"""What the command palette offers: every action, variant and layer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from textual.app import SystemCommand
from textual.markup import escape

from resnet_inspect.sources.catalogue import VARIANTS
from resnet_inspect.traces.model import Trace
from resnet_inspect.tui.keys import ACTIONS, key_names
from resnet_inspect.tui.session.history import Span

_MOST_LAYERS = 5_000
"""Of a longer trace the filter finds the others."""


def commands(
    trace: Trace | None,
    act: Callable[[str], object],
    look_at: Callable[[str], object],
    go_to: Callable[[Span], object],
) -> Iterator[SystemCommand]:
    """A command for each action by its name, each variant, and the first layers of the trace."""
    for action in ACTIONS:
        if action.name != "command_palette":
            title = f"{action.label}: {action.meaning}" + (
                f" ({action.also})" if action.also else ""
            )
            yield SystemCommand(title, f"key {key_names(action.keys)}", partial(act, action.name))
    for name in VARIANTS:
        yield SystemCommand(f"model {name}", "look at it", partial(look_at, name))
    for call in trace.calls[:_MOST_LAYERS] if trace is not None else ():
        if call.path:
            span = (call.index, call.index)
            yield SystemCommand(f"go to {escape(call.path)}", "layer", partial(go_to, span))
