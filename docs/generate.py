"""Make the pages and pictures that show the program, from the program itself.

    python docs/generate.py            write them
    python docs/generate.py --check    exit with 1 if any is not what would be written

Needs the saved traces in tests/data and no torch.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import sys
import textwrap
import tomllib
from ast import get_docstring, parse
from collections.abc import Iterator
from functools import partial
from importlib.metadata import version
from pathlib import Path
from unittest import mock

from rich.console import Console

ROOT = Path(__file__).parents[1]


def made_with() -> str:
    """The versions that decide how help and pictures look."""
    minor = {name: ".".join(version(name).split(".")[:2]) for name in ("click", "rich", "textual")}
    return ", ".join(f"{name} {number}" for name, number in minor.items())


def run(*arguments: str, columns: str = "") -> str:
    """What the command line prints where a terminal has that many columns."""
    from resnet_inspect.cli import main

    out = io.StringIO()
    wide = mock.patch.dict(os.environ, COLUMNS=columns)
    with wide, contextlib.redirect_stdout(out), contextlib.chdir(ROOT):
        code = main(arguments)
    if code:
        raise SystemExit(f"resnet-inspect {' '.join(arguments)} ended with {code}")
    return out.getvalue()


def reference() -> str:
    """Every command, column, format, kind and exit code."""
    from resnet_inspect import errors
    from resnet_inspect.cli.group import COMMANDS
    from resnet_inspect.formats import FORMATS
    from resnet_inspect.views.tables import VIEWS
    from resnet_inspect.views.tables.columns import COLUMNS

    parts = [
        "# Reference",
        "",
        "Written by `python docs/generate.py` from the program itself; a test holds it to that.",
        f"<!-- made with {made_with()} -->",
        "",
        "## Commands",
        "",
    ]
    for command in COMMANDS:
        parts += [
            f"### {command}",
            "",
            "```text",
            run(command, "--help", columns="80").rstrip(),
            "```",
            "",
        ]
    parts += ["## Views", ""]
    for name, view in VIEWS.items():
        summary = (sys.modules[view.table.__module__].__doc__ or "").strip().splitlines()[0]
        parts.append(f"- `{name}`: {summary}")
    parts += ["", "## Formats", "", "| format | file suffixes |", "| :-- | :-- |"]
    for name in FORMATS:
        suffixes = ", ".join(f"`{suffix}`" for suffix in FORMATS[name].suffixes)
        parts.append(f"| `{name}` | {suffixes} |")
    parts += ["", "## Columns", "", "| key | title | meaning |", "| :-- | :-- | :-- |"]
    for column in COLUMNS.values():
        parts.append(f"| `{column.key}` | {column.title} | {column.meaning} |")
    parts += ["", "## Exit codes and errors", ""]
    parts += ["| code | meaning |", "| --: | :-- |"]
    parts += [
        "| 0 | done (also when the reader of a pipe has had enough, and for `show` of a trace that"
        " ends where the forward raised) |",
        "| 1 | the work failed: a forward that raised (what ran before is printed), a damaged"
        " file, an output that exists; `check`, or `diff` with `--exit-code`, found a difference,"
        " `verify` one that nothing explains |",
        "| 2 | usage: a name, option, shape or argument that cannot be |",
        "| 3 | a missing dependency or device |",
        "| 130 | interrupted; of a forward, what ran before is printed |",
        "| 143, 129 | ended by SIGTERM, by SIGHUP; no file is half-written |",
        "",
    ]
    parts += ["```text", (errors.__doc__ or "").partition("\n\n")[2].partition("\n\n")[0], "```"]
    return "\n".join(parts) + "\n"


def printed(command: str) -> list[str]:
    """The lines that a command prints where a terminal has 88 columns."""
    return run(*shlex.split(command), columns="88").splitlines()


def table_of(command: str) -> list[str]:
    """The rows of what a command prints, with their heading."""
    lines = printed(command)
    start, end = (i for i, line in enumerate(lines) if line and set(line) == {"─"})
    return lines[start - 1 : end]


def page(name: str) -> str:
    """A page, with each marked output replaced by what the program prints now.

    `<!-- output: COMMAND -->` stands before the table that a command prints, and
    `<!-- prints 2-9: COMMAND -->` before some of its lines, or all without numbers.
    """
    text = (ROOT / name).read_text(encoding="utf-8")
    marked = re.compile(
        r"<!-- (output|prints(?: (\d+)-(\d+))?): (.*?) -->\n(?:```text\n.*?```\n)?", re.DOTALL
    )

    def renew(found: re.Match[str]) -> str:
        kind, first, last, command = found.groups()
        lines = table_of(command) if kind == "output" else printed(command)
        if first:
            lines = textwrap.dedent("\n".join(lines[int(first) - 1 : int(last)])).splitlines()
        text = "\n".join(lines).strip("\n")
        return f"<!-- {kind}: {command} -->\n```text\n{text}\n```\n"

    return marked.sub(renew, text)


def architecture() -> str:
    """The page of the rooms, with the table of them as the import contracts have it."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    marked = re.compile(r"(?<=<!-- rooms -->\n).*?(?=<!-- end of the rooms -->)", re.DOTALL)
    rows = [
        f"| `{room}` | {summary(folder)} | {' · '.join(', '.join(floor) for floor in floors)} |"
        for room, folder, floors in rooms()
    ]
    heading = "| room | what is in it | from the top down |\n| :-- | :-- | :-- |"
    return marked.sub(lambda _: "\n".join((heading, *rows, "")), page)


