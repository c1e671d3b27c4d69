"""Bars say what the trace counts."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from saved import survey_of

from resnet_inspect.formats.figures import svg
from resnet_inspect.views.figures import bars
from resnet_inspect.views.figures.shapes import Rectangle, Words


def test_the_bars_say_what_the_trace_counts() -> None:
    picture = bars.by_stage(survey_of("resnet50"))
    words = [shape.text for shape in picture.shapes if isinstance(shape, Words)]
    assert words[1:7] == ["stem", "layer1", "layer2", "layer3", "layer4", "head"]
    assert "parameters: 25.56 M" in words
    assert "14.96 M · 58.6%" in words  # 14,964,736 of 25,557,032
    full = [s for s in picture.shapes if isinstance(s, Rectangle) and s.role == "bar"]
    tracks = [s for s in picture.shapes if isinstance(s, Rectangle) and s.role == "track"]
    assert len(tracks) == 18
    assert sum(bar.width == tracks[0].width for bar in full) == 3
    ET.fromstring(svg.render(picture))
