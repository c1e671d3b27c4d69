"""The papers' networks against what the papers publish, closed formulas, and other counters.

v1: He et al. 2015, arXiv:1512.03385. v2: He et al. 2016, arXiv:1603.05027.
"""

from __future__ import annotations

from functools import cache

import pytest
import torch
from paper_counts import counted
from torch import nn

import resnet_inspect as ri
from resnet_inspect import oracle
from resnet_inspect.errors import BadInput, UnknownName
from resnet_inspect.sources import paper
from resnet_inspect.sources.catalogue import VARIANTS
from resnet_inspect.traces import invariants
from resnet_inspect.traces.ops import Conv, Linear, Norm

META, CPU = torch.device("meta"), torch.device("cpu")
NAMES = list(paper.DESIGNS)


@cache
def survey_of(name: str) -> ri.Survey:
    """A trace is a value, so one will do for all tests."""
    return ri.Survey(ri.trace(name))


@pytest.mark.parametrize("name", NAMES)
def test_the_catalogue_is_true(name: str) -> None:
    variant, design = VARIANTS[f"paper:{name}"], paper.DESIGNS[name]
    survey = survey_of(variant.name)
    trace = survey.trace
    assert invariants.check(trace) == []
    assert survey.totals.not_counted == ()
    assert (survey.totals.parameters.total, survey.totals.macs) == counted(design)
    assert (variant.parameters, variant.macs) == counted(design)
    assert (variant.input, variant.depths) == (design.input, design.depths)
    assert trace.spec(trace.inputs[0]).shape == variant.input
    blocks = {block.kind for block in survey.anatomy.blocks}
    depths = tuple(len(stage.blocks) for stage in survey.anatomy.stages)
    if variant.block == "plain":
        assert (blocks, depths) == (set(), ())
    else:
        assert (blocks, depths) == ({variant.block}, variant.depths)
        paths = [f"layer{i + 1}" for i in range(len(depths))]
        assert [stage.path for stage in survey.anatomy.stages] == paths


def test_the_catalogue_has_all_of_them() -> None:
    assert [n for n in VARIANTS if n.startswith("paper:")] == [f"paper:{name}" for name in NAMES]


@pytest.mark.parametrize("name", [n for n in NAMES if "1202" not in n and "1001" not in n])
def test_counts_are_torchs(name: str) -> None:
    model = paper.build(name, {}, META).eval()
    image = torch.empty(paper.default_input(name), device=META)
    variant = VARIANTS[f"paper:{name}"]
    assert oracle.flop_counter_macs(model, image) == variant.macs
    assert sum(p.numel() for p in model.parameters()) == variant.parameters


@pytest.mark.parametrize(
    ("name", "published"),
    [("18", 1.8), ("34", 3.6), ("50", 3.8), ("101", 7.6), ("152", 11.3)],
)
def test_multiply_adds_are_those_of_table_1(name: str, published: float) -> None:
    """v1, table 1, in 10⁹. ResNet-50 is 3.858 by any count, so the paper's 3.8 is cut off."""
    macs = survey_of(f"paper:resnet{name}").totals.macs / 1e9
    cut = int(macs * 10) / 10
    assert published == (cut if name == "50" else round(macs, 1))


def test_plain_nets_cost_what_those_with_zero_padded_shortcuts_cost() -> None:
    """v1, section 4.1: "they have no extra parameter compared to the plain counterparts"."""
    for plain, with_shortcuts in (
        ("plain18", "resnet18"),
        ("plain34", "resnet34"),
        ("cifar_plain56", "cifar_resnet56"),
    ):
        one, other = (VARIANTS[f"paper:{name}"] for name in (plain, with_shortcuts))
        assert (one.parameters, one.macs) == (other.parameters, other.macs)


@pytest.mark.parametrize(
    ("depth", "millions", "digits"),
    [(20, 0.27, 2), (32, 0.46, 2), (44, 0.66, 2), (56, 0.85, 2), (110, 1.7, 1), (1202, 19.4, 1)],
)
def test_parameters_are_those_of_table_6(depth: int, millions: float, digits: int) -> None:
    """v1, table 6."""
    parameters = survey_of(f"paper:cifar_resnet{depth}").totals.parameters.total
    assert round(parameters / 1e6, digits) == millions


@pytest.mark.parametrize(("name", "millions"), [("110", 1.7), ("164", 1.7), ("1001", 10.2)])
def test_weights_are_those_of_v2(name: str, millions: float) -> None:
    """v2, table 4. It counts no norms: with them ResNet-1001 has 10.3 million."""
    trace = survey_of(f"paper:preact_resnet{name}").trace
    weights = sum(
        p.tensor.elements
        for module in trace.modules
        if isinstance(module.op, Conv | Linear)
        for p in module.parameters
    )
    assert round(weights / 1e6, 1) == millions


