"""How torchinfo counts, against what it prints."""

from __future__ import annotations

from saved import survey_of

from resnet_inspect.analysis import torchinfo
from resnet_inspect.analysis.checks import Opinion, judge


def verdict(figure, value, by="somebody", **more):
    return judge(survey_of("resnet50"), [Opinion(figure, by, value, **more)])[0]


def test_torchinfo_counts_norms_and_biases():
    # torchinfo 1.8.0 prints 4,089,238,376 for ResNet-50: 53,120 in norms and 1,000 biases more.
    found = verdict("macs", 4_089_238_376, by="torchinfo 1.8.0")
    assert found.explained == (("norm weights and biases", 53_120), ("linear biases", 1_000))
    assert found.sound


def test_the_parts_for_a_batch_of_two_and_odd_sizes():
    survey = survey_of("resnet18_odd")
    assert torchinfo.macs(survey) == (
        ("norm weights and biases", 2 * 9_600), ("linear biases", 2 * 1_000),
    )  # fmt: skip
