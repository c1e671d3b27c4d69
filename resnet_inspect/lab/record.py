"""The folder of a run, written while it goes on.

What an epoch gives is written at its end, all of it or none: metrics, weights, and the state from
which the run can go on. Signals are added step by step.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.plugins.io import CheckpointIO
from safetensors.torch import save
from torch import Tensor

from resnet_inspect.capture.recording.watch import watching
from resnet_inspect.errors import InspectError, OutputError, WorkFailed
from resnet_inspect.escaping import first_line
from resnet_inspect.files import write_all
from resnet_inspect.lab.task import Task
from resnet_inspect.traces import run as files
from resnet_inspect.traces.json.codec import dumps_signals
from resnet_inspect.traces.json.run_codec import (
    dumps_confusion,
    dumps_line,
    dumps_record,
    loads_record,
)
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.run import Confusion, Epoch, Place, Record, Told, best
from resnet_inspect.traces.signals import Signals


class States(CheckpointIO):
    """Lightning's state of a run as bytes of tensors and plain values, for whoever writes them."""

    def __init__(self) -> None:
        self.written: dict[Path, bytes] = {}

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None
    ) -> None:
        """Keep it until it is written."""
        buffer = io.BytesIO()
        torch.save(checkpoint, buffer)
        self.written[Path(path)] = buffer.getvalue()

    def load_checkpoint(
        self, path: str | Path, map_location: Any = None, weights_only: bool | None = True
    ) -> dict[str, Any]:
        """Read a state; nothing in it is run. Raises `WorkFailed` if it cannot be read."""
        try:
            found = torch.load(path, map_location=map_location or "cpu", weights_only=True)
        except Exception as error:
            raise WorkFailed(f"{path} is no state to go on from: {first_line(error)}") from error
        state: dict[str, Any] = found
        return state

    def remove_checkpoint(self, path: str | Path) -> None:
        """Forget one that is not written yet."""
        self.written.pop(Path(path), None)


