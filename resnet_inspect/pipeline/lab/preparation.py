"""A network that fits its images, filled, frozen and traced: all that a run needs to begin."""

from __future__ import annotations

import ast
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resnet_inspect.errors import BadInput
from resnet_inspect.pipeline.building.networks import Tell, give_shapes, import_torch, refuse_meta
from resnet_inspect.pipeline.lab import parts
from resnet_inspect.pipeline.lab.given_modules import copied
from resnet_inspect.sources import source, subject, surroundings
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.run import Epoch, Images, Recipe, Record, Told

if TYPE_CHECKING:
    from torch import nn

    from resnet_inspect.analysis.structure.survey import Survey
    from resnet_inspect.lab.data_sets.split import Split


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
class Preparation:
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
) -> Iterator[Preparation]:
    """A network that fits its images, and both, in the surroundings of its code.

    It is a copy of the one that is `given`, or is built by its name. Its weights are not read from
    their file where a run goes on with its own.
    """
    import_torch(tell)
    import torch

    from resnet_inspect.analysis.structure import freezing
    from resnet_inspect.analysis.structure.survey import Survey
    from resnet_inspect.capture import backends
    from resnet_inspect.lab import adaptation, data_sets
    from resnet_inspect.sources import seed as seeds
    from resnet_inspect.views.words.run import freezing as freezing_said

    refuse_meta(machine.device, "nothing that could learn")
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
        split = data_sets.load(
            recipe.data,
            recipe.image_size,
            adaptation.channels_of(network),
            recipe.seed,
            machine.download,
        )
        notes.append(split.about)
        give_shapes(network, (torch.zeros(2, *split.training.shape),), {})
        survey = _survey(network, recipe, split)
        head = parts.classifier(survey)
        anew, stem = [head], parts.stem(survey) if recipe.stem else []
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
        if said := parts.other_outputs(survey, len(split.classes)):
            notes.append(said)
        frozen = parts.frozen(survey, recipe)
        norms = adaptation.frozen_norms(network, frozen[1])
        trace = _in_eval_mode(freezing.frozen(survey.trace, frozen[1]), norms)
        notes += freezing_said(recipe, Survey(trace), len(norms))
        known = (*trace.provenance.notes, *notes)
        trace = replace(trace, provenance=replace(trace.provenance, notes=known))
        made = (head, tuple(stem), tuple(notes))
        yield Preparation(network, split, trace, frozen, norms, *made, machine)


def _survey(network: nn.Module, recipe: Recipe, split: Split) -> Survey:
    """What the network does with a batch in training, on meta."""
    from resnet_inspect.analysis.structure.survey import Survey
    from resnet_inspect.pipeline.tracing.trace import trace

    batch = max(2, recipe.batch)  # norms over one position need two
    found = trace(network, (batch, *split.training.shape), device="meta", mode="train")
    return Survey(replace(found, model_name=recipe.model))


def _in_eval_mode(trace: Trace, paths: Collection[str]) -> Trace:
    modules = (
        replace(module, training=False) if module.path in paths else module
        for module in trace.modules
    )
    return replace(trace, modules=tuple(modules))
