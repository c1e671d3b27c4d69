"""What a run came to, in sentences and numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.run import Confusion, Epoch, Recipe, Run
from resnet_inspect.views.words import text
from resnet_inspect.views.words.signals import number as _number

_NAMED = 5
"""How many confusions are named."""


def number(value: float | None) -> str:
    """A loss or a rate; one that is not finite is said to be so."""
    return "not finite" if value is None else _number(value)


def part(value: float | None) -> str:
    """An accuracy: 98.1%."""
    return text.NOTHING if value is None else f"{value:.1%}"


def epoch(one: Epoch) -> str:
    """What an epoch came to, in one line."""
    return (
        f"epoch {one.epoch}: loss {number(one.train_loss)}, accuracy {part(one.train_accuracy)};"
        f" held out: loss {number(one.validation_loss)}, accuracy {part(one.validation_accuracy)};"
        f" {one.seconds:.1f} s"
    )


def title(run: Run) -> str:
    """What was trained on what."""
    recipe = run.record.recipe
    return text.visible(f"{recipe.model} on {recipe.data}")


def apart(run: Run, other: Run) -> str:
    """What tells a run from another: "paper:cifar_resnet20 on digits", "optimizer adam"."""
    own, others = run.record.recipe, other.record.recipe
    differing = (
        f"{field.name.replace('_', ' ')} {value}" if value not in ("", (), None) else ""
        for field in fields(own)
        if field.name not in ("model", "data", "epochs")
        and (value := getattr(own, field.name)) != getattr(others, field.name)
    )
    named = title(run) if title(run) != title(other) else ""
    return ", ".join(filter(None, (named, *map(text.visible, differing))))


def progress(run: Run) -> str:
    """How far it has come, in a few words."""
    record = run.record
    state = {
        "running": "running",
        "finished": "finished",
        "interrupted": "ended early",
        "failed": f"failed: {record.why}",
    }[record.state]
    return text.visible(f"epoch {len(run.epochs)} of {record.recipe.epochs}, {state}")


def result(run: Run) -> Iterator[str]:
    """What it came to."""
    record, best = run.record, run.best
    state = {
        "running": "it is running, or was killed",
        "finished": "it has finished",
        "interrupted": "it was interrupted",
        "failed": f"it failed: {record.why}",
    }[record.state]
    yield f"{len(run.epochs)} of {record.recipe.epochs} epochs; {state}"
    images = record.images
    yield (f"{images.about}: {images.training:,} are trained on, {images.held_out:,} held out")
    if best is None:
        return
    yield (
        f"best: {part(best.validation_accuracy)} of what is held out, after epoch {best.epoch}"
        f" (its weights are in best.safetensors)"
    )
    last = run.epochs[-1]
    if last.train_accuracy is not None and last.validation_accuracy is not None:
        gap = last.train_accuracy - last.validation_accuracy
        yield (
            f"last: {part(last.train_accuracy)} in training, {part(last.validation_accuracy)} of"
            f" what is held out" + (f", {100 * gap:.1f} points less" if gap > 0 else "")
        )
    yield f"{text.seconds(sum(epoch.seconds for epoch in run.epochs))} in all"


def confused(confusion: Confusion, classes: tuple[str, ...]) -> Iterator[str]:
    """The confusions that are commonest."""
    wrong = sorted(
        (
            (count, true, taken)
            for true, row in enumerate(confusion.counts)
            for taken, count in enumerate(row)
            if true != taken and count
        ),
        key=lambda one: (-one[0], one[1:]),
    )
    if not wrong:
        yield "nothing that is held out was taken for another class"
    for count, true, taken in wrong[:_NAMED]:
        of = sum(confusion.counts[true])
        names = (text.visible(classes[true]), text.visible(classes[taken]))
        yield f"{names[0]} was taken for {names[1]}, {count} of {of} times"


def freezing(recipe: Recipe, survey: Survey, norms: int) -> Iterator[str]:
    """What is frozen at the start, how many norms keep their statistics, what is thawed when."""
    own = survey.totals.parameters
    frozen = own.total - own.trainable
    if not frozen:
        return
    what = recipe.freeze or "what the network froze itself"
    yield f"frozen: {what}, {text.integer(frozen)} of {text.integer(own.total)} parameters"
    if norms:
        keep = "keeps its" if norms == 1 else "keep their"
        yield f"{text.count(norms, 'norm')} in it {keep} statistics (eval mode)"
    for parts, epoch in recipe.unfreeze:
        yield f"trained from epoch {epoch} on: {parts}"
