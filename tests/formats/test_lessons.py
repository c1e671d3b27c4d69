"""Every format says the same of a lesson, and names write no markup."""

from __future__ import annotations

import json
import re
from html import unescape
from math import prod

from saved import survey_of

from resnet_inspect.formats.lessons import FORMATS, lines
from resnet_inspect.traces.ops import Conv
from resnet_inspect.views import lessons
from resnet_inspect.views.cards.subjects import find


def test_the_formats_say_the_same() -> None:
    found = lessons.lesson(survey_of("resnet50"), find(survey_of("resnet50"), "layer2.0"))
    sentences = [sentence for section in found.sections for sentence in section.sentences]
    document = json.loads(FORMATS["json"](found))
    assert [s for section in document["sections"] for s in section["sentences"]] == sentences
    assert document["sections"][0]["readings"][0]["url"] == "https://arxiv.org/abs/1512.03385"
    text = " ".join(FORMATS["text"](found).split())
    markdown = re.sub(r"\\(.)", r"\1", FORMATS["md"](found))
    page = unescape(FORMATS["html"](found))
    for sentence in sentences:
        assert sentence in text
        assert f"- {sentence}" in markdown
        assert f"<p>{sentence}</p>" in page
    assert prod(len(line) <= 60 for line, kind in lines(found, 60) if kind != "note")


def test_names_cannot_write_markup() -> None:
    survey = survey_of("names")
    for call in survey.trace.calls:
        page = FORMATS["html"](lessons.lesson(survey, call.index))
        assert "<b>" not in page
        assert isinstance(call.op, Conv) or "\x1b" not in page
