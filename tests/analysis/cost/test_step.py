"""Training steps of networks drawn at random, with parts that are frozen or run again."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from saved import ByHand, conv, window

from resnet_inspect.analysis.cost import lifetimes, memory, step
from resnet_inspect.traces.model import Checkpoint, Trace
from resnet_inspect.traces.ops import Activate, Elementwise, Join, Reshape

LAYERS = ("conv", "relu", "add", "cat", "slice", "mul")


@st.composite
def networks(draw: st.DrawFn) -> Trace:
    """Layers at random on the maps before them, some frozen, some in checkpoints of either kind."""
    by_hand = ByHand()
    maps = [by_hand.input(2, 3, 4, 4)]
    for number, kind in enumerate(draw(st.lists(st.sampled_from(LAYERS), min_size=1, max_size=12))):
        of = draw(st.sampled_from(maps))
        planes = by_hand.activations[of].tensor.shape[1]
        if kind == "conv":
            made, weights = (2, 4, 4, 4), {"weight": (4, planes, 3, 3)}
            op = conv(planes, 4, window(3))
            maps.append(by_hand.step(f"c{number}", op, of, made, weights=weights))
        elif kind == "relu":
            maps.append(by_hand.step(":relu", Activate("relu"), of))
        elif kind == "slice":
            maps.append(by_hand.step(":slice", Reshape("slice"), of, (2, 1, 4, 4)))
        else:
            other = draw(st.sampled_from(maps))
            more = by_hand.activations[other].tensor.shape[1]
            if kind == "cat":
                op, made = Join("cat", 1), (2, planes + more, 4, 4)
            else:
                op, made = Elementwise(kind), (2, max(planes, more), 4, 4)
            maps.append(by_hand.step(f":{kind}", op, (of, other), made))
    trace = by_hand.trace(maps[-1])
    frozen = draw(st.sets(st.sampled_from([module.path for module in trace.modules])))
    modules = tuple(
        replace(
            module,
            parameters=tuple(replace(p, trainable=False) for p in module.parameters),
        )
        if module.path in frozen
        else module
        for module in trace.modules
    )
    return replace(trace, modules=modules, calls=_checkpointed(draw, trace))


def _checkpointed(draw: st.DrawFn, trace: Trace):
    calls = list(trace.calls)
    inner = sorted(draw(st.lists(st.integers(1, len(calls)), max_size=4, unique=True)))
    for first, last in ((inner[0], inner[-1]), tuple(inner[1:-1])) if len(inner) == 4 else ():
        checkpoint = Checkpoint(first, reentrant=draw(st.booleans()), selective=False)
        for index in range(first, last):
            calls[index] = replace(
                calls[index], checkpoints=(*calls[index].checkpoints, checkpoint)
            )
    return tuple(calls)


@settings(max_examples=60, deadline=None)
@given(networks(), st.sampled_from(sorted(memory.KEPT)), st.integers(0, 10**6))
def test_a_step_needs_what_a_forward_needs(trace, optimizer, available):
    found = memory.of(trace, optimizer)
    assert found.held >= found.saved
    assert found.training >= found.inference
    train, run = (found.largest_batch(available, 2, training=t) for t in (True, False))
    assert train <= run


@settings(max_examples=40, deadline=None)
@given(networks())
def test_a_step_holds_no_more_than_all_that_it_could(trace):
    """Every activation once for each run, a gradient for each that takes it, and the weights."""
    every = sum(
        life.nbytes * (1 + len(trace.calls[life.born].checkpoints))
        for life in lifetimes.of(trace).values()
    )
    gradients = sum(
        activation.tensor.nbytes * len(trace.consumers.get(number, ())) + activation.tensor.nbytes
        for number, activation in enumerate(trace.activations)
    )
    weights = sum(p.tensor.nbytes for m in trace.modules for p in m.parameters)
    assert step.of(trace).held <= every + gradients + weights
