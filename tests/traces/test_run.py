"""A run as a value: its best epoch, and files that are not of one run."""

from __future__ import annotations

from dataclasses import replace

import runs

from resnet_inspect.traces.run import Confusion, best, mismatch


def test_the_best_epoch_is_the_first_of_those_that_are_as_good() -> None:
    second, third, fourth = (
        replace(runs.EPOCHS[1], epoch=epoch, validation_accuracy=accuracy)
        for epoch, accuracy in ((2, 0.8), (3, 0.8), (4, 0.7))
    )
    epochs = (runs.EPOCHS[0], second, third, fourth)
    assert best(epochs) is second
    assert replace(runs.made(), epochs=epochs).best is second
    assert best(()) is None


def test_an_epoch_whose_accuracy_is_not_known_is_no_better_than_any() -> None:
    unknown = replace(runs.EPOCHS[0], validation_accuracy=None)
    known = replace(runs.EPOCHS[0], epoch=2, validation_accuracy=0.01)
    assert best((unknown, known)) is known
    assert best((unknown,)) is unknown


def test_confusions_are_of_as_many_classes_as_the_images() -> None:
    run = runs.made()
    assert mismatch(run) is None
    assert mismatch(replace(run, confusion=None)) is None
    two = replace(run, confusion=Confusion(1, ((1, 0), (0, 1))))
    assert mismatch(two) == "its confusions are of 2 classes, its images of 3"
