"""Lessons: their figures against closed formulas, published numbers and other traces."""

from __future__ import annotations

import json
import re
from html import unescape
from math import prod

import pytest
from hypothesis import given, settings
from saved import ByHand, conv, steady, survey_of, traces, window
from workings import value_of

from resnet_inspect.analysis.structure import alternatives, depth
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.formats.lessons import FORMATS, lines
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Activate, Conv, Elementwise, Linear, Norm, Pool, Reshape
from resnet_inspect.views import lessons
from resnet_inspect.views.cards.subjects import Subject, find

EQUATION = re.compile(r"((?:[\d⌊⌈(][\d,./·+−()⌊⌋⌈⌉ ]*?[·+−/][\d,./·+−()⌊⌋⌈⌉ ]*?)) = ([\d,]*\d)")


def subjects(survey: Survey) -> list[Subject]:
    ends: list[Subject] = ["network"]
    if survey.anatomy.stages:
        ends += ["stem", "head"]
    calls = range(len(survey.trace.calls))
    return [*ends, *survey.anatomy.stages, *survey.anatomy.blocks, *calls]


def taught(survey: Survey, subject: Subject) -> list[str]:
    found = lessons.lesson(survey, subject)
    return [sentence for section in found.sections for sentence in section.sentences]


def said(survey: Survey, path: str, nth: int | None = None) -> list[str]:
    return taught(survey, find(survey, path, nth))


def says(name: str, path: str, *wanted: str, nth: int | None = None) -> None:
    sentences = said(survey_of(name), path, nth)
    for sentence in wanted:
        assert sentence in sentences, "\n".join([sentence, "is not said:", *sentences])


# Every sentence of every lesson.


def test_every_sentence_is_one_and_its_equations_hold(survey: Survey) -> None:
    seen: set[str] = set()
    for subject in subjects(survey):
        found = lessons.lesson(survey, subject, width=60)
        assert len({section.heading for section in found.sections}) == len(found.sections)
        for section in found.sections:
            assert all(len(line) <= 60 for line in section.drawing)
            seen.update(section.sentences)
    equations = 0
    for sentence in seen:
        assert sentence.endswith(".")
        assert "  " not in sentence
        assert not re.search(r"None|\(\)|, ,|\.\.$", sentence), sentence
        for working, value in EQUATION.findall(sentence):
            assert value_of(working.strip()) == int(value.replace(",", "")), sentence
            equations += 1
    assert equations > 3


@settings(steady, max_examples=25)
@given(traces())
def test_any_trace_can_be_explained(trace: Trace) -> None:
    survey = Survey(trace)
    for subject in subjects(survey):
        assert FORMATS["text"](lessons.lesson(survey, subject))


# Layers.


def test_the_first_convolution() -> None:
    weights = 64 * 3 * 7 * 7
    size = (224 + 2 * 3 - 7) // 2 + 1
    work = weights * size**2
    says(
        "resnet50",
        "conv1",
        "A 7×7 convolution: 64 filters slide over the map in steps of 2, and each takes a 7×7"
        " window of all 3 channels at a time.",
        f"Height, width: ⌊(224 + 2·3 − 1·(7−1) − 1) / 2⌋ + 1 = {size}.",
        "1×3×224×224 becomes 1×64×112×112.",
        f"weight: 64·3·7·7 = {weights:,}: 64 filters, 3 channels each, 7×7 taps.",
        # torchvision publishes 25,557,032 parameters and 4.09 GFLOPS (multiply-accumulates).
        "That is <0.1% of the network's 25,557,032 parameters.",
        f"Each weight is used once at every output position: 9,408 · 112·112 = {work:,}"
        f" multiply-accumulates, {work / 4_089_184_256:.1%} of the network's.",
        f"Its output takes {64 * 112 * 112 * 4 / 2**20:.3f} MiB.",
        "One output element sees 7×7 of the input: its receptive field.",
        "Its neighbour's field begins 2 input elements further on: the jump.",
        "The first element's field begins at -3: that far before the edge of the input.",
        "It has no bias: the batch normalisation behind it takes off each channel's mean, and a"
        " bias with it, and has a shift of its own.",
    )


