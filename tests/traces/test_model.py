"""What a trace says of its calls: who made a tensor, who takes it, and what is a step."""

from __future__ import annotations

from dataclasses import replace

from saved import ByHand, conv, window

from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.modules import ModuleSpec, PythonClass
from resnet_inspect.traces.ops import Activate, Container, Elementwise, Reshape
from resnet_inspect.traces.tensors import Port


def residual() -> Trace:
    """A block of a convolution, an add in place, and a ReLU behind it."""
    hand = ByHand()
    x = hand.input(1, 4, 8, 8)
    with hand.inside("block", x) as made:
        y = hand.step("block.conv", conv(4, 4, window(1)), x)
        y = hand.step("block:add", Elementwise("add", True), (y, x), storage=y)
        made.append(y)
    return hand.trace(hand.step("relu", Activate("relu"), y))


def test_the_tree_of_calls_reads_both_ways() -> None:
    trace = residual()
    assert [call.path for call in trace.calls] == ["", "block", "block.conv", "block:add", "relu"]
    assert trace.children == ((1, 4), (2, 3), (), (), ())
    assert trace.last_descendant == (4, 3, 2, 3, 4)
    assert trace.calls_at["block:add"] == (3,)


def test_the_innermost_call_that_made_a_tensor_is_its_maker() -> None:
    """The block and the network hand on what a call inside them made."""
    trace = residual()
    given, convolved, added, out = range(4)
    assert trace.producer == {convolved: 2, added: 3, out: 4}
    assert given not in trace.producer
    assert trace.consumers == {given: (2, 3), convolved: (3,), added: (4,)}
    assert trace.sharing == {0: (given,), 1: (convolved, added), 3: (out,)}


def test_what_is_handed_on_was_made_by_none_of_those_who_do() -> None:
    """A block that gives its own input has made nothing, wherever that came from."""
    hand = ByHand()
    x, constant = hand.input(1, 4), hand.tensor(1, 4)
    for path, given in (("rest", x), ("other", constant)):
        with hand.inside(path, given) as made:
            made.append(given)
    assert hand.trace(x, constant).producer == {constant: 0}, "nobody gave it to the network"


def test_of_a_call_that_is_made_twice_each_made_its_own() -> None:
    hand = ByHand()
    x = hand.step("relu", Activate("relu"), hand.input(1, 4))
    trace = hand.trace(hand.step("relu", Activate("relu"), x))
    assert [(call.nth, call.index) for call in trace.calls if call.path == "relu"] == [
        (1, 1),
        (2, 2),
    ]
    assert trace.calls_at["relu"] == (1, 2)
    assert trace.producer == {1: 1, 2: 2}


def test_what_a_step_calls_is_no_step_and_containers_are_none() -> None:
    """A convolution whose weight is computed when it is called."""
    trace = residual()
    assert trace.steps == (2, 3, 4)
    assert [trace.steps_within(*span) for span in ((0, 4), (1, 3), (3, 3), (4, 9), (1, 1))] == [
        (2, 3, 4), (2, 3), (3,), (4,), (),
    ]  # fmt: skip
    computed = Call(3, "block.conv:view", None, 1, 2, Reshape("view"), (), ())
    calls = (*trace.calls[:3], computed, *trace.calls[3:])
    moved = tuple(replace(call, index=index) for index, call in enumerate(calls))
    assert replace(trace, calls=moved).steps == (2, 4, 5)


def test_a_tensor_is_taken_once_by_a_step_that_takes_it_twice() -> None:
    hand = ByHand()
    x = hand.input(1, 4)
    trace = hand.trace(hand.step(":mul", Elementwise("mul"), (x, x)))
    assert trace.consumers == {x: (1,)}


def test_a_module_is_found_by_each_of_its_names_and_its_own_name_comes_first() -> None:
    trace = residual()
    shared = ModuleSpec("a", PythonClass("", "A"), Container(), (), (), (), ("b", "block"))
    found = replace(trace, modules=(*trace.modules, shared)).module_at
    assert found["a"] is found["b"] is shared
    assert found["block"] is not shared


def test_the_shape_at_a_port_is_that_of_its_tensor() -> None:
    trace = residual()
    assert trace.spec(trace.outputs[0]).shape == (1, 4, 8, 8)
    assert trace.spec(Port("", 0)) == trace.activations[0].tensor
