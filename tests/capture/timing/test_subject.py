"""What of a pass is measured on made-up devices."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from resnet_inspect.capture.recording.forward import capture
from resnet_inspect.capture.timing import subject as clocked

CPU, SECOND = torch.device("cpu"), torch.device("cuda", 1)


@pytest.mark.usefixtures("waited")
def test_the_allocator_s_peak_is_that_of_a_pass_without_old_gradients(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = nn.Linear(4, 4)
    x = torch.ones(2, 4)
    trace = capture(model, (x,), device=CPU, mode="as found")
    seen: list[tuple[str, bool]] = []

    def note(what: str) -> int:
        seen.append((what, any(p.grad is not None for p in model.parameters())))
        return 4096

    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda device: note("reset"))
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: note("read"))
    subject = clocked.Subject(model, (x,), {}, trace, SECOND)
    assert subject.peak(backward=True).allocated == 4096
    assert seen == [("reset", False), ("read", True)]
