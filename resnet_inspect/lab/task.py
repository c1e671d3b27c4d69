"""What is computed in a step of training, on Lightning; and what is trained when.

Everything random in an epoch follows from the seed and the epoch's number, so that a run can go on
from the end of any epoch as if it had not stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import cos, pi
from typing import Any

import torch
from lightning import LightningModule
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset
from torch.utils.data.distributed import DistributedSampler
from torchmetrics import MeanMetric
from torchmetrics.classification import MulticlassAccuracy, MulticlassConfusionMatrix

from resnet_inspect.capture.members import floating_dtype
from resnet_inspect.capture.recording.calls.arguments import tensors_in
from resnet_inspect.capture.recording.watch import watching
from resnet_inspect.errors import InspectError, WorkFailed
from resnet_inspect.lab.adaptation import frozen_norms
from resnet_inspect.lab.data_sets.split import Batch, Split
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.run import Recipe
from resnet_inspect.traces.signals import Signals


class NotFinite(InspectError):
    """The loss of a step is not finite. The step, forward alone, was run again and measured."""

    def __init__(self, epoch: int, step: int, trace: Trace, signals: Signals) -> None:
        super().__init__(f"the loss is not finite in epoch {epoch}, at step {step}")
        self.trace = trace
        self.signals = signals


class Task(LightningModule):
    """Classification: a network, its images and its recipe.

    `frozen` has, from the epoch on that is its key, the names of the parameters that are not
    trained; epochs are counted from 1.
    """

    def __init__(
        self,
        network: nn.Module,
        split: Split,
        recipe: Recipe,
        frozen: Mapping[int, frozenset[str]],
        workers: int,
    ) -> None:
        super().__init__()
        self.network = network
        self.split = split
        self.recipe = recipe
        self.frozen = dict(frozen)
        self.workers = workers
        shape = (-1, 1, 1)
        self.register_buffer("mean", torch.tensor(split.mean).view(shape) * 255, persistent=False)
        self.register_buffer("std", torch.tensor(split.std).view(shape) * 255, persistent=False)
        self.element_type = floating_dtype(network)
        self.classes = classes = len(split.classes)
        self.train_loss, self.held_out_loss = MeanMetric(), MeanMetric()
        self.train_accuracy = MulticlassAccuracy(classes, average="micro")
        self.confusion = MulticlassConfusionMatrix(classes)
        self._freeze(1)  # several devices agree on what they exchange before the first epoch

    # -- data --------------------------------------------------------------------------------------

    def train_dataloader(self) -> DataLoader[Batch]:
        """Batches in an order that follows from the seed and the epoch."""
        return self._loader(self.split.training, shuffle=True)

    def val_dataloader(self) -> DataLoader[Batch]:
        """What is held out, in its order."""
        return self._loader(self.split.held_out, shuffle=False)

    def _loader(self, images: Dataset[Batch], shuffle: bool) -> DataLoader[Batch]:
        sampler: DistributedSampler[Batch] = DistributedSampler(
            images,
            self.trainer.world_size,
            self.trainer.global_rank,
            shuffle=shuffle,
            seed=self.recipe.seed,
        )
        sampler.set_epoch(self.current_epoch)
        batch = self.recipe.batch
        return DataLoader(
            images,
            batch,
            sampler=sampler,
            collate_fn=_as_it_is,
            num_workers=self.workers,
            generator=torch.Generator(),  # it would draw from that of dropout and augmentation
            drop_last=shuffle and len(sampler) % batch == 1 and len(sampler) > batch,
        )

    def on_after_batch_transfer(self, batch: Batch, dataloader_idx: int) -> tuple[Tensor, Tensor]:
        """Normalise a batch and, in training, augment it if that is asked for."""
        images, classes = batch
        assert isinstance(self.mean, Tensor)
        assert isinstance(self.std, Tensor)
        images = ((images.float() - self.mean) / self.std).to(self.element_type)
        if self.trainer.training and self.recipe.augment:
            images = augmented(images, self.split.flips)
        return images, classes

    # -- steps -------------------------------------------------------------------------------------

    def on_train_epoch_start(self) -> None:
        """Freeze what is not trained in this epoch, set its learning rate, and seed it."""
        epoch = self.current_epoch
        self.network.train()
        names = self._freeze(epoch + 1)
        for path in frozen_norms(self.network, names):
            self.network.get_submodule(path).eval()
        for optimizer in self.trainer.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(self.recipe, epoch)
        torch.manual_seed(((self.recipe.seed << 20) + epoch << 10) + self.global_rank)
        for metric in (self.train_loss, self.train_accuracy):
            metric.reset()

    def _freeze(self, epoch: int) -> frozenset[str]:
        names = self.frozen[max(first for first in self.frozen if first <= epoch)]
        for name, parameter in self.network.named_parameters():
            parameter.requires_grad_(name not in names)
        return names

    def training_step(self, batch: tuple[Tensor, Tensor], index: int) -> dict[str, Tensor]:
        """The loss of a batch, and how many of it are right; raises `NotFinite`."""
        images, classes = batch
        scores = self._scores(images)
        loss = functional.cross_entropy(
            scores, classes, label_smoothing=self.recipe.label_smoothing
        )
        if not torch.isfinite(loss):
            raise self._not_finite(images)
        self.train_loss.update(loss.detach(), len(classes))
        self.train_accuracy.update(scores.detach(), classes)
        return {"loss": loss, "right": (scores.detach().argmax(1) == classes).sum()}

    def _scores(self, images: Tensor) -> Tensor:
        """The output of N×classes, alone or among others; raises `WorkFailed` for none."""
        made = self.network(images)
        shape = (len(images), self.classes)
        given = [tensor for _, tensor in tensors_in(made)]
        for tensor in given:
            if tensor.shape == shape and tensor.is_floating_point():
                return tensor
        sizes = ", ".join("×".join(map(str, tensor.shape)) for tensor in given) or "nothing"
        raise WorkFailed(f"the network gives {sizes}, no scores for {self.classes} classes")

    def _not_finite(self, images: Tensor) -> NotFinite:
        seen: list[tuple[Trace, Callable[[], Signals]]] = []
        with watching(
            self.network, lambda trace: None, forwards=1, flows=lambda *flow: seen.append(flow)
        ):
            self.network(images)
        trace, ask = seen[0]
        return NotFinite(self.current_epoch + 1, self.global_step, trace, ask())

    def on_validation_epoch_start(self) -> None:
        """Begin to count anew."""
        self.held_out_loss.reset()
        self.confusion.reset()

    def validation_step(self, batch: tuple[Tensor, Tensor], index: int) -> None:
        """Count what is held out."""
        images, classes = batch
        scores = self._scores(images)
        self.held_out_loss.update(functional.cross_entropy(scores, classes), len(classes))
        self.confusion.update(scores, classes)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """The optimizer of the recipe over all parameters: those frozen have no gradient."""
        recipe = self.recipe
        chosen = {"lr": recipe.learning_rate, "weight_decay": recipe.weight_decay}
        if recipe.optimizer in _WITH_MOMENTUM:
            chosen["momentum"] = recipe.momentum
        return _OPTIMIZERS[recipe.optimizer](self.network.parameters(), **chosen)


def _as_it_is(batch: Any) -> Any:
    return batch


def learning_rate(recipe: Recipe, epoch: int) -> float:
    """That of an epoch, counted from 0.

    By steps it is a tenth from the half on and a hundredth from three quarters on; or it follows
    half a cosine.
    """
    part = epoch / recipe.epochs
    if recipe.schedule == "cosine":
        return recipe.learning_rate * (1 + cos(pi * part)) / 2
    if recipe.schedule == "step":
        return float(recipe.learning_rate * 0.1 ** ((part >= 0.5) + (part >= 0.75)))
    return recipe.learning_rate


def augmented(images: Tensor, flips: bool) -> Tensor:
    """Each image moved by up to an eighth of its size, and mirrored or not, if it may be."""
    n, _, height, width = images.shape
    reach = (height // 8, width // 8)
    padded = functional.pad(images, (reach[1], reach[1], reach[0], reach[0]))
    device = images.device
    top, left = (torch.randint(2 * r + 1, (n,), device=device) for r in reach)
    rows = top[:, None] + torch.arange(height, device=device)
    columns = left[:, None] + torch.arange(width, device=device)
    if flips:
        mirrored = torch.rand(n, device=device) < 0.5
        columns = torch.where(mirrored[:, None], columns.flip(1), columns)
    of = torch.arange(n, device=device)[:, None, None]
    return padded[of, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


_WITH_MOMENTUM = ("sgd", "rmsprop")
_OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "sgd": torch.optim.SGD,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "adagrad": torch.optim.Adagrad,
    "rmsprop": torch.optim.RMSprop,
}
