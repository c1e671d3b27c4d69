"""Standard streams while a network's code runs."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from resnet_inspect.cli.streams import streams_aside


def test_what_is_written_by_whatever_means_goes_to_stderr(
    capfd: pytest.CaptureFixture[str],
) -> None:
    print("before")
    with streams_aside():
        print("printed")
        os.write(1, b"by descriptor\n")
        assert sys.__stdout__ is not None
        sys.__stdout__.write("past the redirection\n")
        subprocess.run([sys.executable, "-S", "-c", "print('by a program')"], check=True)
    print("after")
    sys.__stdout__.flush()
    out, err = capfd.readouterr()
    assert out.splitlines() == ["before", "after"]
    assert sorted(err.splitlines()) == [
        "by a program", "by descriptor", "past the redirection", "printed",
    ]  # fmt: skip


def test_there_is_nothing_to_read_and_all_is_put_back(capfd: pytest.CaptureFixture[str]) -> None:
    before = sys.stdin, sys.stdout, sys.stderr

    def read() -> None:
        with streams_aside():
            assert sys.stdin.read() == ""
            assert os.read(0, 1) == b""
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        read()
    assert (sys.stdin, sys.stdout, sys.stderr) == before
    os.write(1, b"out")
    assert capfd.readouterr() == ("out", "")