def test_a_convolution_with_stride_within_a_bottleneck() -> None:
    field, jump = 35, 4
    says(
        "resnet50",
        "layer2.0.conv2",
        f"It follows from the layer before: {field} + (3 − 1)·{jump} = {field + 2 * jump}, the"
        " field before plus the window's further taps, each a jump apart; and the jump"
        f" {jump}·2 = {2 * jump}, that before times the stride.",
        "It is the 2nd of 3 convolutions on the branch of layer2.0, a bottleneck block.",
        f"Each weight is used once at every output position: 147,456 · 28·28 ="
        f" {128**2 * 9 * 28**2:,} multiply-accumulates, 2.8% of the network's.",
    )
    says(
        "resnet50",
        "layer2.0.downsample.0",
        "With stride 2 it takes one position in 4 and never looks at the others.",
        "It is on the shortcut of layer2.0.",
    )
    says(
        "resnet50",
        "layer1.0.conv2",
        "At stride 1 a padding of 1 makes up for what a window of 3 would take off the border: the"
        " size stays.",
    )


def test_norm_activation_pool_add_and_linear() -> None:
    says(
        "resnet50",
        "bn1",
        "weight: 64: one scale for each.",
        "bias: 64: one shift for each.",
        f"Together: 64 + 64 = {2 * 64}.",
        f"It also keeps a running mean and variance, 2·64 = {2 * 64} numbers that are measured in"
        " training and not learned.",
        "By the convention of such counts it takes no multiply-accumulates: convolutions, linear"
        " layers and matrix products do.",
    )
    says(
        "resnet50",
        "layer1.0.relu",
        "It is the 3rd of 3 calls of this module.",
        "It comes after the add of layer1.0, on the sum.",
        f"Its output ({256 * 56 * 56 * 4 / 2**20:.3f} MiB) is in the memory of its input: none is"
        " added.",
        nth=3,
    )
    says(
        "resnet50",
        "maxpool",
        "Max pooling: in each channel by itself, the largest of a 3×3 window, in steps of 2.",
        "The windows overlap, since they are larger than the step.",
        f"Height, width: ⌊(112 + 2·1 − 1·(3−1) − 1) / 2⌋ + 1 = {(112 + 2 - 3) // 2 + 1}.",
        "It has no parameters.",
    )
    says(
        "resnet50",
        "avgpool",
        f"It makes one number of each channel, the mean of its 7·7 = {7 * 7} elements: whatever the"
        " size of the image, what follows gets one number for each channel.",
        "One output element sees the whole input.",
    )
    says(
        "resnet50",
        "layer1.0:add",
        "It adds 2 tensors, element by element.",
        "It is the residual add of layer1.0: branch plus projection shortcut.",
    )
    says(
        "resnet50",
        "fc",
        f"weight: 1000·2048 = {1000 * 2048:,}: one for each pair of an output and an input.",
        "bias: 1,000: one for each output.",
        f"Together: 2,048,000 + 1,000 = {2048 * 1000 + 1000:,}.",
        "Each weight is used once at every output position: 2,048,000 multiply-accumulates, 0.1% of"
        " the network's.",
    )


def test_dilation_dropout_and_what_is_odd() -> None:
    reach = 2 * (3 - 1) + 1
    says(
        "fcn_resnet50",
        "backbone.layer3.1.conv2",
        f"With dilation 2 the window reaches over {reach}×{reach} elements and still has the"
        " weights of 3×3.",
    )
    says(
        "fcn_resnet50",
        "classifier.3",
        "In eval mode it hands on its input as it is; in training it would drop parts of its input"
        " at random.",
    )
    says(
        "dense",
        "block1.0:cat",
        f"Channels: 8 + 4 = {8 + 4}.",
        "It puts 2 tensors side by side, along channels: nothing is added up.",
    )
    says(
        "functional",
        "up",
        f"With one group the weight would have 4·24·3·3 = {4 * 24 * 9:,} elements: 2 groups divide"
        " weights and work by 2.",
        f"Each weight is used once at every input position: 432 · 7·7 = {432 * 49:,}"
        " multiply-accumulates, 1.0% of the network's.",
    )
    says("functional", ":flatten", f"Flattened: 14·14 = {14 * 14}.")
    says(
        "oddities",
        "shared",
        "It is the 2nd of 2 calls of this module; all have the same weights.",
        "They count once in the totals, at another call that computes with them.",
        nth=2,
    )
    says("oddities", "frozen", "They are frozen: training does not change them.")
    says(
        "oddities",
        "lstm",
        "LSTM is not understood: no rule for its multiply-accumulates.",
        "Its multiply-accumulates are not known: no rule covers it, and the totals say so.",
    )
    sentences = said(survey_of("broken"), "conv2")
    assert sentences[0].startswith("The forward pass raised here: conv2")
    assert not any("multiply-accumulates" in sentence for sentence in sentences)


