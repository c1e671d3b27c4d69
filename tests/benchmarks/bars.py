"""How long things take, as ratios to what a user would wait for anyway: `make bench`.

    python tests/benchmarks/bars.py [--runs N] [--write] [WORD ...]

Each row has two programs. They are run as whole processes in turns, so that what else the machine
does slows both, and their figures are medians. The ratio is printed beside the bar that is set for
it, and nothing fails: a busy machine proves nothing. Words choose the rows that contain them;
--write puts all into docs/speed.md. To add a row, add a `Bar`. What the explorer does in a terminal
is measured by `explorer.py`, which says what its moments are.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any, Generic, TypeVar

from explorer import LARGE, Interface, bare, explorer, session, set_apart, write_large
from speed_page import conditions, show

MEBIBYTE = 2**20 if sys.platform == "darwin" else 2**10
"""In the unit of ru_maxrss."""


@dataclass(frozen=True, slots=True)
class Process:
    """What one process did, as seen from outside."""

    printed: str
    seconds: float
    mebibytes: float
    """The most memory that it held; on Linux at least what this program did when it started it."""


@dataclass(frozen=True, slots=True)
class Program:
    """Some Python, run in a process of its own."""

    name: str
    code: str

    def run(self) -> Process:
        """Run it. Raises CalledProcessError if it fails."""
        command = [sys.executable, "-c", self.code]
        with tempfile.TemporaryFile() as errors:
            start = perf_counter()
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors)
            assert process.stdout is not None
            printed = process.stdout.read().decode()
            _, status, used = os.wait4(process.pid, 0)
            seconds = perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            process.stdout.close()
            if process.returncode:
                errors.seek(0)
                said = errors.read().decode()
                raise subprocess.CalledProcessError(process.returncode, command, printed, said)
        return Process(printed, seconds, used.ru_maxrss / MEBIBYTE)


def command(arguments: str) -> Program:
    """`resnet-inspect` with these arguments, as its script runs it."""
    code = (
        "import sys\nfrom resnet_inspect.__main__ import program\n"
        f"sys.argv[1:] = {arguments.split()!r}\nprogram()"
    )
    return Program(f"resnet-inspect {arguments}", code)


def seconds(program: Program) -> float:
    """How long the whole process takes."""
    return program.run().seconds


def mebibytes(program: Program) -> float:
    """The most memory that the process held."""
    return program.run().mebibytes


def told(program: Program) -> float:
    """The seconds that the process says it took, for what a whole process would hide."""
    return float(program.run().printed.split()[-1])


def first_paint(interface: Interface) -> float:
    """Seconds until the explorer's frame stands."""
    return session(interface)["first paint"] / 1000


def data(interface: Interface) -> float:
    """Seconds until the rows stand in it."""
    return session(interface)["data"] / 1000


def repaint(interface: Interface) -> float:
    """Seconds from a key to the frame in which the cursor has moved, the median of some."""
    return session(interface, presses=12)["repaint"] / 1000


def ratio(ours: float, theirs: float) -> float:
    """How many times theirs ours is."""
    return ours / theirs


def times_faster(ours: float, theirs: float) -> float:
    """How many times ours theirs is."""
    return theirs / ours


def above(ours: float, theirs: float) -> float:
    """How much more ours is."""
    return ours - theirs


def alone(ours: float, theirs: float) -> float:
    """Ours, whatever theirs is: it says how fast the machine is."""
    return ours


Measured = TypeVar("Measured", Program, Interface)


@dataclass(frozen=True, slots=True)
class Bar(Generic[Measured]):
    """Two programs, what is measured of them, and what the outcome must be."""

    ours: Measured
    theirs: Measured
    compared: Callable[[float, float], float]
    must_be: str
    measured: Callable[[Measured], float] = seconds
    first: Callable[[], object] | None = None
    """Done once before, unmeasured: it fills the cache."""
    of: str = ""
    """What is measured, where it is not the whole process."""
    most_runs: int = sys.maxsize
    """More would take too long."""

    @property
    def name(self) -> str:
        """Both programs, as the table names them."""
        return f"{self.of}`{self.ours.name}` against `{self.theirs.name}`"


