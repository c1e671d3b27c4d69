"""`resnet-inspect lock` and `check` as a user meets them, most on saved traces."""

from __future__ import annotations

import shlex
from pathlib import Path

from commands import SAVED, inspect, refused

R50, V1 = (str(SAVED.with_name(f"{name}.json")) for name in ("resnet50", "resnet50_v1"))


def lock(folder: Path, model: str, *more: str) -> str:
    file = str(folder / "net.lock")
    done = inspect("lock", model, "-o", file, *more)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert f"wrote {file}" in done.stderr
    return file


def test_what_is_locked_is_what_it_is(tmp_path: Path) -> None:
    file = lock(tmp_path, R50)
    done = inspect("check", R50, "--lock", file)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"resnet-inspect: {R50} is what {file} says\n"


def test_a_change_is_printed_with_how_to_renew(tmp_path: Path) -> None:
    file = lock(tmp_path, R50)
    done = inspect("check", V1, "--lock", file, "--columns", "path,change,note")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[2].startswith("layer2.0, layer3.0 and layer4.0: the stride of 2 stands on the 3×3")
    assert "    layer2.0.conv1  ~  stride 1 → 2" in lines
    assert not any(line.strip().startswith("layer2.1") for line in lines)
    said, renew = done.stderr.splitlines()
    assert said == f"resnet-inspect: {V1} is not what {file} says; if it is right so:"
    command = shlex.split(renew.removeprefix("resnet-inspect: "))
    assert command[0] == "resnet-inspect"
    assert inspect(*command[1:]).returncode == 0
    assert inspect("check", V1, "--lock", file).returncode == 0


def test_a_lock_is_not_overwritten_unasked(tmp_path: Path) -> None:
    file = lock(tmp_path, R50)
    before = Path(file).read_bytes()
    refused(inspect("lock", V1, "-o", file), 1, "exists already", "--force")
    assert Path(file).read_bytes() == before
    assert inspect("lock", V1, "-o", file, "--force").returncode == 0
    assert Path(file).read_bytes() != before


def test_a_lock_goes_to_stdout_and_is_read_like_a_trace(tmp_path: Path) -> None:
    done = inspect("lock", R50)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("resnet-inspect lock 1\n")
    file = tmp_path / "r50.lock"
    file.write_text(done.stdout, encoding="utf-8")
    view = ("--view", "stages", "--format", "csv")
    assert inspect("show", str(file), *view).stdout == inspect("show", R50, *view).stdout
    assert inspect("diff", str(file), R50, "--exit-code").returncode == 0


def test_the_network_is_run_on_the_input_of_the_lock(tmp_path: Path) -> None:
    small = ("--image-size", "64x32", "--set", "num_classes=10")
    file = lock(tmp_path, "resnet18", *small)
    written = Path(file).read_text(encoding="utf-8")
    assert "\ninput: 1x3x64x32\n" in written
    assert "--force --input 1,3,64,32 --set num_classes=10\n" in written
    assert inspect("check", "resnet18", "--lock", file, "--set", "num_classes=10").returncode == 0
    other = inspect("check", "resnet18", "--lock", file)
    assert other.returncode == 1
    assert "fc: out features 10 against 1,000" in other.stdout
    assert "--input 1,3,64,32" in other.stderr


def test_what_cannot_be_is_refused_in_one_line(tmp_path: Path) -> None:
    file = lock(tmp_path, R50)
    refused(inspect("check", R50, "--lock", file, "--set", "a=1"), 2, "not run again")
    refused(inspect("check", R50, "--lock", str(tmp_path / "gone.lock")), 1, "gone.lock")
    refused(inspect("check", R50), 2, "--lock")
    text = Path(file).read_text(encoding="utf-8")
    Path(file).write_text(text.replace("<- layer1.0.bn3", "<- layer1.0.bn9"), encoding="utf-8")
    refused(inspect("check", R50, "--lock", file), 1, "net.lock: damaged lock: line ", "bn9")
    broken = str(SAVED.with_name("broken.json"))
    done = inspect("lock", broken)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].endswith("ends where the forward pass raised")