def layers_with_weights(name: str) -> int:
    """How deep a network is, as the papers count: convolutions on the way and the linear layer."""
    survey = survey_of(name)
    on_shortcuts = {step for block in survey.anatomy.blocks for step in block.bypass}
    return sum(
        isinstance(call.op, Conv | Linear)
        for call in survey.trace.calls
        if call.index not in on_shortcuts
    )


@pytest.mark.parametrize("name", [n for n in NAMES if "1202" not in n])
def test_networks_are_as_deep_as_they_are_called(name: str) -> None:
    number = "".join(filter(str.isdecimal, name.removesuffix("_v1_5")))
    assert layers_with_weights(f"paper:{name}") == int(number)


@pytest.mark.parametrize("name", ["cifar_resnet20", "cifar_resnet56_b", "preact_resnet164"])
def test_maps_are_32_16_8(name: str) -> None:
    """v1, section 4.2: map sizes {32, 16, 8} with {16, 32, 64} filters."""
    survey = survey_of(f"paper:{name}")
    shapes = [
        survey.trace.activations[stage.output].tensor.shape for stage in survey.anatomy.stages
    ]
    times = 4 if paper.DESIGNS[name].block == "bottleneck" else 1
    assert shapes == [(1, 16 * times, 32, 32), (1, 32 * times, 16, 16), (1, 64 * times, 8, 8)]


def test_why_a_zero_padded_identity_is_one() -> None:
    from resnet_inspect.views.cards.block import why

    survey = survey_of("paper:cifar_resnet20")
    block = survey.anatomy.stages[1].blocks[0]
    words = "channels 16 → 32, dimensions 32×32 → 16×16: zeros stand for the new channels"
    assert why(survey, block) == words
    table = ri.tabulate(survey.trace, "blocks")
    column = [table.cell(row, "shortcut").text for row in table.rows if row.kind == "block"]
    first = ["zero-padded identity", "identity", "identity"]
    assert column == ["identity"] * 3 + first + first


def test_only_the_stem_activates_the_first_unit_of_v2() -> None:
    model = paper.build("preact_resnet110", {}, META)
    norms = [name for name, module in model.named_modules() if isinstance(module, nn.BatchNorm2d)]
    assert norms[:2] == ["bn1", "layer1.0.bn2"]
    assert norms[-1] == "bn"
    assert len(norms) == 109, "one before each of 109 convolutions but the first, one at the end"


def test_v1_strides_in_the_first_convolution_and_v1_5_in_the_second() -> None:
    for name, strided in (("resnet50", "conv1"), ("resnet50_v1_5", "conv2")):
        model = paper.build(name, {}, META)
        found = [
            path.rpartition(".")[2]
            for path, module in model.named_modules()
            if isinstance(module, nn.Conv2d) and module.stride == (2, 2) and ".conv" in path
        ]
        assert found == [strided] * 3


def test_tutorials_build_what_their_readers_count() -> None:
    """kuangliu/pytorch-cifar, which most of them follow: 11,173,962 parameters."""
    assert VARIANTS["paper:tutorial_resnet18"].parameters == 11_173_962
    model = paper.build("tutorial_resnet18", {}, CPU).eval()
    with torch.no_grad():
        assert model(torch.zeros(4, 3, 32, 32)).shape == (4, 10)


@pytest.mark.parametrize("name", ["cifar_resnet20", "preact_resnet110", "plain18"])
def test_they_can_be_trained(name: str) -> None:
    """Every parameter gets a gradient, in place as the additions are."""
    model = paper.build(name, {"classes": 3}, CPU).train()
    model(torch.randn(2, 3, 32, 32)).square().sum().backward()
    assert all(p.grad is not None and p.grad.any() for p in model.parameters())


def test_weights_are_those_of_seed_0_and_torchs_generator_is_left_alone() -> None:
    before = torch.random.get_rng_state()
    one, other = (paper.build("cifar_resnet20", {}, CPU).state_dict() for _ in range(2))
    assert all(torch.equal(one[key], other[key]) for key in one)
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize("bad", [True, 1.5, -3, "many", None, (1, 2)])
def test_arguments_are_checked_like_the_name(bad: object) -> None:
    with pytest.raises(BadInput, match="width="):
        ri.trace("paper:resnet18", arguments={"width": bad})


def test_an_unknown_name_of_the_paper_names_the_nearest() -> None:
    with pytest.raises(UnknownName) as raised:
        ri.trace("paper:resnet_50")
    assert "paper:resnet50" in raised.value.hint


def test_norms_are_batch_norms_and_convolutions_have_no_bias() -> None:
    trace = ri.trace("paper:cifar_resnet20")
    assert {m.op.kind for m in trace.modules if isinstance(m.op, Norm)} == {"batch"}
    assert not any(m.op.bias for m in trace.modules if isinstance(m.op, Conv))
