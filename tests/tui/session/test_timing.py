"""What is to be run against the clock, as its dialog fills it in."""

from __future__ import annotations

import pytest

from resnet_inspect.errors import BadInput
from resnet_inspect.tui.session.request import Request
from resnet_inspect.tui.session.timing import Plan, whole

RESNET18 = Request("resnet18", (4, 3, 224, 224))


def test_a_plan_begins_with_the_batch_of_the_network_on_a_real_device() -> None:
    plan = Plan("cuda:1", 7, repeats=3).beginning_with(RESNET18)
    assert plan == Plan("cuda:1", 4, repeats=3), "meta computes nothing"
    assert plan.beginning_with(Request("x", (2, 3), device="mps")).device == "mps"
    assert plan.beginning_with(Request("x")).batch is None, "several inputs, or none"


def test_what_the_dialog_starts_with_is_read_back() -> None:
    for plan in (Plan(), Plan("cuda", 8, 1, 0, 2)):
        assert plan.with_fields(plan.fields) == plan
    assert "batch" not in Plan().fields
    assert Plan().with_fields(Plan().fields | {"device": ""}).device == "cpu"


@pytest.mark.parametrize(("field", "written", "said"), [
    ("device", "meta", "meta computes nothing"),
    ("batch", "0", "batch: a whole number from 1 up"),
    ("repeats", "0", "repeats: a whole number from 1 up"),
    ("warm_up", "-1", "warm up: a whole number from 0 up"),
    ("threads", "two", "threads: a whole number from 1 up"),
])  # fmt: skip
def test_what_cannot_be_run_is_said(field: str, written: str, said: str) -> None:
    plan = Plan("cpu", 8)
    with pytest.raises(BadInput, match=said):
        plan.with_fields(plan.fields | {field: written})


def test_the_child_is_asked_for_the_runs_of_that_batch() -> None:
    plan = Plan("cuda", 8, 3, 0, None)
    asked = plan.message(plan.on(RESNET18))
    assert asked["input"] == [8, 3, 224, 224]
    assert asked["device"] == "cuda", "of the plan, not of the request"
    assert asked["runs"] == {"repeats": 3, "warm_up": 0, "threads": None}
    several = Request("x")
    assert plan.on(several) is several
    assert Plan("cpu", None).on(RESNET18) is RESNET18


def test_a_whole_number_is_at_least_so_large() -> None:
    assert whole("seed", "0", 0) == 0
    assert whole("batch", "007", 1) == 7
    for wrong in ("", "-1", "1.5", "1 2", "²", "9" * 5000):
        with pytest.raises(BadInput, match="seed: a whole number from 0 up"):
            whole("seed", wrong, 0)
