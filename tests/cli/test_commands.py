"""The command line as a user meets it: whole processes, stdout, stderr, exit codes, files."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from commands import ROOT, SAVED, environment, inspect, python, refused

import resnet_inspect as ri
from resnet_inspect._version import __version__
from resnet_inspect.formats import FORMATS, formats_by_suffix
from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables.columns import COLUMNS

# -- results -------------------------------------------------------------------------------------


def test_trace_prints_the_network_layer_by_layer() -> None:
    done = inspect("trace", "resnet50")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("resnet50 · 1×3×224×224 · meta · eval")
    block = next(i for i, line in enumerate(lines) if line.startswith("  layer2.0  bottleneck"))
    conv = next(line for line in lines[block:] if line.startswith("    conv2 "))
    assert conv.split()[:8] == [
        "conv2", "conv", "3×3", "2×2", "1×1", "1×128×56×56", "1×128×28×28", "147,456",
    ]  # fmt: skip
    assert conv.endswith("0.6%  115.6 M")
    assert "stage 1 (layer1) · 3 blocks; planes ×4, dimensions unchanged" in done.stdout
    assert "stage 2 (layer2) · 4 blocks; planes ×2, dimensions ÷2" in done.stdout
    assert "4,089,184,256" in done.stdout
    assert "25,557,032" in done.stdout


def test_what_is_piped_is_whole_and_without_colours() -> None:
    done = inspect("trace", "resnet18", "--all", "--columns", ",".join(COLUMNS))
    assert "\x1b" not in done.stdout
    assert "…" not in done.stdout


def test_show_prints_what_trace_printed(tmp_path: Path) -> None:
    saved = tmp_path / "t.json"
    traced = inspect("trace", "resnet18", "--save", str(saved), "--all")
    assert inspect("show", str(saved), "--all").stdout == traced.stdout
    assert ri.load(saved).model_name == "resnet18"


def test_options_reach_the_network() -> None:
    done = inspect(
        "trace", "resnet18", "--batch", "2", "--image-size", "64x32", "--dtype", "bf16",
        "--set", "num_classes=10", "--train", "--all", "--format", "json",
    )  # fmt: skip
    document = json.loads(done.stdout)
    first, last = document["rows"][0], document["rows"][-1]
    assert first["input_shape"] == [2, 3, 64, 32]
    assert last["output_shape"] == [2, 10]
    assert document["provenance"]["mode"] == "train"
    assert document["provenance"]["arguments"] == {"num_classes": "10"}
    assert {row["dtype"] for row in document["rows"]} == {"bfloat16"}


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_in_every_format(view: str, format: str) -> None:
    done = inspect("show", str(SAVED), "--view", view, "--format", format)
    assert (done.returncode, done.stderr) == (0, "")
    assert "resnet50" in done.stdout or FORMATS[format].rows_alone


def test_export_writes_several_files_from_one_trace(tmp_path: Path) -> None:
    files = [tmp_path / f"out{suffix}" for suffix in formats_by_suffix()]
    done = inspect("export", "resnet18", *map(str, files), "--fold")
    assert (done.returncode, done.stdout) == (0, "")
    assert all(file.read_text(encoding="utf-8") for file in files)
    rows = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["rows"]
    with open(tmp_path / "out.csv", encoding="utf-8", newline="") as opened:
        table = list(csv.DictReader(opened))
    assert [row["parameters"] for row in rows] == [int(row["parameters"]) for row in table]
    assert sum(r["parameters"] * r["repeat"] for r in rows if not r["subtotal"]) == 11_689_512


def test_export_takes_a_saved_trace(tmp_path: Path) -> None:
    out = tmp_path / "stages.md"
    assert inspect("export", str(SAVED), str(out), "--view", "stages").returncode == 0
    assert "planes ×4, dimensions unchanged" in out.read_text(encoding="utf-8")


def test_output_file_takes_its_format_from_its_suffix(tmp_path: Path) -> None:
    out = tmp_path / "t.csv"
    done = inspect("show", str(SAVED), "-o", str(out))
    assert done.stdout == ""
    assert out.read_text(encoding="utf-8").startswith("path,op,")
    assert inspect("show", str(SAVED), "-o", "-", "--format", "csv").stdout == out.read_text(
        encoding="utf-8"
    )


def test_list_shows_what_can_be_traced() -> None:
    done = inspect("list", "wide*", "--format", "json")
    rows = json.loads(done.stdout)["rows"]
    assert [row["name"] for row in rows] == ["wide_resnet50_2", "wide_resnet101_2"]
    assert rows[0]["parameters"] == 68_883_240
    assert rows[0]["depths"] == [3, 4, 6, 3]


def test_version_names_torch_and_torchvision() -> None:
    done = inspect("--version")
    assert done.stdout.startswith(f"resnet-inspect {__version__} (Python 3.")
    assert "torch " in done.stdout
    assert "torchvision " in done.stdout


# -- bad input -----------------------------------------------------------------------------------


def test_no_command_gives_help_and_2() -> None:
    done = inspect()
    assert (done.returncode, done.stdout) == (2, "")
    assert "resnet-inspect trace resnet50" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["trace", "resnet51"], 2, ["unknown model 'resnet51'", "did you mean", "resnet50"]),
        (["trace", "Resnet-50"], 2, ["did you mean resnet50? `"]),
        (["trace", "resnt50"], 2, ["did you mean resnet50? `"]),
        (["trace", "resnet5"], 2, ["did you mean resnet50 or resnet152? `"]),
        (["trce"], 2, ["trce", "did you mean trace?"]),
        (["trace"], 2, ["which model?"]),
        (["trace", "resnet18", "--view", "stage"], 2, ["unknown view", "stages"]),
        (["trace", "resnet18", "--format", "markdwn"], 2, ["unknown format"]),
        (["trace", "resnet18", "--columns", "macz"], 2, ["unknown column 'macz'", "macs"]),
        (["trace", "resnet18", "--only", "convs"], 2, ["unknown kind of layer", "conv"]),
        (["trace", "resnet18", "--stage", "5"], 2, ["no stage 5", "1 to 4"]),
        (["trace", "resnet18", "--depth", "-1"], 2, ["depth -1", "from 0"]),
        (["trace", "resnet18", "--device", "gpu"], 2, ["unknown device 'gpu'", "cuda"]),
        (["trace", "resnet18", "--device", "cuda:x"], 2, ["unknown device"]),
        (["trace", "resnet18", "--dtype", "floaty"], 2, ["unknown dtype 'floaty'", "float"]),
        (["trace", "resnet18", "--input", "1,3,a,b"], 2, ["no shape", "1,3,224,224"]),
        (["trace", "resnet18", "--input", "7"], 2, ["batch size"]),
        (["trace", "resnet18", "--image-size", "0"], 2, ["positive"]),
        (["trace", "resnet18", "--batch", "-3"], 2, ["positive"]),
        (["trace", "resnet18", "--image-size", "1x2x3"], 2, ["256x192"]),
        (["trace", "resnet18", "--image-size", "10000000000000"], 2, ["larger than torch"]),
        (["trace", "resnet18", "--input", "1,3,8,8", "--batch", "2"], 2, ["whole shape"]),
        (["trace", "resnet18", "--set", "numclasses=10"], 2, ["numclasses", "num_classes"]),
        (["trace", "resnet18", "--set", "num_classes"], 2, ["NAME=VALUE"]),
        (["trace", "resnet18", "--set", "num_classes=ten"], 2, ["Python literal"]),
        (["trace", "resnet18", "--set", "weights='DEFAULT'"], 2, ["without weights"]),
        (["trace", "resnet18", "--set", "num_classes=-1"], 1, ["cannot be built"]),
        (["list", "vgx*"], 2, ["unknown model 'vgx*'"]),
        (["export", "resnet18"], 2, ["FILES"]),
        (["export", "resnet18", "out.pdf"], 2, ["unknown format '.pdf'", ".md"]),
        (["show", "/nowhere/t.json"], 1, ["No such file"]),
        (["show", str(ROOT / "pyproject.toml")], 1, ["not a trace"]),
        (["show", str(ROOT)], 1, ["a folder"]),
        (["show", "resnet50"], 2, ["resnet-inspect trace resnet50"]),
        (["trace", str(SAVED)], 2, [f"resnet-inspect show {SAVED}"]),
        (["export", str(SAVED), "out.md", "--batch", "2"], 2, ["not run again"]),
        (["export", str(SAVED), "out.md", "./out.md"], 2, ["same file"]),
        (["trace", "resnet18", "--save", "t.json", "-o", "t.json"], 2, ["same file"]),
        (["trace", "resnet18", "--save", "-"], 2, ["--save needs a file"]),
        (["trace", "resnet18", "--device", "meta:3"], 2, ["unknown device"]),
        (["trace", "resnet18", "--dtype", "int64"], 2, ["floats"]),
        (["trace", "fcos_resnet50_fpn", "--train"], 2, ["targets"]),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, list) else str(value),
)
def test_bad_input_gets_one_line_and_its_code(
    arguments: list[str], code: int, words: list[str]
) -> None:
    refused(inspect(*arguments), code, *words)


def test_cuda_asked_for_and_absent() -> None:
    refused(inspect("trace", "resnet18", "--device", "cuda", CUDA_VISIBLE_DEVICES=""), 3, "CUDA")


def test_torch_that_is_missing(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError(\"No module named 'torch'\")\n")
    done = inspect("trace", "resnet18", PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}")
    refused(done, 3, "torch cannot be imported", "pip install")


def test_torchvision_that_does_not_match_torch(tmp_path: Path) -> None:
    package = tmp_path / "torchvision"
    package.mkdir()
    (package / "__init__.py").write_text(
        "raise RuntimeError('operator torchvision::nms does not exist')\n"
    )
    done = inspect("trace", "resnet18", PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}")
    refused(
        done, 3, "does not fit torch", "nms does not exist", "--force-reinstall torch torchvision"
    )


def test_a_saved_trace_that_is_damaged_foreign_or_newer(tmp_path: Path) -> None:
    whole = SAVED.read_text(encoding="utf-8")
    cases = {
        "cut.json": whole[: len(whole) // 2],
        "empty.json": "",
        "foreign.json": '{"nodes": []}',
        "newer.json": whole.replace('"format_version":1', '"format_version":99'),
        "damaged.json": whole.replace('"calls":[[', '"calls":[[1,2],[', 1),
    }
    for name, content in cases.items():
        file = tmp_path / name
        file.write_text(content, encoding="utf-8")
        done = inspect("show", str(file))
        refused(done, 1, name, "trace")
    file = tmp_path / "binary.json"
    file.write_bytes(b"\x80\x04\x95")
    refused(inspect("show", str(file)), 1, "no UTF-8")


# -- files ---------------------------------------------------------------------------------------


def test_no_file_is_overwritten_unasked(tmp_path: Path) -> None:
    kept = tmp_path / "kept.md"
    kept.write_text("mine")
    other = tmp_path / "other.csv"
    refused(inspect("export", str(SAVED), str(other), str(kept)), 1, "exists already", "--force")
    refused(inspect("show", str(SAVED), "-o", str(kept)), 1, "exists already")
    refused(inspect("trace", "resnet18", "--save", str(kept)), 1, "exists already")
    assert kept.read_text() == "mine"
    assert not other.exists(), "either all files are written or none"
    assert inspect("export", str(SAVED), str(kept), "--force").returncode == 0
    assert kept.read_text(encoding="utf-8").startswith("## resnet50")


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    inside = tmp_path / "t.md"
    missing = tmp_path / "nowhere" / "t.csv"
    done = inspect("export", str(SAVED), str(inside), str(missing))
    refused(done, 1, "could not be written", "nowhere")
    assert list(tmp_path.iterdir()) == [], "nothing half-written, nothing left over"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_a_disk_that_is_full() -> None:
    refused(inspect("show", str(SAVED), "-o", "/dev/full", "--format", "md"), 1, "No space left")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "resnet_inspect", "show", str(SAVED)],
            stdout=full, stderr=subprocess.PIPE, text=True, env=environment(), cwd=ROOT,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == "resnet-inspect: No space left on device\n"


def test_a_pipe_that_is_closed() -> None:
    for arguments in (["show", str(SAVED)], ["show", str(SAVED), "--format", "html"], ["list"]):
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(
            [sys.executable, "-m", "resnet_inspect", *arguments],
            stdout=writer, stderr=subprocess.PIPE, text=True, env=environment(), cwd=ROOT,
        )  # fmt: skip
        os.close(writer)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_an_interrupt_is_quiet_and_130(tmp_path: Path) -> None:
    package = tmp_path / "torch.py"
    package.write_text(
        "import sys, time\nprint('ready', file=sys.stderr, flush=True)\ntime.sleep(30)\n"
    )
    saved = tmp_path / "t.json"
    process = subprocess.Popen(
        [sys.executable, "-m", "resnet_inspect", "trace", "resnet18", "--save", str(saved)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        env=environment(PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}"),
    )  # fmt: skip
    assert process.stderr is not None
    assert process.stderr.readline() == "ready\n"
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors.lstrip("\n") == "resnet-inspect: interrupted\n"  # a newline ends the line of ^C
    assert not saved.exists()


def test_debug_shows_the_traceback() -> None:
    done = inspect("trace", "resnet51", "--debug")
    assert done.returncode == 2
    assert "Traceback" in done.stderr


def test_a_fall_back_to_the_cpu_is_one_line_on_stderr() -> None:
    done = inspect(
        "trace", "fasterrcnn_resnet50_fpn", "--image-size", "64", "--view", "stages",
        "--set", "min_size=64", "--set", "max_size=64",
    )  # fmt: skip
    assert done.returncode == 0
    assert done.stderr.count("\n") == 1
    assert "meta cannot run" in done.stderr
    assert "backbone.body.layer4" in done.stdout


WHY = (
    "conv1 (conv 7×7, stride 2×2, padding 3×3) got 1×4×224×224 float32 from the input, on meta: "
    "it takes 3 channels, not 4; drop the fourth channel (x[:, :3]), or make its in_channels 4\n"
)


def test_the_trace_up_to_a_failure_is_shown_and_can_be_kept(tmp_path: Path) -> None:
    saved = tmp_path / "broken.json"
    done = inspect("trace", "resnet18", "--channels", "4", "--save", str(saved))
    assert (done.returncode, done.stderr) == (1, f"resnet-inspect: {WHY}")
    (row,) = [line for line in done.stdout.splitlines() if line.startswith("conv1 ✗")]
    assert row.endswith("raised: it takes 3 channels, not 4")
    trace = ri.load(saved)
    assert trace.failure is not None
    assert trace.calls[trace.failure.call].path == "conv1"
    shown = inspect("show", str(saved))
    assert (shown.returncode, shown.stdout) == (0, done.stdout)
    assert shown.stderr == f"resnet-inspect: the forward pass raised: {WHY}"


@pytest.mark.parametrize("name", ["resnet18", "fcn_resnet50"])
def test_a_batch_norm_with_one_value_is_advised(name: str) -> None:
    done = inspect("trace", name, "--image-size", "1", "--train")
    assert done.returncode == 1
    assert "bn1 (batch norm of 64) got 1×64×1×1 float32" in done.stderr
    assert "a batch of 2 or more (--batch 2), a larger image, or eval mode" in done.stderr
    assert "bn1 ✗" in done.stdout


def test_a_stage_that_was_not_reached_does_not_hide_why() -> None:
    done = inspect("trace", "resnet18", "--channels", "4", "--stage", "4")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"resnet-inspect: {WHY}")


def test_the_trace_up_to_a_failure_can_be_exported(tmp_path: Path) -> None:
    files = [tmp_path / f"t{suffix}" for suffix in formats_by_suffix()]
    done = inspect("export", "resnet18", "--channels", "4", *map(str, files))
    assert done.returncode == 1
    assert done.stderr.endswith(WHY)
    rows = json.loads((tmp_path / "t.json").read_text())["rows"]
    assert [row["path"] for row in rows if row["raised"]] == ["conv1"]
    assert all("it takes 3 channels, not 4" in file.read_text() for file in files)


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_an_interrupted_forward_shows_how_far_it_came(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys, torchvision\n"
        "from resnet_inspect.cli import main\n"
        "def stop(self, x):\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    return x\n"
        "torchvision.models.resnet.BasicBlock.forward = stop\n"
        "sys.exit(main(['trace', 'resnet18', '--save', 't.json']))\n"
    )
    done = python("-c", program, cwd=tmp_path)
    assert done.returncode == 130
    errors = done.stderr.lstrip("\n")
    assert errors == "resnet-inspect: interrupted after 4 calls, in layer1.0\n"
    assert re.search(r"^layer1 ✗ .*\n  0 ✗ ", done.stdout, re.MULTILINE)
    assert ri.load(tmp_path / "t.json").failure is not None


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_the_list_can_be_written_in_every_format(format: str) -> None:
    done = inspect("list", "wide*", "--format", format)
    assert (done.returncode, done.stderr) == (0, "")
    assert "wide" in done.stdout
    assert "68,883,240" in done.stdout or "68883240" in done.stdout


# -- signals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_while_files_are_written_leaves_none_half_written(
    tmp_path: Path, name: str, code: int
) -> None:
    """It comes when the first of two files has been put in place, and waits for the second."""
    files = [str(tmp_path / suffix) for suffix in ("a.md", "b.csv")]
    program = f"""
import os, signal, sys
from resnet_inspect import __main__, files
really = os.link
def late(source, target):
    really(source, target)
    os.kill(os.getpid(), signal.{name})
files.os.link = late
sys.argv = ["resnet-inspect", "export", {str(SAVED)!r}, *{files!r}]
__main__.program()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    assert done.stderr == f"resnet-inspect: ended by {name}\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.md", "b.csv"], "all or none"
