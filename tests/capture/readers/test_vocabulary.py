"""Names that say what a function does: none says two things, and torch is asked about others."""

from __future__ import annotations

from itertools import combinations

import pytest
import torch
from small_networks import Forward
from torch import Tensor, nn

import resnet_inspect as ri
from resnet_inspect.capture.readers.vocabulary import ACTIVATIONS, BY_NAME, works_elementwise


def test_no_name_says_two_things() -> None:
    lists = [ACTIVATIONS, *(names for names, _ in BY_NAME)]
    for one, other in combinations(lists, 2):
        assert not one & other


@pytest.mark.parametrize(
    ("name", "elementwise"),
    [
        ("add", True),
        ("floordiv", True),  # Python's, which is no operator of torch's
        ("dropout", True),
        ("erf", True),  # on no list: torch says so
        ("hypot", True),
        ("matmul", False),
        ("sort", False),
        ("size", False),
        ("no_such_function", False),
        ("name", False),  # what torch has there is no operator
    ],
)
def test_torch_is_asked_about_what_is_on_no_list(name: str, elementwise: bool) -> None:
    assert works_elementwise(name) is elementwise


def test_what_changes_shapes_or_sums_up_is_not_pointwise_by_torch() -> None:
    for names, op in BY_NAME:
        for name in names - {"clone"}:  # a copy is an element for an element, in its own shape
            packet = getattr(torch.ops.aten, name, None)
            overloads = () if packet is None else {"default", "Tensor"} & {*packet.overloads()}
            for one in overloads:
                assert torch.Tag.pointwise not in getattr(packet, one).tags, (op, name)


def test_a_forward_may_ask_for_the_name_of_a_tensor() -> None:
    def run(model: Forward, x: Tensor) -> Tensor:
        made: Tensor = model.fc(x)
        return made if x.name is None else -made

    trace = ri.trace(Forward(run, fc=nn.Linear(4, 2)), (1, 4))
    assert [call.path for call in trace.calls] == ["", "fc"]
