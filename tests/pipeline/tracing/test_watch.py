"""A network that is watched in the user's own program: what is refused, and when it is told."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import resnet_inspect as ri
from resnet_inspect.errors import BadInput


def test_numbers_that_cannot_be_are_refused_before_anything_is_put_on_the_model() -> None:
    model = nn.Linear(2, 2)
    for asked, words in (
        ({"forwards": 0}, "0 forwards cannot be recorded; None records all"),
        ({"forwards": -3}, "-3 forwards"),
        ({"every": 0}, "every 0 forwards cannot be; 1 records each"),
    ):
        with pytest.raises(BadInput, match=words), ri.watch(model, **asked):
            pass
    with pytest.raises(BadInput, match="that is called, not 'resnet50'"):
        ri.watch("resnet50").__enter__()  # type: ignore[arg-type]
    assert not model._forward_hooks
    assert not model._forward_pre_hooks


def test_what_was_seen_until_the_program_raised_is_there() -> None:
    model = nn.Sequential(nn.Linear(2, 2))
    with pytest.raises(RuntimeError), ri.watch(model, forwards=2) as seen:
        model(model(torch.ones(1, 2)).view(3))
    assert [call.path for call in seen.trace.calls] == ["", "0"]
    assert seen.trace.model_name == "Sequential"
    assert not model._forward_hooks


def test_every_so_many_forwards_the_first_is_recorded() -> None:
    model = nn.Linear(2, 2)
    with ri.watch(model, forwards=None, every=3) as seen:
        for rows in range(1, 8):
            model(torch.ones(rows, 2))
    assert [one.spec(one.inputs[0]).shape[0] for one in seen.traces] == [1, 4, 7]
