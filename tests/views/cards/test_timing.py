"""Cards say what their subject took."""

from __future__ import annotations

from timings import timing_of

from resnet_inspect.views.cards import card_of
from resnet_inspect.views.cards.timing import on_card
from resnet_inspect.views.tables import VIEWS, timing
from resnet_inspect.views.tables.columns import COLUMNS
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.words.text import seconds


def test_a_card_says_what_its_subject_took() -> None:
    speed = timing_of("resnet50")
    survey = speed.survey
    table = timing.beside(speed, VIEWS["layers"](survey, Selection(everything=True)))
    stage = survey.anatomy.stages[1]
    subjects = {"stem": "stem", "layer2": stage, "layer2.0": stage.blocks[0], "head": "head"}
    subjects["conv1"] = survey.trace.calls_at["conv1"][0]
    for row in table.rows:
        subject = subjects.pop(table.cell(row, "path").text, None)
        if subject is None:
            continue
        plain = card_of(survey, subject)
        first, own, *others = on_card(speed, subject, plain).sections
        assert (first, *others) == plain.sections
        texts = {entry.label: entry.text for entry in own.entries}
        timed = {c.title: c.key for c in table.columns if c.key not in COLUMNS}
        assert texts == {t: table.cell(row, key).text for t, key in timed.items() if t in texts}
        assert {"time", "IQR", "of time", "bytes/s", "at peak"} <= set(texts)
    assert not subjects
    (whole,) = [s for s in on_card(speed, "network", card_of(survey, "network")).sections
                if s.heading == "measured"]  # fmt: skip
    assert whole.entries[0].text == seconds(speed.total.seconds)


def test_a_card_of_what_was_not_told_apart_says_nothing() -> None:
    speed = timing_of("resnet50")
    calls = speed.survey.trace.calls
    hidden = [c.index for c in calls if speed.forward(((c.index, c.index),)) is None]
    for index in hidden:
        if speed.survey.trace.last_descendant[index] == index:
            plain = card_of(speed.survey, index)
            assert on_card(speed, index, plain) == plain
