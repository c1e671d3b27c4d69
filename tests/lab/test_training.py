"""Trainings for real, small: what they reach, what they leave alone, how they go on."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import log
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

from resnet_inspect import pipeline
from resnet_inspect.errors import BadInput, OutputError, WorkFailed
from resnet_inspect.lab import data_sets
from resnet_inspect.lab.data_sets.split import Asked, InMemory, Split
from resnet_inspect.pipeline.lab.training import resume, train
from resnet_inspect.pipeline.run import load_run
from resnet_inspect.traces.run import Epoch, Place, Run

pytest.importorskip("lightning")
pytest.importorskip("sklearn")
safetensors = pytest.importorskip("safetensors.torch")

pytestmark = pytest.mark.filterwarnings("ignore")

SMALL = "resnet:basic:1,1:width=4,stem=cifar"
"""A network that learns a little in a second."""
OPTIONS: dict[str, Any] = {"epochs": 3, "dropout": 0.2, "augment": True, "signals": 10}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """A process that is forked has none of the threads of torch."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run]:
    """A small run from its beginning to its end."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("runs") / "whole"
    found = train(SMALL, output=folder, **OPTIONS)
    torch.set_num_threads(threads)
    return folder, found


def weights(folder: Path, name: str = "last") -> dict[str, Tensor]:
    found: dict[str, Tensor] = safetensors.load_file(folder / f"{name}.safetensors")
    return found


def equal(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def computed(epochs: tuple[Epoch, ...]) -> list[tuple[Any, ...]]:
    """What epochs came to, without the time that they took."""
    return [(e.epoch, e.train_loss, e.validation_loss, e.validation_accuracy) for e in epochs]


def at(epoch: int, step: int, act: Callable[[], None]) -> Callable[[Place | Epoch], None]:
    """Act once, after a step."""

    def told(what: Place | Epoch) -> None:
        if isinstance(what, Place) and (what.epoch, what.step) == (epoch, step):
            act()

    return told


def test_resnet_20_reads_digits(tmp_path: Path) -> None:
    found = train(output=tmp_path / "run", epochs=4)
    assert found.record.recipe.model == "paper:cifar_resnet20"
    assert found.record.state == "finished"
    assert found.best is not None
    assert (found.best.validation_accuracy or 0) >= 0.95
    assert found.epochs[-1].train_loss < found.epochs[0].train_loss / 5  # type: ignore[operator]
    # The weights that are kept give the accuracy that is said, in a network built by its name.
    from resnet_inspect.sources import source

    network = source("paper").build("cifar_resnet20", {}, torch.device("cpu")).eval()
    network.load_state_dict(weights(tmp_path / "run", "best"))
    split = data_sets.load("digits", None, 3, 0, False)
    assert isinstance(split.held_out, InMemory)
    pixels, classes = split.held_out.images, split.held_out.classes
    mean, std = (torch.tensor(one).view(-1, 1, 1) for one in (split.mean, split.std))
    with torch.no_grad():
        taken = network((pixels.float() / 255 - mean) / std).argmax(1)
    right = (taken == classes).float().mean().item()
    assert right == pytest.approx(found.best.validation_accuracy)
    assert found.confusion is not None
    for true, row in enumerate(found.confusion.counts):
        assert row == tuple(((classes == true) & (taken == c)).sum().item() for c in range(10))


def test_a_run_that_was_killed_goes_on_to_the_same_bits(
    run: tuple[Path, Run], tmp_path: Path
) -> None:
    folder = tmp_path / "killed"
    child = os.fork()
    if not child:
        kill = at(3, 4, lambda: os.kill(os.getpid(), signal.SIGKILL))
        train(SMALL, output=folder, told=kill, **OPTIONS)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL
    killed = load_run(folder)
    assert killed.record.state == "running"
    assert len(killed.epochs) == 2
    (folder / ".resnet-inspect.0123456789ab").write_bytes(b"half of a sta")
    with (folder / "signals.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"step":50,"lo')
    done = resume(folder)
    whole, first = run
    assert equal(weights(folder), weights(whole))
    assert equal(weights(folder, "best"), weights(whole, "best"))
    assert computed(done.epochs) == computed(first.epochs)
    assert done.signals == first.signals
    assert done.confusion == first.confusion
    assert done.record.state == "finished"
    assert {path.name for path in folder.iterdir()} == {path.name for path in whole.iterdir()}


def test_an_interrupt_keeps_the_run(run: tuple[Path, Run], tmp_path: Path) -> None:
    folder = tmp_path / "interrupted"
    interrupt = signal.getsignal(signal.SIGINT)
    stop = at(2, 3, lambda: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt, match="1 whole epoch is kept"):
        train(SMALL, output=folder, told=stop, **OPTIONS)
    assert signal.getsignal(signal.SIGINT) is interrupt
    assert load_run(folder).record.state == "interrupted"
    assert len(load_run(folder).epochs) == 1
    resume(folder)
    assert equal(weights(folder), weights(run[0]))
    with pytest.raises(BadInput, match="has 3 of 3 epochs"):
        resume(folder)


def test_a_disk_that_fills_leaves_the_epoch_before(
    run: tuple[Path, Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "full"
    written = Path.write_bytes

    def full(path: Path, data: Any) -> int:
        if len(data) > 20_000 and (folder / "resume.pt").exists():
            written(path, data[: len(data) // 2])
            raise OSError(28, "No space left on device")
        return written(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="No space left on device"):
        train(SMALL, output=folder, **OPTIONS)
    monkeypatch.undo()
    found = load_run(folder)
    assert found.record.state == "failed"
    assert "No space left" in found.record.why
    assert len(found.epochs) == 1
    assert not list(folder.glob(".resnet-inspect*"))
    resume(folder)
    assert equal(weights(folder), weights(run[0]))


def test_frozen_parts_are_left_to_the_bit(run: tuple[Path, Run], tmp_path: Path) -> None:
    folder = tmp_path / "tuned"
    before = weights(run[0])
    other = before | {"fc.weight": torch.zeros(7, 8), "fc.bias": torch.zeros(7)}
    safetensors.save_file(other, tmp_path / "seven.safetensors")
    notes: list[str] = []
    tuning: dict[str, Any] = {
        "weights": tmp_path / "seven.safetensors",
        "freeze": "stem,stage 1-2",
        "unfreeze": [("stage 2", 2)],
        "epochs": 2,
    }
    done = train(SMALL, output=folder, note=notes.append, **tuning)
    after = weights(folder)
    changed = {name for name in after if not torch.equal(after[name], before[name])}
    assert changed
    assert all(name.startswith(("layer2", "fc")) for name in changed)
    assert any(name.startswith("layer2") and "running" in name for name in changed)
    assert "2 differ: fc.weight is 7×8, not 10×8, fc.bias is 7, not 10" in notes[1]
    assert notes[2:] == [
        "frozen: stem,stage 1-2, 1,364 of 1,454 parameters",
        "6 norms in it keep their statistics (eval mode)",
        "trained from epoch 2 on: stage 2",
    ]
    frozen = {w.path for w in done.signals[0].weights if not w.trainable}
    assert frozen == {n for n, _ in _parameters(done) if not n.startswith("fc")}
    assert {w.path for w in done.signals[1].weights if not w.trainable} == {
        name for name in frozen if not name.startswith("layer2")
    }
    # One that is stopped in its first epoch begins again with the same weights.
    stop = at(1, 3, lambda: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt, match="0 whole epochs are kept"):
        train(SMALL, output=tmp_path / "stopped", told=stop, **tuning)
    assert resume(tmp_path / "stopped").signals == done.signals
    assert equal(weights(tmp_path / "stopped"), after)
    # The trace of the run is what `show` and `cost` take.
    stages = pipeline.load(folder).stages
    norms = {m.path for m in done.trace.modules if not m.training}
    assert norms == set(done.record.frozen_norms)
    assert len(norms) == 6
    assert [row["trainable"] for row in stages] == [0, 0]


def _parameters(run: Run) -> Iterator[tuple[str, Any]]:
    from resnet_inspect.traces.modules import join

    for module in run.trace.modules:
        for own in module.parameters:
            yield join(module.path, own.name), own


def test_overfitting_shows_and_weight_decay_makes_it_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def few(asked: Asked) -> Split:
        split = data_sets.load("digits", None, 3, 0, False)
        assert isinstance(split.training, InMemory)
        assert isinstance(split.held_out, InMemory)
        parts = ((split.training, 100), (split.held_out, 180))
        cut = [InMemory(part.images[:n], part.classes[:n]) for part, n in parts]
        return replace(split, training=cut[0], held_out=cut[1])

    monkeypatch.setitem(data_sets.DATA, "few", few)
    options = {"epochs": 100, "batch": 25, "learning_rate": 0.03, "schedule": "none", "seed": 2}
    held_out = {}
    for decay in (0.0, 5e-4):
        folder = tmp_path / str(decay)
        design = "resnet:basic:1,1:width=16,stem=cifar,norm=none"
        done = train(design, "few", folder, weight_decay=decay, signals=0, **options)
        assert (done.epochs[-1].train_loss or 1) < 0.001
        held_out[decay] = [epoch.validation_loss or 0 for epoch in done.epochs]
        assert held_out[decay][-1] > 1.2 * min(held_out[decay]), "it overfits"
    for first, last in ((60, 80), (80, 99)):
        grown = {decay: losses[last] - losses[first] for decay, losses in held_out.items()}
        assert grown[0.0] > 0
        assert grown[5e-4] < grown[0.0]
    assert held_out[5e-4][-1] < held_out[0.0][-1]


def test_a_loss_that_is_not_finite_names_the_layer(tmp_path: Path) -> None:
    folder = tmp_path / "diverged"
    said = r"not finite in epoch 1, at step \d+: \S*conv\S* is the first"
    with pytest.raises(WorkFailed, match=said) as no:
        train(SMALL, output=folder, learning_rate=1e30, momentum=0.0)
    assert "--lr" in no.value.hint
    found = load_run(folder)
    assert found.record.state == "failed"
    assert found.record.why == no.value.message


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "adagrad", "rmsprop"])
def test_each_optimizer_learns(tmp_path: Path, optimizer: str) -> None:
    done = train(SMALL, output=tmp_path / "run", optimizer=optimizer, epochs=1, batch=16, signals=0)
    assert done.epochs[0].train_loss < log(10)  # type: ignore[operator]
    assert not done.signals


def test_a_network_is_fitted_to_its_images(tmp_path: Path) -> None:
    folders = tmp_path / "cats and dogs"
    for name in ("cat", "dog", "fox"):
        for number in range(5):
            (folders / name).mkdir(parents=True, exist_ok=True)
            Image.new("L", (20, 12), 60 * number).save(folders / name / f"{number}.png")
    notes: list[str] = []
    done = train(
        "resnet18",
        f"folder:{folders}",
        output=tmp_path / "run",
        epochs=1,
        batch=4,
        stem="cifar",
        schedule="step",
        label_smoothing=0.1,
        signals=0,
        image_size=(8, 12),
        workers=0,
        note=notes.append,
    )
    assert notes == [
        "cats and dogs: 15 images of 3 classes, 20% of each class held out, by seed 0, cropped to"
        " 8×12",
        "fc is new: 3 classes in place of 1,000",
        "conv1 is new: 3×3/1 in place of 7×7/2; maxpool is left out",
    ]
    shapes = {name: tuple(tensor.shape) for name, tensor in weights(tmp_path / "run").items()}
    assert shapes["fc.weight"] == (3, 512)
    assert shapes["conv1.weight"] == (64, 3, 3, 3)
    assert done.trace.activations[done.trace.calls[1].outputs[0].activation].tensor.shape == (
        4, 64, 8, 12,
    )  # fmt: skip
