"""What goes from process to process."""

from __future__ import annotations

import pytest
from by_hand import measured

from resnet_inspect.errors import WorkFailed
from resnet_inspect.tui.process.wire import added, grown


def test_what_is_sent_of_a_later_state_is_its_new_runs_alone() -> None:
    (trace, before), (_, now) = measured(runs=2), measured(runs=5)
    more = added(before, now)
    assert [len(runs) for runs in more.values()] == [3, 3, 0, 0]
    assert grown((trace, before), more) == (trace, now)
    with pytest.raises(WorkFailed, match="another number of calls"):
        grown((trace, before), more | {"forward": [[1, 2]]})
