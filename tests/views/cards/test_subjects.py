"""What a card is of: found from a row, from a call and by its name."""

from __future__ import annotations

import pytest
from saved import survey_of

from resnet_inspect.analysis.structure.anatomy import Block, Stage
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import UnknownName, UsageError
from resnet_inspect.views.cards.subjects import find, index_of, subject_at, subject_of
from resnet_inspect.views.tables.rows import sections


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


def test_places_by_name() -> None:
    survey = survey_of("resnet50")
    stages, blocks = survey.anatomy.stages, survey.anatomy.blocks
    assert find(survey, "") == find(survey, "network") == "network"
    assert find(survey, "layer2") == find(survey, "Stage 2") == stages[1]
    assert find(survey, "layer1.2") == find(survey, "block3") == blocks[2]
    third = survey.trace.calls_at["layer1.0.relu"][2]
    assert find(survey, "layer1.0.relu", 3) == third
    with pytest.raises(UnknownName) as unknown:
        find(survey, "layer2.0.conv9")
    assert "layer2.0.conv" in unknown.value.hint
    with pytest.raises(UsageError, match="no call 4"):
        find(survey, "layer1.0.relu", 4)
    with pytest.raises(UsageError, match="path of a layer"):
        find(survey, "stem", 2)
    with pytest.raises(UsageError, match="never called itself"):
        find(survey_of("functional"), "units")


def test_every_call_is_found_by_its_name(survey: Survey) -> None:
    for call in survey.trace.calls[1:]:
        subject = find(survey, call.path, call.nth)
        assert subject == call.index or not isinstance(subject, int)
