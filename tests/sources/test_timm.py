"""The networks of timm: their names, their layers, their counts, and where timm says stages end.

A few networks stand for each family. `RESNET_INSPECT_TIMM='timm:*'` in the environment runs the
tests of single networks on all of FAMILIES that the globs in it match; `docs/timm.md` has the
outcome.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from itertools import product

import pytest
import torch
from torch import Tensor, nn

import resnet_inspect as ri
from resnet_inspect import oracle
from resnet_inspect.cli import main
from resnet_inspect.errors import BadInput, BuildError, MissingDependency, UnknownName
from resnet_inspect.sources import listed, source, subject
from resnet_inspect.traces import invariants
from resnet_inspect.traces.ops import (
    Activate,
    Conv,
    Elementwise,
    Linear,
    Norm,
    Op,
    Pool,
    Resample,
    Unknown,
    Window,
)
from resnet_inspect.views.tables import VIEWS

timm = pytest.importorskip("timm")
from timm import layers  # noqa: E402
from timm.layers import create_pool2d  # noqa: E402

SOME = (
    "resnet18", "resnet26t", "resnet50_gn", "resnet50_clip", "resnetblur50", "resnetaa50d",
    "resnetrs50", "seresnet33ts", "seresnextaa101d_32x8d", "ecaresnet50t", "bat_resnext26ts",
    "wide_resnet50_2", "legacy_seresnet18", "resnetv2_50", "resnetv2_50x1_bit",
    "resnetv2_50d_evos", "resnetv2_50d_frn", "resnest14d", "skresnet18", "res2net50_14w_8s",
    "res2next50", "tresnet_m", "regnety_008", "regnetz_b16", "nf_resnet26", "dm_nfnet_f0",
    "cspresnet50", "hrnet_w18_small", "dla60_res2net", "convnext_atto", "lambda_resnet26t",
    "gcresnet33ts", "halonet26t", "densenet121", "rexnet_100", "tf_efficientnet_b0",
)  # fmt: skip

FAMILIES = {
    "byoanet", "byobnet", "convmixer", "convnext", "cspnet", "cspnext", "densenet", "dla", "dpn",
    "ghostnet", "hgnet", "hrnet", "inception_resnet_v2", "nfnet", "rdnet", "regnet", "res2net",
    "resnest", "resnet", "resnetv2", "rexnet", "selecsls", "senet", "sknet", "tresnet", "vgg",
    "vision_transformer_hybrid", "vovnet", "xception", "xception_aligned",
}  # fmt: skip


def networks() -> list[str]:
    globs = os.environ.get("RESNET_INSPECT_TIMM", "").split()
    if not globs:
        return [f"timm:{name}" for name in SOME]
    return [found.name for found in listed(globs) if found.family in FAMILIES]


@cache
def traced(name: str) -> ri.Trace:
    return ri.trace(name)


def built(name: str, **arguments: object) -> nn.Module:
    with torch.device("meta"):
        model: nn.Module = timm.create_model(name.removeprefix("timm:"), **arguments)
    return model.eval()


@pytest.mark.parametrize("name", networks())
def test_a_network_is_traced_whole_and_its_counts_are_exact(name: str) -> None:
    trace = traced(name)
    assert trace.provenance.device == "meta"
    assert invariants.check(trace) == []
    assert [call.path for call in trace.calls if isinstance(call.op, Unknown)] == []
    totals = ri.Survey(trace).totals
    model = built(name)
    assert totals.parameters.total == sum(p.numel() for p in model.parameters())
    image = torch.empty(trace.spec(trace.inputs[0]).shape, device="meta")
    assert totals.macs == oracle.flop_counter_macs(model, image)
    assert totals.not_counted == ()
    assert all(ri.render(trace, view) for view in VIEWS)


NOT_AT_A_STAGE = {
    "cspnet": "the residual blocks run on half of the channels; timm's map is behind the join",
    "cspnext": "as in cspnet",
    "densenet": "nothing is added",
    "efficientnet": "units that change the channels have no shortcut and end no stage",
    "ghostnet": "as in efficientnet",
    "hgnet": "only some of its units have a shortcut",
    "inception_resnet_v2": "windows without padding: no size is the input's over the reduction",
    "rdnet": "nothing is added",
    "regnetz_005": "as in efficientnet",
    "selecsls": "nothing is added",
    "vgg": "nothing is added",
    "vision_transformer_hybrid": "timm's maps are those of the transformer",
    "vovnet": "only some of its units have a shortcut",
    "xception": "timm's maps lie inside the units",
    "xception_aligned": "as in xception",
}
"""Networks and families whose `feature_info` names other maps than ends of stages, and why."""


def stage_ends(survey: ri.Survey) -> dict[int, int]:
    """Height -> channels, behind the last block of that height."""
    shapes = [survey.trace.activations[b.output].tensor.shape for b in survey.anatomy.blocks]
    return {shape[2]: shape[1] for shape in shapes}


@pytest.mark.parametrize("name", networks())
def test_stages_end_where_timm_says(name: str) -> None:
    """Channels and reduction of each map that timm offers from stride 4 on.

    A map behind the convolution that follows the last stage ("final_conv") is not one of a stage.
    """
    plain = name.removeprefix("timm:")
    family = timm.models.model_entrypoint(plain).__module__.rpartition(".")[2]
    for known in (plain, family):
        if known in NOT_AT_A_STAGE:
            pytest.skip(NOT_AT_A_STAGE[known])
    told = [
        (entry["num_chs"], entry["reduction"])
        for entry in getattr(built(name), "feature_info", None) or ()
        if entry["reduction"] >= 4 and not entry.get("module", "").startswith("final")
    ]
    if not told:
        pytest.skip("it has no feature_info")
    survey = ri.Survey(traced(name))
    height = survey.trace.spec(survey.trace.inputs[0]).shape[2]
    ends = stage_ends(survey)
    for channels, reduction in told:
        found = {c for size, c in ends.items() if abs(height / reduction - size) < 1}
        assert channels in found, (channels, reduction, ends)


# Layers. What a reader says is held against what the layer really does to the shape, and against
# the window formula, by `invariants`.


def op_of(layer: nn.Module, *shape: int) -> Op:
    """The op of the one step that a layer is."""
    trace = ri.trace(nn.Sequential(layer), shape)
    assert invariants.check(trace) == []
    (step,) = trace.steps
    assert trace.calls[step].path == "0"
    return trace.calls[step].op


IMAGE = (1, 8, 15, 16)

LAYERS = {
    "StdConv2d": (
        layers.StdConv2d(8, 4, 3, stride=2),
        Conv(Window((3, 3), (2, 2), (1, 1), (1, 1)), 8, 4, 1, False),
    ),
    "ScaledStdConv2d": (
        layers.ScaledStdConv2d(8, 4, 3, groups=2),
        Conv(Window((3, 3), (1, 1), (1, 1), (1, 1)), 8, 4, 2, True),
    ),
    "StdConv2dSame": (
        layers.StdConv2dSame(8, 4, 3, stride=2),
        Conv(Window((3, 3), (2, 2), (1, 0), (1, 1), padding_after=(1, 1)), 8, 4, 1, False),
    ),
    "StdConv2dSame, static": (
        layers.StdConv2dSame(8, 4, 3),
        Conv(Window((3, 3), (1, 1), (1, 1), (1, 1)), 8, 4, 1, False),
    ),
    "Conv2dSame": (
        layers.Conv2dSame(8, 4, 5, stride=3),
        Conv(Window((5, 5), (3, 3), (1, 2), (1, 1)), 8, 4, 1, True),
    ),
    "BlurPool2d": (layers.BlurPool2d(8), Pool("blur", Window((3, 3), (2, 2), (1, 1), (1, 1)))),
    "BlurPool2d, 5×5": (
        layers.BlurPool2d(filt_size=5),
        Pool("blur", Window((5, 5), (2, 2), (2, 2), (1, 1))),
    ),
    "LayerNorm2d": (layers.LayerNorm2d(8), Norm("layer", 8)),
    "RmsNorm2d": (layers.RmsNorm2d(8), Norm("rms", 8)),
    "GroupNorm1": (layers.GroupNorm1(8), Norm("group", 8)),
    "EvoNorm2dS0a": (layers.EvoNorm2dS0a(8, group_size=4), Norm("evo", 8)),
    "FilterResponseNormTlu2d": (layers.FilterResponseNormTlu2d(8), Norm("filter response", 8)),
    "DropPath": (layers.DropPath(0.1), Elementwise("drop path")),
    "DropBlock2d": (layers.DropBlock2d(0.1), Elementwise("drop block")),
    "Swish": (layers.Swish(), Activate("swish")),
    "GELUTanh": (layers.GELUTanh(), Activate("gelutanh")),
    "Linear": (layers.Linear(16, 5), Linear(16, 5, True)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_one_step(name: str) -> None:
    layer, op = LAYERS[name]
    assert op_of(layer, *IMAGE) == op


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "dilation"),
    [
        case
        for case in product((7, 8, 9, 12), (1, 2, 3, 5), (1, 2, 3), (1, 2))
        if case[2:] != (3, 2)
    ],
)
def test_padding_same_is_what_the_layer_pads(
    size: int, kernel: int, stride: int, dilation: int
) -> None:
    conv = layers.Conv2dSame(1, 1, kernel, stride, dilation=dilation, bias=False)
    window = op_of(conv, 1, 1, size, size).window  # type: ignore[union-attr]
    image = torch.randn(1, 1, size, size)
    before, after = window.padding[0], (window.padding_after or window.padding)[0]
    padded = nn.functional.pad(image, (before, after) * 2)
    plain = nn.functional.conv2d(padded, conv.weight, stride=stride, dilation=dilation)
    assert torch.equal(conv(image), plain)


@pytest.mark.parametrize(
    "layer",
    [create_pool2d("max", 3, 2, padding="same"), create_pool2d("avg", 3, 2, padding="same")],
)
def test_pools_pad_by_their_input_too(layer: nn.Module) -> None:
    kind = "max" if isinstance(layer, nn.MaxPool2d) else "avg"
    window = Window((3, 3), (2, 2), (1, 0), (1, 1), padding_after=(1, 1))
    assert op_of(layer, *IMAGE) == Pool(kind, window)


def test_a_blur_pool_counts_as_the_convolution_it_is() -> None:
    model = nn.Sequential(layers.BlurPool2d(8))
    counted = oracle.flop_counter_macs(model, torch.zeros(IMAGE))
    assert ri.Survey(ri.trace(model, IMAGE)).totals.macs == counted == 8 * 8 * 8 * 9


def test_pixels_moved_into_channels_count_in_the_stride() -> None:
    model = nn.Sequential(layers.SpaceToDepth(4), nn.Conv2d(48, 8, 3, padding=1))
    trace = ri.trace(model, (1, 3, 32, 32))
    assert trace.calls[trace.steps[0]].op == Resample("pixelunshuffle")
    field = ri.Survey(trace).totals.receptive_field
    assert field is not None
    assert (field.size, field.jump, field.start) == ((12, 12), (4, 4), (-4, -4))


class Scaled(nn.Module):
    """A residual unit whose branch is scaled by a weight in another shape."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(8, 8, 3, padding=1)
        self.gamma = nn.Parameter(torch.ones(8))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv(x).mul(self.gamma.reshape(1, -1, 1, 1))


