"""Every number of the ten classifiers against tools, published figures and gradients."""

from __future__ import annotations

from functools import cache

import pytest
import torch
from torch import nn
from torchvision.models import get_model, get_model_weights

import resnet_inspect as ri
from resnet_inspect import oracle
from resnet_inspect.sources.catalogue import PUBLISHED_MACS, VARIANTS
from resnet_inspect.traces import invariants
from resnet_inspect.traces.ops import Linear, Norm

TORCHVISION = [v for v in VARIANTS.values() if ":" not in v.name]
CLASSIFIERS = [v.name for v in TORCHVISION if v.family == "classification"]
DETECTORS = [v.name for v in TORCHVISION if v.family == "detection"]
OTHERS = [v.name for v in TORCHVISION if v.family not in ("classification", "detection")]


def on_meta(name: str, **arguments: object) -> nn.Module:
    with torch.device("meta"):
        model: nn.Module = get_model(name, weights=None, **arguments)
    return model.eval()


@cache
def survey_of(name: str) -> ri.Survey:
    return ri.Survey(ri.trace(name))


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_parameters_and_macs_equal_what_torchvision_publishes(name: str) -> None:
    totals = survey_of(name).totals
    meta = next(iter(get_model_weights(name))).meta
    assert totals.parameters.total == meta["num_params"]
    assert round(totals.macs / 1e9, 3) == meta["_ops"]
    assert totals.not_counted == ()


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_macs_are_half_of_what_the_flop_counter_counts(name: str) -> None:
    image = torch.empty(1, 3, 224, 224, device="meta")
    counted = oracle.flop_counter_macs(on_meta(name), image)
    assert survey_of(name).totals.macs == counted


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_torchinfo_differs_by_norm_weights_and_linear_biases_to_the_last_unit(name: str) -> None:
    trace, totals = survey_of(name).trace, survey_of(name).totals
    without_values = on_meta(name).to_empty(device="cpu")
    opinion = oracle.torchinfo(without_values, (1, 3, 224, 224))
    assert opinion.parameters == totals.parameters.total
    assert opinion.trainable == totals.parameters.trainable
    norms = sum(
        p.tensor.elements for m in trace.modules if isinstance(m.op, Norm) for p in m.parameters
    )
    biases = sum(m.op.out_features for m in trace.modules if isinstance(m.op, Linear))
    assert opinion.mult_adds - totals.macs == norms + biases


@pytest.mark.parametrize("name", OTHERS)
def test_other_variants_equal_published_figures_too(name: str) -> None:
    arguments = {"aux_loss": True} if VARIANTS[name].family == "segmentation" else {}
    meta = next(iter(get_model_weights(name))).meta
    totals = ri.Survey(ri.trace(name, arguments=arguments)).totals
    assert totals.parameters.total == meta["num_params"]
    assert round(totals.macs / 1e9, 3) == meta["_ops"]


@pytest.mark.filterwarnings("ignore:traced on the CPU")
@pytest.mark.parametrize("name", [v.name for v in TORCHVISION])
def test_the_catalogue_is_true(name: str) -> None:
    variant = VARIANTS[name]
    survey = survey_of(name)
    trace = survey.trace
    assert invariants.check(trace) == []
    assert survey.totals.parameters.total == variant.parameters
    assert tuple(len(stage.blocks) for stage in survey.anatomy.stages) == variant.depths
    assert {block.kind for block in survey.anatomy.blocks} == {variant.block}
    if name in PUBLISHED_MACS:
        # What the box heads compute depends on the proposals that the random weights yield.
        assert variant.macs == round(next(iter(get_model_weights(name))).meta["_ops"] * 1e9)
        assert survey.totals.macs <= variant.macs
    else:
        assert survey.totals.macs == variant.macs


@pytest.mark.parametrize("name", DETECTORS)
def test_detectors_have_the_published_parameters_but_for_frozen_norms(name: str) -> None:
    """Without weights, torchvision uses trainable batch norms where its trained ones are frozen."""
    published = next(iter(get_model_weights(name))).meta["num_params"]
    resnet50_norms = 53_120
    assert VARIANTS[name].parameters - published in (0, resnet50_norms)


def test_the_list_is_that_of_torchvision() -> None:
    from torchvision.models import list_models

    registered = {n for n in list_models() if "resne" in n}
    registered |= {"r3d_18", "mc3_18", "r2plus1d_18"}  # the video ResNets
    assert {v.name for v in TORCHVISION} == registered


def strided_at_the_first_convolution(name: str) -> nn.Module:
    """The paper's v1: the 1×1 convolution of a bottleneck has the stride, not the 3×3."""
    model = on_meta(name)
    for module in model.modules():
        if type(module).__name__ == "Bottleneck" and module.conv2.stride == (2, 2):
            module.conv1.stride, module.conv2.stride = (2, 2), (1, 1)
    return model


