"""From the options of a command to a trace: its input, what stops it, what is in a file."""

from __future__ import annotations

from typing import Any

import click
import pytest
from saved import DATA, trace_of

from resnet_inspect.cli.tracing import (
    as_far_as_it_goes,
    before,
    capture,
    input_of,
    input_options_given,
    loaded,
    loaded_or_captured,
)
from resnet_inspect.errors import BadInput, ForwardError, UsageError
from resnet_inspect.pipeline.building.inputs import Partial
from resnet_inspect.traces.model import Trace

UNASKED: dict[str, Any] = {
    "inputs": (), "image_size": None, "batch": None, "channels": None, "dtype": None,
    "device": None, "train": False, "settings": (), "weights": None, "call": None,
}  # fmt: skip


def test_without_options_the_input_is_the_network_s_own() -> None:
    assert input_of("resnet18", UNASKED) is None
    assert not input_options_given(UNASKED)
    for name, value in (("batch", 2), ("train", True), ("settings", ("a=1",)), ("call", "f")):
        assert input_options_given(UNASKED | {name: value})


def test_parts_of_an_input_are_set_into_the_usual_one() -> None:
    given = UNASKED | {"image_size": (64, 32), "batch": 2}
    assert input_of("resnet18", given) == (2, 3, 64, 32)
    assert input_of("paper:cifar_resnet20", UNASKED | {"batch": 4}) == (4, 3, 32, 32)
    of_a_run = input_of("resnet18", given | {"weights": "run/best.pt"})
    assert isinstance(of_a_run, Partial), "those of a run have an input of their own"
    with pytest.raises(BadInput, match="whole shape"):
        input_of("resnet18", given | {"inputs": (("", (1, 3, 8, 8)),)})


@pytest.mark.parametrize(("written", "read"), [
    ([("", (1, 3))], (1, 3)),
    ([("", ((1, 3), "bool"))], ((1, 3), "bool")),
    ([("", [(1, 3)])], {0: [(1, 3)]}),
    ([("", (1, 3)), ("", (2, 3))], {0: (1, 3), 1: (2, 3)}),
    ([("mask", (2,)), ("", (1, 3))], {0: (1, 3), "mask": (2,)}),
    ([("mask", (2,))], {"mask": (2,)}),
])  # fmt: skip
def test_whole_inputs_are_by_place_and_by_name(written: list[tuple[str, Any]], read: Any) -> None:
    assert input_of(None, UNASKED | {"inputs": written}) == read


def test_a_name_that_is_given_twice_is_refused() -> None:
    twice = [("mask", (1,)), ("other", (1,)), ("mask", (2,))]
    with pytest.raises(BadInput, match="--input mask= is given twice"):
        input_of(None, UNASKED | {"inputs": twice})


@pytest.mark.parametrize(("model", "other"), [
    ("net.json", "resnet-inspect show net.json"),
    ("best.pth", "resnet-inspect trace --weights best.pth"),
    ("a/best.safetensors", "resnet-inspect trace --weights a/best.safetensors"),
])  # fmt: skip
def test_a_file_is_not_run_but_what_takes_it_is_named(model: str, other: str) -> None:
    with pytest.raises(click.UsageError, match=other):
        capture(model, UNASKED)


def test_a_saved_trace_is_read_and_never_run_again(capsys: pytest.CaptureFixture[str]) -> None:
    file = str(DATA / "resnet18.json")
    assert loaded_or_captured(file, UNASKED) == trace_of("resnet18")
    assert capsys.readouterr().err == ""
    with pytest.raises(click.UsageError, match="not run again"):
        loaded(file, UNASKED | {"batch": 2})
    assert loaded("resnet18", UNASKED | {"batch": 2}) is None, "this is run"


def test_why_a_saved_trace_ends_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    failure = trace_of("broken").failure
    assert failure is not None
    found = loaded(str(DATA / "broken.json"), UNASKED)
    assert found is not None
    assert found.trace.failure == failure
    said = capsys.readouterr().err
    assert said.startswith("resnet-inspect: the forward pass raised: ")
    assert trace_of("broken").calls[failure.call].path in said


def test_what_there_is_is_written_and_then_raised_what_stopped_it() -> None:
    broken = trace_of("broken")

    def raises(model: str, options: object) -> Trace:
        raise ForwardError("it broke", trace=broken)

    trace, stopped = as_far_as_it_goes(raises, "net", {})
    assert trace is broken
    whole = as_far_as_it_goes(lambda model, options: broken, "net", {})
    assert whole == (broken, None)
    written = []
    with pytest.raises(ForwardError, match="it broke"), before(stopped):
        written.append("the table")
    assert written == ["the table"]
    with pytest.raises(ForwardError, match="it broke"), before(stopped):
        raise UsageError("there is no stage 4")
    with pytest.raises(ZeroDivisionError), before(stopped):
        raise ZeroDivisionError
    with before(None):
        written.append("the table")
    with pytest.raises(UsageError, match="no stage 4"), before(None):
        raise UsageError("there is no stage 4")
