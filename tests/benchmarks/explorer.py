"""How fast the explorer is: medians, beside a bare Textual program measured in the same run.

    python tests/benchmarks/explorer.py [--runs 5] [--presses 8] [--calls 100000]

In a pty of 120×40 that takes whole frames: from the start of the process to the end of the first
frame that has the keys in its footer (`first paint`) and of the first that has the rows (`data`);
from a key to the end of the first frame that draws the row that the cursor goes to (`repaint`), and
to the last byte that is written because of a key; and from `q` to the end of the process. Inside
one process, without a terminal: the longest time for which the event loop did nothing else while a
trace was opened, by the clock (`longest stall`) and in work of its own (`longest work`), which what
else the machine does leaves as it is.

The bare program has a header, a DataTable of 200 rows and a footer. Its times are the floor that
Python and Textual set on this machine, so the ratios say what is the explorer's own.
"""

from __future__ import annotations

import argparse
import asyncio
import compileall
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "tui")]

from large import deep_network  # noqa: E402
from pseudoterminal import Terminal  # noqa: E402

from resnet_inspect.traces.json import codec  # noqa: E402

SIZE = (120, 40)
QUIET = 0.15
"""Seconds without output after which a key has done all that it does."""
DOWN = "\x1b[B"
KEYS = {"down": DOWN, "page down": "\x1b[6~", "home": "\x1b[H", "end": "\x1b[F"}
OWN_KEYS = {"next block": "}", "fold": " ", "fold all": "-", "unfold all": "="}
TO_LINE = re.compile(rb"\x1b\[(\d+);\d+H")
"""Where in the terminal the next text is written."""
SAVED = ROOT / "tests" / "data" / "resnet50.json"
LARGE = "large.json"

BARE = """
from textual.app import App
from textual.widgets import DataTable, Footer, Header

class Bare(App):
    BINDINGS = [("q", "quit", "quit")]

    def compose(self):
        yield Header()
        yield DataTable(cursor_type="row")
        yield Footer()

    def on_mount(self):
        table = self.query_one(DataTable)
        table.add_columns(*(f"column {n}" for n in range(8)))
        table.add_rows([[f"{row}.{n}" for n in range(8)] for row in range(200)])

Bare().run()
"""

Figures = dict[str, float]
"""Milliseconds by what was measured."""


@dataclass(frozen=True, slots=True)
class Interface:
    """A program that shows a table in a terminal."""

    name: str
    command: tuple[str, ...]
    data: str
    """What stands on the screen once the rows do."""
    top: int
    """The line of the terminal on which the first row stands."""


def explorer(subject: str) -> Interface:
    """`resnet-inspect tui` on a network or a saved trace."""
    command = (sys.executable, "-m", "resnet_inspect", "tui", subject)
    return Interface(f"resnet-inspect tui {subject}", command, "stage 4", 4)


bare = Interface("a bare table in Textual", (sys.executable, "-c", BARE), "7.7", 3)


def set_apart(folder: str) -> None:
    """Work in this folder from here on, with settings, memory and cache of its own.

    The package is found from there, compiled as an installer does it.
    """
    compileall.compile_dir(ROOT / "resnet_inspect", quiet=1)
    (Path(folder) / "config.toml").touch()
    os.chdir(folder)
    os.environ.pop("RESNET_INSPECT_NO_CACHE", None)
    os.environ.update(
        PYTHONPATH=str(ROOT),
        TERM="xterm-256color",
        RESNET_INSPECT_CACHE_DIR=folder,
        RESNET_INSPECT_CONFIG=f"{folder}/config.toml",
        RESNET_INSPECT_STATE=f"{folder}/state.json",
    )


def write_large(calls: int = 100_000) -> None:
    """Write a saved trace of so many calls, as `LARGE`."""
    Path(LARGE).write_text(codec.dumps(deep_network(calls)), encoding="utf-8")


# -- in a terminal -------------------------------------------------------------------------------


