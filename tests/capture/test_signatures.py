"""How a forward takes what it is given, and what its code asks of its first argument."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from resnet_inspect.capture.signatures import Asked, as_taken, asked_of


def plain(x: Tensor) -> Any: ...
def two(x: Tensor, mask: Tensor) -> Any: ...
def optional(batch: Any, scale: float = 1.0) -> Any: ...
def keywords(x: Tensor, **others: Tensor) -> Any: ...
def several(*tensors: Tensor) -> Any: ...
def by_name(*, batch: Any) -> Any: ...


GIVEN = {"image": torch.ones(1), "mask": torch.ones(1)}


@pytest.mark.parametrize(
    ("forward", "is_mapping"),
    [
        (plain, True),
        (optional, True),
        (two, False),  # mask is a parameter of it, and image is its fault
        (keywords, False),
        (several, False),
        (by_name, False),
        (max, False),  # has no signature
    ],
)
def test_names_that_are_no_parameters_are_keys_of_one_mapping(
    forward: Any, is_mapping: bool
) -> None:
    expected = ((GIVEN,), {}) if is_mapping else ((), GIVEN)
    assert as_taken(forward, (), GIVEN) == expected


def test_what_is_given_by_position_or_by_the_name_of_a_parameter_stays() -> None:
    x = torch.ones(1)
    assert as_taken(plain, (x,), {"image": x}) == ((x,), {"image": x})
    assert as_taken(plain, (), {"x": x}) == ((), {"x": x})
    assert as_taken(plain, (), {}) == ((), {})


class Mapped(nn.Module):
    def forward(self, batch: Any) -> Any:
        for key in ("a", "b"):
            print(batch[key])
        return batch["image"] + batch.get("mask", 0) + batch.pop("extra") + batch["image"]


class Items(nn.Module):
    def forward(self, batch: Any) -> Any:
        return [value for _, value in batch.items()]


class Unpacked(nn.Module):
    def forward(self, pair: Any) -> Any:
        left, right = pair
        return left + right


class Stacked(nn.Module):
    def forward(self, frames: Any) -> Any:
        return torch.stack(frames, 1)


class Starred(nn.Module):
    def forward(self, frames: Any) -> Any:
        return torch.cat([*frames])


class Holding(nn.Module):
    def forward(self, samples: Any) -> Any:
        return samples.tensors * samples.mask + samples.sum()


class Indexed(nn.Module):
    """What a tensor does too: by a number, by an attribute of tensors."""

    def forward(self, x: Any) -> Any:
        return x[0] + x.mean() + torch.relu(x) + other(x)


def other(batch: Any) -> Any:
    return batch


@pytest.mark.parametrize(
    ("model", "asked"),
    [
        (Mapped(), ("mapping", "batch", ("image", "mask", "extra"))),
        (Items(), ("mapping", "batch", ())),
        (Unpacked(), ("list", "pair", ("left", "right"))),
        (Stacked(), ("list", "frames", ())),
        (Starred(), ("list", "frames", ())),
        (Holding(), ("object", "samples", ("tensors", "mask"))),
    ],
    ids=lambda value: type(value).__name__,
)
def test_code_shows_what_is_asked(model: nn.Module, asked: tuple[Any, ...]) -> None:
    kind, parameter, names = asked
    found = asked_of(model, "forward")
    assert found is not None
    assert (found.kind, found.class_name, found.method) == (kind, type(model).__name__, "forward")
    assert found.parameter == parameter
    assert sorted(found.names) == sorted(names)


def test_where_a_tensor_would_do_nothing_is_asked() -> None:
    assert asked_of(Indexed(), "forward") is None
    assert asked_of(nn.Conv2d(3, 4, 3), "forward") is None
    assert asked_of(torch.fx.symbolic_trace(nn.Sequential(nn.ReLU())), "forward") is None


class Handing(nn.Module):
    """Hands its argument on to a layer, and to a method, which asks."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, given: Any) -> Any:
        return self.inner(given)

    def encode(self, given: Any) -> Any:
        return self.picked(given)

    def picked(self, mapping: Any) -> Any:
        return mapping["x"]


def test_an_argument_is_followed_into_what_it_is_handed_on_to() -> None:
    assert asked_of(Handing(Unpacked()), "forward") == Asked(
        "list", "Handing", "forward", "given", ("left", "right")
    )
    assert asked_of(Handing(nn.ReLU()), "encode") == Asked(
        "mapping", "Handing", "encode", "given", ("x",)
    )


def test_it_is_not_followed_for_ever() -> None:
    model: nn.Module = Unpacked()
    for _ in range(4):
        model = Handing(model)
    assert asked_of(model, "forward") is None
    looped = Handing(nn.ReLU())
    looped._modules["inner"] = looped
    assert asked_of(looped, "forward") is None


def test_nothing_is_run() -> None:
    class Raises(nn.Module):
        def forward(self, batch: Any) -> Any:
            raise AssertionError(batch["image"])

    found = asked_of(Raises(), "forward")
    assert found is not None
    assert found.names == ("image",)
