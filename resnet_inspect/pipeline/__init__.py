"""Where the two towers meet: a name or a module becomes a trace, a trace becomes text.

The only place that joins them; torch is imported inside the functions that need it.

- `tracing/`: `trace` and `watch`, and what the cache keeps.
- `timing`: `measure`, against the clock.
- `signals`: `signal`, what flows forward and back.
- `questions`: `explain`, `taps`, `diff`, `cost`, `draw`, `verify`, of any network.
- `checks`, `equivalence`: what others say of a network, and whether two compute the same.
- `tap_programs`: `features`, the program that takes the feature maps.
- `lab/`: `train` and `resume`, and `attribute`.
- `identity/`: `identify`, and weights under the names of their network.
- `locks`: what a saved trace or a lock says, held against what is.
- `building/`: a named network, its inputs and the weights of a file.
- `run`: `load_run`, the folder of a run as a value.
- `files`: files, tables and text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from resnet_inspect.formats import format_of
    from resnet_inspect.pipeline.building.inputs import USUAL_INPUT, input_from, input_shape
    from resnet_inspect.pipeline.building.networks import offered
    from resnet_inspect.pipeline.checks import verify
    from resnet_inspect.pipeline.equivalence import equivalence_of
    from resnet_inspect.pipeline.files import (
        explored,
        is_trace_file,
        load,
        load_measured,
        load_saved,
        load_signals,
        load_timed,
        render,
        save,
        save_measured,
        save_signals,
        tabulate,
    )
    from resnet_inspect.pipeline.identity.conversion import convert, loading
    from resnet_inspect.pipeline.identity.recognition import (
        checkpoint_of,
        identified,
        identify,
        recognised,
    )
    from resnet_inspect.pipeline.locks import change_table, changed, input_of, mode_of
    from resnet_inspect.pipeline.questions import cost, diff, draw, explain, taps
    from resnet_inspect.pipeline.signals import signal
    from resnet_inspect.pipeline.tap_programs import features
    from resnet_inspect.pipeline.timing import measure
    from resnet_inspect.pipeline.tracing.cache import cached, why_no_cache
    from resnet_inspect.pipeline.tracing.trace import trace
    from resnet_inspect.pipeline.tracing.watch import watch
    from resnet_inspect.sources.catalogue import Variant

__all__ = [
    "USUAL_INPUT",
    "cached",
    "change_table",
    "changed",
    "checkpoint_of",
    "convert",
    "cost",
    "diff",
    "draw",
    "equivalence_of",
    "explain",
    "explored",
    "features",
    "format_of",
    "identified",
    "identify",
    "input_from",
    "input_of",
    "input_shape",
    "is_trace_file",
    "load",
    "load_measured",
    "load_saved",
    "load_signals",
    "load_timed",
    "loading",
    "measure",
    "mode_of",
    "offered",
    "recognised",
    "render",
    "save",
    "save_measured",
    "save_signals",
    "signal",
    "tabulate",
    "taps",
    "trace",
    "variants",
    "verify",
    "watch",
    "why_no_cache",
]

_HOMES = {
    "USUAL_INPUT": "pipeline.building.inputs",
    "cached": "pipeline.tracing.cache",
    "change_table": "pipeline.locks",
    "changed": "pipeline.locks",
    "checkpoint_of": "pipeline.identity.recognition",
    "convert": "pipeline.identity.conversion",
    "cost": "pipeline.questions",
    "diff": "pipeline.questions",
    "draw": "pipeline.questions",
    "equivalence_of": "pipeline.equivalence",
    "explain": "pipeline.questions",
    "explored": "pipeline.files",
    "features": "pipeline.tap_programs",
    "format_of": "formats",
    "identified": "pipeline.identity.recognition",
    "identify": "pipeline.identity.recognition",
    "input_from": "pipeline.building.inputs",
    "input_of": "pipeline.locks",
    "input_shape": "pipeline.building.inputs",
    "is_trace_file": "pipeline.files",
    "load": "pipeline.files",
    "load_measured": "pipeline.files",
    "load_saved": "pipeline.files",
    "load_signals": "pipeline.files",
    "load_timed": "pipeline.files",
    "loading": "pipeline.identity.conversion",
    "measure": "pipeline.timing",
    "mode_of": "pipeline.locks",
    "offered": "pipeline.building.networks",
    "recognised": "pipeline.identity.recognition",
    "render": "pipeline.files",
    "save": "pipeline.files",
    "save_measured": "pipeline.files",
    "save_signals": "pipeline.files",
    "signal": "pipeline.signals",
    "tabulate": "pipeline.files",
    "taps": "pipeline.questions",
    "trace": "pipeline.tracing.trace",
    "verify": "pipeline.checks",
    "watch": "pipeline.tracing.watch",
    "why_no_cache": "pipeline.tracing.cache",
}
"""Where each name is from: a command that needs one loads no other."""


def __getattr__(name: str) -> Any:
    from resnet_inspect.lazy_names import load  # `load` is one of the names

    return load(__name__, name, _HOMES)


def variants() -> tuple[Variant, ...]:
    """Every named variant and what is known of it; torch is not imported."""
    from resnet_inspect.sources.catalogue import NAMED

    return tuple(NAMED.values())
