"""A network that fits its images, filled, frozen and traced: all that a run needs to begin."""

from __future__ import annotations

import ast
import copy
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resnet_inspect.errors import BadInput
from resnet_inspect.escaping import first_line
from resnet_inspect.pipeline.building.networks import Tell, give_shapes, import_torch
from resnet_inspect.sources import source, subject, surroundings
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.run import Epoch, Images, Recipe, Record, Told

if TYPE_CHECKING:
    from torch import nn

    from resnet_inspect.analysis.structure.survey import Survey
    from resnet_inspect.lab.images import Split


@dataclass(frozen=True)
class Machine:
    """What a run is trained on, which decides nothing that it computes but its rounding."""

    device: str = "auto"
    devices: int = 1
    nodes: int = 1
    workers: int | None = None
    """Processes that read images; None for none where they are in memory, else up to four."""
    download: bool = False


@dataclass(frozen=True)
class Ready:
    """All that a run needs."""

    network: nn.Module
    split: Split
    trace: Trace
    frozen: Mapping[int, frozenset[str]]
    norms: tuple[str, ...]
    head: str
    stem: tuple[str, ...]
    notes: tuple[str, ...]
    machine: Machine

    @property
    def images(self) -> Images:
        """What is recorded of the images."""
        split = self.split
        parts = len(split.training), len(split.held_out)
        return Images(
            split.about, split.classes, split.training.shape, *parts, split.mean, split.std
        )

    def fit(
        self, record: Record, folder: Path, behind: tuple[Epoch, ...], told: Told | None
    ) -> None:
        """Train it, with these epochs behind it; raises as `train` does."""
        from resnet_inspect.analysis.signals.signal import Signal
        from resnet_inspect.analysis.structure.survey import Survey
        from resnet_inspect.lab.training import fit
        from resnet_inspect.views.words.signals import not_finite

        def explain(trace: Trace, signals: Any) -> str:
            said = not_finite(Signal(Survey(trace), signals))
            return next(said, "every layer's output is finite, the loss itself is not")

        machine = self.machine
        usual = 0 if self.split.training.in_memory else min(4, max(1, (os.cpu_count() or 1) - 1))
        fit(
            self.network,
            self.split,
            record,
            self.frozen,
            folder,
            epochs=behind,
            device=machine.device,
            devices=machine.devices,
            nodes=machine.nodes,
            workers=usual if machine.workers is None else machine.workers,
            tell=told or (lambda place: None),
            explain=explain,
        )


@contextmanager
def prepared(
    recipe: Recipe,
    machine: Machine,
    tell: Tell,
    *,
    given: nn.Module | None = None,
    filled: bool = True,
) -> Iterator[Ready]:
    """A network that fits its images, and both, in the surroundings of its code.

    It is a copy of the one that is `given`, or is built by its name. Its weights are not read from
    their file where a run goes on with its own.
    """
    tell("importing torch")
    import_torch()
    import torch

    from resnet_inspect.analysis.structure import freezing
    from resnet_inspect.analysis.structure.survey import Survey
    from resnet_inspect.capture import backends
    from resnet_inspect.lab import adaptation, images
    from resnet_inspect.sources import seed as seeds
    from resnet_inspect.views.words.run import freezing as freezing_said

    if machine.device == "meta":
        raise BadInput("meta computes nothing that could learn", hint="--device cpu, cuda, mps")
    if recipe.unfreeze and machine.devices * machine.nodes > 1:
        raise BadInput("--unfreeze with several devices: what they exchange is settled before")
    if machine.device != "auto":
        backends.resolve(machine.device)
    chosen = subject(recipe.model) if given is None else None
    around = nullcontext() if chosen is None else surroundings(chosen)
    with around, seeds.of(recipe.seed), torch.random.fork_rng(devices=()):
        if given is not None:
            network = copied(given)
            notes = [f"a copy of {recipe.model} is trained, the module itself is left as it was"]
        elif chosen is not None:
            tell(f"building {chosen.name}")
            arguments = {name: ast.literal_eval(value) for name, value in recipe.arguments}
            built = source(chosen.source).build(chosen.name, arguments, torch.device("cpu"))
            network, notes = built, []
        tell(f"reading {recipe.data}")
        split = images.load(
            recipe.data,
            recipe.image_size,
            adaptation.channels_of(network),
            recipe.seed,
            machine.download,
        )
        notes.append(split.about)
        give_shapes(network, (torch.zeros(2, *split.training.shape),), {})
        survey = _survey(network, recipe, split)
        head = _classifier(survey)
        anew, stem = [head], _stem(survey) if recipe.stem else []
        if said := adaptation.fit_head(network, head, len(split.classes), recipe.seed):
            notes.append(said)
        if recipe.stem:
            new, said = adaptation.fit_stem(network, stem, recipe.seed)
            notes.append(said or "the stem is that of small images already")
            anew += new
        if recipe.weights and filled:
            from resnet_inspect.pipeline.building.weights import fill

            notes.append(fill(network, recipe.model, recipe.weights, anew)[0])
        if recipe.dropout:
            adaptation.drop_before(network, head, recipe.dropout)
            notes.append(f"dropout of {recipe.dropout:g} before {head}")
        survey = _survey(network, recipe, split)
        if said := _other_outputs(survey, len(split.classes)):
            notes.append(said)
        frozen = _frozen(survey, recipe)
        norms = adaptation.frozen_norms(network, frozen[1])
        trace = _in_eval_mode(freezing.frozen(survey.trace, frozen[1]), norms)
        notes += freezing_said(recipe, Survey(trace), len(norms))
        known = (*trace.provenance.notes, *notes)
        trace = replace(trace, provenance=replace(trace.provenance, notes=known))
        made = (head, tuple(stem), tuple(notes))
        yield Ready(network, split, trace, frozen, norms, *made, machine)


