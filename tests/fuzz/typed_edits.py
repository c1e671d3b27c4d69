"""Saved files with values changed for others of their type, put to every command.

They are traces, measurements, signals, runs and locks. A file is refused in one line or every
command answers: exit 0, 1 or 2, never a defect, in 20 s and 2 GiB. `python
tests/fuzz/typed_edits.py SEED EDITS [KIND...]` runs it long and prints what fell.
"""

from __future__ import annotations

import contextlib
import io
import json
import random
import re
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import runs
import signals
import timings
from saved import trace_of

from resnet_inspect import locks
from resnet_inspect.cli import main
from resnet_inspect.traces.json import codec

SECONDS, MEMORY = 20, 2 * 2**30

SHOWN = (
    "show FILE",
    "show FILE --view blocks --format json",
    "show FILE --view modules --format html",
    "show FILE --view totals",
    "explain FILE",
    "draw FILE",
    "diff FILE BASE",
    "diff BASE FILE --format json",
    "export FILE PAGE",
    "cost FILE",
    "lock FILE",
)
TRACES = (
    "show FILE",
    "show FILE --all --columns help",
    "show FILE --view blocks --format json",
    "show FILE --view stages --color always",
    "show FILE --view modules --format html",
    "show FILE --view totals --format md",
    "explain FILE",
    "explain FILE LAYER",
    "draw FILE",
    "draw FILE --level layer --format dot",
    "draw FILE --format svg",
    "taps FILE",
    "taps FILE --python",
    "taps FILE --decoder unet",
    "cost FILE --memory 16GiB",
    "diff FILE BASE",
    "diff BASE FILE --format json",
    "lock FILE",
    "check FILE --lock BASE",
    "export FILE PAGE",
)
OF = {
    "trace": TRACES,
    "measured": (*SHOWN, "measure FILE", "measure FILE --format json", "show FILE --where time>1"),
    "signals": (
        *SHOWN,
        "signal FILE",
        "signal FILE --plot --width 80",
        "signal FILE --view blocks --format csv",
        "signal FILE -o PLOT",
        "signal FILE BASE",
        "show FILE --format latex",
    ),
    "run": (*SHOWN, "report FILE -o PAGE --force", "report FILE -o TEXT --force", "tui FILE"),
    "lock": (*SHOWN, "check BASE --lock FILE", "check FILE --lock BASE", "taps FILE"),
}
"""What each kind of file is put to."""


@dataclass(frozen=True, slots=True)
class Base:
    """A file, or the files of a folder, as they are before anything is changed."""

    name: str
    commands: tuple[str, ...]
    files: dict[str, str]
    layers: tuple[str, ...]

    def write(self, place: Path, files: dict[str, str]) -> str:
        """What a command is given for them."""
        for name, text in files.items():
            (place / name).parent.mkdir(exist_ok=True)
            (place / name).write_text(text, encoding="utf-8")
        first = next(iter(files))
        return str(place / first if len(files) == 1 else (place / first).parent)


def _run(folder: Path) -> dict[str, str]:
    place = folder / "run"
    place.mkdir()
    runs.write(runs.made("functional"), place)
    return {f"run/{file.name}": file.read_text(encoding="utf-8") for file in place.iterdir()}


def bases(kind: str, folder: Path) -> list[Base]:
    """The files of a kind."""

    def one(name: str, trace: str, **files: str) -> Base:
        layers = tuple(module.path for module in trace_of(trace).modules if module.path)
        every = {file.replace("_", "."): text for file, text in files.items()}
        return Base(name, OF[kind], every, layers)

    small, other = trace_of("functional"), trace_of("dense")
    if kind == "trace":
        names = ("broken", "oddities", "plain", "functional", "dense")
        return [one(name, name, edited_json=codec.dumps(trace_of(name))) for name in names]
    if kind == "measured":
        every = [(small, timings.measured(small, backward=True)), (other, timings.measured(other))]
        return [one(kind, "functional", edited_json=codec.dumps_measured([pair])) for pair in every]
    if kind == "signals":
        steps = signals.run_of(small, 3)
        return [one(kind, "functional", edited_json=codec.dumps_signals((small, steps)))]
    if kind == "run":
        return [one(kind, "functional", **_run(folder))]
    names = ("dense", "oddities")
    return [one(name, name, edited_lock=locks.dumps(trace_of(name))) for name in names]


