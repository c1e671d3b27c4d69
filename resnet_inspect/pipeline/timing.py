"""A network is run again and again against the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resnet_inspect.capture import backends
from resnet_inspect.errors import BadInput
from resnet_inspect.pipeline.building.networks import Order, Tell, give_shapes, import_torch, silent
from resnet_inspect.pipeline.forward_errors import forward_error
from resnet_inspect.pipeline.tracing import settled
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
    if device == "meta":
        others = (kind for kind in backends.BACKENDS if kind != "meta")
        raise BadInput(
            "meta computes nothing that could be timed", hint=f"--device {', '.join(others)}"
        )
    tell("importing torch")
    import_torch()
    from resnet_inspect.capture.members import switch
    from resnet_inspect.capture.methods import run_instead_of_forward
    from resnet_inspect.capture.recording.failure import ForwardRaised
    from resnet_inspect.capture.timing.measurement import Runs, moved
    from resnet_inspect.capture.timing.measurement import measure as run_repeatedly
    from resnet_inspect.capture.wrappers import unwrapped

    where = backends.resolve(device)
    with surroundings(chosen):
        order = Order.of(
            chosen,
            input_size,
            mode=mode,
            dtype=dtype,
            arguments=arguments,
            weights=weights,
            tell=tell,
            call=call,
        )
        order = settled(order)
        found = order.on(where)
        model_there, wrappers = unwrapped(moved(found.model, where))
        run_instead_of_forward(model_there, call)
        give_shapes(model_there, found.args, found.kwargs)
        switch(model_there, mode == "train")
        built = replace(found, model=model_there, notes=(*wrappers, *found.notes))
        try:
            traced = order.captured(built, where, "as found")
        except ForwardRaised as raised:
            raise forward_error(raised, by_name=True) from raised.__cause__
        how = Runs(**(runs or {}))
        told = None if so_far is None else lambda found: so_far((traced, found))
        return traced, run_repeatedly(
            built.model, built.args, built.kwargs, traced, where, how, tell, told
        )
