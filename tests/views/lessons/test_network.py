"""The lesson of the network: its depth against the number in its name, its parts."""

from __future__ import annotations

import pytest
from lesson_texts import said, says
from saved import ByHand, conv, window

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import Elementwise, Pool


@pytest.mark.parametrize(
    ("name", "layers", "projections"),
    [("resnet18", 18, 3), ("resnet34", 34, 3), ("resnet50", 50, 4), ("resnet101", 101, 4)],
)
def test_depth_is_the_number_in_the_name(name: str, layers: int, projections: int) -> None:
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
    says(
        "plain",
        "",
        "No residual block was recognised: no sum of a branch and a shortcut was found.",
    )
    says(
        "oddities",
        "",
        "Those of LSTM are not among them: no rule covers them.",
    )


def test_a_gate_adds_no_depth() -> None:
    net = ByHand()
    x = net.step("conv", conv(4, 8, window(3, 1, 1)), net.input(1, 4, 8, 8), (1, 8, 8, 8))
    gate = net.step("squeeze", Pool("avg", window(8)), x, (1, 8, 1, 1))
    gate = net.step("fc1", conv(8, 2, window(1)), gate, (1, 2, 1, 1))
    gate = net.step("fc2", conv(2, 8, window(1)), gate, (1, 8, 1, 1))
    survey = Survey(net.trace(net.step(":mul", Elementwise("mul"), (x, gate))))
    assert "Nor are layers that compute a gate: it scales a map and is no way of its own." in said(
        survey, ""
    )
