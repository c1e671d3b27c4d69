"""How long it takes to show a network, with other tools and with this one: `make bench`.

    PYTHON tests/benchmarks/peers.py [--runs N] [--write]

Each tool shows each variant in a process of its own, one process at a time and all in turns, so
that what else the machine does slows all; the figures are medians. One process gives all figures of
a run: it says when it had imported, built and traced, and how much memory it held at most. Where a
tool fails, its error stands in place of its figures. --write puts the tables into docs/speed.md,
which also says what is measured. To add a tool, add it to `TOOLS`, and its package to `PEERS` and
to the Makefile.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from statistics import median

from bars import Program
from bars import command as resnet_inspect
from explorer import set_apart
from speed_page import conditions, show

VARIANTS = ("resnet18", "resnet50", "resnet152")
PEERS = ("torchinfo", "torchsummary", "torchview", "torchlens", "fvcore", "ptflops")

COLUMNS = {
    "import": "import, ms",
    "build": "build, ms",
    "trace": "trace, ms",
    "whole": "whole process, ms",
    "peak": "peak memory, MiB",
    "above": "above torch, MiB",
}
"""The key of each figure, and the head of its column."""

Figures = Mapping[str, float]
"""Figures by key: milliseconds and MiB. Steps that no column shows have theirs too."""


BEGIN = "import gc, time\nmoments, collecting = [], [0.0]"
MOMENT = "\nmoments.append(time.perf_counter() - collecting[0])\n"
END = 'print("\\n", *moments)'


@dataclass(frozen=True, slots=True)
class Tool:
    """What a user of a tool does to see a network."""

    name: str
    """As the tables name it; VARIANT stands for the name of the network."""
    steps: Mapping[str, str]
    """The code of each step that is timed on its own, by the key of its figure, in order."""
    whole: str = ""
    """The code of what is not divided into steps."""

    def program(self, variant: str) -> Program:
        """All steps, and at the end the moments between them in seconds; or the whole."""
        code = self.whole or MOMENT.join((BEGIN, *self.steps.values(), END))
        return Program(self.named(variant), code.replace("VARIANT", variant))

    def named(self, variant: str) -> str:
        """Its name in the table of a variant."""
        return self.name.replace("VARIANT", variant)

    def figures(self, variant: str) -> Figures:
        """The figures of one process. Raises CalledProcessError if it fails."""
        process = self.program(variant).run()
        moments = map(float, process.printed.splitlines()[-1].split()) if self.steps else ()
        taken = [after - before for before, after in pairwise(moments)]
        times = dict(zip(self.steps, taken, strict=True)) | {"whole": process.seconds}
        return {key: 1000 * value for key, value in times.items()} | {"peak": process.mebibytes}


TORCH = "import torch, torchvision"
# A garbage collection takes 0.2 s once torch is imported, and falls into whichever step comes when
# it is due. So what comes after torch is timed by a clock that stands still meanwhile.
STAND_STILL = """
def stand_still(phase, about):
    collecting[0] += time.perf_counter() * (1 if phase == "stop" else -1)

gc.callbacks.append(stand_still)
"""
BUILD = """
model = torchvision.models.VARIANT().eval()
image = torch.rand(1, 3, 224, 224)
"""
BUILD_ON_META = """
with torch.device("meta"):
    model = torchvision.models.VARIANT().eval()
