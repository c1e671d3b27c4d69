"""What functions are called when they come as torch hands them over."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from resnet_inspect.capture.readers.names import function_name, works_in_place


class Listening(TorchFunctionMode):
    """The name of each function that is called, and whether it works in place."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[str, bool]] = []

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        self.heard.append((function_name(func), works_in_place(func, kwargs or {})))
        return func(*args, **(kwargs or {}))


def set_item(x: Tensor) -> None:
    x[0] = 1


@pytest.mark.parametrize(
    ("does", "name", "in_place"),
    [
        (lambda x: x + 1, "add", False),
        (lambda x: 1 - x, "sub", False),  # __rsub__
        (lambda x: 1 / x, "div", False),
        (lambda x: x / 2, "div", False),
        (lambda x: x // 2, "floordiv", False),
        (lambda x: x.round(), "round", False),
        (lambda x: operator.iadd(x, 1), "add", True),
        (lambda x: operator.imul(x, 2), "mul", True),
        (lambda x: ~(x > 0), "invert", False),  # begins as an augmented assignment does
        (lambda x: x.add_(1), "add", True),
        (lambda x: x[0], "slice", False),
        (set_item, "setitem", True),
        (lambda x: x.T, "T", False),
        (lambda x: torch.nn.functional.relu(x), "relu", False),
        (lambda x: torch.nn.functional.relu(x, inplace=True), "relu", True),
        (lambda x: torch.relu_(x), "relu", True),
        (lambda x: x.int() >> 1, "rshift", False),
    ],
)
def test_a_function_has_its_plain_name_however_it_is_called(
    does: Callable[[Tensor], object], name: str, in_place: bool
) -> None:
    x = torch.ones(2, 2)
    with Listening() as listening:
        does(x)
    assert (name, in_place) in listening.heard


def test_an_operator_of_an_exported_network_is_called_as_its_function() -> None:
    assert function_name(torch.ops.aten.conv2d.default) == "conv2d"
    assert function_name(torch.ops.aten.add_.Tensor) == "add"


def test_a_function_without_a_name_is_called_as_its_class() -> None:
    class Odd:
        def __call__(self) -> None: ...

    assert function_name(Odd()) == "Odd"
