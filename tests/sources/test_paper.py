"""The papers' networks against what the papers publish, closed formulas, and torchvision.

v1: He et al. 2015, arXiv:1512.03385. v2: He et al. 2016, arXiv:1603.05027.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torchvision.models import get_model

import resnet_inspect as ri
from resnet_inspect import oracle
from resnet_inspect.errors import BadInput, UnknownName
from resnet_inspect.sources import paper, residual
from resnet_inspect.sources.catalogue import VARIANTS
from resnet_inspect.sources.design import Design, read
from resnet_inspect.traces import invariants
from resnet_inspect.traces.ops import Conv, Linear, Norm

META, CPU = torch.device("meta"), torch.device("cpu")
NAMES = list(paper.DESIGNS)


@cache
def survey_of(name: str) -> ri.Survey:
    """A trace is a value, so one will do for all tests."""
    return ri.Survey(ri.trace(name))


def counted(design: Design) -> tuple[int, int]:
    """Parameters and MACs by the papers' own arithmetic, layer after layer, without torch."""
    pixels = 224
    parameters = macs = 0

    def conv(given: int, made: int, kernel: int, size: int, groups: int = 1) -> None:
        nonlocal parameters, macs
        weights = made * given // groups * kernel**2
        parameters += weights
        macs += weights * size**2

    if design.stem == "imagenet":
        conv(design.channels, design.width, 7, pixels // 2)
        pixels //= 4
    else:
        pixels = 32
        conv(design.channels, design.width, 3, pixels)
    parameters += 2 * design.width
    given = design.width
    for stage, depth in enumerate(design.depths):
        planes = design.width << stage
        for unit in range(depth):
            stride = 2 if stage and not unit else 1
            size = -(-pixels // stride)
            if design.block == "basic":
                made, norms = planes, [planes, planes]
                conv(given, planes, 3, size)
                conv(planes, planes, 3, size)
            else:
                made = 4 * planes
                inner = planes * design.width_per_group // 64 * design.groups
                norms = [inner, inner, made]
                conv(given, inner, 1, size if design.stride == "1x1" else pixels)
                conv(inner, inner, 3, size, design.groups)
                conv(inner, made, 1, size)
            if design.preact:
                first = not stage and not unit
                norms = [*([] if first else [given]), *norms[:-1]]
            changes = given != made or stride != 1
            if design.shortcut == "C" or (design.shortcut == "B" and changes):
                conv(given, made, 1, size)
                norms += [] if design.preact else [made]
            parameters += 2 * sum(norms)
            given, pixels = made, size
    if design.preact:
        parameters += 2 * given
    classes = design.classes or {"imagenet": 1000, "cifar": 10}[design.stem]
    return parameters + (given + 1) * classes, macs + given * classes


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


@pytest.mark.parametrize(
    ("line", "shortcuts"),
    [
        ("basic:2,2:shortcut=A", ["identity", "identity", "zero-padded identity", "identity"]),
        ("basic:2,2:shortcut=B", ["identity", "identity", "projection", "identity"]),
        ("basic:2,2:shortcut=C", ["projection"] * 4),
        ("basic:2,2:shortcut=none", []),
        ("bottleneck:2,2:shortcut=A", ["zero-padded identity", "identity"] * 2),
        ("bottleneck:2,2:shortcut=B", ["projection", "identity"] * 2),
    ],
)
@pytest.mark.parametrize("more", ["", ",preact=true", ",preact=true,stride=1x1", ",stem=cifar"])
def test_the_shortcuts_found_are_the_ones_built(line: str, shortcuts: list[str], more: str) -> None:
    survey = ri.Survey(ri.trace(f"resnet:{line}{more}", (1, 3, 65, 65)))
    assert [block.shortcut_name for block in survey.anatomy.blocks] == shortcuts
    remarks = ri.tabulate(survey.trace, "stages").remarks
    stand_in = "no residual block was recognised: modules stand in for stages and blocks"
    assert (stand_in in remarks) == (not shortcuts)


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


def test_zeros_that_are_joined_are_option_a_too() -> None:
    class Joined(residual.ZeroPaddedIdentity):
        """As in ports of the first implementation, and with zeros made from nothing."""

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = nn.functional.avg_pool2d(x, 1, self.stride)
            n, _, h, w = x.shape
            return torch.cat([x, torch.zeros(n, self.new_planes, h, w, device=x.device)], 1)

    image = torch.randn(2, 4, 7, 9)
    padded, joined = (way(4, 8, 2) for way in (residual.ZeroPaddedIdentity, Joined))
    assert torch.equal(padded(image), joined(image))
    for way in (padded, joined):
        model = nn.Sequential(nn.Conv2d(3, 4, 1), residual.BasicBlock(4, 8, 2, way))
        (block,) = ri.Survey(ri.trace(model, (1, 3, 7, 9))).anatomy.blocks
        assert (block.kind, block.shortcut_name, block.path) == (
            "basic", "zero-padded identity", "1",
        )  # fmt: skip


def test_option_a_hands_on_every_second_pixel_and_zeros() -> None:
    image = torch.randn(2, 3, 5, 7)
    made = residual.ZeroPaddedIdentity(3, 5, 2)(image)
    assert made.shape == (2, 5, 3, 4)
    for plane in range(3):
        for row in range(3):
            for column in range(4):
                seen = image[:, plane, 2 * row, 2 * column]
                assert torch.equal(made[:, plane, row, column], seen)
    assert not made[:, 3:].any()


@pytest.mark.parametrize("line", ["basic:2", "bottleneck:2"])
def test_a_unit_whose_branch_gives_nothing_hands_on_its_input(line: str) -> None:
    """v2, equation 1: with F = 0 a pre-activation unit is the identity, and v1's is its relu."""
    image = torch.randn(2, 64, 6, 6)
    for preact in ("false", "true"):
        design = read(f"{line}:shortcut=none,preact={preact}")
        model = residual.build(design, CPU).eval()
        unit = model.get_submodule("layer1.1")
        unit.residual = True
        for module in unit.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.zeros_(module.weight)
        given = image if line == "basic:2" else image.repeat(1, 4, 1, 1)
        with torch.no_grad():
            made = unit(given.clone())
        assert torch.equal(made, given if preact == "true" else given.relu())


def test_only_the_stem_activates_the_first_unit_of_v2() -> None:
    model = paper.build("preact_resnet110", {}, META)
    norms = [name for name, module in model.named_modules() if isinstance(module, nn.BatchNorm2d)]
    assert norms[:2] == ["bn1", "layer1.0.bn2"]
    assert norms[-1] == "bn"
    assert len(norms) == 109, "one before each of 109 convolutions but the first, one at the end"


TWINS = {
    "resnet18": "paper:resnet18_v1_5",
    "resnet34": "paper:resnet34_v1_5",
    "resnet50": "paper:resnet50_v1_5",
    "resnext50_32x4d": "resnet:bottleneck:3,4,6,3:groups=32,width_per_group=4",
    "wide_resnet50_2": "resnet:bottleneck:3,4,6,3:width_per_group=128",
}


def built(written: str) -> nn.Module:
    prefix, _, name = written.partition(":")
    return residual.build(paper.design(name) if prefix == "paper" else read(name), CPU)


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "resnet50"])
def test_v1_5_loads_torchvisions_weights_and_gives_the_same_output(name: str) -> None:
    torch.manual_seed(1)
    theirs = get_model(name, weights=None)
    for module in theirs.modules():
        if isinstance(module, nn.BatchNorm2d):  # nothing is left at 0 or 1, where it would not show
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.1)
            module.running_mean.normal_(std=0.1)
            module.running_var.uniform_(0.5, 1.5)
    ours = built(TWINS[name])
    ours.load_state_dict(theirs.state_dict(), strict=True)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    image = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        given, expected = ours.eval()(image), theirs.eval()(image)
        assert torch.equal(given, expected)
        assert given.std() > 0.01
        assert torch.equal(ours.train()(image), theirs.train()(image))


