"""Weights that are computed of others: which they are, of what, and that their values are right."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations, parametrize, prune

from resnet_inspect.capture.parametrizations import made_weights

pytestmark = pytest.mark.filterwarnings("ignore")


def network(change: Callable[[nn.Linear], object]) -> nn.Sequential:
    torch.manual_seed(0)
    model = nn.Sequential(nn.ReLU(), nn.Sequential(nn.Linear(4, 3)))
    change(model[1][0])  # type: ignore[index, arg-type]
    return model.eval()


G, V = "parametrizations.weight.original0", "parametrizations.weight.original1"


@pytest.mark.parametrize(
    ("norm", "parts"),
    [(parametrizations.weight_norm, (G, V)), (nn.utils.weight_norm, ("weight_g", "weight_v"))],
    ids=["parametrized", "older"],
)
def test_a_weight_norm_is_a_length_times_a_direction(
    norm: Callable[[nn.Linear], object], parts: tuple[str, str]
) -> None:
    """Salimans and Kingma 2016, equation 2: w = g · v / ‖v‖, for each unit."""
    model = network(norm)
    (name, made), *others = made_weights(model).items()
    assert not others
    assert (name, made.own, made.by) == ("1.0.weight", "weight", "WeightNorm")
    assert made.parts == tuple(f"1.0.{part}" for part in parts)
    state = model.state_dict()
    with torch.no_grad():
        for part, factor in zip(made.parts, (2.0, 5.0), strict=True):
            state[part].mul_(factor)  # the length of the direction is nothing to it
    g, v = (state[part] for part in made.parts)
    assert torch.allclose(made.value(), g * v / v.norm(dim=1, keepdim=True))


def test_a_spectral_norm_is_divided_by_the_largest_singular_value() -> None:
    for norm in (parametrizations.spectral_norm, nn.utils.spectral_norm):
        model = network(lambda layer, norm=norm: norm(layer, n_power_iterations=50))
        (made,) = made_weights(model).values()
        assert made.by == "SpectralNorm"
        model.train()(torch.ones(2, 4))  # the older one looks for it in training alone
        model.eval()
        original = model.state_dict()[made.parts[0]]
        assert torch.allclose(made.value(), original / torch.linalg.matrix_norm(original, 2))


def test_a_pruned_weight_is_its_original_under_its_mask() -> None:
    def pruned(layer: nn.Linear) -> None:
        prune.l1_unstructured(layer, "weight", amount=5)
        prune.random_structured(layer, "weight", amount=1, dim=0)

    model = network(pruned)
    (made,) = made_weights(model).values()
    assert made.by == "PruningContainer"
    assert made.parts == ("1.0.weight_orig", "1.0.weight_mask")
    original, mask = (model.state_dict()[part] for part in made.parts)
    with torch.no_grad():
        original.fill_(3.0)
    assert torch.equal(made.value(), 3 * mask)


class Doubled(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return 2 * x


class Shifted(Doubled):
    def __init__(self) -> None:
        super().__init__()
        self.by = nn.Parameter(torch.ones(()))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.by


def test_several_steps_make_one_weight_and_are_named_once_each() -> None:
    def twice(layer: nn.Linear) -> None:
        for step in (Doubled(), Shifted(), Doubled()):
            parametrize.register_parametrization(layer, "bias", step)

    model = network(twice)
    (made,) = made_weights(model).values()
    assert made.by == "Doubled and Shifted"
    original, by = made.parts
    assert original == "1.0.parametrizations.bias.original"
    assert by == "1.0.parametrizations.bias.1.by"
    state = model.state_dict()
    assert torch.equal(made.value(), 2 * (2 * state[original] + state[by]))


def test_what_is_made_within_what_is_made_is_a_part_and_no_weight() -> None:
    """The step that makes a weight has one of its own that is made."""

    def nested(layer: nn.Linear) -> None:
        step = nn.Linear(4, 4, bias=False)
        parametrizations.weight_norm(step)
        parametrize.register_parametrization(layer, "weight", step, unsafe=True)

    made = made_weights(network(nested))
    assert list(made) == ["1.0.weight"]
    assert made["1.0.weight"].by == "Linear"
    inner = "1.0.parametrizations.weight.0.parametrizations.weight.original"
    assert {f"{inner}0", f"{inner}1"} < set(made["1.0.weight"].parts)


def test_a_plain_network_makes_none_and_a_shared_layer_makes_one() -> None:
    assert made_weights(network(lambda layer: layer.register_forward_pre_hook(print))) == {}
    layer = parametrizations.weight_norm(nn.Linear(3, 3))
    assert list(made_weights(nn.Sequential(layer, layer))) == ["0.weight"]
