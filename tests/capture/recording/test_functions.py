"""Calls of torch's functions that are recorded: those that make something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from resnet_inspect.capture.recording.calls.stack import CallStack
from resnet_inspect.capture.recording.functions import FunctionMode, plainly
from resnet_inspect.traces.model import Call
from resnet_inspect.traces.ops import Activate, Container, Elementwise


def recorded(work: Callable[[Tensor], object], *, opaque: bool = False) -> tuple[Call, ...]:
    """The calls that a network made whose forward is this."""
    stack, x = CallStack({}), torch.ones(2, 3)
    call = stack.begin("net", "net", Container(), [("", x)], opaque=opaque)
    with FunctionMode(stack, plainly):
        work(x)
    stack.leave(call)
    return stack.calls[1:]


@pytest.mark.parametrize(
    ("work", "paths"),
    [
        (lambda x: x + 1, ["net:add"]),
        (lambda x: (x @ x.T).relu(), ["net:T", "net:matmul", "net:relu"]),
        # What asks, or hands on what it was given, has made nothing.
        (lambda x: (x.size(), x.dim(), x.is_contiguous(), x.dtype, x.shape), []),
        (lambda x: x.contiguous().to(x.dtype), []),
        (lambda x: x.t().contiguous(), ["net:t", "net:contiguous"]),
        (lambda x: torch.split(x, 1), ["net:split"]),
    ],
)
def test_what_makes_a_tensor_is_a_call(work: Callable[[Tensor], object], paths: list[str]) -> None:
    assert [call.path for call in recorded(work)] == paths


def test_a_call_that_made_nothing_leaves_no_trace_at_its_caller() -> None:
    stack, x = CallStack({}), torch.ones(2)
    call = stack.begin("net", "net", Container(), [("", x)], opaque=False)
    with FunctionMode(stack, plainly):
        x.size()
        assert not call.made_calls
        _ = -x
    assert call.made_calls


def test_what_changes_its_input_has_made_it_anew_and_says_that_it_is_in_place() -> None:
    add, relu = recorded(lambda x: torch.relu_(x.add_(1)))
    assert (add.op, relu.op) == (Elementwise("add", True), Activate("relu", True))
    assert [call.inputs[0].activation for call in (add, relu)] == [0, 1]
    assert [call.outputs[0].activation for call in (add, relu)] == [1, 2]

    def assigned(x: Tensor) -> None:
        x[0] = 2.0

    (one,) = recorded(assigned)
    assert one.op == Elementwise("setitem", True)
    assert len(one.outputs) == 1


def test_several_results_are_labelled_by_their_places() -> None:
    (call,) = recorded(lambda x: x.max(1))
    assert [port.label for port in call.outputs] == ["0", "1"]


def test_a_function_that_raises_is_where_the_forward_failed() -> None:
    stack, x = CallStack({}), torch.ones(2, 3)
    stack.begin("net", "net", Container(), [("", x)], opaque=False)
    with pytest.raises(RuntimeError), FunctionMode(stack, plainly):
        x @ x
    assert stack.failed_at == 1
    assert stack.calls[1].path == "net:matmul"
    assert stack.calls[1].outputs == ()
    with FunctionMode(stack, plainly):  # where the forward has caught it
        _ = -x
    assert (stack.calls[2].path, stack.calls[2].parent) == ("net:neg", 0)


def test_within_one_step_nothing_is_recorded() -> None:
    assert recorded(lambda x: x + 1, opaque=True) == ()
    stack = CallStack({})
    with FunctionMode(stack, plainly):
        torch.ones(2) + 1
    assert stack.calls == ()


def test_what_runs_a_function_decides_what_it_gives() -> None:
    ran: list[str] = []

    def run(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        ran.append(function.__name__)
        return function(*args, **kwargs) * 2

    stack, x = CallStack({}), torch.ones(2)
    stack.begin("net", "net", Container(), [("", x)], opaque=False)
    with FunctionMode(stack, run):
        made = torch.neg(x)
    assert made.tolist() == [-2, -2]
    assert ran == ["neg"]
