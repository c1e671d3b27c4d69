"""Nested arguments and results, and what is found in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torchvision
from small_networks import Forward, call, surveyed
from torch import Tensor

from resnet_inspect.oracle import flop_counter_macs


def test_a_dict_as_output_keeps_its_keys() -> None:
    with torch.device("meta"):
        model = torchvision.models.segmentation.fcn_resnet50(weights_backbone=None, aux_loss=True)
    survey = surveyed(model, (1, 3, 64, 64))
    assert [port.label for port in survey.trace.outputs] == ["out", "aux"]
    assert [survey.trace.spec(p).shape for p in survey.trace.outputs] == [(1, 21, 64, 64)] * 2
    image = torch.empty(1, 3, 64, 64, device="meta")
    assert survey.totals.macs == flop_counter_macs(model.eval(), image)


@dataclass
class Features:
    low: Tensor
    high: list[Tensor]


def test_nested_arguments_and_results_are_labelled_by_where_they_stand() -> None:
    def inner(m: Any, features: Features, options: dict[str, Any]) -> Any:
        total = features.low + features.high[0] + options["bias"][1]
        return {"sum": total, "parts": (features.low * 2, [features.high[1] * 3])}

    def run(m: Any, x: Tensor) -> Features:
        given = Features(x.neg(), [x.abs(), x.exp()])
        made = m.inner(given, options={"bias": (None, x.sin()), "name": "ignored"})
        return Features(made["sum"], [made["parts"][0], *made["parts"][1]])

    survey = surveyed(Forward(run, inner=Forward(inner)), (2, 3))
    inside = call(survey, "inner")
    assert [p.label for p in inside.inputs] == ["0.low", "0.high.0", "0.high.1", "options.bias.1"]
    assert [p.label for p in inside.outputs] == ["sum", "parts.0", "parts.1.0"]
    assert [p.label for p in survey.trace.outputs] == ["low", "high.0", "high.1"]
    makers = [survey.trace.calls[survey.trace.producer[p.activation]] for p in inside.inputs]
    assert [maker.path for maker in makers] == [":neg", ":abs", ":exp", ":sin"]
