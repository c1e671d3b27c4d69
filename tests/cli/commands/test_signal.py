"""`signal` as a user meets it; the reading of what was saved needs no torch."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import inspect, refused
from pages import read, unpacked

from resnet_inspect.cli import main
from tests.test_fences import HEAVY, modules_after

TINY = ("resnet:basic:1,1:width=8,stem=cifar", "--train", "--batch", "4")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Signals made by the command line."""
    path = tmp_path_factory.mktemp("signals") / "s.json"
    done = inspect("signal", *TINY, "--save", str(path))
    assert done.returncode == 0
    assert "cross-entropy with random labels" in done.stdout
    return path


def test_what_was_saved_is_printed_again_without_torch(saved: Path) -> None:
    done = inspect("signal", str(saved), "--view", "blocks", "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    shares = [row["branch_share"] for row in document["rows"] if row["kind"] == "block"]
    assert len(shares) == 2
    assert all(0 < share < 1 for share in shares)
    arguments = ["signal", str(saved)]
    assert not modules_after(f"from resnet_inspect.cli import main; main({arguments!r})") & HEAVY
    assert "stage 1" in inspect("signal", str(saved), "--plot").stdout
    assert inspect("show", str(saved), "--view", "totals").returncode == 0


def test_two_networks_are_one_figure(saved: Path, tmp_path: Path) -> None:
    figure = tmp_path / "flow.svg"
    done = inspect("signal", str(saved), str(saved), "-o", str(figure))
    assert done.returncode == 0
    assert figure.read_text(encoding="utf-8").startswith("<?xml")
    refused(inspect("signal", str(saved), "-o", str(figure)), 1, "exists")


def test_show_export_and_diff_have_what_flows(saved: Path, tmp_path: Path) -> None:
    done = inspect("show", str(saved), "--view", "stages", "--format", "csv")
    assert "gradient_rms" in done.stdout.splitlines()[0]
    page, rows = tmp_path / "s.html", tmp_path / "s.json"
    assert inspect("export", str(saved), str(page), str(rows)).returncode == 0
    assert "gradient_rms" in unpacked(read(page.read_text("utf-8")), 0)["numbers"]
    assert "<svg" in inspect("show", str(saved), "--format", "html").stdout
    assert "output_std" in json.loads(rows.read_text(encoding="utf-8"))["rows"][0]
    done = inspect("diff", str(saved), str(saved), "--exit-code")
    assert done.returncode == 0
    assert "gradient at the first convolution over that at the last" in done.stdout


def test_images_are_drawn_from_a_folder(tmp_path: Path) -> None:
    from PIL import Image

    (tmp_path / "a").mkdir()
    for number in range(3):
        Image.new("RGB", (40, 30), (80 * number, 10, 200)).save(tmp_path / "a" / f"{number}.png")
    data = ("--data", str(tmp_path), "--image-size", "16")
    done = inspect("signal", *TINY, *data, "--format", "json")
    assert done.returncode == 0, done.stderr
    assert "4 images of" in done.stderr + done.stdout
    (tmp_path / "b.jpg").write_text("no image", encoding="utf-8")
    refused(inspect("signal", *TINY, *data), 2, "b.jpg", "opens")
    refused(inspect("signal", *TINY, "--data", str(tmp_path / "none")), 2, "no folder")


def test_what_cannot_be_is_one_line(saved: Path, tmp_path: Path) -> None:
    one, other = str(saved), str(tmp_path / "x.json")
    refused(inspect("signal", "resnet18", "--device", "meta"), 2, "meta")
    refused(inspect("signal", one, "--batch", "2"), 2, "not made again")
    refused(inspect("signal", one, one, "--save", other), 2, "one network")
    refused(inspect("signal", one, "--plot", "-o", str(tmp_path / "x.md")), 2, ".svg")
    refused(inspect("signal", one, "--columns", "colour"), 2, "colour")
    refused(inspect("signal", "nowhere.py:Net", "--where", "zeroes>1"), 2, "did you mean zeros?")
    assert not list(tmp_path.iterdir())


def test_what_a_plot_or_several_networks_cannot_select_is_said(
    saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["signal", str(saved), str(saved), "--where", "std>1", "--all"]) == 0
    said = capsys.readouterr().err
    assert "--all does not apply to several networks side by side" in said
    assert "--where does not apply to several networks side by side" in said
    assert main(["signal", str(saved), "--plot", "--stage", "1"]) == 0
    assert "--stage does not apply to a plot" in capsys.readouterr().err
    assert main(["signal", str(saved), "--where", "grad rms>0 conv"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert "conv" in printed.out
    for command in ("show", "signal"):
        assert main([command, str(saved), "--where", "std>1e9"]) == 0
        assert "no row is left" in capsys.readouterr().err
