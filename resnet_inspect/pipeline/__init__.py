"""Where the two towers meet: a name or a module becomes a trace, a trace becomes text.

The only place that joins them; torch is imported inside the functions that need it.

- `building`: a named network and its inputs, on the device where it will run.
- `tracing`: `trace` and `watch`.
- `kept`: what the cache is for.
- `measuring`: `measure`, against the clock.
- `weights`: `identify`, and filling a network.
- `second_opinions`: `verify` and `likeness`.
- `golden`: what a saved trace or a lock says, held against what is.
- `keeping`: files, tables and text.
"""

from __future__ import annotations

from resnet_inspect.pipeline.building import USUAL_INPUT, input_shape
from resnet_inspect.pipeline.golden import change_table, changed, input_of, mode_of
from resnet_inspect.pipeline.keeping import (
    format_of,
    is_trace_file,
    load,
    load_measured,
    load_timed,
    render,
    save,
    save_measured,
    tabulate,
)
from resnet_inspect.pipeline.kept import cached
from resnet_inspect.pipeline.measuring import measure
from resnet_inspect.pipeline.second_opinions import likeness, verify
from resnet_inspect.pipeline.tracing import trace, watch
from resnet_inspect.pipeline.weights import identify, recognised
from resnet_inspect.sources.catalogue import VARIANTS, Variant

__all__ = [
    "USUAL_INPUT",
    "cached",
    "change_table",
    "changed",
    "format_of",
    "identify",
    "input_of",
    "input_shape",
    "is_trace_file",
    "likeness",
    "load",
    "load_measured",
    "load_timed",
    "measure",
    "mode_of",
    "recognised",
    "render",
    "save",
    "save_measured",
    "tabulate",
    "trace",
    "variants",
    "verify",
    "watch",
]


def variants() -> tuple[Variant, ...]:
    """Every named variant and what is known of it; torch is not imported."""
    return tuple(VARIANTS.values())