def test_what_is_computed_from_weights_alone_is_no_way_around_a_fork() -> None:
    model = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), Scaled(), Scaled())
    (stage,) = ri.Survey(ri.trace(model, IMAGE)).anatomy.stages
    assert [block.path for block in stage.blocks] == ["1", "2"]


# Names and arguments.


def test_meta_and_cpu_give_the_same_calls_and_training_does_not_hide_blocks() -> None:
    for name in ("test_resnet", "test_nfnet", "test_convnext", "test_byobnet"):
        meta, cpu = (ri.trace(f"timm:{name}", device=device) for device in ("meta", "cpu"))
        assert meta.calls == cpu.calls
        assert meta.activations == cpu.activations
    dropping = {"drop_block_rate": 0.1, "drop_path_rate": 0.1}
    trace = ri.trace("timm:resnet18", (2, 3, 224, 224), mode="train", arguments=dropping)
    assert [len(stage.blocks) for stage in ri.Survey(trace).anatomy.stages] == [2, 2, 2, 2]


def test_builder_arguments_are_heeded() -> None:
    trace = ri.trace("timm:resnet18d", arguments={"num_classes": 10, "output_stride": 8})
    assert trace.spec(trace.outputs[0]).shape == (1, 10)
    assert stage_ends(ri.Survey(trace)) == {56: 64, 28: 512}
    trace = ri.trace("timm:resnet18", arguments={"features_only": True, "out_indices": (2, 4)})
    assert [trace.spec(port).shape[1:] for port in trace.outputs] == [(128, 28, 28), (512, 7, 7)]
    assert trace.provenance.source == "timm:resnet18"


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("resnet50d", 224),
        ("resnet50d.a1_in1k", 224),
        ("resnetrs200", 256),
        ("resnet50.a3_in1k", 160),
        ("gluon_resnet50_v1b", 224),
    ],
)
def test_the_input_is_what_the_weights_were_trained_for(name: str, size: int) -> None:
    assert source("timm").default_input(name) == (1, 3, size, size)


