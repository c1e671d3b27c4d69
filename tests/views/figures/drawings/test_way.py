"""The tensor's way in characters."""

from __future__ import annotations

import pytest
from drawing_texts import WIDTHS, drawn
from saved import survey_of

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.figures import drawings
from resnet_inspect.views.words.text import map_shape


def test_the_way_of_resnet18() -> None:
    assert drawings.way(survey_of("resnet18"), 40, 12, place=50) == drawn(
        """
          █
          █
          █
          █
          █
          █   ▆▆▆▆ ▆▆▆▆
          █   ████ ████ ▇▇▇▇ ▄▄▄▄▄ ▂▂▂▂▂ ▁▁▁▁▁▁
                               ▲
          3    64   64  128   256   512   1000
        ×224² ×56² ×56² ×28²  ×14²  ×7²
          in  stem  1    2    [3]    4    head
        bar width ∝ log channels, bar height ∝ H
        """
    )


def test_the_way_in_lines() -> None:
    assert drawings.way(survey_of("resnet50"), 28, 8, place=100) == [
        "  input     3×224² █",
        "  stem      64×56² ▂▂▂▂▂",
        "  stage 1  256×56² ▂▂▂▂▂▂▂",
        "  stage 2  512×28² ▁▁▁▁▁▁▁",
        "▶ stage 3 1024×14² ▁▁▁▁▁▁▁▁",
        "  stage 4  2048×7² ▁▁▁▁▁▁▁▁▁",
        "  head        1000 ▁▁▁▁▁▁▁▁",
        "bar ∝ log C, thickness ∝ H",
    ]


@pytest.mark.parametrize("ascii", [False, True])
@pytest.mark.parametrize("height", [1, 3, 8, 14, 30])
@pytest.mark.parametrize("width", WIDTHS)
def test_ways_keep_to_the_rules(survey: Survey, width: int, height: int, ascii: bool) -> None:
    last = len(survey.trace.calls) - 1
    lines = drawings.way(survey, width, height, last, ascii)
    assert 1 <= len(lines) <= height
    assert max(map(len, lines)) <= width
    assert all(line.isascii() for line in lines) or not ascii
    every = "\n".join(lines)
    if not survey.trace.failure:
        assert any(sign in every for sign in "^>▲▶")
    assert not any(sign in "\n".join(drawings.way(survey, width, height)) for sign in "▲▶")


def test_every_section_has_its_bar_and_its_shape(survey: Survey) -> None:
    trace = survey.trace
    every = "\n".join(drawings.way(survey, 100, 20))
    for port in trace.inputs:
        assert map_shape(trace.spec(port).shape) in every
    for stage in survey.anatomy.stages:
        assert f"stage {stage.number}" in every
        assert map_shape(trace.activations[stage.output].tensor.shape) in every


def test_bars_are_to_scale() -> None:
    lines = drawings.way(survey_of("resnet50"), 110, 37)
    bars = [line for line in lines if "█" in line]
    heights = [sum(line.ljust(110)[column] == "█" for line in bars) for column in range(110)]
    assert max(heights) == 32 or max(heights) == 33
    assert any(height == max(heights) // 4 for height in heights)  # 56 of 224
    widest = bars[-1].split()
    assert len(widest[0]) < len(widest[1]) < len(widest[2])


def test_the_place_is_marked() -> None:
    survey = survey_of("resnet18")
    for stage in survey.anatomy.stages:
        lines = drawings.way(survey, 100, 20, stage.blocks[0].add)
        assert f"[stage {stage.number}]" in lines[-2]
    assert "[stem]" in drawings.way(survey, 100, 20, 1)[-2]
    assert "[head]" in drawings.way(survey, 100, 20, len(survey.trace.calls) - 1)[-2]
