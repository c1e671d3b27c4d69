"""Numbers for tensors and for their memory, without keeping either alive."""

from __future__ import annotations

import weakref

import pytest
import torch
from torch import Tensor

from resnet_inspect.capture.recording.calls.tensors import (
    Tensors,
    mapped_over,
    spec_of,
    value_of,
    version_of,
    weak,
)
from resnet_inspect.traces.tensors import TensorSpec


def test_views_share_the_memory_that_they_are_of() -> None:
    known = Tensors()
    x = torch.zeros(4, 6)
    view, copy = x[1:].t(), x.clone()
    assert [known.number(one) for one in (x, view, copy, x)] == [0, 1, 2, 0]
    assert [one.storage for one in known.activations] == [0, 0, 1]
    assert [one.tensor.shape for one in known.activations] == [(4, 6), (6, 3), (4, 6)]


def test_a_tensor_whose_address_another_had_is_a_new_one() -> None:
    known = Tensors()
    for count in range(50):
        assert known.number(torch.zeros(100)) == count
    assert len({one.storage for one in known.activations}) == 50
    assert known.known(torch.zeros(100)) is None


def test_no_memory_is_kept() -> None:
    known, x = Tensors(), torch.zeros(100)
    tensor, storage = weakref.ref(x), weak(x.untyped_storage())
    known.number(x)
    del x
    assert tensor() is None
    assert storage.expired()  # type: ignore[no-untyped-call]


def test_what_was_handed_on_is_new_where_it_was_taken() -> None:
    known, x = Tensors(), torch.zeros(3)
    assert known.number(x) == 0
    assert known.made(x, frozenset()) == 0
    assert known.made(x, frozenset({0})) == 1
    assert known.number(x) == 1, "from here on it is the changed one"
    assert known.activations[1].storage == known.activations[0].storage


def test_a_sparse_tensor_has_memory_of_its_own() -> None:
    known = Tensors()
    sparse = torch.eye(3).to_sparse()
    numbers = [known.number(one) for one in (sparse, sparse.clone(), torch.zeros(2))]
    assert numbers == [0, 1, 2]
    assert [one.storage for one in known.activations] == [0, 1, 2]
    assert known.across(sparse.clone()) is None


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_a_spec_has_the_shape_that_code_sees() -> None:
    assert spec_of(torch.zeros(2, 3, dtype=torch.bfloat16)) == TensorSpec((2, 3), "bfloat16", 2)
    assert spec_of(torch.zeros((), dtype=torch.bool)) == TensorSpec((), "bool", 1)
    nested = torch.nested.nested_tensor([torch.ones(2, 4), torch.ones(3, 4)], layout=torch.jagged)
    assert spec_of(nested) == TensorSpec((5, 4), "float32", 4)
    mapped: list[TensorSpec] = []

    def keep(x: Tensor) -> Tensor:
        mapped.append(spec_of(x))
        return x

    torch.func.vmap(keep, in_dims=1)(torch.zeros(2, 5))
    assert mapped == [TensorSpec((2,), "float32", 4, mapped=5)]


def test_a_tensor_within_several_transforms_stands_for_all_their_batches() -> None:
    batch, found = torch.zeros(3, 5, 2), []

    def inside(x: Tensor) -> Tensor:
        found.append((mapped_over(x), value_of(x) is batch, tuple(x.shape)))
        return x.sum()

    torch.func.vmap(torch.func.vmap(torch.func.grad(inside)))(batch)
    assert found == [(15, True, (2,))]
    assert mapped_over(batch) == 1


def test_changes_in_place_are_counted_where_torch_counts_them() -> None:
    x = torch.zeros(3)
    before = version_of(x)
    assert before is not None
    x.add_(1)
    x[0] = 2
    assert version_of(x) == before + 2
    with torch.inference_mode():
        assert version_of(torch.zeros(3)) is None
