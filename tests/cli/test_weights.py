"""Files of weights on the command line; they are written without torch, as safetensors."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from commands import inspect, refused

WIDTH = 4
DESIGN = "resnet:basic:1:width=4,stem=cifar"


def shapes(classes: int = 10) -> dict[str, tuple[int, ...]]:
    """Those of `DESIGN`, written down by hand."""
    convolutions = {
        "conv1": (WIDTH, 3, 3, 3),
        "layer1.0.conv1": (WIDTH, WIDTH, 3, 3),
        "layer1.0.conv2": (WIDTH, WIDTH, 3, 3),
    }
    made: dict[str, tuple[int, ...]] = {}
    for name, shape in convolutions.items():
        norm = name.replace("conv", "bn")
        made[f"{name}.weight"] = shape
        for part in ("weight", "bias", "running_mean", "running_var"):
            made[f"{norm}.{part}"] = (WIDTH,)
    return made | {"fc.weight": (classes, WIDTH), "fc.bias": (classes,)}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path / "net.safetensors", shapes())


def write(file: Path, tensors: dict[str, tuple[int, ...]]) -> Path:
    header, end = {}, 0
    for name, shape in tensors.items():
        size = 4
        for extent in shape:
            size *= extent
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": (end, end + size)}
        end += size
    written = json.dumps(header).encode()
    file.write_bytes(len(written).to_bytes(8, "little") + written + bytes(end))
    return file


def test_a_file_is_identified_and_traced(file: Path) -> None:
    done = inspect("identify", str(file), "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["model"] == DESIGN
    traced = inspect("trace", "--weights", str(file), "--format", "csv", "--only", "conv")
    assert traced.returncode == 0
    assert "all 17 tensors match" in traced.stderr
    named = inspect(
        "trace", "resnet:basic:1:width=4,stem=cifar", "--format", "csv", "--only", "conv"
    )
    assert traced.stdout == named.stdout


def test_differences_are_rows_and_a_sentence(tmp_path: Path) -> None:
    made = {f"module.{name}": shape for name, shape in shapes(classes=7).items()}
    del made["module.bn1.bias"]
    made["module.bn1.weight"] = (5,)
    file = write(tmp_path / "net.safetensors", made)
    # The head that is asked for is resized, which its builder can do; a norm cannot be.
    asked = ("identify", str(file), "--against", f"{DESIGN},classes=9", "--view", "differences")
    rows = list(csv.DictReader(io.StringIO(inspect(*asked, "--format", "csv").stdout)))
    assert [(row["name"], row["status"], row["found"], row["wanted"]) for row in rows] == [
        ("module.bn1.weight", "differs", "5", "4"),
        ("", "missing", "", "4"),
    ]
    table = " ".join(inspect(*asked).stdout.split())
    assert "15 of 17 tensors match, under the prefix module." in table
    assert "1 differs: module.bn1.weight is 5, not 4; 1 is missing: bn1.bias" in table


def test_weights_that_do_not_fit_are_refused(file: Path) -> None:
    done = inspect("trace", f"{DESIGN},classes=7", "--weights", str(file))
    refused(done, 1, "2 differ", "fc.weight is 10×4, not 7×4", "resnet-inspect identify")


def test_bad_input_is_one_line_with_a_hint(tmp_path: Path) -> None:
    page = tmp_path / "net.pth"
    page.write_text("<html>")
    refused(inspect("identify", str(page)), 1, "is a web page", "(")
    refused(inspect("trace", "--weights", str(page)), 1, "is a web page", "(")
    refused(inspect("identify", str(tmp_path)), 1, "is a directory", "(")
    refused(inspect("identify", str(tmp_path / "none.pth")), 1, "no such file")
    refused(inspect("trace", str(page)), 2, "trace --weights")
    refused(inspect("identify", str(page), "--view", "all"), 2, "candidates")


def test_the_program_and_the_converted_file_are_written(tmp_path: Path) -> None:
    own = {f"net.{name.replace('layer', 'stage')}": shape for name, shape in shapes().items()}
    file = write(tmp_path / "net.safetensors", own)
    output = tmp_path / "out.safetensors"
    against = ("identify", str(file), "--against", DESIGN)
    done = inspect(*against, "--convert", str(output), "--python")
    assert done.returncode == 0
    assert f"load_file({str(output)!r})" in done.stdout
    compile(done.stdout, "load.py", "exec")
    assert f"wrote {output}, for {DESIGN}: all 17 tensors match" in done.stderr
    converted = inspect("identify", str(output), "--against", DESIGN, "--format", "json").stdout
    assert json.loads(converted)["rows"][0]["renamed"] == 0
    refused(inspect(*against, "--convert", str(output)), 1, "exists already", "--force")


def test_options_that_do_not_go_together_are_refused(file: Path, tmp_path: Path) -> None:
    refused(inspect("identify", str(file), "--convert", str(tmp_path / "a.pth")), 2, "safetensors")
    refused(inspect("identify", str(file), "--python", "--format", "md"), 2, "write no table")
    refused(inspect("identify", str(file), "--under", "ema"), 1, "no weights under 'ema'", "layer1")


def test_the_channels_that_were_found_are_taken(tmp_path: Path) -> None:
    made = {**shapes(), "conv1.weight": (WIDTH, 5, 3, 3)}
    file = write(tmp_path / "net.safetensors", made)
    done = inspect("trace", "--weights", str(file), "--image-size", "16", "--format", "json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["rows"][0]["input_shape"] == [1, 5, 16, 16]