@pytest.mark.parametrize(
    ("name", "arguments", "error", "message", "hint"),
    [
        ("resnet51d", {}, UnknownName, "unknown model 'timm:resnet51d'", "timm:resnet50d"),
        ("resnet50.a9_in1k", {}, UnknownName, "timm:resnet50.a9_in1k", "mean timm:resnet50."),
        ("hf-hub:timm/resnet50", {}, UnknownName, "timm:hf-hub:timm/resnet50", "list"),
        ("../resnet50", {}, UnknownName, "unknown model", "list"),
        ("resnet18", {"pretrained": True}, BadInput, "--set pretrained is not offered", ""),
        ("resnet18", {"checkpoint_path": "x"}, BadInput, "checkpoint_path is not offered", ""),
        ("resnet18", {"stridez": 8}, BadInput, "stridez", "output_stride"),
        ("resnet18", {"output_stride": 7}, BuildError, "cannot be built so: AssertionError", ""),
    ],
)
def test_what_cannot_be(
    name: str, arguments: dict[str, object], error: type, message: str, hint: str
) -> None:
    with pytest.raises(error, match=message) as raised:
        ri.trace(f"timm:{name}", (1, 3, 64, 64), arguments=arguments)
    assert hint in raised.value.hint


def test_without_timm_the_hint_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(MissingDependency, match="timm cannot be imported") as raised:
        ri.trace("timm:resnet18")
    assert raised.value.hint == "pip install 'resnet-inspect[timm]'"


def test_list_asks_timm_for_names_with_its_prefix(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "timm:resnetrs*", "resnet18", "--format", "csv"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("resnet18,classification,basic")
    assert [line.split(",")[0] for line in lines[2:]] == [
        f"timm:resnetrs{depth}" for depth in (50, 101, 152, 200, 270, 350, 420)
    ]
    names = {found.name for found in listed(["timm:*res*"])}
    assert {"timm:resnet50d", "timm:tresnet_m", "timm:ecaresnet26t"} <= names
    assert len(names) == len(timm.list_models("*res*"))
    assert all(subject(name).written == name for name in names)
    assert main(["list", "timm:resnetxyz*"]) == 2
    assert "unknown model 'timm:resnetxyz*'" in capsys.readouterr().err