class Recorder(Callback):
    """Writes the folder of a run, and says where it is.

    `epochs` are those that it has behind it already, where it goes on; `reason` makes of what a
    step raised what the user is told.
    """

    def __init__(
        self,
        folder: Path,
        record: Record,
        epochs: tuple[Epoch, ...],
        states: States,
        tell: Told,
        reason: Callable[[Exception], InspectError],
    ) -> None:
        self.folder = folder
        self.record = record
        self.epochs = epochs
        self.states = states
        self.tell = tell
        self.reason = reason
        self.ended_by: BaseException | None = None
        self.is_first = True
        self._began = 0.0
        self._loss = 0.0
        self._right = self._seen = 0
        self._watched = ExitStack()
        self._asked: Callable[[], Signals] | None = None

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Of several processes the first writes."""
        self.is_first = trainer.is_global_zero

    # -- signals -----------------------------------------------------------------------------------

    def _every(self, trainer: Trainer) -> int:
        asked = self.record.recipe.signals
        return int(trainer.num_training_batches) if asked is None else asked

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Watch the step, if it is to be measured."""
        every = self._every(trainer)
        if not self.is_first or not every or trainer.global_step % every:
            return
        assert isinstance(pl_module, Task)

        def flows(trace: Trace, ask: Callable[[], Signals]) -> None:
            self._asked = ask
            path = self.folder / files.SIGNALS
            if not path.exists():
                named = replace(trace, model_name=self.record.recipe.model)
                write_all({path: dumps_signals((named, ()))})

        self._watched.enter_context(
            watching(pl_module.network, lambda trace: None, forwards=1, flows=flows)
        )

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Write what flowed, and say where the run is."""
        self._watched.close()
        loss = float(outputs["loss"])
        if self._asked is not None:
            found = replace(self._asked(), step=trainer.global_step - 1, loss=loss)
            self._asked = None
            self._add(dumps_line(found))
        if self.is_first:
            images = len(batch[1])
            self._seen += images
            self._loss += loss * images
            self._right += int(outputs["right"])
            self.tell(
                Place(
                    trainer.current_epoch + 1,
                    self.record.recipe.epochs,
                    batch_idx + 1,
                    int(trainer.num_training_batches),
                    self._loss / self._seen,
                    self._right / self._seen,
                )
            )

    def _add(self, line: str) -> None:
        path = self.folder / files.SIGNALS
        try:
            with path.open("a", encoding="utf-8") as file:
                file.write(line)
        except OSError as error:
            raise OutputError(f"{path} could not be written: {error.strerror or error}") from error

    # -- epochs ------------------------------------------------------------------------------------

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin to count; raises `WorkFailed` where Lightning has not gone on from our epochs."""
        if self.is_first and trainer.current_epoch != len(self.epochs):
            at = trainer.current_epoch + 1
            raise WorkFailed(f"{len(self.epochs)} epochs are done, and Lightning begins epoch {at}")
        self._began = time.perf_counter()
        self._loss, self._right, self._seen = 0.0, 0, 0

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write what the epoch came to."""
        assert isinstance(pl_module, Task)
        epoch, counts = _came_to(pl_module, time.perf_counter() - self._began)
        state = self.folder / files.RESUME
        trainer.save_checkpoint(state)
        if not self.is_first:
            return
        epochs, record = (*self.epochs, epoch), self.record
        if epoch.epoch == record.recipe.epochs:
            record = replace(record, state="finished")
        contents: dict[str, str | bytes] = {
            files.METRICS: "".join(map(dumps_line, epochs)),
            files.LAST: save(_on_host(pl_module.network.state_dict())),
        }
        if best(epochs) == epoch:
            contents[files.BEST] = contents[files.LAST]
            confusion = Confusion(epoch.epoch, tuple(tuple(row) for row in counts))
            contents[files.CONFUSION] = dumps_confusion(confusion)
        # The state comes behind what it stands for, so that one that is there is never ahead.
        contents[files.RESUME] = self.states.written.pop(state)
        contents[files.RECORD] = dumps_record(record)
        write_all({self.folder / name: one for name, one in contents.items()}, overwrite=True)
        self.epochs, self.record = epochs, record
        self.tell(epoch)

    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """Keep what ended it, which Lightning may not raise, while the other processes go on."""
        self._watched.close()
        self.ended_by = exception
        if isinstance(exception, Exception):
            self.failed(self.reason(exception))

    def failed(self, error: InspectError) -> str:
        """Write why it failed, unless another process has; returns what is written."""
        with suppress(InspectError, OSError):  # the disk may be full
            known = loads_record((self.folder / files.RECORD).read_text(encoding="utf-8"))
            if known.state == "failed":
                return known.why
            self._ended(replace(self.record, state="failed", why=str(error)))
        return str(error)

    def interrupted(self) -> None:
        """Write that it was."""
        if self.is_first:
            self._ended(replace(self.record, state="interrupted"))

    def _ended(self, record: Record) -> None:
        self.record = record
        write_all({self.folder / files.RECORD: dumps_record(record)}, overwrite=True)


def _came_to(task: Task, seconds: float) -> tuple[Epoch, list[list[int]]]:
    """The epoch that ends, and its confusion matrix; on every process, since they share counts."""
    counts = task.confusion.compute()
    right = float(counts.diagonal().sum() / counts.sum())
    optimizer = task.trainer.optimizers[0]
    epoch = Epoch(
        task.current_epoch + 1,
        _finite(float(task.train_loss.compute())),
        float(task.train_accuracy.compute()),
        _finite(float(task.held_out_loss.compute())),
        right,
        float(optimizer.param_groups[0]["lr"]),
        round(seconds, 3),
    )
    return epoch, counts.tolist()


def _finite(number: float) -> float | None:
    return number if isfinite(number) else None


def _on_host(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights for a file: on the CPU, and each with memory of its own."""
    return {name: tensor.detach().cpu().contiguous().clone() for name, tensor in weights.items()}