def test_a_batch_counts_every_sample() -> None:
    work = 9408 * 2 * 113 * 81
    part = work / survey_of("resnet18_odd").totals.macs
    says(
        "resnet18_odd",
        "conv1",
        f"Each weight is used once at every output position: 9,408 · 2·113·81 = {work:,}"
        f" multiply-accumulates, {part:.1%} of the network's.",
    )


def depthwise() -> Survey:
    net = ByHand()
    x = net.input(1, 32, 14, 14)
    full = window(3, padding=1)
    x = net.step("dw", conv(32, 32, full, groups=32), x, weights={"weight": (32, 1, 3, 3)})
    x = net.step("grouped", conv(32, 64, full, groups=4), x, (1, 64, 14, 14),
                 weights={"weight": (64, 8, 3, 3)})  # fmt: skip
    return Survey(net.trace(x))


def test_groups_divide_weights_and_work() -> None:
    survey = depthwise()
    sentences = said(survey, "dw")
    assert (
        f"With one group the weight would have 32·32·3·3 = {32 * 32 * 9:,} elements: 32 groups"
        " divide weights and work by 32."
    ) in sentences
    assert f"weight: 32·(32/32)·3·3 = {32 * 9}: 32 filters, 1 channel each, 3×3 taps." in sentences
    assert "each takes a 3×3 window of a single channel at a time." in sentences[0]
    sentences = said(survey, "grouped")
    assert "window of 8 of the 32 channels at a time." in sentences[0]
    work = 64 * 8 * 9 * 14 * 14
    assert any(f"4,608 · 14·14 = {work:,} multiply-accumulates" in line for line in sentences)


# Blocks.


def test_why_a_bottleneck_is_cheaper() -> None:
    c, quarter = 256, 64
    own = c * quarter + 9 * quarter**2 + quarter * c
    two = 2 * 9 * c**2
    says(
        "resnet50",
        "layer1.1",
        f"Its three convolutions have 64·256 + 64·64·3·3 + 256·64 = {own:,} weights. Two 3×3"
        f" convolutions that give 256 channels would have 2·256·256·3·3 = {two:,}:"
        f" {two / own:.1f} times as many.",
        f"In multiply-accumulates: {own * 56**2:,} as it is, {two * 56**2:,} the other way.",
        # figure 5 of He et al. 2015 sets these two beside each other
        f"Two 3×3 convolutions at the width of the middle, 64 channels, would have"
        f" 2·64·64·3·3 = {2 * 9 * quarter**2:,}.",
        "It is a bottleneck: a 1×1 convolution narrows 256 channels to 64, a 3×3 works on those,"
        " and a 1×1 makes 256 of them.",
    )


def test_what_a_bottleneck_of_a_basic_block_would_cost() -> None:
    c, quarter = 64, 16
    own, narrow = 2 * 9 * c**2, c * quarter + 9 * quarter**2 + quarter * c
    says(
        "resnet18",
        "layer1.0",
        f"Its two convolutions have 2·64·64·3·3 = {own:,} weights. A bottleneck of this width, 64"
        f" channels narrowed to 16, would have 16·64 + 16·16·3·3 + 64·16 = {narrow:,}:"
        f" {own / narrow:.1f} times fewer.",
        f"In multiply-accumulates: {own * 56**2:,} as it is, {narrow * 56**2:,} the other way.",
    )
    assert not any("bottleneck" in line for line in said(survey_of("resnet18"), "layer2.0"))


