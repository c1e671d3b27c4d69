"""What a run came to, in sentences and numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from runs import CONFUSION, EPOCHS, RECORD, made
from saved import survey_of

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.run import Confusion, Run
from resnet_inspect.views.words import run as words


def of(**record: object) -> Run:
    return replace(made(), record=replace(RECORD, **record))  # type: ignore[arg-type]


def test_numbers_that_are_not_there() -> None:
    assert (words.number(None), words.number(0.25)) == ("not finite", "0.250")
    assert (words.part(None), words.part(0.98149)) == ("", "98.1%")


def test_an_epoch_in_one_line() -> None:
    assert words.epoch(EPOCHS[1]) == (
        "epoch 2: loss 0.250, accuracy 90.0%; held out: loss 0.750, accuracy 80.0%; 2.5 s"
    )
    assert "held out: loss not finite, accuracy 30.0%" in words.epoch(EPOCHS[0])


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({}, "epoch 2 of 3, running"),
        ({"state": "finished"}, "epoch 2 of 3, finished"),
        ({"state": "interrupted"}, "epoch 2 of 3, ended early"),
        ({"state": "failed", "why": "disk\x1bfull"}, "epoch 2 of 3, failed: disk␛full"),
    ],
)
def test_how_far_it_has_come(record: dict[str, object], said: str) -> None:
    assert words.progress(of(**record)) == said


def test_what_it_came_to() -> None:
    assert list(words.result(of(state="finished"))) == [
        "2 of 3 epochs; it has finished",
        "pets: 50 images: 40 are trained on, 10 held out",
        "best: 80.0% of what is held out, after epoch 2 (its weights are in best.safetensors)",
        "last: 90.0% in training, 80.0% of what is held out, 10.0 points less",
        "4.500 s in all",
    ]
    ahead = replace(made(), epochs=(replace(EPOCHS[1], train_accuracy=0.5),))
    (last,) = (said for said in words.result(ahead) if said.startswith("last"))
    assert not last.endswith("less")
    assert len(list(words.result(replace(made(), epochs=())))) == 2


def test_two_runs_are_told_apart_by_what_differs_in_their_recipes() -> None:
    one = made()
    other = replace(
        one, record=replace(RECORD, recipe=replace(RECORD.recipe, optimizer="sgd", epochs=9))
    )
    assert (words.apart(one, other), words.apart(other, one)) == ("optimizer adam", "optimizer sgd")
    renamed = replace(
        one, record=replace(RECORD, recipe=replace(RECORD.recipe, model="resnet34", freeze=""))
    )
    assert words.apart(renamed, one) == "resnet34 on folder:pets"
    assert words.apart(one, renamed) == "resnet18 on folder:pets, freeze stem"
    assert words.apart(one, one) == ""


def test_the_commonest_confusions_are_named_five_at_most() -> None:
    classes = ("cat", "dog", "fox")
    assert list(words.confused(CONFUSION, classes)) == [
        "dog was taken for cat, 1 of 3 times",
        "fox was taken for dog, 1 of 3 times",
    ]
    every = Confusion(1, ((0, 7, 1), (2, 0, 9), (3, 4, 0)))
    said = list(words.confused(every, classes))
    assert len(said) == 5
    assert said[0] == "dog was taken for fox, 9 of 11 times"
    assert said[-1] == "dog was taken for cat, 2 of 11 times"
    right = Confusion(1, ((4, 0), (0, 4)))
    assert list(words.confused(right, classes)) == [
        "nothing that is held out was taken for another class"
    ]


def test_what_is_frozen_is_said_with_its_norms_and_when_it_is_thawed() -> None:
    survey = Survey(made().trace)
    assert list(words.freezing(RECORD.recipe, survey, 2)) == [
        "frozen: stem, 9,536 of 11,689,512 parameters",
        "2 norms in it keep their statistics (eval mode)",
        "trained from epoch 3 on: stem",
    ]
    own = replace(RECORD.recipe, freeze="", unfreeze=())
    assert list(words.freezing(own, survey, 0)) == [
        "frozen: what the network froze itself, 9,536 of 11,689,512 parameters"
    ]
    assert list(words.freezing(RECORD.recipe, survey_of("resnet18"), 0)) == []
