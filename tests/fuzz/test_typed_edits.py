"""A short run of the fuzzer of saved traces; `make fuzz` runs it long."""

from __future__ import annotations

from pathlib import Path

from typed_edits import run

SEED, EDITS = 15, 1500


def test_every_command_answers_for_a_trace_with_changed_values(tmp_path: Path) -> None:
    counted, fallen = run(SEED, EDITS, tmp_path)
    assert fallen == []
    assert counted.total() == EDITS
