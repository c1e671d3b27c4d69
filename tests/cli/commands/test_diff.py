"""`resnet-inspect diff` as a user meets it, on saved traces."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from commands import SAVED, inspect, refused
from pages import read, unpacked

from resnet_inspect import pipeline
from resnet_inspect.cli import main
from resnet_inspect.cli.diagnostics import Progress
from resnet_inspect.formats import FORMATS
from resnet_inspect.traces.json.codec import Measured
from resnet_inspect.traces.timing import Ceiling, Machine, Measurements, Peak
from tests.test_fences import HEAVY, modules_after

R34, R50, V1 = (str(SAVED.with_name(f"{n}.json")) for n in ("resnet34", "resnet50", "resnet50_v1"))


def test_the_words_come_first_and_then_the_layers() -> None:
    done = inspect("diff", R34, R50, "--width", "80")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    words = lines[lines.index("") + 1 :]
    assert words[:3] == [
        "blocks: basic (2 convolutions) against bottleneck (3)",
        "stage 1: planes unchanged against ×4",
        "planes after each stage: 64, 128, 256, 512 against 256, 512, 1024, 2048 (×4)",
    ]
    assert any(line.split() == ["layer1.0.conv3", "+", "only", "right"] for line in lines)
    assert any(
        line.split() == ["parameters", "21,797,672", "→", "25,557,032", "(×1.17)"] for line in lines
    )
    assert not any(" conv2  =" in line for line in lines)
    assert done.stderr.startswith("resnet-inspect: no room in 80 columns for: ")


def test_equal_rows_are_shown_where_all_are_asked_for() -> None:
    brief, full = (inspect("diff", R50, V1, "--format", "json", *more) for more in ((), ("--all",)))
    rows = [json.loads(done.stdout)["rows"] for done in (brief, full)]
    changed = [row["path"] for row in rows[0] if row["change"] == "changed" and row["itself"]]
    assert changed == [f"layer{n}.0.conv{k}" for n in (2, 3, 4) for k in (1, 2)]
    assert "layer1.0.bn1" not in {row["path"] for row in rows[0]}
    assert "layer1.0.bn1" in {row["path"] for row in rows[1] if row["change"] == "same"}


@pytest.mark.parametrize(
    ("left", "right", "code"), [(R50, R50, 0), (R50, V1, 1), (V1, R50, 1), (R34, R50, 1)]
)
def test_the_exit_code_says_whether_they_differ(left: str, right: str, code: int) -> None:
    assert inspect("diff", left, right, "--exit-code").returncode == code
    assert inspect("diff", left, right).returncode == 0


@pytest.mark.parametrize("format", FORMATS)
def test_every_format(format: str) -> None:
    done = inspect("diff", R50, V1, "--format", format)
    assert (done.returncode, done.stderr) == (0, "")
    assert "layer2.0.conv1" in done.stdout.replace("{-}", "-")


def test_a_file_takes_its_format_from_its_suffix(tmp_path: Path) -> None:
    for suffix in (".md", ".html"):
        out = tmp_path / f"d{suffix}"
        done = inspect("diff", R50, V1, "-o", str(out))
        assert (done.returncode, done.stdout) == (0, "")
        assert out.read_text(encoding="utf-8")
    refused(inspect("diff", R50, V1, "-o", str(out)), 1, "exists already", "--force")


def test_a_page_explores_both_and_a_format_names_the_table(tmp_path: Path) -> None:
    """As `export --against` writes it, opened at the columns and rows that are asked for."""
    page, against, table = (tmp_path / f"{name}.html" for name in ("page", "against", "table"))
    assert main(["diff", R34, R50, "-o", str(page)]) == 0
    assert main(["export", R34, str(against), "--against", R50]) == 0
    assert page.read_bytes() == against.read_bytes()
    assert main(["diff", R34, R50, "--format", "html", "-o", str(table)]) == 0
    assert inspect("diff", R34, R50, "--format", "html").stdout == table.read_text(encoding="utf-8")
    assert 'id="page-data"' not in table.read_text(encoding="utf-8")
    more = "--columns", "+left_stride", "--only", "conv", "--stage", "2", "--all", "--exit-code"
    assert main(["diff", R34, R50, "-o", str(page), *more, "--force"]) == 1
    data = unpacked(read(page.read_text(encoding="utf-8")), 0)
    assert data["opened"]["columns"]["comparison"][-1] == "left_stride"
    assert data["opened"]["everything"]
    kept = [(level, op) for _, level, _, op, *_ in data["comparison"]["rows"]]
    assert len(kept) == 19
    assert {op for level, op in kept if level > 1} == {"conv"}


def test_columns_can_be_added() -> None:
    done = inspect("diff", R50, V1, "--columns", "+left_stride,right_stride", "--format", "csv")
    rows = list(csv.DictReader(done.stdout.splitlines()))
    (row,) = [row for row in rows if row["path"] == "layer2.0.conv1"]
    assert (row["left_stride"], row["right_stride"]) == ("1×1", "2×2")


def test_input_options_are_for_what_is_run() -> None:
    small = inspect("diff", "resnet18", R50, "--image-size", "64", "--format", "json")
    assert small.returncode == 0, small.stderr
    document = json.loads(small.stdout)
    assert document["summary"][0] == "input 1×3×64×64 against 1×3×224×224"
    assert document["provenance"]["left_source"] == "torchvision:resnet18"


def test_what_cannot_be_is_refused_in_one_line() -> None:
    refused(inspect("diff", R50, V1, "--batch", "2"), 2, "saved traces are not run again")
    refused(inspect("diff", R50, "resnet51"), 2, "unknown model 'resnet51'", "resnet50")
    refused(inspect("diff", R50), 2, "Missing argument")
    refused(inspect("diff", R50, "gone.json"), 1, "gone.json")
    refused(inspect("diff", R50, V1, "--columns", "colour"), 2, "unknown column 'colour'")


# -- times -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def timed(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Files of one network that took a second a run, and of another that took two."""
    folder = tmp_path_factory.mktemp("timed")
    found = []
    for seconds, name in enumerate(("resnet34", "resnet50"), start=1):
        trace = pipeline.load(SAVED.with_name(f"{name}.json"))
        run = (seconds * 10**9, *[0] * (len(trace.calls) - 1))
        measured = Measurements(
            machine=Machine("cpu", "by hand", "Linux x86_64", 8, seconds, "2.15.0"),
            measured_at="2026-01-01T00:00:00+00:00", channels_last=False, warm_up=0,
            forward=(run, run), whole_forward=(run[0], run[0]), backward=(), whole_backward=(),
            compiled=(), matmul=Ceiling(1, (1,)), copy=Ceiling(1, (1,)), peak=Peak(0, 0, ()),
        )  # fmt: skip
        path = folder / f"{name}.json"
        pipeline.save_measured([(trace, measured)], path)
        found.append(str(path))
    return found[0], found[1]


