"""The explorer: a terminal interface that is one more reader of the trace."""

from __future__ import annotations

from pathlib import Path

from resnet_inspect.errors import InspectError


def explore(subject: str | None = None) -> int:
    """Open the explorer on a variant, a saved trace, or what was open last; give its exit code.

    Raises an `InspectError` for a name or file that is neither.
    """
    from resnet_inspect import pipeline
    from resnet_inspect.sources.catalogue import variant
    from resnet_inspect.tui.app import Explorer
    from resnet_inspect.tui.beside import is_long_file
    from resnet_inspect.tui.session import Request

    if subject is None:
        app = Explorer()
    elif pipeline.is_trace_file(subject):
        path = Path(subject).expanduser()
        # A long one is read by the explorer itself, which paints first and says what it does.
        trace = None if is_long_file(path) else pipeline.load(path)
        app = Explorer(Request(trace.model_name if trace else path.stem, path=subject), trace)
    else:
        app = Explorer(Request.of_variant(variant(subject).name))
    code = app.run()
    if app.return_code:
        raise InspectError("the explorer ended with an error", hint="--debug shows where")
    return code or 0
