"""The taps of networks of each kind against the maps that running them gives."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torchvision.ops import FeaturePyramidNetwork

import resnet_inspect as ri
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.analysis.taps import decoders
from resnet_inspect.analysis.taps.pyramid import find
from resnet_inspect.analysis.taps.tap import Tap, Taps
from resnet_inspect.views.tables import taps as views
from tests import tapped_networks as networks


def of(network: nn.Module | str, *size: int, **how: object) -> Taps:
    return find(Survey(ri.trace(network, size or None, **how)))  # type: ignore[arg-type]


def rows(taps: tuple[Tap, ...]) -> list[tuple[str, int, int]]:
    """Name, stride and channels of each."""
    return [(tap.path, int(tap.stride[0]), tap.channels) for tap in taps]


@pytest.mark.parametrize(
    ("network", "down"),
    [
        (networks.Padded(), [("conv", 2, 8), ("last", 4, 16)]),
        (networks.Gated(), [(":mul", 2, 8), (":mul #2", 4, 16), ("after", 8, 16)]),
        (networks.Deformable(), [("a", 2, 8), ("d", 4, 16), ("b", 8, 32)]),
        (
            networks.OneReLU(),
            [("relu", 2, 8), ("relu #2", 4, 8), ("relu #3", 8, 8)],
        ),
        (
            networks.Classifier("list"),
            [("encoder.a", 2, 8), ("encoder[1]", 4, 12), ("encoder[2]", 8, 16)],
        ),
        (
            networks.Classifier("tuple"),
            [("encoder.a", 2, 8), ("encoder[1]", 4, 12), ("encoder[2]", 8, 16)],
        ),
        (
            networks.Classifier("dict"),
            [("encoder.a", 2, 8), ("encoder[mid.dle]", 4, 12), ("encoder[high]", 8, 16)],
        ),
        (
            networks.Classifier("output"),
            [("encoder.a", 2, 8), ("encoder[hidden.1]", 4, 12), ("encoder[last]", 8, 16)],
        ),
        (
            networks.Encoder("model output"),
            [("a", 2, 8), (":hardtanh", 4, 12), (":tanh", 8, 16)],
        ),
        (
            networks.Branches(),
            [("ends.0", 2, 8), (":add #7", 4, 16), (":add #8", 8, 32)],
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_stride_has_a_tap_with_a_name_of_its_own(network, down):
    found = of(network, 1, 3, 64, 64)
    assert rows(found.down) == down
    assert found.up == ()
    assert [tap.size for tap in found.down] == [(64 // s,) * 2 for _, s, _ in down]


def test_the_way_down_of_a_unet_is_its_encoder_and_the_way_up_its_decoder():
    found = of(networks.UNet(), 1, 3, 32, 32)
    assert rows(found.down) == [("down.0", 1, 8), ("down.1", 2, 16), ("down.2", 4, 32)]
    assert rows(found.up) == [("joined.1", 1, 8), ("joined.0", 2, 16)]
    # Ronneberger et al. 2015: each step concatenates the encoder's map of its size, the last too.
    steps = decoders.unet(found.down, (16, 8))
    assert [(s.upsampled, s.skip, s.out) for s in steps] == [(32, 16, 16), (16, 8, 8)]


@pytest.mark.parametrize(
    ("network", "down", "up", "layer"),
    [
        (
            networks.AddedSkips(),
            [("down.0", 1, 8), ("down.1", 2, 16), ("down.2", 4, 32)],
            [("end.1", 1, 8), ("up.0", 2, 16)],
            "down.2",
        ),
        (networks.SkipsOfEachBlock(), [("first", 1, 8), ("mid", 2, 16)], [("end.1", 1, 8)], "mid"),
        (networks.Queries(), [("body.0", 2, 8), ("body.1", 4, 16)], [], "body.1"),
        (networks.LowRank(), [(":relu", 2, 8), (":relu #2", 4, 16), (":relu #3", 8, 32)], [], "2"),
        (networks.HandedOn(), [("stage", 2, 8), ("next", 4, 16)], [], "next"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_maps_of_decoders_transformers_and_adapters(network, down, up, layer):
    found = of(network, 2, 3, 64, 64)
    assert (rows(found.down), rows(found.up), found.last_layer) == (down, up, layer)


def test_a_pyramid_in_the_forward_has_its_maps_before_the_heads():
    found = of(networks.Pyramid(), 1, 3, 64, 64)
    assert rows(found.down) == [("s", 2, 8), ("c3", 4, 16), ("c4", 8, 32), ("c5", 16, 64)]
    assert [(tap.stride[0], tap.channels) for tap in found.up] == [(4, 24), (8, 24), (16, 24)]


BODY = [
    ("relu", 2, 64), ("layer1", 4, 64), ("layer2", 8, 128), ("layer3", 16, 256),
    ("layer4", 32, 512),
]  # fmt: skip


def test_a_detector_has_the_maps_of_its_body_and_of_its_pyramid():
    network = networks.body_and_pyramid()
    found = of(network, 1, 3, 64, 64)
    assert rows(found.down) == [(f"body.{path}", *more) for path, *more in BODY]
    assert [path for path, *_ in rows(found.up)] == [
        *(f"fpn.layer_blocks.{i}" for i in range(4)), "fpn[pool]",
    ]  # fmt: skip
    with torch.no_grad():
        given = network(torch.rand(1, 3, 64, 64))
    assert [tap.shape for tap in found.up] == [tuple(one.shape) for one in given.values()]


def test_the_strides_of_a_whole_detector_are_counted_from_its_batch():
    found = of("fasterrcnn_resnet50_fpn", arguments={"min_size": 128, "max_size": 128})
    assert (found.origin, found.image) == ("transform gives", (128, 128))
    assert [(tap.path, tap.stride[0]) for tap in found.down] == [
        (f"backbone.body.{path}", stride) for path, stride, _ in BODY
    ]
    assert [tap.stride[0] for tap in found.up] == [4, 8, 16, 32, 64]
    assert found.up[-1].path == "backbone[pool]"
    assert found.last_layer == "backbone.body.layer4"


def test_the_maps_of_a_single_shot_detector_go_beyond_its_body():
    found = of(networks.Detector(), 1, 3, 128, 128)
    assert rows(found.down)[4:] == [
        ("backbone.body", 32, 512), ("backbone.extra.0", 64, 24), ("backbone.extra.1", 128, 12),
    ]  # fmt: skip


def test_a_stride_that_is_told_by_sizes_says_so():
    survey = Survey(ri.trace(networks.Deformable(), (1, 3, 65, 65)))
    found = find(survey)
    assert [(tap.stride, tap.map.lost) for tap in found.down] == [
        ((2, 2), ""), ((4, 4), "d"), ((8, 8), "d"),
    ]  # fmt: skip
    said = "behind d no receptive field is known: the strides of d, b"
    assert any(said in remark for remark in views.view(survey).remarks)


def test_a_map_of_which_no_size_tells_the_stride_is_named():
    survey = Survey(ri.trace(networks.Unplaced(), (1, 3, 64, 64)))
    assert [tap.stride for tap in find(survey).all] == [(2, 2)]
    said = views.view(survey).remarks
    assert "no taps are of d, b: positions are lost before, and the sizes tell no stride" in said
    assert not any("Grad-CAM" in remark for remark in said)


@pytest.mark.parametrize(
    ("name", "strides", "channels"),
    [
        ("convnext_tiny", (4, 8, 16, 32), (96, 192, 384, 768)),  # Liu et al. 2022, table 9
        ("swin_t", (4, 8, 16, 32), (96, 192, 384, 768)),  # Liu et al. 2021, table 7
        ("vgg11", (1, 2, 4, 8, 16, 32), (64, 128, 256, 512, 512, 512)),
        ("mobilenet_v2", (2, 4, 8, 16, 32), (16, 24, 32, 96, 1280)),  # Sandler et al., table 2
        ("densenet121", (2, 4, 8, 16, 32), (64, 256, 512, 1024, 1024)),
    ],
)
def test_networks_without_a_stage_for_each_stride(name, strides, channels):
    survey = Survey(ri.trace(f"torchvision.models:{name}"))
    found = find(survey)
    assert [tap.stride[0] for tap in found.down] == list(strides)
    assert tuple(tap.channels for tap in found.down) == channels
    last = any("channels stand last" in remark for remark in views.view(survey).remarks)
    assert last == (name == "swin_t")


def test_blocks_of_tokens_are_no_maps_and_none_is_for_grad_cam():
    survey = Survey(ri.trace("torchvision.models:vit_b_32"))
    assert rows(find(survey).down) == [("conv_proj", 32, 768)]
    said = " ".join(views.view(survey).remarks)
    assert "work on tokens" in said
    assert "Grad-CAM" not in said


@pytest.mark.parametrize("name", ["hrnet_w18_small", "resnet50d", "convnext_atto", "regnetx_002"])
def test_timm_says_the_same_strides_and_channels(name):
    timm = pytest.importorskip("timm")
    with torch.device("meta"):
        info = timm.create_model(name, features_only=True).feature_info
    found = of(f"timm:{name}").down
    assert [tap.stride[0] for tap in found] == info.reduction()
    assert [tap.channels for tap in found] == info.channels()


def test_a_cifar_resnet_has_a_map_at_full_size():
    assert rows(of("paper:cifar_resnet20").down) == [
        ("layer1", 1, 16), ("layer2", 2, 32), ("layer3", 4, 64),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_the_plan_of_an_fpn_has_the_parameters_of_torchvision_s(name):
    levels = decoders.fpn(of(name).down, 128)
    built = FeaturePyramidNetwork([level.tap.channels for level in reversed(levels)], 128)
    theirs = [
        tuple(sum(p.numel() for p in block.parameters()) for block in blocks)
        for blocks in zip(built.inner_blocks, built.layer_blocks, strict=True)
    ]
    assert [level.weights() for level in reversed(levels)] == theirs
    assert [level.factor for level in levels] == [None, (2, 2), (2, 2), (2, 2)]


@pytest.mark.parametrize(
    ("network", "layer"),
    [
        ("resnet18", "layer4"),
        ("fcn_resnet50", "backbone"),
        (networks.Classifier("dict"), "encoder.c"),
        (networks.UNet(), "down.2"),
        (networks.Branches(), ""),
    ],
    ids=lambda value: type(value).__name__,
)
def test_grad_cam_looks_at_the_last_map(network, layer):
    assert of(network, 1, 3, 64, 64).last_layer == layer