def summary(folder: Path) -> str:
    """What the docstring of a package says first."""
    said = get_docstring(parse((folder / "__init__.py").read_text(encoding="utf-8"))) or ""
    return said.partition("\n\n")[0].replace("\n", " ")


def rooms() -> Iterator[tuple[str, Path, list[list[str]]]]:
    """Every package with what is in it, on the floors that its contract has for it.

    What no contract names stands on one floor of its own.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = {
        container.removeprefix("resnet_inspect").removeprefix("."): contract["layers"]
        for contract in project["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers"
        for container in contract.get("containers", ["resnet_inspect"])
    }
    package = ROOT / "resnet_inspect"
    for folder in sorted(path.parent for path in package.rglob("__init__.py")):
        inside = {
            path.stem: f"`{path.stem}/`" if path.is_dir() else f"`{path.stem}`"
            for path in sorted(folder.iterdir())
            if (path / "__init__.py").exists() or (path.suffix == ".py" and path.stem[0] != "_")
        }
        room = ".".join(folder.relative_to(package).parts)
        floors = []
        for layer in contracts.get(room, []):
            names = [name.strip().removeprefix("resnet_inspect.") for name in layer.split("|")]
            floors.append([inside.pop(name) for name in names if name in inside])
        floors.append([*inside.values()])
        place = room.replace(".", "/") or package.name
        yield f"{place}/", folder, [floor for floor in floors if floor]


def picture() -> str:
    """The trace of ResNet-50 as a terminal of 120 columns shows it, as SVG."""
    from resnet_inspect import load
    from resnet_inspect.formats.terminal import styled
    from resnet_inspect.formats.text.layout import lay_out
    from resnet_inspect.pipeline import tabulate
    from resnet_inspect.views.tables.rows.selection import Selection

    table = tabulate(load(ROOT / "tests/data/resnet50.json"), "layers", Selection(fold=True))
    console = Console(record=True, width=120, file=io.StringIO(), force_terminal=True)
    console.print("[bold]$[/] resnet-inspect trace resnet50 --fold", highlight=False)
    for line in styled(lay_out(table, 120)):
        console.print(line, soft_wrap=True, highlight=False)
    svg = console.export_svg(title="resnet-inspect", unique_id="trace")
    # Nothing is fetched: the fonts are those of the reader's machine.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    return svg.replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, monospace")


def explorer() -> str:
    """The explorer on ResNet-50 at 150×44, its second stage chosen, as SVG."""
    import asyncio
    import tempfile

    from resnet_inspect import load
    from resnet_inspect.tui.app import Explorer
    from resnet_inspect.tui.session.request import Request

    async def draw() -> str:
        trace = load(ROOT / "tests/data/resnet50.json")
        app = Explorer(Request("resnet50", path="tests/data/resnet50.json"), trace)
        async with app.run_test(size=(150, 44)) as pilot:
            await pilot.pause()
            await pilot.press("right_square_bracket", "right_square_bracket", "right_curly_bracket")
            await pilot.pause()
            return app.export_screenshot(title="resnet-inspect tui resnet50")

    with tempfile.TemporaryDirectory() as nothing:
        os.environ["RESNET_INSPECT_STATE"] = f"{nothing}/state.json"
        os.environ["RESNET_INSPECT_CONFIG"] = f"{nothing}/config.toml"
        svg = asyncio.run(draw())
    # The identifier is drawn at random for each picture.
    svg = re.sub(r"terminal-\d+", "terminal-explorer", svg)
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    return svg.replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, monospace")


def block() -> str:
    """The first block of ResNet-50's second stage as `draw` draws it, as SVG."""
    saved = "tests/data/resnet50.json"
    to_the_right = ("--direction", "right", "--format", "svg")
    return run("draw", saved, "--block", "layer2.0", *to_the_right)


WRITTEN = (
    "README.md",
    "docs/guide.md",
    "docs/tutorials.md",
    "docs/recipes.md",
    "docs/paper.md",
    "docs/notebook.md",
)
"""Pages written by hand, with outputs of the program in them."""

PAGES = {
    "docs/architecture.md": architecture,
    "docs/reference.md": reference,
    **{name: partial(page, name) for name in WRITTEN},
    "docs/pictures/trace.svg": picture,
    "docs/pictures/explorer.svg": explorer,
    "docs/pictures/block.svg": block,
}


def main(arguments: list[str]) -> int:
    """Write or check every page."""
    stale = []
    for name, make in PAGES.items():
        path = ROOT / name
        made = make()
        if not path.exists() or path.read_text(encoding="utf-8") != made:
            stale.append(name)
            if "--check" not in arguments:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(made, encoding="utf-8")
    print("\n".join(stale) or "all as the program prints it")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