"""


def library(name: str, imports: str, trace: str, build: str = BUILD) -> Tool:
    """A tool that takes a model; what it imports is timed after torch."""
    torch = TORCH + STAND_STILL
    return Tool(name, {"torch": torch, "import": imports, "build": build, "trace": trace})


def command(arguments: str) -> Tool:
    """`resnet-inspect` with these arguments, as its script runs it: a whole process alone."""
    program = resnet_inspect(arguments)
    return Tool(f"`{program.name}`", {}, program.code)


FLOOR = Tool(f"`{TORCH}`", {"import": TORCH})
CACHED = command("trace VARIANT")
TRACE = "print(resnet_inspect.trace(model, (1, 3, 224, 224)))"

TOOLS = (
    library(
        "torchinfo",
        "import torchinfo",
        "torchinfo.summary(model, (1, 3, 224, 224), device='cpu')",
    ),
    library(
        "torchinfo, on meta",
        "import torchinfo",
        "torchinfo.summary(model, (1, 3, 224, 224), device='meta')",
        BUILD_ON_META,
    ),
    library(
        "torchsummary",
        "import torchsummary",
        "torchsummary.summary(model, (3, 224, 224), device='cpu')",
    ),
    library(
        "torchview",
        "import torchview",
        "print(torchview.draw_graph(model, input_data=image, device='cpu').visual_graph)",
    ),
    library("torchlens", "import torchlens", "print(torchlens.trace(model, image).summary())"),
    library(
        "fvcore",
        "from fvcore.nn import FlopCountAnalysis, flop_count_table",
        "print(flop_count_table(FlopCountAnalysis(model, image)))",
    ),
    library(
        "ptflops",
        "import ptflops",
        "print(ptflops.get_model_complexity_info(model, (3, 224, 224)))",
    ),
    library("resnet_inspect, on the CPU", "import resnet_inspect", TRACE),
    library("resnet_inspect, on meta", "import resnet_inspect", TRACE, BUILD_ON_META),
    command("trace VARIANT --no-cache"),
    CACHED,
)


def reason(error: subprocess.CalledProcessError) -> str:
    """The last line of what a process that failed wrote to stderr, fit for a cell."""
    lines = [line.strip() for line in error.stderr.splitlines() if line.strip()]
    last = lines[-1] if lines else f"exit code {error.returncode}"
    return f"`{last[:100].replace('`', chr(39)).replace('|', '/')}`"


def outcome(tool: Tool, variant: str) -> Figures | str:
    """The figures of one process, or why there are none."""
    try:
        return tool.figures(variant)
    except subprocess.CalledProcessError as error:
        return reason(error)


def summary(outcomes: Sequence[Figures | str]) -> Figures | str:
    """The median of each figure; one run that failed is enough to say so instead."""
    figures = [found for found in outcomes if not isinstance(found, str)]
    if len(figures) < len(outcomes):
        return next(found for found in outcomes if isinstance(found, str))
    return {key: median(run[key] for run in figures) for key in figures[0]}


def row(name: str, found: Figures | str, floor: Figures | str) -> list[str]:
    """The cells of a tool, its memory also above that of torch alone."""
    if isinstance(found, str):
        return [name, found, *["–"] * (len(COLUMNS) - 1)]
    if not isinstance(floor, str):
        found = {**found, "above": found["peak"] - floor["peak"]}
    return [name, *(f"{found[key]:,.0f}" if key in found else "–" for key in COLUMNS)]


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a Markdown table, the first column to the left and the others to the right."""
    rule = [":--", *["--:"] * (len(header) - 1)]
    return [f"| {' | '.join(cells)} |" for cells in (header, rule, *rows)]


def measured(runs: int) -> dict[tuple[str, str], Figures | str]:
    """The medians by the names of variant and tool, the floor's by "" and its own.

    Progress is told on stderr.
    """
    for variant in VARIANTS:
        outcome(CACHED, variant)  # fills the cache
    turn = (("", FLOOR), *product(VARIANTS, TOOLS))
    outcomes: dict[tuple[str, str], list[Figures | str]] = {}
    for run, (variant, tool) in product(range(runs), turn):
        print(f"run {run + 1} of {runs}: {variant} {tool.named(variant)}", file=sys.stderr)
        outcomes.setdefault((variant, tool.name), []).append(outcome(tool, variant))
    return {which: summary(found) for which, found in outcomes.items()}


def tables(found: Mapping[tuple[str, str], Figures | str]) -> Iterator[str]:
    """The lines of a table for each variant."""
    floor = found["", FLOOR.name]
    for variant in VARIANTS:
        rows = (row(tool.named(variant), found[variant, tool.name], floor) for tool in TOOLS)
        yield ""
        yield from table((variant, *COLUMNS.values()), (row(FLOOR.name, floor, floor), *rows))


def lines(runs: int) -> Iterator[str]:
    """What is measured on what, at once, and the tables when all is measured."""
    yield conditions(("torch", "torchvision", "resnet-inspect", *PEERS), runs)
    yield from tables(measured(runs))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write if asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=3, help="how often each program is run")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/speed.md")
    asked = parser.parse_args(arguments)
    if asked.runs < 1:
        parser.error("--runs is at least 1")
    with tempfile.TemporaryDirectory() as folder:
        set_apart(folder)
        show(lines(asked.runs), "peers" if asked.write else None)


if __name__ == "__main__":
    main()
