"""A report of a run: sentences, pictures and tables in sections."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from resnet_inspect.analysis.cost.memory import Optimizer
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import UsageError
from resnet_inspect.traces.run import Run
from resnet_inspect.views.figures.run import confusion, curves, gradients
from resnet_inspect.views.figures.shapes import Picture
from resnet_inspect.views.tables import cost
from resnet_inspect.views.tables import run as tables
from resnet_inspect.views.tables.cost.figures import Candidate
from resnet_inspect.views.tables.table import Table
from resnet_inspect.views.words import run as words
from resnet_inspect.views.words import text


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report; what it lacks is None."""

    key: str
    heading: str
    sentences: tuple[str, ...] = ()
    picture: Picture | None = None
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]


_COSTS_OF: dict[str, Optimizer] = {"adam": "adam", "adamw": "adamw"}
"""What the cost of an optimizer is called, where it is not that of a momentum."""


def report(run: Run) -> Report:
    """The report of a run, as far as it has come."""
    record = run.record
    versions = ", ".join(f"{name} {version}" for name, version in record.versions)
    subtitle = f"{record.command} · {record.started} · {versions}"
    return Report(words.title(run), text.visible(subtitle), tuple(_sections(run)))


def _sections(run: Run) -> Iterator[Section]:
    record, survey = run.record, Survey(run.trace)
    yield _section("result", "Result", words.result(run))
    yield _section("fitted", "What was fitted and assumed", record.notes)
    yield _drawn("curves", "Curves", (), lambda: curves.picture(run), tables.epochs(run))
    found = run.confusion
    if found is not None:
        classes = record.images.classes
        heading = f"Confusions, after epoch {found.epoch}"
        confused = words.confused(found, classes)
        yield _drawn("confusion", heading, confused, lambda: confusion.picture(found, classes))
    if run.signals:
        steps = (f"{text.count(len(run.signals), 'step')} measured",)
        yield _drawn("gradients", "Gradients by layer", steps, lambda: gradients.picture(run))
    recipe = record.recipe
    frozen = tuple(words.freezing(recipe, survey, len(record.frozen_norms)))
    said = frozen or ("nothing was frozen",)
    yield _section("frozen", "What was frozen", said, tables.frozen(survey))
    usual: Optimizer = "momentum" if recipe.momentum or recipe.optimizer == "adagrad" else "sgd"
    optimizer = _COSTS_OF.get(recipe.optimizer, usual)
    costs = cost.downwards(Candidate.of(survey), [optimizer])
    yield _section("costs", "Costs", (costs.title,), costs)


def _section(
    key: str, heading: str, sentences: Iterable[str], table: Table | None = None
) -> Section:
    return Section(key, heading, tuple(map(text.visible, sentences)), None, table)


def _drawn(
    key: str,
    heading: str,
    sentences: Iterable[str],
    draw: Callable[[], Picture],
    table: Table | None = None,
) -> Section:
    """A section with a picture, or with why there is none."""
    said, picture = list(sentences), None
    try:
        picture = draw()
    except UsageError as error:
        said.append(error.message)
    return Section(key, heading, tuple(map(text.visible, said)), picture, table)
