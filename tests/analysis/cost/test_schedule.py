"""The moments of a training step, of networks made by hand with and without checkpoints."""

from __future__ import annotations

from dataclasses import replace

from saved import ByHand, conv, window

from resnet_inspect.analysis.cost import saved_tensors
from resnet_inspect.analysis.cost.schedule import Schedule
from resnet_inspect.traces.model import Checkpoint, Trace
from resnet_inspect.traces.ops import Activate


def convolutions(*checkpoints: tuple[Checkpoint, ...]) -> Trace:
    """A convolution for each of these, which is run under its checkpoints."""
    net = ByHand()
    x = net.input(1, 4, 8, 8)
    for number in range(len(checkpoints)):
        x = net.step(f"conv{number}", conv(4, 4, window(1)), x, weights={"weight": (4, 4, 1, 1)})
    trace = net.trace(x)
    calls = [
        replace(call, checkpoints=its)
        for call, its in zip(trace.calls[1:], checkpoints, strict=True)
    ]
    return replace(trace, calls=(trace.calls[0], *calls))


def schedule(trace: Trace) -> Schedule:
    return Schedule(trace, saved_tensors.of(trace))


PLAIN, REENTRANT = Checkpoint(2, False, False), Checkpoint(2, True, False)


def test_the_backward_pass_takes_the_steps_in_turn_the_last_first() -> None:
    found = schedule(convolutions((), (), ()))
    assert found.made == {(): {0: 0, 1: 1, 2: 2, 3: 3}}
    assert found.ends == {(): 4}
    assert found.back == {3: 5, 2: 6, 1: 7}
    assert (found.again, found.end, found.through) == ((), 7, {})


def test_a_reentrant_checkpoint_is_run_again_to_its_end_before_its_backward() -> None:
    found = schedule(convolutions((), (REENTRANT,), (REENTRANT,), ()))
    assert found.again == (2, 3)
    assert found.back[4] == 6  # behind the five calls of the forward pass and its end
    assert found.made[(REENTRANT,)] == {2: 7, 3: 8}
    assert found.ends[(REENTRANT,)] == 9
    assert (found.back[3], found.back[2], found.back[1]) == (10, 11, 12)
    assert found.through[(REENTRANT,)] == 11


def test_another_is_run_again_only_until_all_is_saved() -> None:
    """What the last convolution saves is its input, which the one before it makes."""
    found = schedule(convolutions((), (PLAIN,), (PLAIN,), ()))
    assert found.again == (2,)
    assert found.made[(PLAIN,)] == {2: 7}
    net = convolutions((), (PLAIN,), (PLAIN,))
    relu = replace(net.calls[3], op=Activate("relu"), module=None, path=":relu")
    bent = replace(net, calls=(*net.calls[:3], relu))
    assert schedule(bent).again == (2, 3)  # a relu saves its result


def test_one_inside_another_is_run_again_inside_that() -> None:
    inner = Checkpoint(3, True, False)
    found = schedule(convolutions((), (REENTRANT,), (REENTRANT, inner), (REENTRANT,)))
    assert found.again == (2, 3, 4, 3)
    assert found.made[(REENTRANT, inner)][3] > found.back[4] > found.made[(REENTRANT,)][4]
    assert found.through[(REENTRANT,)] >= found.through[(REENTRANT, inner)] == found.back[3]


def test_without_a_gradient_there_is_no_backward_pass() -> None:
    net = ByHand()
    made = net.step("relu", Activate("relu"), net.input(1, 4))
    found = schedule(net.trace(made))
    assert (found.back, found.end) == ({}, 2)
