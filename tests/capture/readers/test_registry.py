"""A reader is added by a decorator, for a layer type or for a function's name; no two for one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

import resnet_inspect as ri
from resnet_inspect.capture.readers.registry import (
    FUNCTION_READERS,
    READERS,
    reads,
    reads_function,
)
from resnet_inspect.traces.ops import Elementwise, Linear, Op


class Halved(nn.Module):
    """A layer that calls two functions."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.logit(x) + torch.bucketize(x, torch.ones(1)) / 2


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    layers, functions = dict(READERS), dict(FUNCTION_READERS)
    yield
    for registry, before in ((READERS, layers), (FUNCTION_READERS, functions)):
        registry.clear()  # type: ignore[attr-defined]
        registry.update(before)  # type: ignore[attr-defined]


def ops() -> list[Op]:
    return [call.op for call in ri.trace(nn.Sequential(Halved()), (1, 4)).calls[1:]]


def test_a_layer_with_a_reader_is_one_step() -> None:
    assert len(ops()) > 1

    @reads(Halved)
    def read(module: Halved) -> Op:
        return Elementwise("halve")

    assert ops() == [Elementwise("halve")]
    with pytest.raises(ValueError, match="Halved'> has a reader already"):
        reads(Halved)(read)


def test_a_function_with_a_reader_is_what_the_reader_says() -> None:
    assert Linear(4, 4, False) not in ops()

    @reads_function("logit", takes=("input", "eps"))
    def read(name: str, given: object) -> Op:
        return Linear(given["input"].shape[1], 4, False)  # type: ignore[index]

    assert Linear(4, 4, False) in ops()
    with pytest.raises(ValueError, match="logit has a reader already"):
        reads_function("logit", takes=())(read)
