"""A network is trained, or a run goes on: what it needs is built here, the lab trains it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resnet_inspect.errors import BadInput, MissingDependency, WorkFailed
from resnet_inspect.pipeline.building.networks import Tell, import_torch, silent
from resnet_inspect.pipeline.lab.folder import (
    begin,
    check_free,
    is_further_process,
    reached,
    said_to_end,
    wind_back,
)
from resnet_inspect.pipeline.lab.given_modules import bare, check_unbuilt
from resnet_inspect.pipeline.lab.preparation import Machine, prepared
from resnet_inspect.pipeline.lab.recipes import recipe_of
from resnet_inspect.pipeline.run import load_record, load_run, of_weights
from resnet_inspect.sources import subject
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.run import Recipe, Record, Run, Told
from resnet_inspect.views.words.text import shape, visible

if TYPE_CHECKING:
    from torch import nn

_NEEDS = ("lightning", "torchmetrics", "safetensors")


def train(
    model: str | nn.Module | None = None,
    data: str = "digits",
    output: str | Path = "run",
    *,
    device: str = "auto",
    devices: int = 1,
    nodes: int = 1,
    workers: int | None = None,
    download: bool = False,
    overwrite: bool = False,
    command: Sequence[str] = (),
    tell: Tell = silent,
    note: Tell = silent,
    told: Told | None = None,
    **options: Any,
) -> Run:
    """Train a network on images and write all that happens into a folder.

    Args:
        model: the name of a network, or of your own code, as `trace` takes it; or an `nn.Module`,
            of which a copy is trained, from the weights that it has, and which is left as it was
            found; None for "paper:cifar_resnet20", or for the network that `weights` are of.
        data: "digits" (scikit-learn's, which needs no download), "cifar10:DIR", "cifar100:DIR",
            "mnist:DIR", "fashion_mnist:DIR", or "folder:DIR" with a folder for each class.
        output: the folder of the run, which must be new, or empty.
        device: "cpu", "cuda" or "mps"; "auto" for the fastest that is there.
        devices: GPUs of a machine.
        nodes: machines.
        workers: processes that read images; none where these are in memory, else up to four.
        download: whether a data set that is not there may be downloaded.
        overwrite: whether a run that is in the folder is replaced.
        command: what is recorded as the command.
        tell: called with the name of each step that takes time.
        note: called with each thing that was fitted, frozen or assumed.
        told: called after each step and each epoch.
        options: the other fields of `Recipe`: epochs, batch, optimizer, learning_rate, momentum,
            weight_decay, schedule, dropout, label_smoothing, augment, stem, weights, freeze,
            unfreeze, image_size, seed, signals, amp, and arguments for the builder.

    Raises:
        UnknownName, BadInput: a name, part or option that cannot be, data that cannot be trained
            on, an image that does not open.
        MissingDependency: `pip install 'resnet-inspect[lab]'`.
        OutputError: the folder holds something already, or cannot be written.
        WorkFailed: the loss is not finite (it names the layer), or the training raised.
        KeyboardInterrupt: it was interrupted; the run is kept up to its last epoch.

    """
    check_lab()
    folder = Path(output)
    given, module = None, ""
    if model is not None and not isinstance(model, str):
        given = model
        model, module = _names(given)
    recipe = recipe_of(model, data, **options)
    if module:
        check_unbuilt(recipe.arguments)
    if not is_further_process():
        check_free(folder, overwrite)
    recipe, notes = _named(recipe, tell)
    if given is None:
        subject(recipe.model)
    machine = Machine(device, devices, nodes, workers, download)
    with prepared(recipe, machine, tell, given=given) as ready:
        record = Record(
            recipe=recipe,
            images=ready.images,
            command=shlex.join(command)
            or f"train({recipe.model if module else repr(recipe.model)})",
            versions=_versions(),
            started=datetime.now(UTC).isoformat(timespec="seconds"),
            notes=(*notes, *ready.notes),
            module=module,
            head=ready.head,
            stem=ready.stem,
            frozen_norms=ready.norms,
        )
        with said_to_end(folder):
            if not is_further_process():
                for line in record.notes:
                    note(line)
                begin(folder, record, ready.trace)
            ready.fit(record, folder, (), told)
    return load_run(folder)


def resume(
    folder: str | Path,
    model: nn.Module | None = None,
    *,
    epochs: int | None = None,
    device: str = "auto",
    devices: int = 1,
    nodes: int = 1,
    workers: int | None = None,
    tell: Tell = silent,
    note: Tell = silent,
    told: Told | None = None,
) -> Run:
    """Go on with a run from the end of its last whole epoch, with its own recipe.

    `epochs` may be more than it was begun with. A run of an `nn.Module` needs the `model` again, as
    it was when the run began; a copy of it is trained, with the weights of the run.

    Raises what `train` raises, `TraceFileError` for a folder without a run, and `BadInput` where
    nothing is left to train, or for another network.
    """
    check_lab()
    place = Path(folder)
    record = load_record(place)
    _check_model(place, record, model)
    recipe = record.recipe if epochs is None else replace(record.recipe, epochs=epochs)
    import_torch(tell)
    done, step = reached(place)
    if done >= recipe.epochs:
        raise BadInput(
            f"{folder} has {done} of {recipe.epochs} epochs behind it",
            hint=f"--epochs {done + 5} trains it on",
        )
    run = load_run(place)
    behind = run.epochs[:done]
    if len(behind) < done:
        raise WorkFailed(f"{folder} has the state of epoch {done} and metrics of {len(behind)}")
    record = replace(record, recipe=recipe, state="running", why="")
    machine = Machine(device, devices, nodes, workers)
    with prepared(recipe, machine, tell, given=model, filled=not done) as ready:
        _check_same(folder, run.trace, ready.trace)
        with said_to_end(place):
            if not is_further_process():
                note(f"going on after epoch {done} of {recipe.epochs}")
                wind_back(place, replace(run, record=record, epochs=behind), step)
            ready.fit(record, place, behind, told)
    return load_run(place)


def _names(given: Any) -> tuple[str, str]:
    """The name of a module's class, and its full name, without wrappers around it."""
    import_torch()
    from resnet_inspect.capture.members import python_class

    found = python_class(bare(given))
    return found.name, found.full_name or found.name


def _check_model(place: Path, record: Record, model: Any) -> None:
    """Raise `BadInput` where a run of a module has none, or one of a name has one."""
    if record.module and model is None:
        raise BadInput(
            f"{place} is of an nn.Module that was given, {record.module}",
            hint=f'ri.resume("{place}", model) from Python goes on',
        )
    if model is not None and not record.module:
        raise BadInput(f"{place} is of {record.recipe.model}, which is built by its name")


def _check_same(folder: str | Path, before: Trace, now: Trace) -> None:
    """Raise `BadInput` where a network is not the one that the run was begun with."""
    known, found = (dict(_modules(trace)) for trace in (before, now))
    for path in known | found:
        was, now_is = (modules.get(path, "not there") for modules in (known, found))
        if was != now_is:
            raise BadInput(
                f"{folder} is of another network: {path or 'its class'} was {was}, now {now_is}"
            )


def _modules(trace: Trace) -> Iterator[tuple[str, str]]:
    """The path of each module, its class and the shapes of what it holds."""
    for module in trace.modules:
        held = (*module.parameters, *module.buffers)
        shapes = (f"{one.name} {shape(one.tensor.shape)}" for one in held)
        yield module.path, visible(", ".join((module.class_name, *shapes)))


def check_lab() -> None:
    """Raise `MissingDependency` where a package of the lab is not installed."""
    missing = [name for name in _NEEDS if find_spec(name) is None]
    if missing:
        raise MissingDependency(
            f"training needs {', '.join(missing)}", hint="pip install 'resnet-inspect[lab]'"
        )


def _versions() -> tuple[tuple[str, str], ...]:
    import platform
    from importlib.metadata import version

    from resnet_inspect._version import __version__

    others = ((name, version(name)) for name in ("torch", *_NEEDS))
    return (("Python", platform.python_version()), ("resnet-inspect", __version__), *others)


def _named(recipe: Recipe, tell: Tell) -> tuple[Recipe, tuple[str, ...]]:
    """The recipe with a model: that of the weights, or the usual one; and with their run's stem."""
    record = of_weights(recipe.weights or None)
    if record is not None and not recipe.stem:
        recipe = replace(recipe, stem=record.recipe.stem)
    if recipe.model:
        return recipe, ()
    if not recipe.weights:
        return replace(recipe, model="paper:cifar_resnet20"), ()
    from resnet_inspect.pipeline.identity.recognition import recognised

    name, arguments, told_from = recognised(recipe.weights, tell)
    known = {key: repr(value) for key, value in arguments.items()} | dict(recipe.arguments)
    notes = (f"the weights are of {name}", *([told_from] if told_from else []))
    return replace(recipe, model=name, arguments=tuple(known.items())), notes
