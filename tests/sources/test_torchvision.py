"""torchvision's networks by name: every one of its registry, with an input that fits."""

from __future__ import annotations

import pytest
import torch
from torchvision import models

import resnet_inspect as ri
from resnet_inspect.errors import BadInput, MissingDependency
from resnet_inspect.sources import listed, torchvision
from resnet_inspect.sources.catalogue import NAMED, OTHERS, VARIANTS, Variant

TASKS = {
    "classification": models,
    "segmentation": models.segmentation,
    "detection": models.detection,
    "video": models.video,
}

BESIDE_THE_PUBLISHED = {
    "googlenet": 6_379_984,  # two heads for the training
    "deeplabv3_mobilenet_v3_large": -3_851,  # a head for the training, which `aux_loss` adds
    "fasterrcnn_mobilenet_v3_large_320_fpn": 24_400,  # norms, which are frozen where trained
    "fasterrcnn_mobilenet_v3_large_fpn": 24_400,
}

HEAVY = {"regnet_y_128gf", "vit_h_14", "efficientnet_b7"}


@pytest.mark.parametrize("task", TASKS)
def test_every_name_of_the_registry_can_be_named(task: str) -> None:
    named = {v.name for v in NAMED.values() if v.family == task and ":" not in v.name}
    assert named == set(models.list_models(module=TASKS[task]))


def test_the_resnets_stand_first_and_the_others_by_family() -> None:
    names = [found.name for found in listed()]
    assert names == [*VARIANTS, *OTHERS]
    families = [found.family for found in OTHERS.values()]
    assert families == sorted(families, key=list(TASKS).index)


@pytest.mark.parametrize("name", [name for name in OTHERS if name not in HEAVY])
def test_each_is_traced_on_its_own_input(name: str) -> None:
    trace = ri.trace(name)
    assert trace.failure is None
    assert trace.outputs
    published = models.get_model_weights(name).DEFAULT.meta["num_params"]
    assert trace.totals.parameters.total - published == BESIDE_THE_PUBLISHED.get(name, 0)


def test_what_this_torchvision_lacks_is_refused_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(NAMED, "resnet_of_2030", Variant("resnet_of_2030", "classification"))
    with pytest.raises(MissingDependency, match="this torchvision has no resnet_of_2030"):
        torchvision.build("resnet_of_2030", {}, torch.device("meta"))


def test_an_argument_that_the_builder_does_not_take_is_refused() -> None:
    with pytest.raises(BadInput) as raised:
        ri.trace("alexnet", arguments={"num_clases": 10})
    assert "torchvision.models.alexnet" in raised.value.hint
    assert ri.trace("alexnet", arguments={"num_classes": 10}).failure is None
