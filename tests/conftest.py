"""What holds for every test, and every saved trace as a fixture. Nothing here imports torch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from saved import NAMES, survey_of

from resnet_inspect import cache
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Trace

os.environ.setdefault("OMP_NUM_THREADS", "1")
"""For torch, which reads it when it is imported. Threads of several workers wait for each other
busily, and the cores are taken by the workers already."""

pytest.register_assert_rewrite("table_rows", "filters", "figures_of_traces", "damaged")


def pytest_addoption(parser: pytest.Parser) -> None:
    """--renew-snapshots, here because only the outermost conftest.py can add options."""
    parser.addoption(
        "--renew-snapshots",
        action="store_true",
        help="write the pictures in tests/tui/snapshots anew instead of comparing with them",
    )


@pytest.fixture(autouse=True, scope="session")
def no_cache_of_the_user() -> Iterator[None]:
    """Every trace is made anew, and nothing is written where the user's are kept."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESNET_INSPECT_NO_CACHE", "1")
        yield


@pytest.fixture
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own, that is not turned off."""
    monkeypatch.delenv(cache.OFF_VARIABLE, raising=False)
    monkeypatch.setenv(cache.FOLDER_VARIABLE, str(tmp_path / "kept"))
    return tmp_path / "kept"


@pytest.fixture(autouse=True, scope="session")
def what_is_started_is_compiled_once() -> Iterator[None]:
    """The processes that tests start keep the package's code compiled for each other."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        yield


@pytest.fixture(autouse=True)
def no_wishes_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests say themselves how wide and how coloured the output is to be."""
    for name in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(params=NAMES)
def survey(request: pytest.FixtureRequest) -> Survey:
    """The survey of every saved trace in turn."""
    return survey_of(request.param)


@pytest.fixture
def trace(survey: Survey) -> Trace:
    """Every saved trace in turn."""
    return survey.trace
