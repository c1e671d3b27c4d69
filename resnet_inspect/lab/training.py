"""A run from its beginning, or from the end of an epoch, to its end."""

from __future__ import annotations

import logging
import signal
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

import lightning
from torch import nn

from resnet_inspect.errors import BadInput, InspectError, WorkFailed
from resnet_inspect.escaping import named_first_line
from resnet_inspect.lab.data_sets.split import Split
from resnet_inspect.lab.record import Recorder, States
from resnet_inspect.lab.task import NotFinite, Task
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.run import RESUME, Epoch, Record, Told
from resnet_inspect.traces.signals import Signals

Explain = Callable[[Trace, Signals], str]
"""Says where in a step what is not finite began."""


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
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    recipe, states = record.recipe, States()
    recorder = Recorder(folder, record, epochs, states, tell, partial(_reason, explain))
    accelerator, _, index = device.partition(":")
    interrupt = signal.getsignal(signal.SIGINT)
    try:
        trainer = lightning.Trainer(
            accelerator=accelerator,
            devices=[int(index)] if index else devices,
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
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="lightning")
            trainer.fit(task, ckpt_path=folder / RESUME if epochs else None)
    except _ENDS as error:
        cause = recorder.ended_by or error
        raise _told(recorder, cause) from cause
    finally:
        with suppress(TypeError, ValueError):
            signal.signal(signal.SIGINT, interrupt)


_ENDS = (Exception, KeyboardInterrupt, SystemExit)
"""How a training ends before its time; Lightning exits where it is interrupted."""


def _told(recorder: Recorder, error: BaseException) -> BaseException:
    """The same error as one of ours, when the folder says how the run ended."""
    if not isinstance(error, Exception):
        recorder.interrupted()
        if isinstance(error, KeyboardInterrupt) and str(error):
            return error
        done = len(recorder.epochs)
        noun = "epoch is" if done == 1 else "epochs are"
        return KeyboardInterrupt(f"interrupted: {done} whole {noun} kept, --resume goes on")
    found = recorder.reason(error)
    why = recorder.failed(found)
    if why == str(found):
        return found
    return WorkFailed(why) if recorder.is_first else SystemExit(1)  # another process has said it


def _reason(explain: Explain, error: Exception) -> InspectError:
    """What was raised as one of our errors."""
    if isinstance(error, NotFinite):
        why = f"{error.message}: {explain(error.trace, error.signals)}"
        return WorkFailed(why, hint="a lower --lr; the epochs before are kept")
    if not isinstance(error, InspectError):
        return WorkFailed(f"the training raised {named_first_line(error)}")
    written = str(error)
    if written.startswith("Caught "):  # by a process that reads images: with its traceback
        return BadInput(written.rpartition(f"{type(error).__name__}: ")[2].strip())
    return error
