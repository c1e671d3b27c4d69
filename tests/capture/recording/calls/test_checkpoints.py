"""In which runs of `torch.utils.checkpoint` each call of a network is."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from small_networks import Forward
from torch import Tensor, nn
from torch.utils.checkpoint import (
    CheckpointPolicy,
    checkpoint,
    checkpoint_sequential,
    create_selective_checkpoint_contexts,
)

from resnet_inspect.capture.recording.forward import capture
from resnet_inspect.traces.model import Checkpoint

pytestmark = pytest.mark.filterwarnings("ignore:None of the inputs")


def chains(model: nn.Module) -> dict[str, tuple[Checkpoint, ...]]:
    """The checkpoints of each step, by its path and which call of it it is."""
    trace = capture(model, (torch.ones(1, 4),))
    steps = [trace.calls[index] for index in trace.steps]
    return {f"{step.path}#{step.nth}": step.checkpoints for step in steps}


LAYERS = {"a": nn.Linear(4, 4), "b": nn.Linear(4, 4)}


@pytest.mark.parametrize("reentrant", [False, True])
def test_what_one_run_calls_is_in_one_checkpoint_known_by_its_first_call(reentrant: bool) -> None:
    def run(m: Any, x: Tensor) -> Tensor:
        x = m.a(x).relu()
        x = checkpoint(lambda y: m.b(m.a(y).relu()), x, use_reentrant=reentrant)
        return checkpoint(m.b, x, use_reentrant=reentrant)

    first, second = Checkpoint(3, reentrant, False), Checkpoint(6, reentrant, False)
    assert chains(Forward(run, **LAYERS)) == {
        "a#1": (), ":relu#1": (), "a#2": (first,), ":relu#2": (first,), "b#1": (first,),
        "b#2": (second,),
    }  # fmt: skip


def test_a_checkpoint_around_a_module_holds_what_the_module_calls() -> None:
    def run(m: Any, x: Tensor) -> Tensor:
        return m.b(checkpoint(m.block, x, use_reentrant=False))

    block = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
    around = (Checkpoint(1, False, False),)
    assert chains(Forward(run, block=block, b=nn.Linear(4, 4))) == {
        "block.0#1": around, "block.1#1": around, "b#1": (),
    }  # fmt: skip


def test_one_within_another_stands_behind_it() -> None:
    def inner(m: Any, x: Tensor) -> Tensor:
        return m.b(checkpoint(m.a, x.relu(), use_reentrant=False))

    def run(m: Any, x: Tensor) -> Tensor:
        return checkpoint(inner, m, x, use_reentrant=False)

    outer = Checkpoint(1, False, False)
    assert chains(Forward(run, **LAYERS)) == {
        ":relu#1": (outer,), "a#1": (outer, Checkpoint(2, False, False)), "b#1": (outer,),
    }  # fmt: skip


def test_a_sequence_in_segments_is_as_many_runs() -> None:
    """The last segment is run without one, as torch has it."""

    def run(m: Any, x: Tensor) -> Tensor:
        made: Tensor = checkpoint_sequential(m.layers, 3, x, use_reentrant=False)
        return made

    found = chains(Forward(run, layers=nn.Sequential(*(nn.Linear(4, 4) for _ in range(6)))))
    firsts = [chain[0].first if chain else None for chain in found.values()]
    assert firsts == [1, 1, 3, 3, None, None]


def test_where_the_user_chooses_what_is_kept_it_is_selective() -> None:
    def keep(*given: Any, **named: Any) -> CheckpointPolicy:
        return CheckpointPolicy.PREFER_RECOMPUTE

    def run(m: Any, x: Tensor) -> Tensor:
        def contexts() -> Any:
            return create_selective_checkpoint_contexts(keep)

        return checkpoint(m.a, x, use_reentrant=False, context_fn=contexts)

    assert chains(Forward(run, a=nn.Linear(4, 4))) == {"a#1": (Checkpoint(1, False, True),)}
