"""The clocks of devices, and what a device can do at most."""

from __future__ import annotations

import time

import pytest
import torch

from resnet_inspect.capture.timing.machine import Clock, as_large_as_fits
from resnet_inspect.traces.timing import Ceiling

SECOND = torch.device("cuda", 1)


def test_events_of_the_device_are_read_once_it_is_done(waited: list[torch.device]) -> None:
    clock = Clock(SECOND)
    marks = [clock.mark() for _ in range(3)]
    assert not waited
    assert clock.between(marks) == [250_000, 250_000]
    assert waited == [SECOND]


def test_the_clock_of_mps_is_read_once_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0

    def wait() -> None:
        nonlocal now
        now += 7

    monkeypatch.setattr(torch.mps, "synchronize", wait)
    monkeypatch.setattr(time, "perf_counter_ns", lambda: now)
    clock = Clock(torch.device("mps", 0))
    assert clock.between([clock.mark() for _ in range(3)]) == [7, 7]


@pytest.mark.parametrize("fits", [4096, 512])
def test_a_ceiling_is_measured_on_what_fits(fits: int) -> None:
    asked: list[int] = []

    def work(size: int) -> Ceiling:
        asked.append(size)
        if size > fits:
            raise torch.OutOfMemoryError
        return Ceiling(size, (1,))

    assert as_large_as_fits(work, 8192).amount == fits
    assert asked == [8192 >> n for n in range(len(asked))]


def test_a_ceiling_that_never_fits_is_an_error() -> None:
    with pytest.raises(RuntimeError):
        as_large_as_fits(_refuse, 8192)


def _refuse(*_: object) -> Ceiling:
    raise RuntimeError("no memory")
