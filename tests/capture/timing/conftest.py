"""A machine whose CUDA devices are made up."""

from __future__ import annotations

import pytest
import torch


class Event:
    """An event as CUDA has them: it says how many milliseconds lie between two."""

    now = 0.0

    def __init__(self, enable_timing: bool) -> None:
        assert enable_timing

    def record(self, stream: str) -> None:
        assert stream == "the stream of cuda:1"
        Event.now += 0.25
        self.at = Event.now

    def elapsed_time(self, later: Event) -> float:
        return later.at - self.at


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[torch.device]:
    """What was waited for, on a machine whose CUDA devices are made up."""
    waited: list[torch.device] = []
    monkeypatch.setattr(torch.cuda, "Event", Event)
    monkeypatch.setattr(torch.cuda, "synchronize", waited.append)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device: f"the stream of {device}")
    return waited
