"""A network is watched in the user's own program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from resnet_inspect.errors import BadInput
from resnet_inspect.pipeline.building.networks import import_torch

if TYPE_CHECKING:
    from torch import nn

    from resnet_inspect.watched import Watch


@contextmanager
def watch(
    model: nn.Module,
    *,
    forwards: int | None = 1,
    call: str = "forward",
    signals: bool = False,
    every: int = 1,
) -> Iterator[Watch]:
    """Record what a network does in your own program, when the program calls it.

    No forward is run but the program's own: gradients, mode, weights and random numbers are what
    they would have been, and what it raises is raised. Nothing stays on the model afterwards.

        with ri.watch(model) as w:
            train_step()
        print(w.trace)

    Args:
        model: the network; inside DistributedDataParallel, `torch.compile` or DataParallel on one
            device, the module in it, which runs uncompiled inside the `with`.
        forwards: how many forwards to record, of those that come to their end; None for all.
        call: the method whose calls are recorded, if it is another than the model's forward.
        signals: whether to measure what flows, in the forward and in the program's own backward
            after it: `w.signals`. Numbers are reduced on the device; one transfer for each step.
            Forwards without gradients are then no steps, and are let by.
        every: record the first of every so many forwards; the others run as if unwatched.

    Raises:
        BadInput: no module, or a number of forwards that cannot be.
        UntraceableModel: TorchScript, or DataParallel on several devices.
        MissingDependency: torch is not here.

    """
    import_torch()
    from torch import nn

    from resnet_inspect.capture.recording.watch import watching
    from resnet_inspect.watched import Watch

    if not isinstance(model, nn.Module):
        raise BadInput(f"watch takes the nn.Module that is called, not {model!r}")
    if forwards is not None and forwards < 1:
        raise BadInput(f"{forwards} forwards cannot be recorded; None records all")
    if every < 1:
        raise BadInput(f"every {every} forwards cannot be; 1 records each")
    seen = Watch(type(model).__name__)
    flows = seen.expect if signals else None
    try:
        with watching(model, seen.take, forwards=forwards, call=call, every=every, flows=flows):
            yield seen
    finally:
        seen.settle()