@pytest.mark.parametrize("name", TWINS)
def test_the_trace_of_v1_5_is_torchvisions(name: str) -> None:
    ours, theirs = ri.trace(TWINS[name]), ri.trace(name)
    assert ours.calls == theirs.calls
    assert ours.activations == theirs.activations
    assert len(ours.modules) == len(theirs.modules)
    for mine, other in zip(ours.modules, theirs.modules, strict=True):
        assert mine.class_name == other.class_name
        assert replace(mine, python_class=other.python_class) == other


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


designs = st.builds(
    Design,
    block=st.sampled_from(["basic", "bottleneck"]),
    depths=st.lists(st.integers(1, 3), min_size=1, max_size=4).map(tuple),
    width=st.sampled_from([1, 8, 24, 64]),
    stem=st.sampled_from(["imagenet", "cifar"]),
    classes=st.sampled_from([None, 1, 7]),
    channels=st.integers(1, 4),
    shortcut=st.sampled_from(["A", "B", "C", "none"]),
    preact=st.booleans(),
    stride=st.sampled_from(["1x1", "3x3"]),
)


def written(design: Design) -> str:
    """The line of a design."""
    options = {
        "width": design.width,
        "stem": design.stem,
        "channels": design.channels,
        "shortcut": design.shortcut,
        "preact": design.preact,
        "stride": design.stride,
    } | ({} if design.classes is None else {"classes": design.classes})
    depths = ",".join(map(str, design.depths))
    return f"{design.block}:{depths}:" + ",".join(f"{k}={v}" for k, v in options.items())


