"""A short run of the fuzzer of saved files; `make fuzz` runs it long."""

from __future__ import annotations

from pathlib import Path

import pytest
from typed_edits import OF, run

SEED = 15
EDITS = {"trace": 1200, "run": 80, "signals": 80, "measured": 80, "lock": 80}


@pytest.mark.parametrize("kind", OF)
def test_every_command_answers_for_a_file_with_changed_values(kind: str, tmp_path: Path) -> None:
    counted, fallen = run(SEED, EDITS[kind], tmp_path, (kind,))
    assert fallen == []
    assert counted.total() == EDITS[kind]
    assert {0, 1} <= counted.keys()
