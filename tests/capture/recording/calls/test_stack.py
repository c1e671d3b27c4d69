"""Calls that run inside each other, and what each takes and gives."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from resnet_inspect.capture.recording.calls.stack import CallStack, OpenCall
from resnet_inspect.traces.ops import Container, Elementwise, Reshape
from resnet_inspect.traces.tensors import Port


def begin(stack: CallStack, path: str, *given: Tensor, opaque: bool = False) -> OpenCall:
    op = Elementwise("add") if opaque else Container()
    labelled = [(str(place), tensor) for place, tensor in enumerate(given)]
    return stack.begin(path, None if ":" in path else path, op, labelled, opaque=opaque)


def test_a_call_knows_its_caller_and_which_of_its_path_it_is() -> None:
    stack = CallStack({})
    x = torch.ones(2)
    network = begin(stack, "", x)
    assert not network.made_calls
    for _ in range(2):
        stack.leave(begin(stack, "block", x))
    inner = begin(stack, "block", x)
    begin(stack, ":add", x, opaque=True)
    assert stack.innermost is not None
    assert stack.is_opaque
    assert stack.of_module("block") is inner
    assert stack.of_module("other") is None
    assert network.made_calls
    assert [(c.path, c.nth, c.parent) for c in stack.calls] == [
        ("", 1, None), ("block", 1, 0), ("block", 2, 0), ("block", 3, 0), (":add", 1, 3),
    ]  # fmt: skip


def test_a_call_that_is_left_leaves_what_is_open_inside_it() -> None:
    """As where a hook of the user's has raised and its caller has caught it."""
    stack = CallStack({})
    network = begin(stack, "")
    block = begin(stack, "block")
    begin(stack, "block.conv", opaque=True)
    begin(stack, "block.conv:pad", opaque=True)
    stack.leave(block)
    assert stack.innermost is network
    assert not stack.is_opaque
    stack.leave(network)
    assert stack.innermost is None


def test_the_call_that_raised_is_the_innermost_until_another_begins() -> None:
    stack = CallStack({})
    begin(stack, "")
    failing = begin(stack, "block")
    assert stack.failed_at == failing.index
    inner = begin(stack, "block.conv", opaque=True)
    stack.fail(inner)
    stack.fail(failing)
    assert stack.failed_at == failing.index
    begin(stack, ":add", opaque=True)  # it was caught
    assert stack.failed_at == 3


def test_a_call_that_turns_out_to_be_none_is_taken_back() -> None:
    stack = CallStack({})
    begin(stack, "")
    size = begin(stack, ":size", opaque=True)
    stack.leave(size)
    assert stack.take_back(size)
    again = begin(stack, ":size", opaque=True)
    assert (again.index, again.nth) == (1, 1)
    later = begin(stack, ":add", opaque=True)
    stack.leave(later)
    assert not stack.take_back(again), "another has begun since"
    assert [call.path for call in stack.calls] == ["", ":size", ":add"]


def test_what_modules_hold_is_read_by_its_name_and_all_else_is_taken() -> None:
    x, weight = torch.ones(2), torch.ones(2)
    stack = CallStack({id(weight): (weight, "fc.weight")})
    call = begin(stack, "", x, weight)
    (made,) = stack.calls
    assert made.inputs == (Port("0", 0),)
    assert made.reads == ("fc.weight",)
    assert call.taken == {0}


def test_what_works_itself_makes_a_tensor_also_of_what_it_was_given() -> None:
    """A container that hands on its input gives that; an operation in place gives a new value."""
    told: list[tuple[int, list[int]]] = []

    def observe(index: int, tensors: Sequence[Tensor]) -> None:
        told.append((index, [tensor.numel() for tensor in tensors]))

    stack = CallStack({}, observe)
    x = torch.ones(3)
    network = begin(stack, "", x)
    relu = begin(stack, ":relu", x, opaque=True)
    stack.give(relu, [("", x)])
    stack.leave(relu)
    block = begin(stack, "block", x)
    stack.give(block, [("", x)], works_itself=False)
    stack.leave(block)
    stack.give(network, [("out", x)])
    assert [call.outputs for call in stack.calls] == [
        (Port("out", 1),), (Port("", 1),), (Port("", 1),),
    ]  # fmt: skip
    assert [one.storage for one in stack.activations] == [0, 0]
    assert told == [(1, [3]), (2, [3]), (0, [3])]


def test_the_border_of_a_transform_is_a_step_into_it_and_out_of_it() -> None:
    stack = CallStack({})
    batch = torch.ones(5, 2, 3)
    network = begin(stack, "", batch)

    def inside(x: Tensor) -> Tensor:
        call = begin(stack, ":neg", x, opaque=True)
        made = -x
        stack.leave(call)
        stack.give(call, [("", made)])
        return made

    out = torch.func.vmap(inside)(batch)
    stack.cross([out])
    stack.give(network, [("", out)])
    network, into, neg, outside = stack.calls
    assert [call.path for call in stack.calls] == ["", ":vmap", ":neg", ":vmap"]
    assert into.op == outside.op == Reshape("vmap")
    specs = [one.tensor for one in stack.activations]
    assert [(one.shape, one.mapped) for one in specs] == [
        ((5, 2, 3), 1), ((2, 3), 5), ((2, 3), 5), ((5, 2, 3), 1),
    ]  # fmt: skip
    assert into.inputs[0].activation == network.inputs[0].activation
    assert neg.inputs == (Port("0", into.outputs[0].activation),)
    assert outside.inputs[0].activation == neg.outputs[0].activation
    assert network.outputs[0].activation == outside.outputs[0].activation
