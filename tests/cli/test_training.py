"""What is shown of a training while it goes on."""

from __future__ import annotations

import io
import sys

import pytest
import runs

from resnet_inspect.cli.training import shown
from resnet_inspect.traces.run import Place


def test_a_bar_shows_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with shown() as tell:
        tell["told"](Place(2, 4, 5, 10, 0.25, 0.875))
        tell["told"](runs.EPOCHS[0])
    said = " ".join(terminal.getvalue().split())
    assert "epoch 2/4" in said
    assert "loss 0.250 accuracy 87.5%" in said
    assert "to go" in said
    assert "epoch 1: loss 1.50, accuracy 50.0%; held out: loss not finite, accuracy 30.0%" in said