TORCHINFO = Program(
    "torchinfo's summary of resnet152",
    "import torchinfo, torchvision\n"
    "print(torchinfo.summary(torchvision.models.resnet152(), (1, 3, 224, 224)))",
)
TORCH = Program("import torch, torchvision", "import torch, torchvision")
RICH = Program("import rich.table", "import rich.table")
CLICK = Program("import click", "import click")
KEPT = command("trace resnet152")

TIMED = """
import statistics, time
import torch, torchvision
from resnet_inspect.capture.recording.forward import capture
from resnet_inspect.sources import paper

def seconds(work, times):
    taken = []
    for _ in range(times + 1):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken[1:])

def forward(model, image):
    with torch.no_grad():
        model(image)

def per_call(name):
    meta = torch.device("meta")
    model, image = paper.build(name, {}, meta), torch.empty(1, 3, 32, 32, device=meta)
    calls = len(capture(model, (image,), device=meta).calls)
    return seconds(lambda: capture(model, (image,), device=meta), 3) / calls
"""

RESNET152 = f"""{TIMED}
device = torch.device("meta")
with device:
    model, image = torchvision.models.resnet152().eval(), torch.empty(1, 3, 224, 224)
"""

RESNET50 = f"""{TIMED}
device = torch.device("cpu")
model, image = torchvision.models.resnet50().eval(), torch.rand(8, 3, 224, 224)
"""

CAPTURE = "print(seconds(lambda: capture(model, (image,), device=device), 7))"
FORWARD = "print(seconds(lambda: forward(model, image), 7))"

STEPS = """
import time
import torch, torchvision
import resnet_inspect as ri

torch.manual_seed(0)
model, images = torchvision.models.{name}(), torch.rand(8, 3, 224, 224)
optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)

def step():
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(model(images), torch.arange(8)).backward()
    optimizer.step()

def least(often):
    taken = []
    for _ in range(often):
        begin = time.process_time()
        step()
        taken.append(time.process_time() - begin)
    return min(taken)

step()
"""
STEPS50, STEPS152 = (STEPS.format(name=name) for name in ("resnet50", "resnet152"))
WATCHED = "with ri.watch(model, signals=True, every={every}, forwards=None): "
WATCHED_NOW = WATCHED.format(every=1)
BARE_STEP = Program("one that is not", f"{STEPS50}print(least(5))")

TWO_DEEP = Program(
    "ResNet-1001 for 10 and for 100 classes, saved",
    "import resnet_inspect as ri\n"
    "ri.save(ri.trace('paper:preact_resnet1001'), 'ten.json')\n"
    "ri.save(ri.trace('paper:preact_resnet1001:classes=100'), 'hundred.json')",
)
TWO_READ = Program(
    "json.load of both", "import json\njson.load(open('ten.json')), json.load(open('hundred.json'))"
)
NAMED = explorer("resnet50")

