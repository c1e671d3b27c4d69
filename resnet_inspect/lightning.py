"""What flows in a run of Lightning, by a callback.

    from resnet_inspect.lightning import Watch

    trainer = lightning.Trainer(callbacks=[Watch("run.json", every=100)])

Needs `pip install lightning`; nothing else of resnet-inspect imports this module.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from lightning import Callback, LightningModule, Trainer

from resnet_inspect import watched
from resnet_inspect.errors import BadInput
from resnet_inspect.files import refuse_existing
from resnet_inspect.pipeline import watch


class Watch(Callback):
    """Records the signals of every so many steps and writes them when the training ends.

    They are written also where it ends by an exception or an interrupt, and by the process of rank
    0 alone; its gradients are its own, before they are averaged over the processes.

    Args:
        path: the file of signals, which `resnet-inspect signal` reads.
        every: record the first of every so many forwards with gradients.
        module: path of the network inside the LightningModule whose forward is recorded, such as
            "model"; "" for the LightningModule itself, if its training step calls `self(x)`.
        overwrite: whether an existing file is replaced.

    Raises `BadInput` when the training starts if there is no such module, `OutputError` if the file
    exists and is not to be overwritten.

    """

    def __init__(
        self, path: str | Path, *, every: int = 100, module: str = "", overwrite: bool = False
    ) -> None:
        self.path = Path(path)
        self.every = every
        self.module = module
        self.overwrite = overwrite
        self.watched: watched.Watch | None = None
        """What has been recorded; None before the training."""
        self._exit = ExitStack()

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin to record."""
        if not trainer.is_global_zero:
            return
        try:
            module = pl_module.get_submodule(self.module)
        except AttributeError as error:
            known = ", ".join(name for name, _ in pl_module.named_children())
            raise BadInput(f"there is no module '{self.module}'", hint=f"it has {known}") from error
        if not self.overwrite:
            refuse_existing([self.path])
        watching = watch(module, signals=True, every=self.every, forwards=None)
        self.watched = self._exit.enter_context(watching)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write what there is."""
        self._end()

    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """Write what there is."""
        self._end()

    def _end(self) -> None:
        self._exit.close()
        if self.watched is not None and self.watched.signals:
            self.watched.save(self.path, overwrite=self.overwrite)

    def state_dict(self) -> dict[str, Any]:
        """Nothing: a run that is resumed is recorded anew."""
        return {}
