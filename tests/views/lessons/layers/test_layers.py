"""The lessons of layers: every op has one, and a new one is a function and a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import pytest
from lesson_texts import said, says
from saved import survey_of

from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import Container, Norm, Op
from resnet_inspect.views.lessons import Reading, lesson
from resnet_inspect.views.lessons.layers import LESSONS


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


def test_every_op_has_a_lesson() -> None:
    assert set(LESSONS) == set(get_args(Op)) - {Container}


def test_a_new_lesson_is_a_function_and_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    more = Reading("A book", "https://example.org")

    def norm(trace: Trace, call: Call, op: Norm) -> Iterator[str | Reading]:
        yield f"It is a {op.kind} norm."
        yield more

    monkeypatch.setitem(LESSONS, Norm, norm)
    survey = survey_of("resnet18")
    does = lesson(survey, survey.trace.calls_at["bn1"][0]).sections[0]
    assert (does.sentences, does.readings) == (("It is a batch norm.",), (more,))