@settings(max_examples=40, deadline=None)
@given(designs)
def test_any_design_is_read_built_counted_and_found(design: Design) -> None:
    line = written(design)
    assert read(line) == design
    survey = ri.Survey(ri.trace(f"resnet:{line}"))
    assert (survey.totals.parameters.total, survey.totals.macs) == counted(design)
    if design.shortcut == "none":
        assert survey.anatomy.blocks == ()
        return
    assert tuple(len(stage.blocks) for stage in survey.anatomy.stages) == design.depths
    assert {block.kind for block in survey.anatomy.blocks} == {design.block}
    shapes = [survey.trace.activations[s.output].tensor.shape for s in survey.anatomy.stages]
    assert all(2 * a[1] == b[1] and -(-a[2] // 2) == b[2] for a, b in pairwise(shapes))


def test_options_can_be_given_in_the_name_and_as_arguments() -> None:
    """What is set wins over what the name says."""
    one = ri.trace("paper:resnet34:shortcut=B,classes=7", arguments={"classes": 10, "width": 32})
    other = ri.trace("resnet:basic:3,4,6,3:width=32,classes=10")
    assert one.calls == other.calls
    assert ("classes", "10") in [(k, str(v)) for k, v in one.provenance.arguments]
    depths = ri.trace("resnet:basic:1,1", arguments={"depths": (2, 2), "stem": "cifar"})
    assert len(ri.Survey(depths).anatomy.blocks) == 4


@pytest.mark.parametrize(
    ("line", "error", "words"),
    [
        ("bottleneck:3,4:widht=32", UnknownName, ["unknown option 'widht'", "did you mean width"]),
        ("bottleneck:3,4:num_classes=9", UnknownName, ["'num_classes'", "did you mean classes"]),
        ("botleneck:3,4", UnknownName, ["unknown block 'botleneck'", "bottleneck"]),
        ("bottleneck", BadInput, ["'bottleneck' has no depths", "bottleneck:3,4,6,3:width=32"]),
        ("ResNet18", BadInput, ["'ResNet18' has no depths", "your own is resnet.py:NAME"]),
        ("", BadInput, ["no depths"]),
        ("basic:", BadInput, ["no depths"]),
        ("basic:2,,2", BadInput, ["depths '2,,2'", "whole numbers from 1"]),
        ("basic:2,0", BadInput, ["depths '2,0'"]),
        ("basic:2,-1", BadInput, ["depths '2,-1'"]),
        ("basic:2,²", BadInput, ["depths '2,²'"]),
        ("basic:2:width", BadInput, ["'width' is no OPTION=VALUE"]),
        ("basic:2:width=0", BadInput, ["width=0: a whole number from 1 to 16,384"]),
        ("basic:2:width=" + "9" * 5000, BadInput, ["a whole number from 1 to 16,384"]),
        ("basic:2:width=1.5", BadInput, ["width=1.5"]),
        ("basic:2:width=8,width=9", BadInput, ["width is given twice: 8 and 9"]),
        ("basic:2:stem=cifra", BadInput, ["stem=cifra: it is one of imagenet, cifar"]),
        ("basic:2:preact=maybe", BadInput, ["preact=maybe: it is one of false, true"]),
        ("basic:2,2,2:groups=4", BadInput, ["groups and width_per_group are for the 3×3"]),
        ("bottleneck:2:width=1,width_per_group=1", BadInput, ["leaves a group no plane"]),
        ("basic:1000,1000,1001", BadInput, ["3 stages with 3,001 blocks are too many"]),
        ("basic:1,1,1,1,1,1,1,1,1", BadInput, ["9 stages with 9 blocks are too many"]),
        ("basic:1,1,1:width=16384,classes=9", None, []),
        ("basic:1,1,1,1:width=16384", BadInput, ["the last stage would have 131,072 planes"]),
        ("bottleneck:1:groups=16384,width_per_group=64", BadInput, ["1,048,576 planes"]),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    line: str, error: type[BadInput | UnknownName] | None, words: list[str]
) -> None:
    if error is None:
        assert read(line).width == 16_384
        return
    with pytest.raises(error) as raised:
        ri.trace(f"resnet:{line}")
    for word in words:
        assert word in f"{raised.value.message}\n{raised.value.hint}"
    assert "\n" not in raised.value.message


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