NUMBERS = (0, 1, 2, 3, 7, 64, 255, 2**16, 2**31 - 1, 2**31, 2**53, 2**62, 2**63 - 1, -1, -(2**31))
FLOATS = (0.0, -0.0, 1.0, -1.0, 0.5, 1e308, -1e308, 5e-324, 1e160, 1e-160, 1e20)
TEXTS = ("", "x", ":", ":add", ".", "a.b.c", "\x1b[2J", "é", "0", "float32", "x" * 5000, "a" * 40)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every value inside a document, as what holds it and its key there."""
    waiting = [value]
    while waiting:
        holder = waiting.pop()
        keys = holder if isinstance(holder, dict) else range(len(holder))
        for key in keys:
            yield holder, key
            if isinstance(holder[key], dict | list):
                waiting.append(holder[key])


def edit(document: Any, chance: random.Random) -> None:
    """Change one value for another of its type."""
    every = list(places(document))
    holder, key = chance.choice(every)
    found = holder[key]
    if isinstance(found, bool):
        holder[key] = not found
    elif isinstance(found, int):
        others = [h[k] for h, k in chance.sample(every, min(20, len(every))) if type(h[k]) is int]
        near = [found - 1, found + 1, found * 2]
        holder[key] = chance.choice([*NUMBERS, *near, *others * 2])
    elif isinstance(found, float):
        holder[key] = chance.choice([*FLOATS, found * 2, None])
    elif isinstance(found, str):
        others = [
            h[k] for h, k in chance.sample(every, min(20, len(every))) if isinstance(h[k], str)
        ]
        holder[key] = chance.choice([*TEXTS, *others * 2])
    elif isinstance(found, list) and found:
        at = chance.randrange(len(found))
        match chance.randrange(5):
            case 0:
                del found[at]
            case 1:
                found.insert(at, found[chance.randrange(len(found))])
            case 2:
                chance.shuffle(found)
            case 3:
                found[at] = found[chance.randrange(len(found))]
            case _:
                del found[at:]
    elif isinstance(found, list):
        found.append(chance.choice([0, "x", [], ["", 0]]))
    else:
        holder[key] = chance.choice([None, 0, "x"])


def edited(text: str, chance: random.Random) -> str:
    """A document of JSON, or lines of it or of anything else, with a few values changed."""
    lines = text.splitlines()
    if not text.startswith("{"):
        for _ in range(chance.choice((1, 1, 2, 4))):
            edit_words(lines, chance)
        return "\n".join(lines) + "\n"
    try:
        documents = [json.loads(text)]
    except ValueError:
        documents = [json.loads(line) for line in lines]
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        edit(chance.choice(documents), chance)
    end = chance.choice(("", "\n", "\n", "\n")) if len(documents) > 1 else ""
    return "\n".join(map(json.dumps, documents)) + end


def edit_words(lines: list[str], chance: random.Random) -> None:
    """Change a line, or a word or a number in it."""
    at = chance.randrange(len(lines))
    match chance.randrange(6):
        case 0:
            del lines[at]
            lines.extend([""] * (not lines))
        case 1:
            lines.insert(at, chance.choice(lines))
        case 2:
            parts = re.split(r"(\d+)", lines[at])
            parts[chance.randrange(len(parts))] = str(chance.choice(NUMBERS))
            lines[at] = "".join(parts)
        case _:
            words = lines[at].split(" ")
            others = chance.choice(lines).split(" ")
            words[chance.randrange(len(words))] = chance.choice([*TEXTS, *others * 4])
            lines[at] = " ".join(words)


class TooLong(BaseException):
    """A command took more than its time."""


def _ended(*_: object) -> None:
    raise TooLong


def answer(arguments: list[str]) -> tuple[int, str]:
    """The exit code of a command, and what fell; nothing if it answered or refused."""
    out, err = io.StringIO(), io.StringIO()
    signal.signal(signal.SIGALRM, _ended)
    signal.alarm(SECONDS)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(arguments)
    except TooLong:
        return -1, f"more than {SECONDS} s"
    finally:
        signal.alarm(0)
    said = err.getvalue()
    if code not in (0, 1, 2) or "defect" in said or "out of memory" in said:
        return code, f"exit {code}: {said.strip()[-200:]}"
    return code, "an escape" if "\x1b" in said else ""


def run(
    seed: int,
    edits: int,
    folder: Path,
    kinds: tuple[str, ...] = tuple(OF),
    told: Callable[[str], None] = lambda _: None,
) -> tuple[Counter[int], list[str]]:
    """How often each exit code was, and what fell, with how to make it again."""
    chance = random.Random(seed)
    counted: Counter[int] = Counter()
    fallen = []
    (folder / "bases").mkdir()
    every = [bases(kind, folder / "bases") for kind in kinds]
    start = time.monotonic()
    for number in range(edits):
        base = chance.choice(chance.choice(every))
        name = chance.choice(list(base.files))
        files = base.files | {name: edited(base.files[name], chance)}
        words = chance.choice(base.commands).split()
        swapped = {
            "FILE": base.write(folder, files),
            "BASE": base.write(folder / "bases", base.files),
            "LAYER": chance.choice(base.layers),
            "PAGE": str(folder / "page.html"),
            "TEXT": str(folder / "page.md"),
            "PLOT": str(folder / "plot.svg"),
        }
        for made in (*folder.glob("page*"), *folder.glob("plot.svg")):
            made.unlink()
        code, fault = answer([swapped.get(word, word) for word in words])
        counted[code] += 1
        if fault:
            kept = folder / f"fallen-{seed}-{number}"
            kept.mkdir()
            base.write(kept, files)
            fallen.append(f"{' '.join(words)} ({base.name}, {name} in {kept.name}): {fault}")
            told(fallen[-1])
        if number % 1000 == 999:
            told(f"{number + 1} edits, {(number + 1) / (time.monotonic() - start):.0f} a second")
    return counted, fallen


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    folder = Path(tempfile.mkdtemp(prefix="typed-edits-"))
    seed, edits, *kinds = sys.argv[1:]
    counted, fallen = run(
        int(seed), int(edits), folder, tuple(kinds or OF), lambda line: print(line, flush=True)
    )
    print(dict(counted), f"files in {folder}" if fallen else "")
    sys.exit(bool(fallen))
