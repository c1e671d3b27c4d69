"""The saved traces, each loaded once for all tests. Nothing here imports torch."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import resnet_inspect
from resnet_inspect.analysis.survey import Survey
from resnet_inspect.traces.model import Trace

DATA = Path(__file__).parents[1] / "data"
NAMES = tuple(sorted(path.stem for path in DATA.glob("*.json")))

_loaded: dict[str, Survey] = {}

settings.register_profile(
    "reading", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
settings.load_profile("reading")


def survey_of(name: str) -> Survey:
    """The survey of a saved trace."""
    if name not in _loaded:
        _loaded[name] = Survey(resnet_inspect.load(DATA / f"{name}.json"))
    return _loaded[name]


def trace_of(name: str) -> Trace:
    """A saved trace."""
    return survey_of(name).trace


@pytest.fixture(params=NAMES)
def survey(request: pytest.FixtureRequest) -> Survey:
    """The survey of every saved trace in turn."""
    return survey_of(request.param)


@pytest.fixture
def trace(survey: Survey) -> Trace:
    """Every saved trace in turn."""
    return survey.trace


@pytest.fixture
def surveys() -> dict[str, Survey]:
    """Every saved trace by name."""
    return {name: survey_of(name) for name in NAMES}