def test_identity_and_projection() -> None:
    says(
        "resnet50",
        "layer2.0",
        "It has a projection shortcut.",
        "Channels 256 → 512, dimensions 56×56 → 28×28: the shortcut needs weights to change them"
        " too.",
        f"It is a 1×1 convolution with stride 2: 512·256 = {512 * 256:,} weights,"
        f" {512 * 256 * 28**2:,} multiply-accumulates.",
        f"With its norm it is {(512 * 256 + 2 * 512) / 379_392:.1%} of the block's parameters.",
        "In the backward pass the gradient also passes the shortcut's weights: no way around this"
        " block leaves it as it is.",
    )
    # layer2.0 by hand: 1×1, 3×3, 1×1, projection, and a scale and a shift for each norm
    assert 379_392 == 256 * 128 + 9 * 128**2 + 128 * 512 + 256 * 512 + 2 * (128 * 2 + 512 * 2)
    says(
        "resnet50",
        "layer2.1",
        "It has an identity shortcut.",
        "The branch keeps the shape 1×512×28×28: the input can be added as it is.",
        "It has no parameter and takes no multiply-accumulate.",
        "The relu behind the add is on every way: it lets the gradient through only where the sum"
        " is positive.",
    )
    says(
        "functional",
        "units.1",
        "It applies nothing to the sum.",
        "Nothing is applied to the sum, so nothing within the block changes it on that way.",
    )


def zero_padded() -> Survey:
    net = ByHand()
    x = net.input(1, 16, 8, 8)
    x = fork = net.step("stem", conv(16, 16, window(1)), x)
    x = net.step("a", conv(16, 32, window(3, 2, 1)), x, (1, 32, 4, 4))
    x = net.step("b", conv(32, 32, window(3, 1, 1)), x)
    short = net.step(
        ":getitem", Reshape("getitem", (0, 0, 0, 0), (1, 1, 2, 2)), fork, (1, 16, 4, 4)
    )
    short = net.step(":pad", Reshape("pad"), short, (1, 32, 4, 4))
    x = net.step(":add", Elementwise("add"), (x, short))
    return Survey(net.trace(net.step("relu", Activate("relu"), x)))


def test_option_a() -> None:
    sentences = said(zero_padded(), "block 1")
    assert "It has a zero-padded identity shortcut." in sentences
    assert "Zeros for the planes that the input lacks are option A of the paper." in sentences
    assert "It has no parameter and takes no multiply-accumulate." in sentences
    assert any("as far as the shortcut's layers hand it on" in line for line in sentences)
    assert f"It pads the map: {(32 - 16) * 4 * 4} elements are new." in said(zero_padded(), ":pad")


# Where the stride is: each network's other one is the other's trace.


@pytest.mark.parametrize(
    ("name", "other", "version"),
    [("resnet50", "resnet50_v1", "v1.5"), ("resnet50_v1", "resnet50", "v1")],
)
def test_the_other_place_of_the_stride(name: str, other: str, version: str) -> None:
    survey = survey_of(name)
    assert alternatives.version(survey) == version
    strided = [block for block in survey.anatomy.blocks if alternatives.stride(survey, block)]
    moved = alternatives.with_strides_moved(survey, strided)
    assert moved is not None
    assert Survey(moved).totals == survey_of(other).totals
    assert Survey(moved).macs == survey_of(other).macs
    assert Survey(moved).receptive_fields == survey_of(other).receptive_fields


