"""Cards: every number is that of a table's cell, every entry that can be followed leads on."""

from __future__ import annotations

import pytest
from hypothesis import given
from saved import steady, survey_of, trace_of, traces

from resnet_inspect.analysis.counts import arithmetic
from resnet_inspect.analysis.structure.anatomy import Block, Stage
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.cards.card import (
    Card,
    Entry,
    Subject,
    card,
    index_of,
    subject_at,
    subject_of,
)
from resnet_inspect.views.figures import drawings
from resnet_inspect.views.tables import VIEWS, assembly
from resnet_inspect.views.tables.columns import COLUMNS
from resnet_inspect.views.tables.rows import sections
from resnet_inspect.views.tables.rows.selection import Selection


def every_subject(survey: Survey) -> list[Subject]:
    found: list[Subject] = ["network", "stem", "head", *range(len(survey.trace.calls))]
    return [*found, *survey.anatomy.blocks, *survey.anatomy.stages]


def entries(card: Card, heading: str) -> list[Entry]:
    return [e for section in card.sections if section.heading == heading for e in section.entries]


def said(card: Card, heading: str) -> dict[str, str]:
    return {entry.label: entry.text for entry in entries(card, heading)}


def index(survey: Survey, path: str, nth: int = 1) -> int:
    return next(c.index for c in survey.trace.calls if (c.path, c.nth) == (path, nth))


def test_a_convolution() -> None:
    survey = survey_of("resnet50")
    of_conv = card(survey, index(survey, "layer2.0.conv2"))
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
        "role": "on the branch", "inside": "layer2.0", "class": "torch.nn.modules.conv.Conv2d",
    }  # fmt: skip


def test_a_module_that_runs_three_times() -> None:
    survey = survey_of("resnet50")
    of_relu = card(survey, index(survey, "layer1.0.relu", 2))
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
        of_call = card(survey, index(survey, path, nth))
        (counted,) = [e for e in entries(of_call, "parameters") if e.label == "counted at"]
        assert (counted.text, counted.target) == (first, index(survey, first))
    assert said(card(survey, index(survey, "frozen")), "parameters")["frozen"] == "42"


def test_what_no_rule_covers() -> None:
    survey = survey_of("oddities")
    lstm = card(survey, index(survey, "lstm"))
    assert said(lstm, "work") == {"MACs": "?", "FLOPs": "?"}
    assert "not understood" in said(lstm, "remarks")


def test_the_call_that_raised() -> None:
    survey = survey_of("broken")
    assert survey.trace.failure is not None
    of_call = card(survey, survey.trace.failure.call)
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
        of_call = card(survey, call.index)
        for (heading, label), key in pairs.items():
            written = said(of_call, heading).get(label)
            if written is not None:
                assert written == COLUMNS[key].cell(survey, line).text, (call.path, key)
                compared += 1
    assert compared > len(survey.trace.calls)


def test_the_equations_are_all_there(survey: Survey) -> None:
    for call in survey.trace.calls:
        written = [e.text for e in entries(card(survey, call.index), "arithmetic")]
        equations = arithmetic.of_call(survey.trace, call)
        assert len(written) == len(equations)
        assert all(t.startswith(e.text) for t, e in zip(written, equations, strict=True))


def test_producers_and_consumers_mirror_each_other(survey: Survey) -> None:
    trace = survey.trace
    for step in trace.steps:
        for entry in entries(card(survey, step), "output"):
            if entry.label == "to" and isinstance(entry.target, int):
                sources = [e.target for e in entries(card(survey, entry.target), "input")]
                makers = {trace.producer[p.activation] for p in trace.calls[step].outputs
                          if p.activation in trace.producer}  # fmt: skip
                assert makers & set(sources), (step, entry)


def test_every_target_has_a_card(survey: Survey) -> None:
    for subject in every_subject(survey):
        for section in card(survey, subject).sections:
            assert section.entries or section.drawing
            for entry in section.entries:
                assert entry.text
                if entry.target is not None:
                    assert card(survey, entry.target).title
                    assert 0 <= index_of(survey, entry.target) < len(survey.trace.calls)


