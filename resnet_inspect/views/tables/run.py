"""The epochs of a run as a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.run import Epoch, Run
from resnet_inspect.views.tables.rows.sections import sections
from resnet_inspect.views.tables.table import EMPTY, Cell, Heading, Table, listing
from resnet_inspect.views.words import run as words
from resnet_inspect.views.words import text

_COLUMNS: tuple[tuple[Heading, Callable[[float | None], str]], ...] = (
    (Heading("epoch", "epoch", "right", 0), lambda value: f"{value:.0f}"),
    (Heading("train_loss", "train loss", "right", 1), words.number),
    (Heading("train_accuracy", "train accuracy", "right", 1), words.part),
    (Heading("validation_loss", "held-out loss", "right", 1), words.number),
    (Heading("validation_accuracy", "held-out accuracy", "right", 0), words.part),
    (Heading("learning_rate", "learning rate", "right", 2), words.number),
    (Heading("seconds", "seconds", "right", 3), lambda value: f"{value:.1f}"),
)


def epochs(run: Run) -> Table:
    """A row for each epoch."""

    def cells(epoch: Epoch) -> Iterator[Cell]:
        for heading, write in _COLUMNS:
            value = getattr(epoch, heading.key)
            yield Cell(value, write(value))

    record = run.record
    return listing(
        "run",
        words.title(run),
        tuple(heading for heading, _ in _COLUMNS),
        [tuple(cells(epoch)) for epoch in run.epochs],
        model=text.visible(record.recipe.model),
        remarks=tuple(map(text.visible, words.result(run))),
        provenance=(("command", record.command), ("started", record.started), *record.versions),
    )


def side_by_side(runs: Sequence[Run]) -> Table:
    """A row for each epoch of two runs, A and B."""
    titles = {one.key: (one.title.replace("accuracy", "acc"), write) for one, write in _COLUMNS}
    columns = [
        (letter, key, *titles[key])
        for letter in "AB"
        for key in ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
    ]

    def cells(place: int) -> Iterator[Cell]:
        yield Cell(place + 1, str(place + 1))
        for letter, key, _, write in columns:
            epochs = runs["AB".index(letter)].epochs
            value = getattr(epochs[place], key) if place < len(epochs) else None
            yield Cell(value, write(value)) if place < len(epochs) else EMPTY

    return listing(
        "run",
        " against ".join(dict.fromkeys(map(words.title, runs))),
        (
            Heading("epoch", "epoch", "right", 0),
            *(
                Heading(f"{letter}_{key}", f"{letter} {title}", "right", int("train" in key))
                for letter, key, title, _ in columns
            ),
        ),
        [tuple(cells(place)) for place in range(max(len(run.epochs) for run in runs))],
        model=text.visible(runs[0].record.recipe.model),
        remarks=tuple(
            text.visible(f"{letter}: {sentence}")
            for letter, run in zip("AB", runs, strict=True)
            for sentence in words.result(run)
        ),
    )


_FROZEN = (
    Heading("part", "part", "left", 0),
    Heading("parameters", "parameters", "right", 0),
    Heading("frozen", "frozen", "right", 0),
    Heading("share", "share", "right", 1),
)


def frozen(survey: Survey) -> Table:
    """A row for stem, stages and head: how much of each was not trained at the start."""
    rows = []
    for line in sections(survey, blocks=False):
        own = line.amounts
        still = own.parameters - own.trainable
        name = text.visible(line.path or line.kind)
        part = still / own.parameters if own.parameters else None
        rows.append(
            (
                Cell(name, name),
                Cell(own.parameters, text.integer(own.parameters)),
                Cell(still, text.integer(still)),
                EMPTY if part is None else Cell(part, text.share(part)),
            )
        )
    return listing("frozen", "what was frozen", _FROZEN, rows)