BARS: tuple[Bar[Any], ...] = (
    Bar(KEPT, TORCHINFO, times_faster, "at least 20 times faster", first=KEPT.run),
    Bar(KEPT, RICH, ratio, "at most 4", first=KEPT.run),
    Bar(command("trace resnet50 --no-cache"), TORCH, ratio, "at most 1.15"),
    Bar(command("--help"), CLICK, ratio, "at most 1.6"),
    Bar(command("trace resnet152 --no-cache"), TORCH, above, "at most 60 MiB more", mebibytes),
    Bar(
        Program("capture of resnet152 on meta", RESNET152 + CAPTURE),
        Program("its forward", RESNET152 + FORWARD),
        ratio,
        "at most 2.5",
        told,
    ),
    Bar(
        Program("capture of resnet50, 8×3×224×224, on the CPU", RESNET50 + CAPTURE),
        Program("its forward", RESNET50 + FORWARD),
        ratio,
        "at most 1.05",
        told,
    ),
    Bar(
        Program("a call of ResNet-1202", f"{TIMED}print(per_call('cifar_resnet1202'))"),
        Program("a call of ResNet-20", f"{TIMED}print(per_call('cifar_resnet20'))"),
        ratio,
        "at most 1.3",
        told,
    ),
    Bar(
        Program(
            "a step of resnet50, 8×3×224×224, between watched ones",
            f"{STEPS50}{WATCHED.format(every=100)}step(); step(); print(least(5))",
        ),
        BARE_STEP,
        ratio,
        "at most 1.02",
        told,
        of="CPU time of ",
    ),
    Bar(
        Program("a step of it that is watched", f"{STEPS50}{WATCHED_NOW}print(least(5))"),
        BARE_STEP,
        ratio,
        "at most 1.5",
        told,
        of="CPU time of ",
    ),
    Bar(
        Program("a watched step of resnet152, 8×3×224×224", f"{STEPS152}{WATCHED_NOW}step()"),
        Program("one that is not", f"{STEPS152}step()"),
        ratio,
        "at most 1.05",
        mebibytes,
        of="memory of ",
    ),
    Bar(command("diff ten.json hundred.json"), TWO_READ, alone, "under 0.5 s", first=TWO_DEEP.run),
    Bar(NAMED, bare, ratio, "at most 1.3", first_paint, of="first paint of "),
    Bar(
        NAMED, bare, ratio, "at most 1.6", data, partial(session, NAMED), "data from the cache in "
    ),
    Bar(
        explorer(LARGE),
        bare,
        alone,
        "under 0.03 s",
        repaint,
        write_large,
        "from a key to its repaint in 100,000 calls, ",
        most_runs=3,
    ),
)


def row(bar: Bar[Any], runs: int) -> str:
    """A line of the table: both medians, the outcome, and the bar."""
    if bar.first is not None:
        bar.first()
    runs = min(runs, bar.most_runs)
    pairs = [(bar.measured(bar.ours), bar.measured(bar.theirs)) for _ in range(runs)]
    ours, theirs = (median(one) for one in zip(*pairs, strict=True))
    unit = "MiB" if bar.measured is mebibytes else "s"
    outcome = bar.compared(ours, theirs)
    return (
        f"| {bar.name} | {ours:.4g} {unit} | {theirs:.4g} {unit} | {outcome:.3g} | {bar.must_be} |"
    )


def lines(bars: Iterable[Bar[Any]], runs: int) -> Iterator[str]:
    """The table, each line as soon as it is known; traces are kept in a cache for the while."""
    yield conditions(("torch", "torchvision", "torchinfo", "rich", "click", "textual"), runs)
    yield ""
    yield "| what | ours | theirs | outcome | must be |"
    yield "| :-- | --: | --: | --: | :-- |"
    with tempfile.TemporaryDirectory() as folder:
        set_apart(folder)
        for bar in bars:
            yield row(bar, runs)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the rows that were asked for, and write them if all are."""
    parser = argparse.ArgumentParser(description="Print the bars and how near we are.")
    parser.add_argument("--runs", type=int, default=3, help="how often each program is run")
    parser.add_argument("words", nargs="*", help="only rows that contain one of these")
    parser.add_argument("--write", action="store_true", help="put the table into docs/speed.md")
    asked = parser.parse_args(arguments)
    if asked.words and asked.write:
        parser.error("--write takes every row, so no words")
    chosen = [
        bar for bar in BARS if not asked.words or any(word in bar.name for word in asked.words)
    ]
    show(lines(chosen, asked.runs), "bars" if asked.write else None)


if __name__ == "__main__":
    main()
