"""What the page of a network takes in a browser: `make bench-page`.

    python tests/benchmarks/page.py [NAME ...]

Beside it stands what the browser takes anyway for the same layers as one plain table: to open it,
and to mark a row of it. Both are opened in turns, in the system's headless Chromium; figures are
medians, and of keys the slowest one's. The key counts to where its work is done and laid out.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from browsers import browser

import resnet_inspect as ri

NAMES = ("resnet50", "resnet152", "paper:cifar_resnet1202")
KEYS = ("j", "k", "G", "g", "a", "t", "E", "x")
TIMES = 5

_PRESS = """(key) => {
  const begin = performance.now();
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  document.body.offsetHeight;
  return performance.now() - begin;
}"""
_MARK = """() => {
  const rows = document.querySelectorAll("tbody tr");
  const begin = performance.now();
  rows[Math.floor(Math.random() * rows.length)].classList.toggle("raised");
  document.body.offsetHeight;
  return performance.now() - begin;
}"""


def opened(chromium: Any, file: Path, ready: str) -> tuple[float, Any]:
    """Milliseconds until a file is there, and its page."""
    page = chromium.new_page(viewport={"width": 1400, "height": 900})
    begin = perf_counter()
    page.goto(file.as_uri())
    page.wait_for_selector(ready)
    return 1000 * (perf_counter() - begin), page


def row(chromium: Any, name: str, folder: Path) -> Iterator[str]:
    """The cells of a network's row: size, opening and key, each beside the plain table's."""
    trace = ri.trace(name)
    ours, plain = folder / "page.html", folder / "plain.html"
    trace.explore().save(ours, overwrite=True)
    plain.write_text(trace.to_html(), encoding="utf-8")
    openings: tuple[list[float], list[float]] = [], []
    keys: dict[str, list[float]] = {key: [] for key in KEYS}
    marks: list[float] = []
    for _ in range(TIMES):
        took, page = opened(chromium, ours, "html[data-ready] #card article")
        openings[0].append(took)
        for key in KEYS:
            keys[key].append(page.evaluate(_PRESS, key))
        page.close()
        took, page = opened(chromium, plain, "tbody tr")
        openings[1].append(took)
        marks.append(page.evaluate(_MARK))
        page.close()
    slowest = max(KEYS, key=lambda key: median(keys[key]))
    yield name
    yield f"{ours.stat().st_size / 1000:,.0f} kB ({plain.stat().st_size / 1000:,.0f})"
    yield " ms (".join(f"{median(found):.0f}" for found in openings) + ")"
    yield f"{median(keys[slowest]):.0f} ms for {slowest} ({median(marks):.0f})"


def main(names: Sequence[str]) -> None:
    """Print a row for each network."""
    print("| network | file (plain table) | opened (plain table) | slowest key (a row marked) |")
    print("| :-- | --: | --: | --: |")
    with TemporaryDirectory() as folder, browser() as chromium:
        for name in names or NAMES:
            print(f"| {' | '.join(row(chromium, name, Path(folder)))} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
