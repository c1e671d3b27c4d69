"""How fast the explorer is: medians, beside a bare Textual program measured in the same run.

    python tests/benchmarks/explorer.py [--runs 5] [--presses 12]

In a pty of 120×40: from the start of the process to the first paint and to the data, from a key to
the last byte that the program writes because of it, and from `q` to the end of the process. Inside
one process, without a terminal: the longest time for which the event loop did nothing else while a
trace was opened.

The bare program has a header, a DataTable of 200 rows and a footer. Its times are the floor that
Python and Textual set on this machine, so the ratios say what is the explorer's own.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "tui"), str(ROOT / "tests" / "reading")]

from large import deep_network  # noqa: E402
from pseudoterminal import Terminal  # noqa: E402

from resnet_inspect import pipeline  # noqa: E402
from resnet_inspect.traces import codec  # noqa: E402

SIZE = (120, 40)
QUIET = 0.15
"""Seconds without output after which a key has done all that it does."""
KEYS = {
    "down": "\x1b[B", "up": "\x1b[A", "page down": "\x1b[6~", "page up": "\x1b[5~",
    "end": "\x1b[F", "home": "\x1b[H",
}  # fmt: skip
OWN_KEYS = {"next stage": "]", "next block": "}", "fold": " ", "fold all": "-", "unfold all": "="}

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


# -- in a terminal -------------------------------------------------------------------------------


@contextmanager
def terminal(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[Terminal]:
    """A terminal in which a program runs; both are gone at the end."""
    opened = Terminal(command, SIZE, environment)
    try:
        yield opened
    finally:
        opened.close()


def once(command: Sequence[str], data: str, environment: Mapping[str, str]) -> Figures:
    """Start, paint, data, quit."""
    with terminal(command, environment) as program:
        figures = {"first paint": program.wait_for("palette") - program.started}
        if data not in program.seen:
            program.wait_for(data)
        figures["data"] = time.monotonic() - program.started
        program.read_until_quiet(QUIET)
        program.type("q")
        asked = time.monotonic()
        assert program.exit_code() == 0
        figures["quit"] = time.monotonic() - asked
    return {name: 1000 * seconds for name, seconds in figures.items()}


def keys(
    command: Sequence[str],
    data: str,
    environment: Mapping[str, str],
    pressed: Mapping[str, str],
    presses: int,
) -> Figures:
    """The median of each key, from the press to the last byte written because of it."""
    figures = {}
    with terminal(command, environment) as program:
        program.wait_for(data)
        program.read_until_quiet(QUIET)
        for name, key in pressed.items():
            times = []
            for _ in range(presses):
                program.type(key)
                start = time.monotonic()
                before = len(program.written)
                last = program.read_until_quiet(QUIET)
                if len(program.written) > before:
                    times.append(1000 * (last - start))
            if times:
                figures[name] = median(times)
    return figures


# -- in this process -----------------------------------------------------------------------------


async def longest_stall(open_explorer: Callable[[], object]) -> float:
    """Milliseconds for which the event loop did nothing else while an explorer got its data."""
    from resnet_inspect.tui.app import Explorer
    from resnet_inspect.tui.panels.trace_table import TraceTable

    stall = 0.0

    async def watch() -> None:
        nonlocal stall
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            stall = max(stall, time.perf_counter() - before - 0.001)

    app = open_explorer()
    assert isinstance(app, Explorer)
    async with app.run_test(size=SIZE):
        watching = asyncio.create_task(watch())
        while not app.query_one("#table", TraceTable).every:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.3)
        watching.cancel()
    return 1000 * stall


def stalls(saved: Mapping[str, Path]) -> Figures:
    """The longest stall for a named variant and for each saved trace."""
    from resnet_inspect.tui.app import Explorer
    from resnet_inspect.tui.session import Request

    def opened(path: Path) -> Explorer:
        trace = pipeline.load(path)
        return Explorer(Request(trace.model_name, path=str(path)), trace)

    figures = {"named": asyncio.run(longest_stall(lambda: Explorer(Request.of("resnet50"))))}
    for name, path in saved.items():
        figures[name] = asyncio.run(longest_stall(lambda path=path: opened(path)))
    return figures


def medians(runs: Sequence[Figures]) -> Figures:
    """The median of each figure."""
    return {name: median(run[name] for run in runs) for name in runs[0]}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--presses", type=int, default=12)
    parser.add_argument("--calls", type=int, default=100_000)
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "config.toml").touch()
        environment = {
            "PYTHONPATH": str(ROOT),
            "TERM": "xterm-256color",
            "RESNET_INSPECT_STATE": f"{folder}/state.json",
            "RESNET_INSPECT_CONFIG": f"{folder}/config.toml",
        }
        os.environ.update(environment)
        large = Path(folder) / "large.json"
        large.write_text(codec.dumps(deep_network(options.calls)), encoding="utf-8")
        saved = {"saved": ROOT / "tests" / "data" / "resnet50.json", "large": large}
        explorer = [sys.executable, "-m", "resnet_inspect", "tui"]
        programs: dict[str, tuple[list[str], str]] = {
            "bare": ([sys.executable, "-c", BARE], "7.7"),
            "named": ([*explorer, "resnet50"], "stage 4"),
            "saved": ([*explorer, str(saved["saved"])], "stage 4"),
            "large": ([*explorer, str(large)], "stage 4"),
        }
        columns: dict[str, Figures] = {}
        for name, (command, data) in programs.items():
            runs = [once(command, data, environment) for _ in range(options.runs)]
            pressed = KEYS if name == "bare" else KEYS | OWN_KEYS
            typed = (
                {}
                if name == "named"  # its rows are those of the saved trace
                else keys(command, data, environment, pressed, options.presses)
            )
            columns[name] = medians(runs) | {f"key: {key}": ms for key, ms in typed.items()}
        for name, stall in stalls(saved).items():
            columns[name]["longest stall"] = stall

    print(f"medians in ms at {SIZE[0]}×{SIZE[1]}, {options.runs} runs, {options.presses} presses")
    print(f"{'':18}" + "".join(f"{name:>10}" for name in columns) + "   saved/bare")
    for figure in dict.fromkeys(name for column in columns.values() for name in column):
        cells = [column.get(figure) for column in columns.values()]
        text = "".join(f"{'-' if ms is None else f'{ms:.0f}':>10}" for ms in cells)
        ours, floor = columns["saved"].get(figure), columns["bare"].get(figure)
        print(f"{figure:18}{text}" + (f"{ours / floor:13.1f}" if ours and floor else ""))


if __name__ == "__main__":
    main()
