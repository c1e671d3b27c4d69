"""The totals of a network, as every view and format shows them."""

from __future__ import annotations

from saved import ByHand, survey_of

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import Unknown
from resnet_inspect.views.words.totals import written


def test_the_totals_of_resnet50() -> None:
    totals = {total.key: (total.value, total.text) for total in written(survey_of("resnet50"))}
    summed, distinct = (totals.pop(f"activation_bytes{key}") for key in ("", "_distinct"))
    assert (summed[1], distinct[1]) == ("143.3 MiB", "85.57 MiB")
    assert totals == {
        "parameters": (25_557_032, "25,557,032"),
        "trainable": (25_557_032, "25,557,032"),
        "frozen": (0, "0"),
        "buffers": (53_173, "53,173"),
        "macs": (4_089_184_256, "4,089,184,256"),
        "flops": (8_178_368_512, "8,178,368,512"),
        "parameter_bytes": (102_228_128, "97.49 MiB"),
        "buffer_bytes": (4 * 53_120 + 8 * 53, "207.9 KiB"),  # a counter for each of 53 norms
        "last_feature_map": ((1, 2048, 7, 7), "1×2048×7×7"),
        "receptive_field": ((427, 427), "427×427"),
        "jump": ((32, 32), "32×32"),
        "modules": (151, "151"),
        "calls": (183, "183"),
        "functions": (17, "17"),
        "blocks": (16, "16"),
    }


def test_what_no_rule_covers_makes_a_total_partial_and_what_is_not_known_is_said_so() -> None:
    net = ByHand()
    odd = net.step("odd", Unknown("Odd"), net.input(1, 4), (1, 2))
    totals = {total.key: total for total in written(Survey(net.trace(odd)))}
    assert totals["macs"].text == "0 (partial)"
    assert totals["flops"].text == "0 (partial)"
    assert totals["parameters"].text == "0"
    assert (totals["receptive_field"].value, totals["receptive_field"].text) == (None, "?")
    assert (totals["last_feature_map"].text, totals["jump"].text) == ("?", "?")
    assert totals["jump"].value == ()
