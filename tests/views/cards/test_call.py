"""The card of a call: its numbers are a table's, what it takes and gives leads on."""

from __future__ import annotations

from card_texts import entries, index, said
from saved import survey_of

from resnet_inspect.analysis.counts import arithmetic
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.cards import card_of
from resnet_inspect.views.cards.card import Entry
from resnet_inspect.views.tables.columns import COLUMNS
from resnet_inspect.views.tables.rows import sections


def test_a_convolution() -> None:
    survey = survey_of("resnet50")
    of_conv = card_of(survey, index(survey, "layer2.0.conv2"))
    assert of_conv.title == "layer2.0.conv2"
    assert of_conv.subtitle == "conv 3×3/2, 128 · Conv2d"
    assert said(of_conv, "window") == {
        "kernel": "3×3", "stride": "2×2", "pad": "1×1", "dilation": "1×1", "in ch": "128",
        "out ch": "128", "groups": "1", "bias": "no",
    }  # fmt: skip
    assert said(of_conv, "input") == {
        "in": "1×128×56×56 float32", "from": "layer2.0.relu",
    }  # fmt: skip
    assert said(of_conv, "output") == {"out": "1×128×28×28 float32", "to": "layer2.0.bn2"}
    assert said(of_conv, "parameters")["parameters"] == "147,456"
    assert said(of_conv, "work")["MACs"] == "115.6 M"
    assert said(of_conv, "memory") == {
        "writes": "392.0 KiB", "holds": "392.0 KiB", "in place": "no",
    }  # fmt: skip
    assert said(of_conv, "receptive field") == {
        "size": "43×43", "jump": "8×8", "start": "-21×-21",
    }  # fmt: skip
    assert said(of_conv, "arithmetic")["weight"] == "128·128·3·3 = 147,456"
    assert said(of_conv, "place") == {
        "stage": "stage 2 (layer2)", "block": "layer2.0, bottleneck, projection",
        "role": "on the branch", "inside": "layer2.0", "class": "nn.Conv2d",
    }  # fmt: skip


def test_a_module_that_runs_three_times() -> None:
    survey = survey_of("resnet50")
    of_relu = card_of(survey, index(survey, "layer1.0.relu", 2))
    assert of_relu.title == "layer1.0.relu #2"
    place = {e.label: (e.text, e.target) for e in entries(of_relu, "place")}
    assert place["call"] == ("2nd of 3 calls", None)
    assert place["previous call"] == ("layer1.0.relu", index(survey, "layer1.0.relu"))
    assert place["next call"][1] == index(survey, "layer1.0.relu", 3)
    memory = entries(of_relu, "memory")
    assert Entry("in place", "yes") in memory
    assert Entry("shares memory with", "layer1.0.bn2", index(survey, "layer1.0.bn2")) in memory
    assert said(of_relu, "memory")["holds"] == "0 B"


def test_weights_that_are_counted_elsewhere() -> None:
    survey = survey_of("oddities")
    for path, nth, first in (("shared", 2, "shared"), ("decoder", 1, "encoder")):
        of_call = card_of(survey, index(survey, path, nth))
        (counted,) = [e for e in entries(of_call, "parameters") if e.label == "counted at"]
        assert (counted.text, counted.target) == (first, index(survey, first))
    assert said(card_of(survey, index(survey, "frozen")), "parameters")["frozen"] == "42"


def test_what_no_rule_covers() -> None:
    survey = survey_of("oddities")
    lstm = card_of(survey, index(survey, "lstm"))
    assert said(lstm, "work") == {"MACs": "?", "FLOPs": "?"}
    assert "not understood" in said(lstm, "remarks")


def test_the_call_that_raised() -> None:
    survey = survey_of("broken")
    assert survey.trace.failure is not None
    of_call = card_of(survey, survey.trace.failure.call)
    assert "it takes 8 channels, not 12" in said(of_call, "remarks")["raised"]


def test_the_numbers_are_those_of_the_table(survey: Survey) -> None:
    pairs = {
        ("parameters", "share"): "share", ("parameters", "bytes"): "parameter_bytes",
        ("work", "MACs"): "macs", ("work", "FLOPs"): "flops", ("work", "share"): "macs_share",
        ("memory", "writes"): "activation_bytes", ("memory", "in place"): "in_place",
        ("memory", "holds"): "activation_bytes_distinct",
        ("receptive field", "size"): "receptive_field", ("receptive field", "jump"): "jump",
    }  # fmt: skip
    compared = 0
    for call in survey.trace.calls:
        line = sections.call_line(survey, call)
        of_call = card_of(survey, call.index)
        for (heading, label), key in pairs.items():
            written = said(of_call, heading).get(label)
            if written is not None:
                assert written == COLUMNS[key].cell(survey, line).text, (call.path, key)
                compared += 1
    assert compared > len(survey.trace.calls)


def test_the_equations_are_all_there(survey: Survey) -> None:
    for call in survey.trace.calls:
        written = [e.text for e in entries(card_of(survey, call.index), "arithmetic")]
        equations = arithmetic.of_call(survey.trace, call)
        assert len(written) == len(equations)
        assert all(t.startswith(e.text) for t, e in zip(written, equations, strict=True))


def test_producers_and_consumers_mirror_each_other(survey: Survey) -> None:
    trace = survey.trace
    for step in trace.steps:
        for entry in entries(card_of(survey, step), "output"):
            if entry.label == "to" and isinstance(entry.target, int):
                sources = [e.target for e in entries(card_of(survey, entry.target), "input")]
                makers = {trace.producer[p.activation] for p in trace.calls[step].outputs
                          if p.activation in trace.producer}  # fmt: skip
                assert makers & set(sources), (step, entry)
