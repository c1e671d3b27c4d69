"""The page of speeds: what the benchmarks write into it, and that it is all there."""

from __future__ import annotations

import re
from pathlib import Path
from subprocess import CalledProcessError

import anchors
import bars
import peers
import pytest
import speed_page

ROOT = Path(__file__).parents[2]
BLOCKS = ("peers", "bars")
PAGE = "by hand\n\n{}\n\nold\n\n{}\n\nby hand\n".format(*speed_page.markers("peers"))


def block(name: str) -> str:
    begin, end = speed_page.markers(name)
    page = speed_page.PAGE.read_text(encoding="utf-8")
    return page.partition(begin)[2].partition(end)[0]


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


# -- the page ------------------------------------------------------------------------------------


def test_lines_replace_what_is_between_the_markers_and_nothing_else() -> None:
    page = speed_page.renewed(PAGE, "peers", ["new", "lines"])
    assert page == PAGE.replace("old", "new\nlines")
    assert speed_page.renewed(page, "peers", ["old"]) == PAGE


@pytest.mark.parametrize(
    "page",
    [
        "",
        PAGE.replace(speed_page.markers("peers")[0], ""),
        PAGE.replace(speed_page.markers("peers")[1], ""),
        PAGE + PAGE,
        "\n".join(reversed(PAGE.split("\n"))),
    ],
)
def test_a_page_without_its_markers_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="must have <!-- measured by"):
        speed_page.renewed(page, "peers", ["new"])


def test_what_is_shown_is_written_where_a_block_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "speed.md"
    page.write_text(PAGE, encoding="utf-8")
    monkeypatch.setattr(speed_page, "PAGE", page)
    speed_page.show(iter(["new"]), None)
    assert page.read_text(encoding="utf-8") == PAGE
    speed_page.show(iter(["new"]), "peers")
    assert page.read_text(encoding="utf-8") == PAGE.replace("old", "new")
    assert capsys.readouterr().out == "new\nnew\n"

    def broken() -> object:
        yield "half"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        speed_page.show(broken(), "peers")
    assert page.read_text(encoding="utf-8") == PAGE.replace("old", "new")
    assert [path.name for path in tmp_path.iterdir()] == ["speed.md"]


def test_conditions_name_versions_and_what_is_not_installed() -> None:
    line = speed_page.conditions(("click", "not-a-package-of-anyone"), 1)
    assert re.search(r"Python 3\.\d+\.\d+, click \d+\.\d+[^,]*, not-a-package-of-anyone not", line)
    assert line.endswith("median of 1 run.")
    assert speed_page.conditions((), 3).endswith("median of 3 runs.")


# -- the tools -----------------------------------------------------------------------------------


def test_a_process_tells_its_steps_and_its_memory() -> None:
    slow = "import time; time.sleep(0.05); held = bytearray(100 * 2**20)"
    tool = peers.Tool("one", {"import": "print('VARIANT')", "trace": slow})
    found = peers.outcome(tool, "resnet18")
    assert isinstance(found, dict)
    assert list(found) == ["import", "trace", "whole", "peak"]
    assert 50 <= found["trace"] <= found["whole"]
    assert found["import"] + found["trace"] <= found["whole"]
    assert found["peak"] > 100
    assert tool.program("resnet18").run().printed.startswith("resnet18\n")


def test_a_command_is_measured_from_outside_whatever_its_end() -> None:
    found = peers.outcome(peers.command("--version"), "")
    assert isinstance(found, dict)
    assert list(found) == ["whole", "peak"]
    assert found["peak"] > 5
    assert peers.outcome(peers.command("no-such-thing"), "").startswith("`")


def test_a_garbage_collection_counts_in_the_whole_and_in_no_step() -> None:
    slow = "gc.callbacks.append(lambda phase, about: phase == 'start' and time.sleep(0.3))"
    steps = {"build": peers.STAND_STILL + slow, "trace": "gc.collect()"}
    found = peers.outcome(peers.Tool("one", steps), "")
    assert isinstance(found, dict)
    assert found["trace"] < 300 <= found["whole"]


def test_a_tool_that_fails_says_why_in_its_cell() -> None:
    tool = peers.Tool("one", {"import": "raise ValueError('a | b `c`\\n\\n')"})
    assert peers.outcome(tool, "") == "`ValueError: a / b 'c'`"
    assert peers.reason(CalledProcessError(-9, [], stderr="")) == "`exit code -9`"
    assert len(peers.reason(CalledProcessError(1, [], stderr="x" * 999))) == 102


def test_a_summary_is_medians_unless_a_run_failed() -> None:
    runs = [{"whole": whole, "peak": peak} for whole, peak in ((3, 10), (1, 30), (200, 20))]
    assert peers.summary(runs) == {"whole": 3, "peak": 20}
    assert peers.summary([*runs, "`no`", "`neither`"]) == "`no`"


