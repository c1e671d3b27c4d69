"""resnet-inspect: what every layer of a residual network does, as it really runs.

    >>> import resnet_inspect as ri
    >>> t = ri.trace("resnet50")
    >>> print(ri.render(t, view="stages"))

The public names are listed in `__all__`; each is loaded when it is first used, so importing the
package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from resnet_inspect._version import __version__

if TYPE_CHECKING:
    from resnet_inspect.analysis.survey import Survey
    from resnet_inspect.errors import ForwardError, InspectError
    from resnet_inspect.pipeline import load, render, save, tabulate, trace, variants
    from resnet_inspect.traces.model import Call, Trace
    from resnet_inspect.views.selection import Selection

__all__ = [
    "Call",
    "ForwardError",
    "InspectError",
    "Selection",
    "Survey",
    "Trace",
    "__version__",
    "load",
    "render",
    "save",
    "tabulate",
    "trace",
    "variants",
]

_HOMES = {
    "Call": "traces.model",
    "ForwardError": "errors",
    "InspectError": "errors",
    "Selection": "views.selection",
    "Survey": "analysis.survey",
    "Trace": "traces.model",
    "load": "pipeline",
    "render": "pipeline",
    "save": "pipeline",
    "tabulate": "pipeline",
    "trace": "pipeline",
    "variants": "pipeline",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'resnet_inspect' has no attribute '{name}'")
    found = getattr(import_module(f"resnet_inspect.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
