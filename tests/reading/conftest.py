"""Every saved trace as a fixture. Nothing here imports torch."""

from __future__ import annotations

import pytest
from saved import NAMES, survey_of

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Trace


@pytest.fixture(params=NAMES)
def survey(request: pytest.FixtureRequest) -> Survey:
    """The survey of every saved trace in turn."""
    return survey_of(request.param)


@pytest.fixture
def trace(survey: Survey) -> Trace:
    """Every saved trace in turn."""
    return survey.trace