def test_v1_and_v15_are_told_apart_with_what_the_other_costs() -> None:
    # 4.09 G is torchvision's published figure; 3.8 G is table 1 of He et al. 2015.
    says(
        "resnet50",
        "",
        "3 bottlenecks have a stride, on the wide convolution: v1.5, as Goyal et al. 2017 and"
        " torchvision have it.",
        "As v1 it would take 3,857,973,248 multiply-accumulates instead of 4,089,184,256, with the"
        " same parameters.",
        "One element of its last feature map would see 483×483 instead of 427×427.",
    )
    says(
        "resnet50_v1",
        "",
        "3 bottlenecks have a stride, on the first 1×1 convolution: v1, as He et al. 2015 have it.",
        "As v1.5 it would take 4,089,184,256 multiply-accumulates instead of 3,857,973,248, with"
        " the same parameters.",
    )
    # In layer2.0 only the first 1×1 computes on another map: 28 instead of 56 a side.
    saved = 256 * 128 * (56**2 - 28**2)
    says(
        "resnet50",
        "layer2.0",
        "The stride is on its wide convolution, the 3×3 (layer2.0.conv2): that is v1.5, as Goyal et"
        " al. 2017 and torchvision have it.",
        f"With the stride where v1 has it, the block would take {372_506_624 - saved:,}"
        " multiply-accumulates instead of 372,506,624, with the same parameters and the same shape"
        " of its output.",
        f"One output element would see {35 + 2 * 8}×{35 + 2 * 8} of the input instead of"
        f" {35 + 2 * 4}×{35 + 2 * 4}.",
    )
    assert not any("stride is on" in line for line in said(survey_of("resnet34"), "layer2.0"))
    assert alternatives.version(survey_of("resnet34")) is None


# Stages, stem and head.


def test_what_a_stage_did() -> None:
    says(
        "resnet34",
        "stage 2",
        "Planes ×2, dimensions ÷2: 1×64×56×56 becomes 1×128×28×28.",
        f"layer1.2.conv2 and layer2.3.conv2 both take {9 * 64**2 * 56**2:,} multiply-accumulates.",
        "It has 4 basic blocks.",
        "It strides, in layer2.0.conv1 and layer2.0.downsample.0.",
        "The other 3 take and give 1×128×28×28; their shortcuts are identities.",
        f"Its first block has {9 * 64 * 128 + 9 * 128**2 + 64 * 128 + 6 * 128:,} parameters, its"
        f" last {2 * 9 * 128**2 + 4 * 128:,}.",
        # five 3×3 windows more at jump 8 and one, the strided one, at jump 4 and 8
        f"One element sees 59×59 of the input before and {59 + 2 * 4 + 7 * 2 * 8}×179 after.",
        "The jump goes from 4 to 8.",
    )
    assert 9 * 64**2 * 56**2 == 9 * 128**2 * 28**2


def test_stem_and_head() -> None:
    says(
        "resnet50",
        "stem",
        f"{224**2:,} positions become {56**2:,} before any block works on them: 16 times fewer.",
        f"It holds {9408 + 128:,} parameters: <0.1% of the network's.",
        f"It takes {9408 * 112**2:,} multiply-accumulates: 2.9% of the network's.",
    )
    says(
        "resnet18",
        "head",
        f"avgpool makes one number of each of the 512 maps, so fc needs 512·1000 = {512_000:,}"
        f" weights. On the maps themselves it would need 512·7·7·1000 = {512 * 49 * 1000:,}, and"
        " take one size of image only.",
    )


# The network.


@pytest.mark.parametrize(
    ("name", "layers", "projections"),
    [("resnet18", 18, 3), ("resnet34", 34, 3), ("resnet50", 50, 4), ("resnet101", 101, 4)],
)
def test_depth_is_the_number_in_the_name(name: str, layers: int, projections: int) -> None:
    found = depth.of_network(survey_of(name))
    assert (found.layers, len(found.linear), len(found.projections)) == (layers, 1, projections)
    says(
        name,
        "",
        f"On the longest way from its input to its output there are {layers - 1} convolutions and"
        f" 1 linear layer: {layers} weighted layers, counted as the names of the ResNets count.",
        f"{projections} projections lie on shortcuts and not on that way.",
    )


