"""Saved traces with values changed for others of their type, put to every command.

A file is refused in one line or every command answers: exit 0, 1 or 2, never a defect, in 20 s and
2 GiB. `python tests/fuzz/typed_edits.py SEED EDITS` runs it long and prints what fell.
"""

from __future__ import annotations

import contextlib
import io
import json
import random
import resource
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from resnet_inspect.cli import main

DATA = Path(__file__).parents[1] / "data"
BASES = ("broken", "oddities", "plain", "functional", "dense")
SECONDS, MEMORY = 20, 2 * 2**30

COMMANDS = (
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
)

NUMBERS = (0, 1, 2, 3, 7, 64, 255, 2**16, 2**31 - 1, 2**31, 2**53, 2**62, 2**63 - 1, -1, -(2**31))
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
        others = [h[k] for h, k in chance.sample(every, 20) if type(h[k]) is int]
        near = [found - 1, found + 1, found * 2]
        holder[key] = chance.choice([*NUMBERS, *near, *others * 2])
    elif isinstance(found, str):
        others = [h[k] for h, k in chance.sample(every, 20) if isinstance(h[k], str)]
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


def run(seed: int, edits: int, folder: Path) -> tuple[Counter[int], list[str]]:
    """How often each exit code was, and what fell, with how to make it again."""
    chance = random.Random(seed)
    counted: Counter[int] = Counter()
    fallen = []
    bases = {name: (DATA / f"{name}.json").read_text(encoding="utf-8") for name in BASES}
    file = folder / "edited.json"
    for number in range(edits):
        name = chance.choice(BASES)
        document = json.loads(bases[name])
        for _ in range(chance.choice((1, 1, 1, 2, 4))):
            edit(document, chance)
        file.write_text(json.dumps(document), encoding="utf-8")
        layers = [m["path"] for m in json.loads(bases[name])["modules"] if m["path"]]
        words = chance.choice(COMMANDS).split()
        swapped = {
            "FILE": str(file),
            "BASE": str(DATA / f"{name}.json"),
            "LAYER": chance.choice(layers),
        }
        code, fault = answer([swapped.get(word, word) for word in words])
        counted[code] += 1
        if fault:
            kept = folder / f"fallen-{seed}-{number}.json"
            kept.write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
            fallen.append(f"{' '.join(words)} ({name}, {kept.name}): {fault}")
    return counted, fallen


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    folder = Path(tempfile.mkdtemp(prefix="typed-edits-"))
    counted, fallen = run(int(sys.argv[1]), int(sys.argv[2]), folder)
    print(*fallen, sep="\n")
    print(dict(counted), f"files in {folder}" if fallen else "")
    sys.exit(bool(fallen))
