"""A step that is run for its signals: a forward, a loss, and the way back from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils._pytree import tree_leaves

from resnet_inspect.capture.signals.observer import Observer
from resnet_inspect.errors import BadInput, WorkFailed
from resnet_inspect.traces.signals import Signals

Loss = Callable[[Any, int], Tensor]
"""From what a network gives, and a seed, to the number that its backward pass starts from."""


def cross_entropy(made: Any, seed: int) -> Tensor:
    """Cross-entropy of class scores with random labels.

    Raises `WorkFailed` where the network does not give N×classes scores.
    """
    scores = next(iter(_floating(made)), None)
    if scores is None or scores.dim() != 2 or scores.shape[1] < 2:
        raise WorkFailed(
            "cross-entropy needs class scores, N×classes",
            hint="--loss mean-square goes back from the mean square of all outputs",
        )
    random = torch.Generator().manual_seed(seed)
    labels = torch.randint(scores.shape[1], (scores.shape[0],), generator=random, device="cpu")
    return functional.cross_entropy(scores.float(), labels.to(scores.device))


def mean_square(made: Any, seed: int) -> Tensor:
    """Mean over all elements of all floating outputs of their squares.

    Raises `WorkFailed` where there are none.
    """
    outputs = _floating(made)
    if not outputs:
        raise WorkFailed(
            "the network gives no floating tensor to go back from",
            hint="have it give its scores; --call METHOD runs another method than forward",
        )
    elements = sum(output.numel() for output in outputs)
    return torch.stack([output.float().square().sum() for output in outputs]).sum() / elements


LOSSES: dict[str, Loss] = {"cross-entropy": cross_entropy, "mean-square": mean_square}
"""What a backward pass can start from, by the word that asks for it."""


def usual_loss(made: Any) -> str:
    """Cross-entropy for class scores, the mean square for anything else."""
    outputs = _floating(made)
    is_scores = isinstance(made, Tensor) and outputs and made.dim() == 2 and made.shape[1] > 1
    return "cross-entropy" if is_scores else "mean-square"


def _floating(made: Any) -> list[Tensor]:
    return [
        leaf for leaf in tree_leaves(made) if isinstance(leaf, Tensor) and leaf.is_floating_point()
    ]


class Step:
    """One forward and one backward of a network that `capture` runs.

    `signals` is there afterwards.
    """

    def __init__(self, loss: str | None, seed: int) -> None:
        if loss is not None and loss not in LOSSES:
            raise BadInput(f"there is no loss '{loss}'", hint=f"known: {', '.join(LOSSES)}")
        self._observer = Observer()
        self._asked = loss
        self._seed = seed
        self._loss: Tensor | None = None
        self._name = ""

    @property
    def observe(self) -> Callable[[int, Sequence[Tensor]], None]:
        """What the recorder tells of each call."""
        return self._observer.observe

    @contextmanager
    def around(self, model: nn.Module) -> Iterator[None]:
        """A context for the forward and the backward."""
        with self._observer.watching(model), torch.enable_grad():
            yield

    def back(self, made: Any) -> None:
        """Go back from what the network has given; nothing where that has no gradient."""
        name = self._asked or usual_loss(made)
        loss = LOSSES[name](made, self._seed)
        self._loss = loss.detach()
        if loss.requires_grad:
            self._name = name
            loss.backward()  # type: ignore[no-untyped-call]

    def signals(self, calls: int) -> Signals:
        """What flowed, of a network that made so many calls."""
        return self._observer.signals(calls, loss=self._loss, name=self._name)
