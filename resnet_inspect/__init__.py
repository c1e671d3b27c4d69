"""resnet-inspect: what every layer of a residual network does, as it really runs.

    >>> import resnet_inspect as ri
    >>> t = ri.trace("resnet50")
    >>> print(t.to_markdown("stages"))

The public names are listed in `__all__` and described in docs/python.md; each is loaded when it is
first used, so importing the package costs nothing; it imports nothing either, since a program that
is interrupted meanwhile has not yet begun to answer for itself.
"""

from __future__ import annotations

from resnet_inspect._version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from resnet_inspect.analysis.structure.survey import Survey
    from resnet_inspect.answers.attributions import Attributions
    from resnet_inspect.answers.figures import Drawing
    from resnet_inspect.answers.lessons import Explanation
    from resnet_inspect.answers.tables import Answer
    from resnet_inspect.errors import ForwardError, ForwardInterrupted, InspectError
    from resnet_inspect.inspection import Inspection
    from resnet_inspect.pipeline import (
        cost,
        diff,
        draw,
        explain,
        identify,
        load,
        render,
        save,
        tabulate,
        taps,
        trace,
        variants,
        watch,
    )
    from resnet_inspect.pipeline.lab.attribution import attribute
    from resnet_inspect.pipeline.lab.training import resume, train
    from resnet_inspect.pipeline.questions import verify
    from resnet_inspect.pipeline.run import load_run
    from resnet_inspect.traces.model import Call, Trace
    from resnet_inspect.traces.run import Run
    from resnet_inspect.views.tables.rows.selection import Selection
    from resnet_inspect.views.tables.table import Table
    from resnet_inspect.watched import Watch

__all__ = [
    "Answer",
    "Attributions",
    "Call",
    "Drawing",
    "Explanation",
    "ForwardError",
    "ForwardInterrupted",
    "InspectError",
    "Inspection",
    "Run",
    "Selection",
    "Survey",
    "Table",
    "Trace",
    "Watch",
    "__version__",
    "attribute",
    "cost",
    "diff",
    "draw",
    "explain",
    "identify",
    "load",
    "load_run",
    "render",
    "resume",
    "save",
    "tabulate",
    "taps",
    "trace",
    "train",
    "variants",
    "verify",
    "watch",
]

_HOMES = {
    "Answer": "answers.tables",
    "Attributions": "answers.attributions",
    "Call": "traces.model",
    "Drawing": "answers.figures",
    "Explanation": "answers.lessons",
    "ForwardError": "errors",
    "ForwardInterrupted": "errors",
    "InspectError": "errors",
    "Inspection": "inspection",
    "Run": "traces.run",
    "Selection": "views.tables.rows.selection",
    "Survey": "analysis.structure.survey",
    "Table": "views.tables.table",
    "Trace": "traces.model",
    "Watch": "watched",
    "attribute": "pipeline.lab.attribution",
    "cost": "pipeline",
    "diff": "pipeline",
    "draw": "pipeline",
    "explain": "pipeline",
    "identify": "pipeline",
    "load": "pipeline",
    "load_run": "pipeline.run",
    "render": "pipeline",
    "resume": "pipeline.lab.training",
    "save": "pipeline",
    "tabulate": "pipeline",
    "taps": "pipeline",
    "trace": "pipeline",
    "train": "pipeline.lab.training",
    "variants": "pipeline",
    "verify": "pipeline.questions",
    "watch": "pipeline",
}
"""Where each name is from."""


def __getattr__(name: str) -> Any:
    from resnet_inspect.lazy_names import load

    return load(__name__, name, _HOMES)


def __dir__() -> list[str]:
    return sorted(__all__)
