"""What a trace says of an exception, and whether meta was the cause of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
import torch
from saved import trace_of
from torch import nn

from resnet_inspect.capture.recording.failure import (
    failure_of,
    interrupted,
    is_of_no_shape,
    needs_numbers,
    why_not_on_meta,
)
from resnet_inspect.traces.model import Failure


def raised(work: object) -> BaseException:
    try:
        work()  # type: ignore[operator]
    except BaseException as error:
        return error
    raise AssertionError


def test_where_it_was_raised_is_the_innermost_line_that_is_not_torchs() -> None:
    def forward() -> None:
        nn.Linear(2, 3)(torch.ones(1, 5))

    found = failure_of(7, raised(forward))
    assert (found.call, found.error) == (7, "RuntimeError")
    file, line, function = found.where.split(", ")
    assert (file, function) == ("test_failure.py", "in forward")
    assert line == f"line {forward.__code__.co_firstlineno + 1}"
    assert "\n" not in found.message


def test_code_without_a_file_has_no_line() -> None:
    assert failure_of(0, raised(lambda: exec("1 / 0"))).where.endswith("in <lambda>")
    assert failure_of(0, ValueError("never raised")).where == ""


def test_messages_are_one_line_and_exits_are_calls() -> None:
    assert failure_of(0, ValueError("one\ntwo")).message == "one"
    for code, said in ((None, "it calls sys.exit()"), (0, "it calls sys.exit(0)")):
        assert failure_of(0, SystemExit(code)) == Failure(0, "SystemExit", said, "")

    class Stopped(KeyboardInterrupt):
        pass

    found = failure_of(0, Stopped("by the user"))
    assert (found.error, found.message) == ("KeyboardInterrupt", "KeyboardInterrupt")


def test_an_interrupt_says_how_far_it_had_come() -> None:
    trace = trace_of("resnet18")
    calls = [replace(call, outputs=call.outputs if call.index == 1 else ()) for call in trace.calls]
    stopped = replace(trace, calls=tuple(calls), failure=Failure(2, "KeyboardInterrupt", "", ""))
    assert str(interrupted(stopped)) == "interrupted after 1 call, in bn1"
    assert interrupted(stopped).trace is stopped
    stopped = replace(trace, failure=Failure(0, "KeyboardInterrupt", "", ""))
    assert str(interrupted(stopped)) == f"interrupted after {len(trace.calls)} calls, in resnet18"


META = torch.ones(2, device="meta")
NEEDING = {
    "a number": lambda: META.sum().item(),
    "a truth": lambda: bool(META.sum() > 0),
    "numbers for numpy": lambda: META.numpy(),
    "another device": lambda: META + torch.ones(2),
}


@pytest.mark.parametrize("what", NEEDING)
def test_what_torch_says_where_numbers_are_needed_is_understood(what: str) -> None:
    error = raised(NEEDING[what])
    assert needs_numbers(error), error
    assert why_not_on_meta(error) == "which needs numbers"


def test_shapes_and_missing_forwards_are_the_networks_own() -> None:
    own = [
        raised(lambda: nn.Linear(2, 3, device="meta")(META[:1])),
        raised(lambda: nn.Module()(META)),
        raised(lambda: META.view(3)),
        raised(lambda: {}["meta"]),
    ]
    assert not any(needs_numbers(error) for error in own)
    assert not needs_numbers(asyncio.CancelledError("meta tensor"))


def test_autocast_of_meta_is_told_apart() -> None:
    said = RuntimeError("User specified an unsupported autocast device_type 'meta'")
    assert needs_numbers(said)
    assert why_not_on_meta(said) == "which asks for the autocast of the device it runs on"


@pytest.mark.parametrize(
    ("error", "is_so"),
    [
        (TypeError("x"), True), (KeyError("x"), True), (RuntimeError("x"), False),
        (IndexError("x"), False), (KeyboardInterrupt(), False), (None, False),
    ],
)  # fmt: skip
def test_what_shapes_raise_is_not_blamed_on_meta(error: BaseException | None, is_so: bool) -> None:
    assert is_of_no_shape(error) is is_so