def copied(given: nn.Module) -> nn.Module:
    """A copy on the CPU of a network of the caller's, without wrappers around it.

    Raises `BadInput` for what is no module or cannot be copied.
    """
    from resnet_inspect.capture.members import tensors

    network = bare(given)
    if any(tensor.is_meta for tensor in tensors(network)):
        raise BadInput("a network on meta has no weights", hint="build it on a device")
    try:
        return copy.deepcopy(network).cpu()
    except Exception as error:
        line = first_line(error)
        raise BadInput(f"{type(network).__name__} cannot be copied: {line}") from error


def bare(given: Any) -> nn.Module:
    """A network of the caller's without wrappers around it; raises `BadInput` for no module."""
    from torch import nn

    from resnet_inspect.capture.recording.forward import unwrapped

    if not isinstance(given, nn.Module):
        raise BadInput(f"a network is a name or an nn.Module, not a {type(given).__name__}")
    return unwrapped(given)[0]


def check_unbuilt(arguments: Collection[Any] | None) -> None:
    """Raise `BadInput` for arguments of a builder where there is none."""
    if arguments:
        raise BadInput("arguments are for the builder of a named network; this one is built")


def filled(given: nn.Module, weights: str | Path) -> tuple[nn.Module, tuple[str, ...]]:
    """A copy of a network of the caller's with the weights of a file, and what was done to it.

    It is fitted as the run did that wrote them, if one did. Raises as `copied` and `fill` do.
    """
    from resnet_inspect.capture.inputs import home
    from resnet_inspect.pipeline.building.weights import fill, fit_as_run

    network, where = copied(given), home(given)
    said = fit_as_run(network, weights)
    return network.to(where), (*said, fill(network, type(network).__name__, weights)[0])


def _survey(network: nn.Module, recipe: Recipe, split: Split) -> Survey:
    """What the network does with a batch in training, on meta."""
    from resnet_inspect.analysis.structure.survey import Survey
    from resnet_inspect.pipeline.tracing import trace

    batch = max(2, recipe.batch)  # norms over one position need two
    found = trace(network, (batch, *split.training.shape), device="meta", mode="train")
    return Survey(replace(found, model_name=recipe.model))


def _in_eval_mode(trace: Trace, paths: Collection[str]) -> Trace:
    modules = (
        replace(module, training=False) if module.path in paths else module
        for module in trace.modules
    )
    return replace(trace, modules=tuple(modules))


def _classifier(survey: Survey) -> str:
    """The path of the last layer with weights."""
    from resnet_inspect.traces.ops import Conv, Linear

    for call in reversed(survey.trace.calls):
        if isinstance(call.op, Linear | Conv) and call.module:
            return call.module
    raise BadInput("the network has no layer that gives scores", hint="nn.Linear at its end")


def _other_outputs(survey: Survey, classes: int) -> str:
    """What the network gives beside its scores, which is not trained on; "" for nothing.

    Raises `BadInput` where it gives no scores, or several.
    """
    trace = survey.trace
    shapes = [trace.spec(port).shape for port in trace.outputs]
    others = [shape for shape in shapes if shape[1:] != (classes,)]
    given = ", ".join("×".join(map(str, shape)) for shape in shapes) or "nothing"
    if len(shapes) - len(others) != 1:
        hint = "--set aux_logits=False, or a forward that gives one" if len(shapes) > 1 else ""
        raise BadInput(
            f"the network gives {given} in training, not scores for {classes} classes", hint=hint
        )
    return f"of {given} only the scores are trained on" if others else ""


def _stem(survey: Survey) -> list[str]:
    """Paths of the modules that are called before the first stage."""
    from resnet_inspect.analysis.structure.anatomy import ends

    if not survey.anatomy.stages:
        raise BadInput("no stem: no residual stage was recognised", hint="leave out --stem")
    (first, last), *_ = ends(survey.trace, survey.anatomy)[0]
    called = (call.module for call in survey.trace.calls[first : last + 1])
    return [path for path in dict.fromkeys(called) if path]


def _frozen(survey: Survey, recipe: Recipe) -> dict[int, frozenset[str]]:
    """Names of the parameters that are not trained, from which epoch on."""
    from resnet_inspect.analysis.structure.freezing import parameters_of

    names = frozenset(name for name, trainable in _parameters(survey.trace) if not trainable)
    if recipe.freeze:
        names |= parameters_of(survey, recipe.freeze)
    found = {1: names}
    for parts, epoch in sorted(recipe.unfreeze, key=lambda pair: pair[1]):
        thawed = parameters_of(survey, parts)
        if not thawed & names:
            raise BadInput(f"--unfreeze '{parts}': nothing of it is frozen")
        names = names - thawed
        found[epoch] = names
    every = frozenset(name for name, _ in _parameters(survey.trace))
    if every and every <= found[1]:
        raise BadInput("everything is frozen: nothing is left to train")
    return found


def _parameters(trace: Trace) -> Iterator[tuple[str, bool]]:
    """Name of every parameter, and whether it has a gradient."""
    from resnet_inspect.traces.modules import join

    for module in trace.modules:
        for own in module.parameters:
            yield own.same_as or join(module.path, own.name), own.trainable
