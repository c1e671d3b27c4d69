"""A run from its beginning, or from the end of an epoch, to its end."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import lightning
from torch import nn

from resnet_inspect.errors import BadInput, InspectError, WorkFailed
from resnet_inspect.lab.images import Split
from resnet_inspect.lab.record import Recorder, States, Told
from resnet_inspect.lab.task import NotFinite, Task
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.run import RESUME, Epoch, Record
from resnet_inspect.traces.signals import Signals

Explain = Callable[[Trace, Signals], str]
"""Says in which layer of a step what is not finite began."""


def fit(
    network: nn.Module,
    split: Split,
    record: Record,
    frozen: Mapping[int, frozenset[str]],
    folder: Path,
    *,
    epochs: tuple[Epoch, ...] = (),
    device: str,
    devices: int,
    nodes: int,
    workers: int,
    tell: Told,
    explain: Explain,
) -> None:
    """Train a network and write its run into a folder that is there.

    With `epochs` behind it, it goes on from the state in the folder. However it ends, the folder
    says how; an interrupt is raised as `KeyboardInterrupt`.

    Raises `OutputError`, `BadInput` for an image that does not open, and `WorkFailed`, also where
    the loss is not finite.
    """
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    recipe = record.recipe
    states = States()
    recorder = Recorder(folder, record, epochs, states, tell)
    trainer = lightning.Trainer(
        accelerator=device,
        devices=devices,
        num_nodes=nodes,
        precision="bf16-mixed" if recipe.amp else "32-true",
        max_epochs=recipe.epochs,
        callbacks=[recorder],
        plugins=[states],
        default_root_dir=folder,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
    )
    task = Task(network, split, recipe, frozen, workers)
    interrupt = signal.getsignal(signal.SIGINT)
    try:
        trainer.fit(task, ckpt_path=folder / RESUME if epochs else None)
    except (Exception, SystemExit) as error:  # Lightning exits where it is interrupted
        cause = recorder.interrupt or error
        raise _told(recorder, cause, explain) from cause
    finally:
        with suppress(TypeError, ValueError):
            signal.signal(signal.SIGINT, interrupt)


def _told(recorder: Recorder, error: BaseException, explain: Explain) -> BaseException:
    """The same error as one of ours, when the folder says how the run ended."""
    if isinstance(error, KeyboardInterrupt | SystemExit):
        recorder.ended("interrupted")
        return error if isinstance(error, KeyboardInterrupt) else KeyboardInterrupt()
    lines = str(error).strip().splitlines() or [type(error).__name__]
    if isinstance(error, NotFinite):
        why = f"{error.message}: {explain(error.trace, error.signals)}"
        error = WorkFailed(why, hint="a lower --lr; the epochs before are kept")
    elif isinstance(error, InspectError):
        if len(lines) > 1:  # from a process that reads images: its traceback, what it raised last
            error = BadInput(lines[-1].partition(": ")[2])
    else:
        error = WorkFailed(f"the training raised {type(error).__name__}: {lines[0]}")
    with suppress(InspectError):  # the disk may be full
        recorder.ended("failed", str(error))
    return error
