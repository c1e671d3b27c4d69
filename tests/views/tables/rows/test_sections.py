"""The lines above the layers: stem, stages, blocks and head, with what stands between."""

from __future__ import annotations

import pytest
from saved import NAMES, ByHand, conv, survey_of, window

from resnet_inspect.analysis.counts.amounts import summed
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import Activate, Elementwise, Norm
from resnet_inspect.views.tables.rows import sections as rows
from resnet_inspect.views.tables.rows.sections import sections

WIDE = window(3, 1, 1)


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "functional", "r3d_18", "names"])
def test_the_outermost_sections_hold_all_steps_once(name: str) -> None:
    survey = survey_of(name)
    lines = sections(survey, blocks=False)
    assert summed(line.amounts for line in lines) == survey.whole
    steps = [s for line in lines for span in line.spans for s in survey.trace.steps_within(*span)]
    assert sorted(steps) == list(survey.trace.steps)


@pytest.mark.parametrize("name", NAMES)
def test_with_what_stands_between_the_blocks_hold_all_of_their_stage(name: str) -> None:
    survey = survey_of(name)
    for stage in survey.anatomy.stages:
        whole = rows.stage_line(survey, stage).amounts
        parts = [rows.block_line(survey, block) for block in stage.blocks]
        parts += [rows.call_line(survey, call) for call in rows.beside_blocks(survey, stage)]
        assert summed(part.amounts for part in parts) == whole


def test_notes_say_what_a_stage_did_and_which_shortcut_a_block_has() -> None:
    lines = {line.path or line.kind: line for line in sections(survey_of("resnet50"))}
    assert list(lines)[:3] == ["stem", "layer1", "layer1.0"]
    assert lines["stem"].note == "4 steps"
    assert lines["layer2"].note == "4 blocks; planes ×2, dimensions ÷2"
    assert lines["layer2.0"].note == "projection shortcut"
    assert lines["layer2.1"].note == "identity shortcut"
    assert lines["head"].note == "3 steps"
    assert lines["head"].input == lines["layer4"].output
    assert lines["stem"].output == lines["layer1"].input


def two_blocks() -> Survey:
    """A norm stands between the blocks of a stage, and a layer leads to the next stage."""
    net = ByHand()
    x = net.step("stem", conv(3, 4, WIDE), net.input(1, 3, 8, 8), (1, 4, 8, 8))

    def block(name: str, x: int, planes: int) -> int:
        with net.inside(name, x) as gives:
            y = net.step(f"{name}.a", conv(planes, planes, WIDE), x)
            y = net.step(f"{name}.relu", Activate("relu"), y)
            y = net.step(f"{name}.b", conv(planes, planes, WIDE), y)
            gives.append(net.step(f"{name}:add", Elementwise("add"), (y, x)))
        return gives[0]

    x = net.step("between", Norm("batch", 4), block("one", x, 4))
    x = block("two", x, 4)
    x = net.step("down", conv(4, 8, window(3, 2, 1)), x, (1, 8, 4, 4))
    return Survey(net.trace(block("three", x, 8)))


def test_what_stands_beside_blocks_is_asked_for() -> None:
    survey = two_blocks()
    first, second = survey.anatomy.stages
    assert [call.path for call in rows.beside_blocks(survey, first)] == ["between"]
    assert [call.path for call in rows.leading_to(survey, second)] == ["down"]
    assert rows.leading_to(survey, first) == []
    assert rows.stage_line(survey, second).note.startswith("1 block behind down")
    paths = [line.path or (line.call and line.call.path) for line in sections(survey, between=True)]
    assert paths.index("one") < paths.index("between") < paths.index("two")
    assert "between" not in [line.call.path for line in sections(survey) if line.call]


def test_where_nothing_is_residual_modules_stand_in() -> None:
    lines = sections(survey_of("dense"))
    assert {line.kind for line in lines} == {"module"}
    outer = sections(survey_of("dense"), blocks=False)
    assert all(line.call is not None and line.call.parent == 0 for line in outer)
    assert 0 < len(outer) < len(lines)


def test_a_call_says_what_adds_what_has_no_rule_and_where_weights_are_counted() -> None:
    survey = survey_of("oddities")
    notes = {
        call.path: rows.call_line(survey, call).note for call in survey.trace.calls if call.nth == 1
    }
    assert notes["decoder"] == "weights counted elsewhere"
    assert notes["lstm"]
    assert notes["first"] == ""
    resnet = survey_of("resnet50")
    add = resnet.trace.calls_at["layer2.0:add"][0]
    line = rows.call_line(resnet, resnet.trace.calls[add])
    assert (line.kind, line.note) == ("function", "+ projection")
    assert line.add == resnet.anatomy.blocks[3]
    broken = survey_of("broken")
    assert broken.trace.failure is not None
    failed = broken.trace.calls[broken.trace.failure.call]
    assert rows.call_line(broken, failed).note.startswith("raised: ")
    assert rows.call_line(broken, broken.trace.calls[0]).kind == "network"
