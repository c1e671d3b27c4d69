"""A run made by hand: two epochs of a saved network, its stem frozen, three classes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from saved import trace_of
from signals import signals

from resnet_inspect.analysis.structure.freezing import frozen, parameters_of
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces import run as files
from resnet_inspect.traces.json.codec import dumps, dumps_signals
from resnet_inspect.traces.json.run_codec import dumps_confusion, dumps_line, dumps_record
from resnet_inspect.traces.run import Confusion, Epoch, Images, Recipe, Record, Run

RECORD = Record(
    recipe=Recipe(
        "resnet18", arguments=(("num_classes", "3"),), data="folder:pets", image_size=(224, 224),
        epochs=3, optimizer="adam", learning_rate=1e-3, freeze="stem", unfreeze=(("stem", 3),),
    ),
    images=Images(
        "pets: 50 images", ("cat", "dog <b>", "fox|hen"), (3, 224, 224), 40, 10,
        (0.5, 0.4, 0.3), (0.2, 0.2, 0.1),
    ),
    command="resnet-inspect train resnet18 -o run",
    versions=(("torch", "2.6"),),
    started="2026-01-01T00:00:00+00:00",
    notes=("fc is new: 3 classes in place of 1,000",),
    frozen_norms=("bn1",),
)  # fmt: skip
EPOCHS = (
    Epoch(1, 1.5, 0.5, None, 0.3, 1e-3, 2.0),
    Epoch(2, 0.25, 0.9, 0.75, 0.8, 5e-4, 2.5),
)
CONFUSION = Confusion(2, ((4, 0, 0), (1, 2, 0), (0, 1, 2)))


def made(name: str = "resnet18") -> Run:
    """The run as a value, of a network that has a stem."""
    trace = trace_of(name)
    names = parameters_of(Survey(trace), "stem")
    steps = tuple(replace(signals(trace), step=step) for step in (0, 20))
    return Run(RECORD, frozen(trace, names), EPOCHS, steps, trace, CONFUSION)


def write(run: Run, folder: Path) -> None:
    """Its folder, without weights."""
    assert run.watched is not None
    assert run.confusion is not None
    contents = {
        files.RECORD: dumps_record(run.record),
        files.TRACE: dumps(run.trace),
        files.METRICS: "".join(map(dumps_line, run.epochs)),
        files.SIGNALS: dumps_signals((run.watched, ())) + "".join(map(dumps_line, run.signals)),
        files.CONFUSION: dumps_confusion(run.confusion),
    }
    for name, text in contents.items():
        (folder / name).write_text(text, encoding="utf-8")
