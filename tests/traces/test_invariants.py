"""What is true of every trace: sound ones pass, and each violation is found and named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from saved import ByHand, conv, window

from resnet_inspect.inspection import Inspection
from resnet_inspect.traces.invariants import broken_reference, check, unsound
from resnet_inspect.traces.model import Checkpoint, Failure, Trace
from resnet_inspect.traces.modules import ParameterSpec
from resnet_inspect.traces.ops import Activate, Container, Linear, Pool
from resnet_inspect.traces.tensors import Port, TensorSpec


def test_saved_traces_are_sound(trace: Trace) -> None:
    assert check(trace) == []


def sound() -> Trace:
    """conv 3→4, relu, a pool, a linear layer on the last dimension."""
    by_hand = ByHand()
    x = by_hand.input(1, 3, 9, 9)
    x = by_hand.step("conv", conv(3, 4, window(3)), x, (1, 4, 7, 7))
    x = by_hand.step(":relu", Activate("relu"), x)
    x = by_hand.step("pool", Pool("max", window(3, 2)), x, (1, 4, 3, 3))
    x = by_hand.step("fc", Linear(3, 5, False), x, (1, 4, 3, 5), weights={"weight": (5, 3)})
    return by_hand.trace(x)


def test_a_trace_made_by_hand_is_sound() -> None:
    assert check(sound()) == []


def with_call(trace: Trace, at: int, **changes: object) -> Trace:
    calls = list(trace.calls)
    calls[at] = replace(calls[at], **changes)  # type: ignore[arg-type]
    return replace(trace, calls=tuple(calls))


def with_module(trace: Trace, index: int, **changes: object) -> Trace:
    modules = list(trace.modules)
    modules[index] = replace(modules[index], **changes)  # type: ignore[arg-type]
    return replace(trace, modules=tuple(modules))


def with_shape(trace: Trace, activation: int, *shape: int) -> Trace:
    activations = list(trace.activations)
    activations[activation] = replace(activations[activation], tensor=TensorSpec(shape, "f", 4))
    return replace(trace, activations=tuple(activations))


NOWHERE = (Port("", 99),)
TIED = ParameterSpec("weight", TensorSpec((5, 3), "float32", 4), True, "conv.lost")

REFERENCES: dict[str, Callable[[Trace], Trace]] = {
    "two modules have one path": lambda t: replace(t, modules=(*t.modules, t.modules[1])),
    "'lost' that is not there": lambda t: with_module(t, 0, children=("lost",)),
    "tied to 'conv.lost'": lambda t: with_module(t, 3, parameters=(TIED,)),
    "not that of the network": lambda t: replace(t, calls=()),
    "first call is not": lambda t: with_call(t, 0, module="conv"),
    "call 2 (':relu') has the number 7": lambda t: with_call(t, 2, index=7),
    "is of a module that is not there": lambda t: with_call(t, 1, module="lost"),
    "call 2 (':relu'): only the first call has no parent": lambda t: with_call(t, 2, parent=None),
    "call 2 (':relu') has a parent that is not running": lambda t: with_call(t, 2, parent=3),
    "call 1 ('conv') has a tensor": lambda t: with_call(t, 1, inputs=NOWHERE),
    "call 3 ('pool') has a tensor": lambda t: with_call(t, 3, outputs=NOWHERE),
    "call 1 ('conv') is in a checkpoint that begins behind it": lambda t: with_call(
        t, 1, checkpoints=(Checkpoint(2, reentrant=False, selective=False),)
    ),
    "network has an input or output": lambda t: replace(t, outputs=NOWHERE),
    "an input or output that is not there": lambda t: replace(t, inputs=NOWHERE),
    "the call that failed is not there": lambda t: replace(t, failure=Failure(9, "E", "")),
}


@pytest.mark.parametrize("words", REFERENCES)
def test_a_broken_reference_is_named(words: str) -> None:
    broken = REFERENCES[words](sound())
    fault = broken_reference(broken)
    assert fault is not None
    assert words in fault
    assert check(broken) == [fault]


def test_a_parent_must_still_be_running() -> None:
    nested = with_call(with_call(sound(), 1, op=Container()), 2, parent=1)
    assert broken_reference(nested) is None
    after_its_end = with_call(nested, 4, parent=1)
    fault = broken_reference(after_its_end)
    assert fault is not None
    assert "call 4 ('fc') has a parent that is not running" in fault


def nested(trace: Trace, deep: int) -> Trace:
    """The trace with so many containers inside each other behind its last call."""
    first = len(trace.calls)
    module = replace(trace.modules[1], path="deep", op=Container())
    calls = [
        replace(
            trace.calls[0], index=first + i, path="deep", module="deep", nth=i + 1, parent=parent
        )
        for i, parent in enumerate((0, *range(first, first + deep - 1)))
    ]
    return replace(trace, modules=(*trace.modules, module), calls=(*trace.calls, *calls))


UNSOUND: dict[str, Callable[[Trace], Trace]] = {
    "'conv' takes a tensor that is made later": lambda t: with_call(t, 1, inputs=(Port("", 3),)),
    "':relu' gives a tensor that it takes": lambda t: with_call(t, 2, inputs=t.calls[2].outputs),
    "larger than any memory": lambda t: with_shape(t, 1, 2**40, 0, 2**40),
    "its tensors are larger": lambda t: with_shape(t, 1, *[1] * 1001),
    "nested more than 1000 deep": lambda t: nested(t, 1001),
    "'conv') is said to be number 2 of its path, and is 1": lambda t: with_call(t, 1, nth=2),
}


@pytest.mark.parametrize("words", UNSOUND)
def test_what_no_analysis_can_be_asked_of_is_named(words: str) -> None:
    assert unsound(sound()) is None
    fault = unsound(UNSOUND[words](sound()))
    assert fault is not None
    assert words in fault


def test_a_trace_may_be_as_deep_as_its_bound() -> None:
    deep = nested(sound(), 1000)
    assert unsound(deep) is None
    assert "deep" in Inspection.of(deep).to_markdown("modules")


RULES: dict[str, Callable[[Trace], Trace]] = {
    "call 2 names neither a module nor a function": lambda t: with_call(t, 2, path="relu"),
    "'conv' takes a tensor that is made later": lambda t: with_call(t, 1, inputs=(Port("", 3),)),
    "'fc' and call 2 make the same tensor": lambda t: with_call(t, 4, outputs=t.calls[2].outputs),
    "'conv' takes 3 channels and got 5": lambda t: with_shape(t, 0, 1, 5, 9, 9),
    "'conv' gives 4 channels, not 6": lambda t: with_shape(t, 1, 1, 6, 7, 7),
    "'conv' should give (7, 7) and gave (7, 8)": lambda t: with_shape(t, 1, 1, 4, 7, 8),
    "'pool' should give (3, 3) and gave (4, 3)": lambda t: with_shape(t, 3, 1, 4, 4, 3),
    "'conv' slides over 2 dimensions, and not (9, 9) to": lambda t: with_shape(t, 0, 9, 9),
    "'pool' slides over 2 dimensions": lambda t: with_shape(t, 3, 3, 3),
    "'fc' takes 3 features and got (1, 4, 3, 2)": lambda t: with_shape(t, 3, 1, 4, 3, 2),
    "'fc' gives 5 features, not (1, 4, 3, 6)": lambda t: with_shape(t, 4, 1, 4, 3, 6),
    "'fc' takes 3 features and got ()": lambda t: with_shape(t, 3),
}


@pytest.mark.parametrize("words", RULES)
def test_a_broken_rule_is_named(words: str) -> None:
    found = check(RULES[words](sound()))
    assert any(words in fault for fault in found), found