def test_a_row_has_a_cell_for_each_column() -> None:
    floor = {"import": 900.4, "whole": 1000, "peak": 700}
    assert peers.row("torch", floor, floor) == ["torch", "900", "–", "–", "1,000", "700", "0"]
    cached = {"whole": 200, "peak": 21}
    assert peers.row("ours", cached, floor) == ["ours", "–", "–", "–", "200", "21", "-679"]
    assert peers.row("ours", cached, "`no`")[-2:] == ["21", "–"]
    assert peers.row("theirs", "`no`", floor) == ["theirs", "`no`", *"–––––"]


def test_tables_have_every_tool_and_variant_in_the_order_of_the_program() -> None:
    found = {("", peers.FLOOR.name): {"import": 1.0, "whole": 2.0, "peak": 3.0}}
    for variant in peers.VARIANTS:
        for tool in peers.TOOLS:
            found[variant, tool.name] = {"whole": 10.0, "peak": 7.0}
    lines = list(peers.tables(found))
    assert lines[1].startswith("| resnet18 | import, ms | build, ms | trace, ms |")
    assert lines[2] == "| :-- | --: | --: | --: | --: | --: | --: |"
    assert lines[3] == f"| {peers.FLOOR.name} | 1 | – | – | 2 | 3 | 0 |"
    assert lines[4] == "| torchinfo | – | – | – | 10 | 7 | 4 |"
    assert lines[-1] == "| `resnet-inspect trace resnet152` | – | – | – | 10 | 7 | 4 |"
    assert len(lines) == 3 * (1 + 2 + 1 + len(peers.TOOLS))


def test_a_peer_has_a_row_and_is_installed_by_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"PEERS := {' '.join(peers.PEERS)}\n" in makefile
    assert set(peers.PEERS) <= {tool.name for tool in peers.TOOLS}


# -- what was measured ---------------------------------------------------------------------------


def test_the_page_has_every_tool_on_every_variant() -> None:
    rows = [cells(line) for line in block("peers").splitlines() if line.startswith("|")]
    names = [row[0] for row in rows]
    for variant in peers.VARIANTS:
        start = names.index(variant)
        tools = [tool.named(variant) for tool in (peers.FLOOR, *peers.TOOLS)]
        assert names[start : start + len(tools) + 2] == [variant, ":--", *tools]
        for row in rows[start + 2 : start + 2 + len(tools)]:
            assert len(row) == 1 + len(peers.COLUMNS)
            assert all(re.fullmatch(r"-?[\d,]+|–|`.+`", cell) for cell in row[1:])
            assert re.fullmatch("–|`.+`", row[1]) or row[4] != "–"


@pytest.mark.parametrize("name", BLOCKS)
def test_the_page_says_when_with_what_and_on_what_it_was_measured(name: str) -> None:
    packages = {"peers": ("resnet-inspect", *peers.PEERS), "bars": ("rich", "click")}[name]
    line = block(name).strip().splitlines()[0]
    assert re.match(r"\d{4}-\d\d-\d\d; Python 3\.\d+\.\d+, torch \d", line)
    assert re.search(r" \d+ cores, \w+; load before [\d.]+; median of \d+ runs?\.$", line)
    for package in ("torch", "torchvision", "torchinfo", *packages):
        assert re.search(rf" {package} \d+\.\d+", line), package


def test_the_page_has_the_bars() -> None:
    rows = [cells(line) for line in block("bars").splitlines() if line.startswith("|")]
    assert rows[0] == ["what", "ours", "theirs", "outcome", "must be"]
    named = {bar.name: bar.must_be for bar in bars.BARS}
    assert len(rows) > 2
    for row in rows[2:]:
        assert named.get(row[0]) == row[-1], "run `make bench`"


def test_the_page_of_signals_has_every_anchor_within_its_error() -> None:
    begin, end = speed_page.markers("anchors")
    page = speed_page.PAGE.with_name("signal.md").read_text(encoding="utf-8")
    rows = [
        cells(line)
        for line in page.partition(begin)[2].partition(end)[0].splitlines()
        if line.startswith("| ")
    ][2:]
    assert [f"{name} | {norm}" for name, norm, *_ in rows] == [one.line for one in anchors.ANCHORS]
    for anchor, (_, _, mean, error, low, high) in zip(anchors.ANCHORS, rows, strict=True):
        least, middle, most = (float(text.replace(",", "")) for text in (low, mean, high))
        assert least < middle < most
        spread = float(error.removeprefix("×/÷ ")) ** (5**0.5)
        assert middle / spread**3 < anchor.expected < middle * spread**3