def test_a_block_and_why_its_shortcut_is_what_it_is() -> None:
    survey = survey_of("resnet50")
    first, second, fourth = (survey.anatomy.blocks[i] for i in (0, 1, 3))
    reasons = [said(card(survey, b), "what it is")["why"] for b in (first, second, fourth)]
    assert reasons == [
        "channels 64 → 256: the shortcut needs weights to change them too",
        "the branch keeps the shape 1×256×56×56: the input can be added as it is",
        "channels 256 → 512, dimensions 56×56 → 28×28:"
        " the shortcut needs weights to change them too",
    ]
    of_block = card(survey, fourth, width=50)
    assert (of_block.title, of_block.subtitle) == (
        "layer2.0", "bottleneck block, projection shortcut",
    )  # fmt: skip
    assert of_block.sections[0].drawing == tuple(drawings.block(survey, fourth, 50))
    assert said(of_block, "what it is")["class"] == "torchvision.models.resnet.Bottleneck"
    assert said(of_block, "what it is")["stage"] == "stage 2 (layer2), 1st of 4 blocks"
    assert [e.target for e in entries(of_block, "branch")] == list(fourth.branch)
    assert [e.target for e in entries(of_block, "shortcut")] == list(fourth.bypass)
    assert said(of_block, "receptive field") == {
        "receptive field": "35×35 → 43×43", "jump": "4×4 → 8×8",
    }  # fmt: skip


def test_a_stage() -> None:
    survey = survey_of("resnet18")
    stage = survey.anatomy.stages[1]
    of_stage = card(survey, stage)
    assert of_stage.title == "stage 2 (layer2)"
    assert of_stage.subtitle == "2 blocks; planes ×2, dimensions ÷2"
    assert said(of_stage, "what changed") == {
        "planes": "64 → 128", "dimensions": "56×56 → 28×28",
        "receptive field": "43×43 → 99×99", "jump": "4×4 → 8×8",
    }  # fmt: skip
    assert [e.target for e in entries(of_stage, "blocks")] == list(stage.blocks)
    assert said(card(survey, survey.anatomy.stages[0]), "what changed")["planes"] == (
        "64, unchanged"
    )


def test_the_network(survey: Survey) -> None:
    of_network = card(survey, "network")
    assert of_network.title == survey.trace.model_name
    written = [e.text for e in entries(of_network, "totals")]
    assert written == [total.cell.text for total in assembly.totals(survey)]
    remarks = [e.text for e in entries(of_network, "remarks")]
    assert remarks == list(VIEWS["totals"](survey, Selection()).remarks)
    stages = [e.target for e in entries(of_network, "parts") if isinstance(e.target, Stage)]
    assert stages == list(survey.anatomy.stages)
    assert entries(of_network, "parts")
    assert said(of_network, "provenance")["source"] == survey.trace.provenance.source


def test_the_ends() -> None:
    survey = survey_of("resnet18")
    assert [e.text for e in entries(card(survey, "stem"), "steps")] == [
        "conv1", "bn1", "relu", "maxpool",
    ]  # fmt: skip
    assert said(card(survey, "head"), "what changed")["dimensions"] == "7×7 → none"
    assert card(survey_of("plain"), "stem") == Card("stem", "the network has none", ())


def test_rows_calls_and_subjects_belong_together(survey: Survey) -> None:
    for line in sections.sections(survey):
        subject = subject_of(line)
        assert subject is not None
        assert index_of(survey, subject) == line.spans[0][0]
    for place in range(len(survey.trace.calls)):
        assert index_of(survey, subject_at(survey, place)) == place
    for block in survey.anatomy.blocks:
        if block.call is not None:
            assert isinstance(subject_at(survey, block.call), Block | Stage)


@pytest.mark.parametrize("ascii", [False, True])
@pytest.mark.parametrize("width", [24, 33, 80])
def test_drawings_keep_to_the_width(survey: Survey, width: int, ascii: bool) -> None:
    for subject in every_subject(survey):
        for section in card(survey, subject, width, 12, ascii).sections:
            assert all(len(line) <= width for line in section.drawing)
            if section.heading == "way":
                assert len(section.drawing) <= 12


def test_cards_are_values() -> None:
    survey = survey_of("resnet18")
    fresh = Survey(trace_of("resnet18"))
    for subject in every_subject(survey):
        assert card(survey, subject) == card(fresh, subject)
        assert hash(card(survey, subject)) == hash(card(fresh, subject))


@given(traces())
@steady
def test_any_trace_has_cards(trace: object) -> None:
    survey = Survey(trace)  # type: ignore[arg-type]
    for subject in every_subject(survey):
        of_it = card(survey, subject, 30)
        for written in (
            of_it.title,
            of_it.subtitle,
            *(t for s in of_it.sections for e in s.entries for t in (e.label, e.text)),
        ):
            assert not set(written) & set("\n\r\t\x1b\u2028\u202e")
