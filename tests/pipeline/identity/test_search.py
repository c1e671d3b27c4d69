"""Which networks are searched for weights: the nearest first, and all that are in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from weight_files import SMALL, under, weights

import resnet_inspect as ri
from resnet_inspect.analysis.identity import Candidate
from resnet_inspect.errors import CheckpointError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "weights.pth"


def best(given: Any, **options: Any) -> Candidate:
    return ri.identify(given, **options).candidates[0]


def identified(file: Path, **options: Any) -> tuple[str, dict[str, object], bool]:
    best = ri.identify(file, **options).candidates[0]
    return best.name, dict(best.arguments), best.match.fits


def test_a_moving_average_beside_the_weights_is_named(file: Path) -> None:
    tensors = weights("paper:cifar_resnet20_b")
    torch.save({"state_dict": tensors, "state_dict_ema": dict(tensors)}, file)
    found = ri.identify(file)
    assert found.place == "state_dict"
    assert [(one.place, one.tensors, one.is_alike) for one in found.others] == [
        ("state_dict_ema", 128, True)
    ]


def test_another_stem_is_no_other_head() -> None:
    """All but the stem of a ResNet-50-D is a ResNet-50's."""
    pytest.importorskip("timm")
    found = best(weights("timm:resnet50d", num_classes=4))
    assert (found.name, dict(found.arguments)) == ("timm:resnet50d", {"num_classes": 4})


def test_timm_is_asked_where_nothing_else_fits(file: Path) -> None:
    pytest.importorskip("timm")
    torch.save(weights("timm:seresnet18", num_classes=7), file)
    assert identified(file) == ("timm:seresnet18", {"num_classes": 7}, True)


def test_of_networks_that_fit_alike_the_commonest_comes_first() -> None:
    found = ri.identify(weights("resnet50", num_classes=7, channels=4))
    names = [(one.name, dict(one.arguments)) for one in (found.candidates[0], *found.equals)]
    ours, papers = {"num_classes": 7, "channels": 4}, {"classes": 7, "channels": 4}
    assert names == [
        ("resnet50", ours),
        ("quantized_resnet50", ours),
        ("paper:resnet50_v1_5", papers),
        ("paper:resnet50", papers),
    ]
    found = ri.identify(weights("paper:cifar_resnet20"))
    assert [one.name for one in (found.candidates[0], *found.equals)] == [
        "paper:cifar_resnet20",
        "paper:cifar_plain20",
    ]


def test_several_networks_in_a_file_are_all_named() -> None:
    two = under("rgb.", weights("resnet18")) | under("depth.", weights("resnet34", num_classes=3))
    found = ri.identify(two)
    assert found.candidates[0].name == "resnet34"
    (other,) = found.others
    assert (other.place, other.tensors, other.is_alike) == ("rgb", 122, False)
    assert other.best is not None
    assert other.best.name == "resnet18"
    average = under("model.", weights(SMALL)) | under("ema.module.", weights(SMALL))
    found = ri.identify({"state_dict": average})
    assert [(one.place, one.is_alike) for one in found.others] == [("state_dict.ema.module", True)]
    assert best({"state_dict": average}, under="state_dict.ema").match.prefix == "ema.module."
    assert best(two, under="rgb.").name == "resnet18"
    with pytest.raises(CheckpointError, match="no weights under 'sound'") as refused:
        ri.identify(two, under="sound")
    assert "rgb, depth" in refused.value.hint
