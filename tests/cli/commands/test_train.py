"""`train` and `report` as a user meets them; what cannot be is one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import runs
from PIL import Image

from resnet_inspect.cli import main
from resnet_inspect.pipeline.lab import training
from tests.test_fences import HEAVY, modules_after

SMALL = "resnet:basic:1,1:width=4,stem=cifar"

Ran = Callable[..., tuple[int, str, list[str]]]


@pytest.fixture
def ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ran:
    """A command in an empty folder: its exit code, stdout, and lines of stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, list[str]]:
        code = main(arguments)
        out, err = capfd.readouterr()
        return code, out, err.splitlines()

    return run


@pytest.mark.parametrize(
    "arguments",
    [["train", "--help"], ["report", "--help"], ["train", "--optimizer", "sdg", "-o", "run"]],
    ids=" ".join,
)
def test_what_trains_nothing_loads_no_torch(arguments: list[str]) -> None:
    loaded = modules_after(f"from resnet_inspect.cli import main; main({arguments!r})")
    assert not loaded & {*HEAVY, "lightning", "sklearn"}


def test_a_report_needs_no_torch(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    runs.write(runs.made(), run)
    arguments = ["report", str(run), "-o", str(tmp_path / "run.html")]
    loaded = modules_after(f"from resnet_inspect.cli import main; main({arguments!r})")
    assert not loaded & {*HEAVY, "lightning", "rich"}
    assert (tmp_path / "run.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_report_replaces_nothing_unasked(ran: Ran, tmp_path: Path) -> None:
    runs.write(runs.made(), tmp_path)
    mine = tmp_path / "run-curves.svg"
    mine.write_text("mine", encoding="utf-8")
    code, _, lines = ran("report", ".", "-o", "run.md")
    assert (code, len(lines)) == (1, 1)
    assert "run-curves.svg exists already" in lines[0]
    assert mine.read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "run.md").exists()
    assert ran("report", "nowhere", "-o", "run.html")[0] == 1
    assert ran("report", ".", "-o", "run.pdf")[0] == 2


def test_without_the_lab_one_line_says_so(ran: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "find_spec", lambda name: None)
    for arguments in (["train", "-o", "run"], ["train", "--resume", "run"]):
        code, out, lines = ran(*arguments)
        assert (code, out, len(lines)) == (3, "", 1)
        assert "pip install 'resnet-inspect[lab]'" in lines[0]


CODE = """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, 2, 1)
        self.norm = nn.BatchNorm2d(4)
        self.head = nn.Linear(64, 7)
    def forward(self, x):
        return self.head(self.norm(self.conv(x)).flatten(1))

class Two(Net):
    def forward(self, x):
        return super().forward(x), super().forward(x)
"""


def folders(place: Path) -> None:
    """Folders of images that cannot be trained on, a network, and other files."""
    (place / "empty").mkdir()
    (place / "taken").mkdir()
    (place / "taken" / "mine").write_text("mine", encoding="utf-8")
    for name, classes in (("one", "a"), ("broken", "ab"), ("few", "ab")):
        for label in classes:
            (place / name / label).mkdir(parents=True)
            for number in range(1 if name == "few" else 5):
                Image.new("RGB", (8, 8)).save(place / name / label / f"{number}.png")
    (place / "broken" / "a" / "1.png").write_bytes(b"no image")
    (place / "net.py").write_text(CODE, encoding="utf-8")


REFUSED = [
    (2, "-o RUN", [SMALL]),
    (2, "did you mean", ["resnet51", "-o", "run"]),
    (2, "known: digits", [SMALL, "-o", "run", "--data", "imagenet"]),
    (2, "empty/cat/1.png", [SMALL, "-o", "run", "--data", "folder:empty"]),
    (2, "one has one class, a", [SMALL, "-o", "run", "--data", "folder:one"]),
    (2, "too few images", [SMALL, "-o", "run", "--data", "folder:few"]),
    (2, "nowhere is no folder", [SMALL, "-o", "run", "--data", "folder:nowhere"]),
    (2, "--download", [SMALL, "-o", "run", "--data", "cifar10:empty"]),
    (1, "holds other files", [SMALL, "-o", "taken"]),
    (1, "is a file", [SMALL, "-o", "net.py"]),
    (2, "learning rate 0 cannot be", [SMALL, "-o", "run", "--lr", "0"]),
    (2, "adam has no momentum", [SMALL, "-o", "run", "--optimizer", "adam", "--momentum", "0.9"]),
    (2, "epochs is a whole number from 1", [SMALL, "-o", "run", "--epochs", "0"]),
    (2, "batch is a whole number from 2", [SMALL, "-o", "run", "--batch", "1"]),
    (2, "no height and width", [SMALL, "-o", "run", "--image-size", "8x0"]),
    (2, "a part from 0", [SMALL, "-o", "run", "--dropout", "1"]),
    (2, "the stages are 1 to 2", [SMALL, "-o", "run", "--freeze", "stage 9"]),
    (2, "nothing is left to train", [SMALL, "-o", "run", "--freeze", "stem,stage 1-2,head"]),
    (2, "its --at-epoch", [SMALL, "-o", "run", "--freeze", "stem", "--unfreeze", "stem"]),
    (2, "nothing of it is frozen",
     [SMALL, "-o", "run", "--freeze", "stem", "--unfreeze", "head", "--at-epoch", "2"]),
    (2, "meta computes nothing", [SMALL, "-o", "run", "--device", "meta"]),
    (2, "no residual stage", ["net.py:Net", "-o", "run", "--stem", "cifar"]),
    (2, "not scores for 10 classes", ["net.py:Two", "-o", "run"]),
    (1, "no checkpoint", [SMALL, "-o", "run", "--weights", "net.py"]),
    (1, "nowhere holds no run", ["--resume", "nowhere"]),
    (2, "its own recipe", ["--resume", "taken", "--lr", "1"]),
]  # fmt: skip


@pytest.mark.parametrize(("code", "words", "arguments"), REFUSED, ids=lambda value: str(value)[:40])
def test_what_cannot_be_trained_is_one_line(
    ran: Ran, tmp_path: Path, code: int, words: str, arguments: list[str]
) -> None:
    pytest.importorskip("lightning")
    folders(tmp_path)
    found, out, lines = ran("train", *arguments)
    assert (found, out) == (code, "")
    assert len(lines) == 1, lines
    assert words in lines[0]
    assert not (tmp_path / "run").exists(), "nothing is begun"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("workers", ["0", "2"])
def test_an_image_that_does_not_open_ends_the_run(ran: Ran, tmp_path: Path, workers: str) -> None:
    pytest.importorskip("lightning")
    folders(tmp_path)
    (tmp_path / "broken/a/1.png").rename(tmp_path / "broken/a/1: odd\nname.png")
    images = ("--data", "folder:broken", "--image-size", "8", "--epochs", "1", "--batch", "4")
    code, out, lines = ran("train", SMALL, "-o", "run", *images, "--workers", workers)
    assert (code, out) == (2, "")
    assert "broken/a/1: odd name.png is no image that opens" in lines[-1]
    record = json.loads((tmp_path / "run/run.json").read_text(encoding="utf-8"))
    assert record["state"] == "failed"
    assert "name.png" in record["why"]


@pytest.mark.filterwarnings("ignore")
def test_your_own_network_is_trained_and_reported(ran: Ran, tmp_path: Path) -> None:
    pytest.importorskip("lightning")
    folders(tmp_path)
    options = (
        "--epochs",
        "1",
        "--weight-decay",
        "0",
        "--seed",
        "3",
        "--amp",
        "--dropout",
        "0.1",
        "--format",
        "json",
    )
    code, out, lines = ran("train", "net.py:Net", "-o", "run", "--batch", "256", *options)
    assert code == 0
    (epoch,) = json.loads(out)["rows"]
    assert epoch["validation_accuracy"] > 0.2
    assert "head is new: 10 classes in place of 7" in lines[1]
    assert lines[3].startswith("resnet-inspect: epoch 1: loss ")
    assert "note: dropout of 0.1 before head" in ran("show", "run")[1]
    recipe = json.loads((tmp_path / "run/run.json").read_text(encoding="utf-8"))["recipe"]
    assert (recipe["weight_decay"], recipe["seed"], recipe["amp"]) == (0.0, 3, True)
    code, _, lines = ran("train", "net.py:Net", "-o", "run")
    assert code == 1
    assert "--resume run goes on" in lines[0]
    assert ran("report", "run", "-o", "run.md")[0] == 0
    assert ran("cost", "run", "--format", "csv")[0] == 0
    code, out, _ = ran("train", "--resume", "run", "--epochs", "2", "--format", "csv")
    assert code == 0
    assert len(out.splitlines()) == 3
    assert (
        "run has 2 of 1 epochs behind it" in ran("train", "--resume", "run", "--epochs", "1")[2][0]
    )
    assert "run is a run: --resume run goes on" in ran("train", "run", "-o", "other")[2][0]
    assert "`resnet-inspect show run`" in ran("trace", "run")[2][0]
