"""The same weights in two networks, also where one of them makes a weight of others."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, prune

from resnet_inspect.capture.equivalence.weights import (
    draw_constants,
    made_otherwise,
    tensors_of,
    weights_of,
    with_same_weights,
)

pytestmark = pytest.mark.filterwarnings("ignore")

X = torch.randn(5, 4, generator=torch.Generator().manual_seed(0))


def plain(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))
    draw_constants(model)
    return model


def normed(seed: int = 0) -> nn.Sequential:
    model = plain(seed)
    parametrizations.weight_norm(model[0])
    return model


def pruned(seed: int = 0) -> nn.Sequential:
    model = plain(seed)
    prune.l1_unstructured(model[0], "weight", amount=4)
    return model


def same(model: nn.Module, other: nn.Module) -> bool:
    with torch.no_grad():
        return torch.allclose(model.eval()(X), other.eval()(X), atol=1e-6)


NAMES = {name: name for name in plain().state_dict()}


def test_a_weight_that_is_made_stands_for_what_it_is_made_of() -> None:
    for model in (plain(), normed(), pruned()):
        assert set(tensors_of(model)) == set(NAMES)
        assert set(weights_of(model)) == {name for name, _ in plain().named_parameters()}
    assert torch.allclose(tensors_of(normed(3))["0.weight"], plain(3)[0].weight)


def test_tied_weights_are_one_under_their_first_name() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    model[1].weight = model[0].weight
    assert list(tensors_of(model)) == ["0.weight", "0.bias", "1.bias"]


@pytest.mark.parametrize(
    ("ours", "theirs", "into", "back"),
    [
        (plain, plain, 7, 0),
        (plain, normed, 7, 0),
        (normed, plain, 6, 1),
        (pruned, plain, 6, 1),
        (normed, normed, 7, 0),
        (pruned, pruned, 7, 0),
    ],
)
def test_afterwards_both_give_the_same(ours, theirs, into, back) -> None:  # type: ignore[no-untyped-def]
    model, other = ours(1), theirs(2)
    assert not same(model, other)
    assert made_otherwise(model, other, NAMES) == ""
    found = with_same_weights(model, other, NAMES)
    assert same(model, other)
    assert (found.into, found.back) == (into, back)
    makers = {"WeightNorm", "L1Unstructured"}
    assert all(name == "0.weight" and by in makers for name, by in found.made)
    assert len(found.made) == (ours is not plain or theirs is not plain)


def test_other_names_and_shapes_of_as_many_numbers() -> None:
    """A linear layer that is a convolution of one position in the other network."""
    linear, conv = nn.Sequential(nn.Linear(4, 3)), nn.Sequential(nn.Flatten(), nn.Module())
    conv[1].kernel = nn.Parameter(torch.randn(3, 4, 1, 1))
    conv[1].shift = nn.Parameter(torch.randn(3))
    with_same_weights(linear, conv, {"0.weight": "1.kernel", "0.bias": "1.shift"})
    assert torch.equal(linear[0].weight, conv[1].kernel.flatten(1))
    assert torch.equal(linear[0].bias, conv[1].shift)


def test_what_both_make_in_their_own_ways_cannot_be_given() -> None:
    said = made_otherwise(normed(), pruned(), NAMES)
    assert said.startswith(
        "0.weight is made of others in both, by WeightNorm and by L1Unstructured"
    )


def test_constants_become_numbers_that_differ_and_all_else_stays() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.LayerNorm(3))
    model.register_buffer("steps", torch.tensor(3))
    model.register_parameter("none", nn.Parameter(torch.zeros(0)))
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    draw_constants(model)
    after = model.state_dict()
    stays = {"0.weight", "0.bias", "steps", "none", "1.num_batches_tracked"}
    for name, tensor in after.items():
        if name in stays:
            assert torch.equal(tensor, before[name]), name
        else:
            assert len(tensor.unique()) == tensor.numel(), name
            assert (tensor - before[name]).abs().max() <= 0.25, name
    assert (after["1.running_var"] > 0.7).all(), "a variance stays one"
    again = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.LayerNorm(3))
    draw_constants(again)
    assert torch.equal(again.state_dict()["1.weight"], after["1.weight"]), "the same in each run"