def test_parts_and_shortcuts_of_the_network() -> None:
    says(
        "resnet50",
        "network",
        "It has 16 residual blocks in 4 stages of 3, 4, 6 and 3 blocks.",
        "It holds 25,557,032 parameters and takes 4,089,184,256 multiply-accumulates for this"
        " input.",
        "It has 12 identity shortcuts and 4 projection shortcuts.",
        "Over 12 identities the gradient reaches a block's fork, where branch and shortcut part, as"
        " it was at its sum, whatever the branch's weights are.",
        f"The head has {(2048 * 1000 + 1000) / 25_557_032:.1%} of the parameters and"
        f" {2048 * 1000 / 4_089_184_256:.1%} of the multiply-accumulates.",
        "One output element sees 427×427 of the input: its receptive field.",
        "That is more than the 224×224 there are: the field reaches over the border, where there is"
        " only padding.",
    )
    says("functional", "", "Nothing is applied to those sums within their blocks.")
    says("plain", "", "It has no residual block: no sum of a branch and a shortcut was found.")
    says(
        "oddities",
        "",
        "Those of LSTM are not among them: no rule covers them.",
    )


def test_a_way_around_the_longest_is_not_counted() -> None:
    net = ByHand()
    x = net.input(1, 4, 8, 8)
    y = net.step("a", conv(4, 4, window(3, 1, 1)), x)
    y = net.step("n", Norm("batch", 4), y)
    y = net.step("b", conv(4, 4, window(3, 1, 1)), y)
    z = net.step("p", conv(4, 4, window(1)), x)
    out = net.step(":add", Elementwise("add"), (y, z))
    out = net.step("pool", Pool("avg", window(8)), out, (1, 4, 1, 1))
    out = net.step(":flatten", Reshape("flatten"), out, (1, 4))
    out = net.step("fc", Linear(4, 2, False), out, (1, 2))
    found = depth.of_network(Survey(net.trace(out)))
    calls = Survey(net.trace(out)).trace.calls
    assert [calls[step].path for step in found.convolutions] == ["a", "b"]
    assert [calls[step].path for step in found.projections] == ["p"]
    assert found.layers == 3


def test_a_gate_adds_no_depth() -> None:
    net = ByHand()
    x = net.step("conv", conv(4, 8, window(3, 1, 1)), net.input(1, 4, 8, 8), (1, 8, 8, 8))
    gate = net.step("squeeze", Pool("avg", window(8)), x, (1, 8, 1, 1))
    gate = net.step("fc1", conv(8, 2, window(1)), gate, (1, 2, 1, 1))
    gate = net.step("fc2", conv(2, 8, window(1)), gate, (1, 8, 1, 1))
    survey = Survey(net.trace(net.step(":mul", Elementwise("mul"), (x, gate))))
    assert depth.of_network(survey).layers == 1
    assert "Nor are layers that compute a gate: it scales a map and is no way of its own." in said(
        survey, ""
    )


# Formats.


def test_the_formats_say_the_same() -> None:
    found = lessons.lesson(survey_of("resnet50"), find(survey_of("resnet50"), "layer2.0"))
    sentences = [sentence for section in found.sections for sentence in section.sentences]
    document = json.loads(FORMATS["json"](found))
    assert [s for section in document["sections"] for s in section["sentences"]] == sentences
    assert document["sections"][0]["readings"][0]["url"] == "https://arxiv.org/abs/1512.03385"
    text = " ".join(FORMATS["text"](found).split())
    markdown = re.sub(r"\\(.)", r"\1", FORMATS["md"](found))
    page = unescape(FORMATS["html"](found))
    for sentence in sentences:
        assert sentence in text
        assert f"- {sentence}" in markdown
        assert f"<p>{sentence}</p>" in page
    assert prod(len(line) <= 60 for line, kind in lines(found, 60) if kind != "note")


def test_a_lesson_is_a_card_for_the_explorer() -> None:
    found = lessons.lesson(survey_of("resnet18"), "network")
    card = lessons.as_card(found)
    assert [section.heading for section in card.sections] == [s.heading for s in found.sections]
    written = [entry.text for section in card.sections for entry in section.entries]
    assert set(said(survey_of("resnet18"), "network")) <= set(written)


def test_names_cannot_write_markup() -> None:
    survey = survey_of("names")
    for call in survey.trace.calls:
        page = FORMATS["html"](lessons.lesson(survey, call.index))
        assert "<b>" not in page
        assert isinstance(call.op, Conv) or "\x1b" not in page