@pytest.mark.parametrize(
    ("name", "field", "macs"),
    [
        ("resnet50", 483, 3_857_973_248),
        ("resnet101", 1027, 7_570_194_432),
        ("resnet152", 1507, 11_282_415_616),
    ],
)
def test_v1_has_the_published_receptive_field_and_macs(name: str, field: int, macs: int) -> None:
    """Araujo et al. 2019, table of receptive fields; He et al. 2015, table 1: 3.8, 7.6, 11.3."""
    trace = ri.trace(strided_at_the_first_convolution(name), (1, 3, 224, 224))
    totals = ri.Survey(trace).totals
    assert totals.receptive_field is not None
    assert totals.receptive_field.size == (field, field)
    assert totals.macs == macs


def gradient_support(model: nn.Module, layer: str, pixels: int) -> tuple[int, int]:
    """First input column and number of columns that the middle unit of a layer depends on.

    Weights are positive and norms, nonlinearities and max pools replaced by what passes every
    gradient, so no path is lost by chance.
    """
    for parameter in model.parameters():
        nn.init.constant_(parameter, 1.0 / max(parameter[0].numel(), 1))
    for module in model.modules():
        for name, child in list(module.named_children()):
            if isinstance(child, nn.BatchNorm2d | nn.ReLU):
                setattr(module, name, nn.Identity())
            elif isinstance(child, nn.MaxPool2d):
                setattr(module, name, nn.AvgPool2d(3, 2, 1))
    kept: list[torch.Tensor] = []
    model.get_submodule(layer).register_forward_hook(lambda *seen: kept.append(seen[-1]))
    image = torch.ones(1, 3, 32, pixels, dtype=torch.float64, requires_grad=True)
    model.double()(image)
    feature_map = kept[0]
    column = feature_map.shape[3] // 2
    (gradient,) = torch.autograd.grad(feature_map[0, :, :, column].sum(), image)
    columns = gradient.abs().sum(dim=(0, 1, 2)).nonzero().flatten()
    first, last = int(columns[0]), int(columns[-1])
    assert first > 0
    assert last < pixels - 1, "the image is too small to see the whole field"
    return first - column * (pixels // feature_map.shape[3]), last - first + 1


@pytest.mark.parametrize(
    ("name", "layer", "pixels"),
    [
        ("resnet18", "layer1", 128),
        ("resnet18", "layer2", 256),
        ("resnet18", "layer3", 384),
        ("resnet18", "layer4", 640),
        ("resnet34", "layer4", 1280),
        ("resnet50", "layer1", 128),
        ("resnet50", "layer3", 512),
        ("resnet50", "layer4", 640),
    ],
)
def test_receptive_fields_are_the_support_of_the_gradient(
    name: str, layer: str, pixels: int
) -> None:
    survey = ri.Survey(ri.trace(name, (1, 3, 32, pixels)))
    stage = survey.anatomy.stages[int(layer[-1]) - 1]
    field = survey.receptive_fields[stage.output]
    start, size = gradient_support(get_model(name, weights=None), layer, pixels)
    assert field.size[1] == size
    assert field.start[1] == start


TABLE_1 = {
    "resnet18": (64, 128, 256, 512),
    "resnet34": (64, 128, 256, 512),
    "resnet50": (256, 512, 1024, 2048),
    "resnet101": (256, 512, 1024, 2048),
    "resnet152": (256, 512, 1024, 2048),
}


@pytest.mark.parametrize("name", TABLE_1)
def test_stage_outputs_are_those_of_the_papers_table_1(name: str) -> None:
    trace, stages = survey_of(name).trace, survey_of(name).anatomy.stages
    shapes = [trace.activations[stage.output].tensor.shape for stage in stages]
    sizes = (56, 28, 14, 7)
    expected = [(1, c, s, s) for c, s in zip(TABLE_1[name], sizes, strict=True)]
    assert shapes == expected


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "quantized_resnet18", "r3d_18"])
def test_meta_and_cpu_give_the_same_calls_shapes_and_aliasing(name: str) -> None:
    size = (1, 3, 4, 32, 32) if name == "r3d_18" else (1, 3, 64, 64)
    meta, cpu = (ri.trace(name, size, device=device) for device in ("meta", "cpu"))
    assert meta.calls == cpu.calls
    assert meta.activations == cpu.activations
    assert meta.modules == cpu.modules
    assert (meta.provenance.device, cpu.provenance.device) == ("meta", "cpu")


def test_dict_outputs_keep_their_names() -> None:
    trace = ri.trace("fcn_resnet50", (1, 3, 65, 65), arguments={"aux_loss": True})
    assert {port.label: trace.spec(port).shape for port in trace.outputs} == {
        "out": (1, 21, 65, 65),
        "aux": (1, 21, 65, 65),
    }


def test_a_detector_takes_a_list_of_images_and_falls_back_to_the_cpu() -> None:
    with pytest.warns(UserWarning, match="traced on the CPU: meta cannot run"):
        trace = ri.trace(
            "retinanet_resnet50_fpn", (2, 3, 64, 96), arguments={"min_size": 64, "max_size": 96}
        )
    assert [trace.spec(port).shape for port in trace.inputs] == [(3, 64, 96)] * 2
    assert trace.provenance.device == "cpu"
    assert len(trace.provenance.notes) == 1
    assert "meta cannot run" in trace.provenance.notes[0]
