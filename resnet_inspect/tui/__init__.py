"""The explorer: a terminal interface that is one more reader of the trace."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from resnet_inspect.errors import InspectError


def explore(
    subject: str | None = None,
    given: Mapping[str, Any] | None = None,
    against: str | None = None,
) -> int:
    """Open the explorer on what `trace` takes, a saved trace, or what was open last.

    `given` is how to run it, as `pipeline.trace` takes it: "input", "dtype", "device", "mode",
    "arguments", "weights"; `against` is set beside it. Gives its exit code.
    Raises an `InspectError` for a name or file that is neither.
    """
    from resnet_inspect.garbage_collection import PROGRAM, let_go
    from resnet_inspect.tui.process.background import START, begin, end

    begin(START)
    let_go(PROGRAM)  # it goes on for longer than other commands, and collects for itself
    try:
        return _explore(subject, given or {}, against)
    finally:
        end(START)


def _explore(subject: str | None, given: Mapping[str, Any], against: str | None) -> int:
    from resnet_inspect import pipeline
    from resnet_inspect.tui.app import Explorer
    from resnet_inspect.tui.process.background import is_long_file
    from resnet_inspect.tui.session.request import Request

    request = None if subject is None else Request.of(subject)
    trace, recorded = None, None
    if request is not None and given:
        request = request.with_options(given)
    if request is not None and request.path:
        path = Path(request.path).expanduser()
        if not is_long_file(path):  # which the explorer reads itself: it paints first and says so
            saved = pipeline.load_saved(path)
            trace, recorded = saved.trace, saved.recorded
    app = Explorer(request, trace, recorded, None if against is None else Request.of(against))
    code = app.run()
    if app.return_code:
        raise InspectError("the explorer ended with an error", hint="--debug shows where")
    return code or 0
