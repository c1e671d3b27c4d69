"""Commands of a fork print what those of a new process print, and end as they do."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from commands import SAVED, environment, python

forks = pytest.mark.skipif(sys.platform != "linux", reason="forks are for Linux")


def outcome(*arguments: str, cwd: Path, afresh: bool, **changes: str) -> tuple[int, str, str]:
    done = python(*arguments, cwd=cwd, env=environment(**changes), afresh=afresh)
    return done.returncode, done.stdout, done.stderr


@forks
@pytest.mark.parametrize(
    "arguments",
    [
        ("show", str(SAVED), "--view", "stages"),
        ("trace", "resnet18", "--stage", "5"),
        ("trace", "model.py:net", "--input", "1,4", "--debug"),
    ],
    ids=" ".join,
)
def test_commands_print_and_end_as_those_of_a_new_process(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "model.py").write_text(
        "import atexit, sys\n"
        "from torch import nn\n"
        "atexit.register(print, 'at the end', sys.argv[1:], __name__)\n"
        "net = nn.Linear(5, 2)\n"
    )
    there = ("-m", "resnet_inspect", *arguments)
    one, other = (outcome(*there, cwd=tmp_path, afresh=afresh) for afresh in (False, True))
    assert one[:2] == other[:2]
    assert one[2].splitlines()[-1:] == other[2].splitlines()[-1:]


SEEN = """
import os, sys, signal, resnet_inspect.cli.entry_point
print(sys.argv, sys.path[0], os.getcwd(), sorted(os.environ.items()), __name__)
for stream in (sys.stdin, sys.stdout, sys.stderr):
    print(stream.encoding, stream.errors, stream.isatty(), stream.line_buffering, stream.fileno())
print(sys.stdin.read())
print([signal.getsignal(s) for s in ("SIGINT", "SIGTERM", "SIGPIPE") for s in [getattr(signal, s)]])
print(sorted({m.partition(".")[0] for m in sys.modules if m.startswith("resnet_inspect.ca")}))
print("tail", end="", file=sys.stderr)
"""


@forks
@pytest.mark.parametrize(
    "end", ["", "sys.exit(7)", "sys.exit()", "raise KeyError", "os.abort()", "os._exit(3)"]
)
def test_code_finds_what_it_would_find_in_a_new_process(end: str, tmp_path: Path) -> None:
    one, other = (
        outcome("-c", SEEN + end, "a", "b", cwd=tmp_path, afresh=afresh, COLUMNS="77")
        for afresh in (False, True)
    )
    assert one[:2] == other[:2]
    assert one[2].startswith("tail")
    assert one[2].splitlines()[-1:] == other[2].splitlines()[-1:]


@forks
def test_nothing_is_left_over_from_the_command_before() -> None:
    change = "import os, torch; os.environ['LEFT'] = '1'; torch.set_num_threads(1); torch.left = 1"
    look = "import os, sys, torch; print('LEFT' in os.environ, hasattr(torch, 'left'), os.getpid())"
    assert python("-c", change).returncode == 0
    first, second = (python("-c", look).stdout.split() for _ in range(2))
    assert first[:2] == second[:2] == ["False", "False"]
    assert first[2] != second[2] != str(os.getpid())


@forks
def test_what_is_read_at_the_start_is_a_new_process() -> None:
    asks = "import os, sys; print(sys.stdout.encoding, os.environ['OMP_NUM_THREADS'], os.getppid())"
    env = environment(PYTHONIOENCODING="ascii", OMP_NUM_THREADS="3")
    assert python("-c", asks, env=env).stdout == f"ascii 3 {os.getpid()}\n"
    env = environment(OMP_NUM_THREADS="3")
    assert python("-c", asks, env=env).stdout.split()[1:] == ["3", str(os.getpid())]
