"""What holds for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def no_cache_of_the_user() -> Iterator[None]:
    """Every trace is made anew, and nothing is written where the user's are kept."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESNET_INSPECT_NO_CACHE", "1")
        yield
