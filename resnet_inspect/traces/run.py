"""A run: the record of a training, as a value, and what the files in its folder are called.

Epochs are counted from 1, steps from 0 over the whole run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Sizes
from resnet_inspect.traces.signals import Signals

RUN_VERSION = 1

RECORD, TRACE, METRICS, SIGNALS = "run.json", "trace.json", "metrics.jsonl", "signals.jsonl"
CONFUSION, BEST, LAST = "confusion.json", "best.safetensors", "last.safetensors"
RESUME = "resume.pt"

LEARNING_RATES = {"sgd": 0.1, "adam": 1e-3, "adamw": 1e-3, "adagrad": 1e-2, "rmsprop": 1e-3}
"""Every optimizer, with the learning rate that is taken where none is given."""
MOMENTUM = {"sgd": 0.9, "rmsprop": 0.0}
"""Those that have a momentum, likewise."""
SCHEDULES = ("none", "step", "cosine")
STATES = ("running", "finished", "interrupted", "failed")


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides what a run computes."""

    model: str
    """As a command names it; the name of its class if it was given as a module."""
    arguments: tuple[tuple[str, str], ...] = ()
    """Of its builder: names, and values as Python literals."""
    data: str = "digits"
    image_size: Sizes | None = None
    """Height and width that images are scaled to; None for what they have."""
    epochs: int = 10
    batch: int = 64
    """Images of a step, on each device."""
    optimizer: str = "sgd"
    learning_rate: float = 0.1
    """That of the first epoch."""
    momentum: float = 0.0
    weight_decay: float = 5e-4
    schedule: str = "cosine"
    dropout: float = 0.0
    """The part of what goes into the classifier that is set to zero."""
    label_smoothing: float = 0.0
    augment: bool = False
    stem: str = ""
    """"cifar", or "" for the network's own."""
    weights: str = ""
    """The file that the network was filled from; "" for fresh weights."""
    freeze: str = ""
    """Parts that are not trained."""
    unfreeze: tuple[tuple[str, int], ...] = ()
    """Parts of these that are, from an epoch on."""
    seed: int = 0
    signals: int | None = None
    """Signals are measured at every so many steps; None for once an epoch, 0 for never."""
    amp: bool = False


@dataclass(frozen=True, slots=True)
class Images:
    """The images that a run trains on, and those held out."""

    about: str
    classes: tuple[str, ...]
    shape: Sizes
    """Channels, height and width, as the network gets them."""
    training: int
    held_out: int
    mean: tuple[float, ...]
    """Of each channel, where 1 is the brightest: by it and the next they are normalised."""
    std: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a run when it begins, and how it stands."""

    recipe: Recipe
    images: Images
    command: str
    versions: tuple[tuple[str, str], ...]
    """Of Python, this tool and what it trains with, by name."""
    started: str
    """UTC, as ISO 8601."""
    notes: tuple[str, ...]
    """What was fitted, frozen and assumed, a sentence each."""
    module: str = ""
    """Full name of the class of a network that was given as a module; "" for one of a name."""
    head: str = ""
    """Path of the classifier."""
    stem: tuple[str, ...] = ()
    """Paths of the modules that were made a stem for small images; () where none were."""
    frozen_norms: tuple[str, ...] = ()
    """Paths of the norms that keep their statistics at the start."""
    state: str = "running"
    """One of `STATES`; of a run that was killed it stays "running"."""
    why: str = ""
    """Why it failed."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """A line of the metrics; what is not finite is None."""

    epoch: int
    train_loss: float | None
    """Mean over the images as they were trained on, each before its step."""
    train_accuracy: float | None
    validation_loss: float | None
    """Of the images held out, after the epoch."""
    validation_accuracy: float | None
    learning_rate: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Confusion:
    """How the images held out were classified, after the best epoch."""

    epoch: int
    counts: tuple[tuple[int, ...], ...]
    """For each true class, how many were taken for each class."""


@dataclass(frozen=True, slots=True)
class Run:
    """All that a folder holds of a run, but the weights."""

    record: Record
    trace: Trace
    """Of the network as it was trained at the start: in training mode, frozen parts as such."""
    epochs: tuple[Epoch, ...]
    signals: tuple[Signals, ...]
    """They refer to the calls of `watched`."""
    watched: Trace | None
    """The first step that was measured; None where none was."""
    confusion: Confusion | None

    @property
    def best(self) -> Epoch | None:
        """The first epoch with the highest accuracy on what is held out; None before any."""
        return best(self.epochs)


def mismatch(run: Run) -> str | None:
    """What shows that these are not the files of one run; None if nothing does."""
    classes = len(run.record.images.classes)
    if run.confusion is not None and len(run.confusion.counts) != classes:
        return f"its confusions are of {len(run.confusion.counts)} classes, its images of {classes}"
    return None


def best(epochs: tuple[Epoch, ...]) -> Epoch | None:
    """The first epoch with the highest accuracy on what is held out."""
    return max(epochs, key=lambda epoch: epoch.validation_accuracy or 0.0, default=None)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run is, for whoever shows its progress."""

    epoch: int
    epochs: int
    step: int
    """Steps done of this epoch."""
    steps: int
    loss: float
    """Mean over the epoch so far."""
    accuracy: float


Told = Callable[[Place | Epoch], None]
"""Is told where a run is after each step, and what each epoch came to."""
