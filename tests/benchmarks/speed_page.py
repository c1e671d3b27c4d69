"""Pages of which what stands between two markers is measured, and the rest is written by hand.

They are docs/speed.md, and docs/signal.md with the gradients over seeds.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from resnet_inspect.files import write_all

PAGE = Path(__file__).parents[2] / "docs" / "speed.md"


def processor() -> str:
    """The model of the processor, as far as the system tells it."""
    about = Path("/proc/cpuinfo")
    lines = about.read_text(encoding="utf-8").splitlines() if about.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def versioned(package: str) -> str:
    """A package with its version, or that it is not installed."""
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"{package} not installed"


def conditions(packages: Iterable[str], runs: int) -> str:
    """When, with what and on what is measured, in one line: to be asked for before.

    The load tells how much else the machine does; names and folders are nobody's business.
    """
    python = f"Python {platform.python_version()}"
    used = ", ".join((python, *map(versioned, packages)))
    machine = f"{processor()}, {os.cpu_count()} cores, {platform.system()}"
    load = f"load before {os.getloadavg()[0]:.1f}"
    times = f"median of {runs} {'run' if runs == 1 else 'runs'}"
    return f"{date.today()}; {used}; {machine}; {load}; {times}."


def markers(block: str) -> tuple[str, str]:
    """The lines before and after what tests/benchmarks/`block`.py writes."""
    return f"<!-- measured by tests/benchmarks/{block}.py -->", f"<!-- end of {block}.py -->"


def renewed(page: str, block: str, lines: Iterable[str]) -> str:
    """The page with these lines between the markers of a block, and nothing else changed.

    Raises ValueError if the page does not have each marker once, in order.
    """
    begin, end = markers(block)
    before, found, rest = page.partition(begin)
    _, found_too, after = rest.partition(end)
    if not found or not found_too or begin in rest or end in before + after:
        raise ValueError(f"the page must have {begin} and then {end}, each once")
    return "\n".join((before + begin, "", *lines, "", end + after))


def show(lines: Iterable[str], block: str | None, page: Path | None = None) -> None:
    """Print lines, each as soon as it is known; if a block is named, write them there at the end.

    The page is that of speeds unless another is given.

    The page is written whole or not at all.
    """
    shown = []
    for line in lines:
        print(line, flush=True)
        shown.append(line)
    if block is not None:
        page = page or PAGE
        text = page.read_text(encoding="utf-8")
        write_all({page: renewed(text, block, shown)}, overwrite=True)
