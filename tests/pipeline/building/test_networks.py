"""Named networks as they were asked for, built with inputs that they take."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from resnet_inspect.errors import BadInput
from resnet_inspect.pipeline.building.inputs import Partial
from resnet_inspect.pipeline.building.networks import (
    Order,
    built_to_run,
    give_shapes,
    offered,
    refuse_meta,
)
from resnet_inspect.sources import subject

SMALL = "resnet:basic:1,1:width=8,stem=cifar"
META = torch.device("meta")


def test_without_a_shape_the_network_has_its_own() -> None:
    order = Order.of(subject(SMALL), None)
    assert (order.size, order.open, order.notes) == ((1, 3, 32, 32), None, ())
    order = Order.of(subject(SMALL), Partial(batch=4), arguments={"channels": 2})
    assert (order.size, order.open) == ((4, 2, 32, 32), None)


def test_what_nobody_knows_is_guessed_and_said() -> None:
    order = Order.of(subject("net.py:Net"), None)
    assert order.size == (1, 3, 224, 224)
    assert order.open == Partial()
    assert order.notes == ("no input shape is given: 1×3×224×224 is taken",)
    asked = Order.of(subject("net.py:Net"), Partial(batch=2))
    assert (asked.size, asked.notes) == ((2, 3, 224, 224), ()), "a part of it was asked for"
    told = asked.guessing((2, 1, 8), Partial(batch=2), ", as its first layer takes")
    assert told.notes == ("no input shape is given: 2×1×8 is taken, as its first layer takes",)


def test_what_a_network_does_not_take_is_refused_before_it_is_built() -> None:
    with pytest.raises(BadInput, match="takes one input shape"):
        Order.of(subject("resnet18"), {"x": (1, 3, 8, 8)})
    with pytest.raises(BadInput, match="in training mode needs targets"):
        Order.of(subject("fasterrcnn_resnet50_fpn"), None, mode="train")
    with pytest.raises(BadInput, match="computes in floats, not in int64"):
        Order.of(subject(SMALL), None, dtype="int64").on(META)


def test_weights_and_inputs_are_of_the_type_and_on_the_device_that_are_asked_for() -> None:
    told: list[str] = []
    built = Order.of(subject(SMALL), (2, 3, 8, 8), dtype="bf16", tell=told.append).on(META)
    assert {p.dtype for p in built.model.parameters()} == {torch.bfloat16}
    (x,) = built.args
    assert (x.shape, x.dtype, x.device) == ((2, 3, 8, 8), torch.bfloat16, META)
    assert told == ["importing resnet", f"building {SMALL.partition(':')[2]}"]


def test_a_detector_is_given_a_list_of_images() -> None:
    built = Order.of(subject("fasterrcnn_mobilenet_v3_large_fpn"), (2, 3, 64, 48)).on(META)
    (images,) = built.args
    assert [image.shape for image in images] == [(3, 64, 48)] * 2


def test_a_network_that_is_built_to_run_is_on_a_real_device() -> None:
    model, args, kwargs = built_to_run(Order.of(subject(SMALL), (1, 3, 8, 8)), None)
    assert model(*args, **kwargs).shape == (1, 10)
    assert {p.device.type for p in model.parameters()} == {"cpu"}


def test_lazy_layers_get_their_shapes_and_any_other_is_left_alone() -> None:
    model = nn.Sequential(nn.LazyLinear(4), nn.Dropout()).train()
    give_shapes(model, (torch.ones(2, 3),), {})
    assert model[0].weight.shape == (4, 3)
    ran: list[object] = []
    plain = nn.Sequential(nn.Linear(3, 4)).train()
    plain.register_forward_hook(lambda *given: ran.append(given))
    give_shapes(plain, (torch.ones(2, 3),), {})
    assert not ran
    assert plain.training


def test_meta_is_refused_with_what_there_is_in_its_place() -> None:
    refuse_meta("cpu", "no scores")
    refuse_meta(None, "no scores")
    with pytest.raises(BadInput, match="meta computes no scores") as refused:
        refuse_meta("meta", "no scores")
    assert "cpu" in refused.value.hint
    assert "meta" not in refused.value.hint


def test_the_arguments_of_a_builder_have_their_defaults_as_python() -> None:
    found = offered("resnet18")
    assert (found["num_classes"], found["channels"]) == ("1000", "3")
    assert found["zero_init_residual"] == "False"
