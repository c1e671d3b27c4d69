"""How a forward is to be given what it takes: by options, from Python, or by a class that runs."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from saved import ByHand
from torch import nn

from resnet_inspect.capture.recording.forward import capture
from resnet_inspect.capture.signatures import Asked
from resnet_inspect.errors import ForwardError
from resnet_inspect.pipeline.tracing.forward_errors import as_forward_error, how_to_give, wrapper
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Activate


def asking(kind: Any, *names: str) -> Asked:
    return Asked(kind, "Net", "forward", "given", names)


def given(*shape: int) -> Trace:
    hand = ByHand()
    return hand.trace(hand.step("relu", Activate("relu"), hand.input(*shape)))


@pytest.mark.parametrize(
    ("asked", "options", "python"),
    [
        (
            asking("mapping", "image", "mask"),
            "its forward takes a mapping: --input image=2,3 --input mask=2,3",
            "its forward takes a mapping: input_size={'image': (2, 3), 'mask': (2, 3)}",
        ),
        (
            asking("list", "left", "right", "far"),
            "its forward takes a list: --input 2,3+2,3+2,3",
            "its forward takes a list: input_size=[[(2, 3), (2, 3), (2, 3)]]",
        ),
        (  # of how many is not known: two show what several look like
            asking("list"),
            "its forward takes a list: --input 2,3+2,3",
            "its forward takes a list: input_size=[[(2, 3), (2, 3)]]",
        ),
        (None, "", ""),
    ],
)
def test_a_shape_is_given_as_it_is_asked(asked: Asked | None, options: str, python: str) -> None:
    trace = given(2, 3)
    assert how_to_give(asked, trace, by_name=True) == options
    assert how_to_give(asked, trace, by_name=False) == python


def test_what_was_given_already_is_not_asked_for_once_more() -> None:
    hand = ByHand()
    for _ in range(2):
        hand.input(1, 3)
    trace = hand.trace(hand.step("relu", Activate("relu"), 0))
    said = how_to_give(asking("mapping", "0", "1"), trace, by_name=True)
    assert said.startswith("its forward takes what no shape says: trace a wrapper")
    said = how_to_give(asking("mapping", "0", "2"), trace, by_name=True)
    assert said == "its forward takes a mapping: --input 0=1,3 --input 2=1,3"


CODE = """
class Net:
    def forward(self, given):
        return given
"""


@pytest.mark.parametrize(
    ("asked", "takes", "gives"),
    [
        (asking("mapping", "image", "mask"), ("image", "mask"), {"image": 1, "mask": 2}),
        (asking("list", "left", "right"), ("left", "right"), [1, 2]),
        (asking("mapping"), ("x",), {"x": 1}),
        (asking("list"), ("x",), [1]),
        # What is no name in Python cannot be one of the parameters, and is left to be adapted.
        (asking("mapping", "class", "a-b", "image"), ("image",), {"image": 1}),
    ],
)
def test_the_wrapper_is_python_that_gives_what_is_asked(
    asked: Asked, takes: tuple[str, ...], gives: object
) -> None:
    names: dict[str, Any] = {}
    exec(CODE + "\n".join(wrapper(asked)), names)
    made = names["ForTracing"]().forward(**{name: i + 1 for i, name in enumerate(takes)})
    assert made == gives


def test_an_object_is_made_with_the_attributes_that_are_taken() -> None:
    names: dict[str, Any] = {}
    code = "from types import SimpleNamespace\n" + CODE
    exec(code + "\n".join(wrapper(asking("object", "tensors", "mask"))), names)
    made = names["ForTracing"]().forward(1, 2)
    assert (made.tensors, made.mask) == (1, 2)


class Mapped(nn.Module):
    def forward(self, batch: Any) -> Any:
        return batch["image"]


@pytest.mark.filterwarnings("ignore:Using a non-tuple sequence")
def test_a_forward_that_raises_is_an_error_with_its_trace_and_its_cause() -> None:
    with pytest.raises(ForwardError) as raised, as_forward_error(by_name=False):
        capture(Mapped(), (torch.ones(1, 3),))
    assert raised.value.hint == "its forward takes a mapping: input_size={'image': (1, 3)}"
    assert raised.value.trace.failure is not None
    assert isinstance(raised.value.__cause__, IndexError)
    with pytest.raises(ValueError, match="mine"), as_forward_error(by_name=False):
        raise ValueError("mine")
