"""The time of SOURCE_DATE_EPOCH stands in for the clock's."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from resnet_inspect.traces.timestamps import now, reproducible


def test_an_epoch_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert now() == reproducible() == "2023-11-14T22:13:20+00:00"  # `date -u -d @1700000000`


@pytest.mark.parametrize("epoch", ["", "soon", "-1", "1e9", "9" * 30])
def test_what_is_no_epoch_is_not(epoch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    before = datetime.now(UTC).replace(microsecond=0)
    assert reproducible() is None
    assert before <= datetime.fromisoformat(now()) <= datetime.now(UTC)
