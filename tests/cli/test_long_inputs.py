"""Long inputs: the work grows in proportion, told by calls of functions and not by a clock."""

from __future__ import annotations

import cProfile
import pstats
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from resnet_inspect.cli.entry_point import run
from resnet_inspect.views.tables.filter import parse

HEAD = "resnet-inspect lock 1\nmodel: long\nmode: eval\ninput: 1x4x8x8\n\n"
CONV = "conv kernel_size=3x3 padding=1x1 in_channels=4 out_channels=4 parameters=144"


def of_many_blocks(count: int) -> str:
    """Residual blocks, one after the other."""
    lines = [f"b0 {CONV} -> 1x4x8x8"]
    for i in range(1, count):
        before = "b0" if i == 1 else f"b{i - 1}:add"
        add = f"  b{i}:add elementwise add <- b{i}.conv {before} -> 1x4x8x8"
        lines += [f"b{i}", f"  b{i}.conv {CONV} -> 1x4x8x8", add]
    return "\n".join((*lines, ""))


def of_a_long_name(count: int) -> str:
    """One layer whose name is as long."""
    return f"{'c' * 100 * count} {CONV} -> 1x4x8x8\n"


def calls(work: Callable[[], object]) -> int:
    """How many functions are called, Python's own among them."""
    profile = cProfile.Profile()
    profile.runcall(work)
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]


@pytest.mark.parametrize("command", ["show", "explain", "draw", "cost"])
@pytest.mark.parametrize("text", [of_many_blocks, of_a_long_name])
def test_commands_on_long_locks(
    command: str, text: Callable[[int], str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "long.lock"
    counted = []
    for count in (10, 40, 160):  # the first has all imported
        file.write_text(HEAD + text(count))
        counted.append(calls(partial(run, [command, str(file)])))
        error = capsys.readouterr().err
        assert "defect" not in error
        assert len(error) < 2200
    assert counted[2] < 4.5 * counted[1]


@pytest.mark.parametrize("word", ["conv ", "not ", "conv or ", "(", "macs>1 ", "*a", '"', "-"])
def test_a_filter_of_any_length(word: str) -> None:
    counted = [calls(partial(parse, word * count)) for count in (10, 500, 2000)]
    assert counted[2] < 4.5 * counted[1] or counted[2] < 100