def test_two_measured_files_are_compared_in_time(
    timed: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", *timed, "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert "not measured alike: 1 thread against 2 threads" in document["summary"]
    assert document["totals"]["whole_time"] == [1.0, 2.0, 1.0, 2.0]
    row = document["rows"][-1]  # of what lies between the calls
    assert [row[key] for key in ("left_time", "right_time", "time_ratio")] == [1.0, 2.0, 2.0]
    assert main(["diff", timed[0], timed[0], "--exit-code"]) == 0
    assert "forward 1.000 s against 1.000 s: less than" in capsys.readouterr().out


def test_a_trace_without_times_stands_beside_one_with(
    timed: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", R34, timed[1], "--columns", "+right_time_share"]) == 0
    printed = capsys.readouterr().out
    assert "only the right was measured" in printed
    assert "right of time" in printed
    assert main(["diff", R34, R50, "--columns", "help"]) == 0
    assert "left_time  " in capsys.readouterr().out


def test_comparing_times_loads_no_torch(timed: tuple[str, str]) -> None:
    arguments = ["diff", *timed]
    assert not modules_after(f"from resnet_inspect.cli import main; main({arguments!r})") & HEAVY


def test_both_are_measured_on_the_spot(capsys: pytest.CaptureFixture[str]) -> None:
    tiny = ["resnet:basic:1,1:width=8", "resnet:basic:2,1:width=8", "--image-size", "32"]
    often = ["--repeats", "2", "--warm-up", "1", "--threads", "1"]
    assert main(["diff", *tiny, "--measure", *often, "--backward", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    for key in ("whole_time", "whole_backward"):
        left, right, difference, ratio = document["totals"][key]
        assert difference == pytest.approx(right - left)
        assert ratio == pytest.approx(right / left)
    assert document["provenance"]["left_repeats"] == 2
    assert document["provenance"]["right_threads"] == 1
    for side in ("left", "right"):
        whole = sum(row[f"{side}_time"] or 0 for row in document["rows"] if not row["subtotal"])
        assert whole == pytest.approx(document["totals"]["time"][side == "right"])


@pytest.fixture
def asked(timed: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, bool]]:
    """What was measured, how often, and whether compiled too; of resnet34, what a file says."""
    asked: list[tuple[str, int, bool]] = []
    trace, once = pipeline.load_measured(timed[0])[0]
    cut = replace(once, forward=tuple(run[1:] for run in once.forward))

    def measure(
        model: str, size: object, *, runs: dict[str, Any], tell: Callable[[str], None], **_: object
    ) -> Measured:
        asked.append((model, runs["repeats"], runs["compiled"]))
        tell("measuring")
        often = runs["repeats"] // 2 + 1
        known = cut if model == "resnet50" and len(asked) > 2 else once
        forward = (known.forward * often)[: runs["repeats"]]
        return trace, replace(known, forward=forward)

    monkeypatch.setattr(pipeline, "measure", measure)
    return asked


def test_sides_are_measured_in_turns(
    asked: list[tuple[str, int, bool]], capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--measure", "--compile", "--repeats", "6", "--format", "json"]
    assert main(["diff", "resnet18", "resnet34", *arguments]) == 0
    provenance = json.loads(capsys.readouterr().out)["provenance"]
    assert provenance["left_repeats"] == provenance["right_repeats"] == 6
    left, right = "resnet18", "resnet34"
    assert asked == [
        (left, 2, True), (right, 2, True), (right, 2, False), (left, 2, False),
        (left, 1, False), (right, 1, False), (right, 1, False), (left, 1, False),
    ]  # fmt: skip


def test_the_progress_says_whose_turn_it_is(
    asked: list[tuple[str, int, bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(Progress, "tell", lambda progress, step: told.append(step))
    assert main(["diff", "resnet18", "resnet34", "--measure", "--repeats", "2"]) == 0
    turns = (("resnet18", 1), ("resnet34", 1), ("resnet34", 2), ("resnet18", 2))
    assert told == [f"{name}, turn {turn} of 2: measuring" for name, turn in turns]


def test_a_network_that_is_another_one_each_time_is_refused(
    asked: list[tuple[str, int, bool]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", "resnet18", "resnet50", "--measure"]) == 1
    assert "resnet50 did not do the same again: a run has another" in capsys.readouterr().err


def test_what_cannot_be_timed_is_refused_in_one_line(
    timed: tuple[str, str], saved_twice: str
) -> None:
    refused(inspect("diff", *timed, "--measure"), 2, "saved traces are not run again")
    refused(inspect("diff", "resnet18", R34, "--threads", "2"), 2, "need --measure")
    refused(inspect("diff", "resnet18", R34, "--measure", "--device", "meta"), 2, "meta")
    refused(inspect("diff", saved_twice, R34), 1, "2 were measured")
    filtered = ("--measure", "--where", "tme>1")
    refused(inspect("diff", "a.py:A", "b.py:B", *filtered), 2, "did you mean time?")


@pytest.fixture(scope="module")
def saved_twice(timed: tuple[str, str]) -> str:
    """A file of two measurements."""
    path = Path(timed[0]).with_name("both.json")
    pipeline.save_measured([one for file in timed for one in pipeline.load_measured(file)], path)
    return str(path)


def test_arguments_and_inputs_of_one_side_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """Also under the other name of the command."""
    sides = ["--set", "num_classes=3", "--right-set", "num_classes=5", "--left-input", "1,3,64,64"]
    assert main(["compare", "resnet18", "resnet18", *sides, "--image-size", "32"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("resnet18(num_classes=3) against resnet18(num_classes=5)")
    assert "input 1×3×64×64 against 1×3×32×32" in lines
    assert "fc: out features 3 against 5" in lines


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--left-set", "num_classes=3"), ("saved trace", "--left-set")),
        (("--right-input", "1,3,32,32"), ("saved trace", "--right-input")),
    ],
)
def test_a_saved_side_has_no_arguments(options: tuple[str, ...], words: tuple[str, ...]) -> None:
    refused(inspect("diff", R34, R50, *options), 2, *words)


def test_a_filter_that_leaves_nothing_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", R34, R50, "--where", "only left"]) == 0
    assert "no row is left by what was selected; equal steps are shown with --all" in (
        capsys.readouterr().err
    )
    assert main(["diff", R34, R50, "--where", "only right 1x1", "--columns", "path"]) == 0
    printed = capsys.readouterr()
    assert "layer1.0.conv3" in printed.out
    assert printed.err == ""
