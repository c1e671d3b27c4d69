"""torchvision's networks by name: every one of its registry, with an input that fits."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torchvision import models

import resnet_inspect as ri
from resnet_inspect import oracle
from resnet_inspect.analysis.checks import Opinion, judge
from resnet_inspect.errors import BadInput, MissingDependency
from resnet_inspect.pipeline.checks import _not_published
from resnet_inspect.sources import listed, torchvision
from resnet_inspect.sources.catalogue import NAMED, OTHERS, PUBLISHED_MACS, VARIANTS, Variant

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
    assert trace.totals.parameters.total == OTHERS[name].parameters
    assert trace.totals.macs == OTHERS[name].macs or name in PUBLISHED_MACS


OF_LARGER_IMAGES = {"regnet_y_128gf", "vit_h_14"}
"""Their first weights are for these; their last for the usual ones."""

ANOTHER_HEAD = {"googlenet": 0, "deeplabv3_mobilenet_v3_large": 16_097_250}
"""MACs of the head that is published and not built unasked."""


@pytest.mark.parametrize("name", OTHERS)
def test_the_figures_of_the_list_are_those_that_torchvision_publishes(name: str) -> None:
    weights = list(models.get_model_weights(name))
    meta = weights[-1 if name in OF_LARGER_IMAGES else 0].meta
    parameters, macs = OTHERS[name].parameters, OTHERS[name].macs
    assert parameters is not None
    assert macs is not None
    assert parameters - meta["num_params"] == BESIDE_THE_PUBLISHED.get(name, 0)
    assert round((macs + ANOTHER_HEAD.get(name, 0)) / 1e9, 3) == meta["_ops"]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("vit_h_14", {}),
        ("squeezenet1_1", {}),
        ("googlenet", {"aux_logits": False}),
        ("lraspp_mobilenet_v3_large", {}),
        ("deeplabv3_mobilenet_v3_large", {"aux_loss": True}),
    ],
)
def test_verify_asks_for_what_is_published(name: str, arguments: dict[str, Any]) -> None:
    known = NAMED[name]
    traced = ri.trace(name, arguments=arguments)
    assert not _not_published(known, traced)
    said = [Opinion(*one) for one in oracle.published(name, known.input[-1])]
    assert [one.figure for one in said] == ["parameters", "macs"]
    assert all(verdict.agrees for verdict in judge(traced.survey, said))


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("googlenet", "published with --set aux_logits=False"),
        ("deeplabv3_mobilenet_v3_large", "published with --set aux_loss=True"),
        ("ssdlite320_mobilenet_v3_large", "published for trained weights"),
    ],
)
def test_of_another_network_nothing_is_published(name: str, why: str) -> None:
    assert _not_published(NAMED[name], ri.trace(name, NAMED[name].input)).startswith(why)


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
