"""Deep networks take work in proportion to their calls, and large tensors on meta take nothing.

Work is counted in calls of functions, Python's and C's, which are the same on every machine. What
one call of C does at once, such as a search in a list, counts as one: `make bench` has the time.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import torch
from torch import nn

import resnet_inspect as ri
from resnet_inspect.analysis.comparison.networks import compare
from resnet_inspect.analysis.cost import memory, roofline
from resnet_inspect.analysis.structure import anatomy
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.analysis.taps.pyramid import find as find_taps
from resnet_inspect.formats import render
from resnet_inspect.traces.json import codec
from resnet_inspect.views import lessons
from resnet_inspect.views.cards.subjects import find
from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables.comparison import networks
from resnet_inspect.views.tables.rows.selection import Selection

WIDTH = 4
SIZE = (1, WIDTH, 8, 8)
FEW, MANY = 100, 800


class Block(nn.Module):
    """A residual block of one convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(WIDTH, WIDTH, 3, padding=1, bias=False)
        self.relu = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        added: torch.Tensor = self.relu(x + self.conv(x))
        return added


@cache
def deep(blocks: int) -> nn.Module:
    with torch.device("meta"):
        return nn.Sequential(*(Block() for _ in range(blocks)))


@cache
def traced(blocks: int) -> ri.Trace:
    return ri.trace(deep(blocks), SIZE)


@cache
def written(blocks: int) -> str:
    return codec.dumps(traced(blocks))


def shown(view: str) -> Callable[[int], str]:
    """A view from the trace to the text, with all that is analysed for it."""
    everything = Selection(everything=True)
    return lambda blocks: render(VIEWS[view](Survey(traced(blocks)), everything), "text")


def explained(blocks: int) -> object:
    survey = Survey(traced(blocks))
    return lessons.lesson(survey, find(survey, "", None))


def compared(blocks: int) -> object:
    difference = compare(Survey(traced(blocks)), Survey(traced(blocks)))
    return render(networks.view(difference, None), "text")


TASKS: dict[str, Callable[[int], object]] = {
    "to run it": lambda blocks: ri.trace(deep(blocks), SIZE),
    "to write it to a file": lambda blocks: codec.dumps(traced(blocks)),
    "to read it": lambda blocks: codec.loads(written(blocks)),
    "to explain it": explained,
    "to compare it with itself": compared,
    "to name where a decoder taps it": lambda blocks: find_taps(Survey(traced(blocks))),
    "to follow its memory": lambda blocks: memory.of(traced(blocks)),
    "to put it under a roofline": lambda blocks: list(roofline.steps(Survey(traced(blocks)))),
    **{f"to show its {view}": shown(view) for view in VIEWS},
}


def work(task: Callable[[int], object], blocks: int) -> int:
    """How many functions a task calls."""
    calls = 0

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    traced(blocks), written(blocks)
    sys.setprofile(count)
    try:
        task(blocks)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("name", TASKS)
def test_work_is_in_proportion_to_the_calls(name: str) -> None:
    once = work(TASKS[name], 1)
    few, many = (work(TASKS[name], blocks) - once for blocks in (FEW, MANY))
    assert few > 0
    assert many <= 1.15 * few * MANY / FEW


class Iterated(nn.Module):
    """x = x0 + f(x) again and again: each sum is of one fork and of all sums before it."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.conv, self.times = nn.Conv2d(WIDTH, WIDTH, 1), times

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        start = x = self.conv(x)
        for _ in range(self.times):
            x = start + self.conv(torch.relu(x))
        return x


def test_sums_of_one_fork_take_work_in_proportion_to_the_calls() -> None:
    traces = {times: ri.trace(Iterated(times), SIZE) for times in (1, FEW, MANY)}

    def counted(times: int) -> int:
        return work(lambda _: anatomy.find(traces[times]), 1)

    few, many = (counted(times) - counted(1) for times in (FEW, MANY))
    assert many <= 1.15 * few * MANY / FEW


IMAGE, BATCH = 8192, 4096

PEAKS = f"""
import re, resource, sys
import resnet_inspect as ri

def peak():
    if sys.platform == "linux":  # where ru_maxrss begins with that of who started the process
        return int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
    unit = 1024 if sys.platform == "darwin" else 1
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit

small = ri.trace("resnet101")
before = peak()
large = ri.trace("resnet101", ({BATCH}, 3, {IMAGE}, {IMAGE}))
print(peak() - before, small.totals.macs, large.totals.macs, len(small.calls), len(large.calls))
"""


def test_large_images_and_batches_take_no_memory() -> None:
    done = subprocess.run([sys.executable, "-c", PEAKS], capture_output=True, check=True, text=True)
    kibibytes, small, large, *calls = map(int, done.stdout.split())
    assert kibibytes < 2**14  # one map of the stem alone would take 16 TiB
    assert calls[0] == calls[1]
    head = 2048 * 1000
    pixels = (IMAGE // 32) ** 2, 7**2
    assert large == BATCH * ((small - head) * pixels[0] // pixels[1] + head)
