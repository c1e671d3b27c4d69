"""A network is run again and again against the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resnet_inspect.capture import backends
from resnet_inspect.pipeline.building.networks import (
    Order,
    Tell,
    import_torch,
    refuse_meta,
    silent,
    unwrapped_to_run,
)
from resnet_inspect.pipeline.tracing.forward_errors import as_forward_error
from resnet_inspect.pipeline.tracing.trace import settled
from resnet_inspect.sources import subject, surroundings
from resnet_inspect.traces.json.codec import Measured

if TYPE_CHECKING:
    from resnet_inspect.capture.inputs import InputSize
    from resnet_inspect.capture.recording.forward import Mode


def measure(
    model: str,
    input_size: InputSize | None = None,
    *,
    device: str = "cpu",
    dtype: str | None = None,
    mode: Mode = "eval",
    arguments: Mapping[str, Any] | None = None,
    weights: str | Path | None = None,
    runs: Mapping[str, Any] | None = None,
    tell: Tell = silent,
    so_far: Callable[[Measured], None] | None = None,
    call: str = "forward",
) -> Measured:
    """Trace a named network on a real device, then run it again and again against the clock.

    `runs` are the fields of `capture.timing.measurement.Runs`: repeats, warm_up, backward,
    compiled, channels_last, threads. `so_far` is told after each run what all runs up to it
    measured. What is run is the method `call`. Raises what `trace` raises, and `WorkFailed` for a
    network that cannot be measured.
    """
    chosen = subject(model)
    refuse_meta(device, "nothing that could be timed")
    import_torch(tell)
    from resnet_inspect.capture.members import switch
    from resnet_inspect.capture.timing.measurement import Runs, moved
    from resnet_inspect.capture.timing.measurement import measure as run_repeatedly

    where = backends.resolve(device)
    with surroundings(chosen):
        order = settled(
            Order.of(
                chosen,
                input_size,
                mode=mode,
                dtype=dtype,
                arguments=arguments,
                weights=weights,
                tell=tell,
                call=call,
            )
        )
        found = order.on(where)
        built = unwrapped_to_run(replace(found, model=moved(found.model, where)), call)
        switch(built.model, mode == "train")
        with as_forward_error(by_name=True):
            traced = order.captured(built, where, "as found")
        how = Runs(**(runs or {}))
        told = None if so_far is None else lambda found: so_far((traced, found))
        return traced, run_repeatedly(
            built.model, built.args, built.kwargs, traced, where, how, tell, told
        )
