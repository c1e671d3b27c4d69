"""What is run forward and back once, as its dialog fills it in."""

from __future__ import annotations

import pytest

from resnet_inspect.errors import BadInput
from resnet_inspect.tui.session.request import Request
from resnet_inspect.tui.session.signals import Step

RESNET18 = Request("resnet18", (1, 3, 224, 224))


def test_a_step_begins_with_a_batch_of_its_own() -> None:
    assert Step().beginning_with(RESNET18) == Step("cpu", 32)
    assert Step(batch=8, seed=3).beginning_with(RESNET18) == Step("cpu", 8, seed=3)
    several = Step("cuda").beginning_with(Request("x", device="meta"))
    assert (several.device, several.batch) == ("cuda", None)
    assert several.beginning_with(RESNET18).batch == 32, "after one with several inputs"
    assert Step().beginning_with(Request("x", device="cuda:1")).device == "cuda:1"


def test_what_the_dialog_starts_with_is_read_back() -> None:
    for step in (Step(), Step("cuda", None, "eval", "mean-square", 7)):
        assert step.with_fields(step.fields) == step
    assert "batch" not in Step(batch=None).fields


@pytest.mark.parametrize(("field", "written", "said"), [
    ("device", "meta", "meta computes nothing"),
    ("batch", "0", "batch: a whole number from 1 up"),
    ("mode", "training", "eval or train"),
    ("loss", "hinge", "cross-entropy or mean-square, or empty"),
    ("seed", "-1", "seed: a whole number from 0 up"),
])  # fmt: skip
def test_what_cannot_be_run_is_said(field: str, written: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        Step().with_fields(Step().fields | {field: written})


def test_the_child_is_asked_for_a_step_of_that_batch_in_that_mode() -> None:
    step = Step("cuda", 8, "train", "", 7)
    asked = step.message(step.on(RESNET18))
    assert asked["input"] == [8, 3, 224, 224]
    assert (asked["mode"], asked["device"]) == ("train", "cuda")
    assert asked["step"] == {"loss": None, "seed": 7}
    assert Step(mode="train").on(Request("x")) == Request("x", mode="train")
    assert Step(batch=None).on(RESNET18).input == RESNET18.input
    assert Step(loss="mean-square").message(RESNET18)["step"]["loss"] == "mean-square"