def session(
    interface: Interface, presses: int = 0, keys: Mapping[str, str] | None = None
) -> Figures:
    """Start, paint, data, so many steps of the cursor and presses of each key, quit."""
    with closing(Terminal(interface.command, SIZE, {})) as terminal:
        painted = terminal.wait_for_frame(lambda frame: b"palette" in frame)
        data = interface.data.encode()
        shown = terminal.wait_for_frame(lambda frame: data in frame)
        figures = {"first paint": painted - terminal.started, "data": shown - terminal.started}
        terminal.read_until_quiet(QUIET)
        if presses:
            figures["repaint"] = repaint(terminal, interface.top, presses)
        for name, key in (keys or {}).items():
            times = [to_the_last_byte(terminal, key) for _ in range(presses)]
            if any(times):  # at the end of the table a key does nothing
                figures[f"key: {name}"] = median(filter(None, times))
        terminal.type("q")
        asked = time.monotonic()
        assert terminal.exit_code() == 0
        figures["quit"] = time.monotonic() - asked
    return {name: 1000 * seconds for name, seconds in figures.items()}


def repaint(terminal: Terminal, top: int, presses: int) -> float:
    """Seconds from a key to the end of the first frame that draws the cursor's new row."""
    times = []
    terminal.type(KEYS["home"])  # the explorer remembers where it was left
    terminal.read_until_quiet(QUIET)
    for line in range(top + 1, top + 1 + presses):
        before, start = len(terminal.written), time.monotonic()
        terminal.type(DOWN)
        done = terminal.wait_for_frame(
            lambda frame, line=line: b"%d" % line in TO_LINE.findall(frame), before
        )
        times.append(done - start)
        terminal.read_until_quiet(QUIET)
    return median(times)


def to_the_last_byte(terminal: Terminal, key: str) -> float:
    """Seconds from a key to the last byte that is written because of it; 0 if none is."""
    before, start = len(terminal.written), time.monotonic()
    terminal.type(key)
    last = terminal.read_until_quiet(QUIET)
    return last - start if len(terminal.written) > before else 0.0


# -- in this process -----------------------------------------------------------------------------


async def longest(subject: str) -> Figures:
    """For how long the event loop did nothing else while the explorer got its data."""
    from resnet_inspect.tui.app import Explorer
    from resnet_inspect.tui.panels.table.trace_table import TraceTable
    from resnet_inspect.tui.process.background import START, begin
    from resnet_inspect.tui.session.request import Request

    most = {"longest stall": 0.0, "longest work": 0.0}
    clocks: dict[str, Callable[[], float]] = {
        "longest stall": time.perf_counter,
        "longest work": time.thread_time,
    }

    async def watch() -> None:
        while True:
            before = {name: clock() for name, clock in clocks.items()}
            await asyncio.sleep(0.001)
            for name, clock in clocks.items():
                most[name] = max(most[name], 1000 * (clock() - before[name]))

    begin(START)  # as the program does, so that no garbage of this one is collected meanwhile
    app = Explorer(Request.of(subject))
    async with app.run_test(size=SIZE):
        watching = asyncio.create_task(watch())
        while not app.query_one("#table", TraceTable).every:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.3)
        watching.cancel()
    return most


def medians(runs: Sequence[Figures]) -> Figures:
    """The median of each figure, of the runs that have it."""
    names = dict.fromkeys(name for run in runs for name in run)
    return {name: median(run[name] for run in runs if name in run) for name in names}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--presses", type=int, default=8)
    parser.add_argument("--calls", type=int, default=100_000)
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        set_apart(folder)
        write_large(options.calls)
        subjects = {"named": "resnet50", "saved": str(SAVED), "large": LARGE}
        programs = {"bare": bare} | {name: explorer(subjects[name]) for name in subjects}
        session(programs["named"])  # fills the cache
        runs: dict[str, list[Figures]] = {name: [] for name in programs}
        for run in range(options.runs):
            for name, program in programs.items():
                if run == 0:
                    keys = KEYS if name == "bare" else KEYS | OWN_KEYS
                    runs[name].append(session(program, options.presses, keys))
                elif name != "large":
                    runs[name].append(session(program))
        for name, subject in subjects.items():
            runs[name].append(asyncio.run(longest(subject)))
    columns = {name: medians(measured) for name, measured in runs.items()}

    print(f"medians in ms at {SIZE[0]}×{SIZE[1]}, {options.runs} runs, {options.presses} presses")
    print(f"{'':18}" + "".join(f"{name:>10}" for name in columns) + "   named/bare")
    for figure in columns["named"]:
        cells = [column.get(figure) for column in columns.values()]
        text = "".join(f"{'-' if ms is None else f'{ms:.0f}':>10}" for ms in cells)
        ours, floor = columns["named"][figure], columns["bare"].get(figure)
        print(f"{figure:18}{text}" + (f"{ours / floor:13.2f}" if floor else ""))


if __name__ == "__main__":
    main()
