"""The weights of a run bring with them what the run made of its network and of its images."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from PIL import Image

import resnet_inspect as ri
from resnet_inspect.cli import main
from resnet_inspect.errors import BadInput, CheckpointError, UnknownName
from resnet_inspect.sources import source

pytest.importorskip("lightning")
pytest.importorskip("captum")
safetensors = pytest.importorskip("safetensors.torch")

pytestmark = pytest.mark.filterwarnings("ignore")

MODEL = "resnet:basic:1,1:width=4"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small ResNet with another stem and head, trained on coloured folders of images."""
    place = tmp_path_factory.mktemp("runs")
    for name, colour in (("cat", (250, 40, 40)), ("dog", (40, 40, 250)), ("fox", (40, 250, 40))):
        (place / "pets" / name).mkdir(parents=True)
        for number in range(5):
            Image.new("RGB", (12, 8), colour).save(place / "pets" / name / f"{number}.png")
    options = {"stem": "cifar", "epochs": 1, "batch": 12, "signals": 0, "image_size": (8, 12)}
    ri.train(MODEL, f"folder:{place / 'pets'}", place / "run", workers=0, **options)
    return place / "run"


@pytest.fixture(scope="module")
def image(run: Path) -> Path:
    return run.parent / "pets" / "dog" / "0.png"


def score_of(run: Path, image: Path, weights: str) -> float:
    """What a network that is made by hand gives for the image."""
    from torch import nn

    network = source("resnet").build(MODEL.partition(":")[2], {}, torch.device("cpu")).eval()
    network.fc = nn.Linear(8, 3)
    network.conv1 = nn.Conv2d(3, 4, 3, 1, 1, bias=False)
    network.maxpool = nn.Identity()
    network.load_state_dict(safetensors.load_file(run / weights))
    with Image.open(image) as opened:
        pixels = torch.tensor(list(opened.tobytes())).view(8, 12, 3).permute(2, 0, 1) / 255
    mean, std = (torch.tensor(of).view(3, 1, 1) for of in _normalisation(run))
    with torch.no_grad():
        return float(network(((pixels - mean) / std)[None]).max())


def _normalisation(run: Path) -> tuple[tuple[float, ...], tuple[float, ...]]:
    images = ri.load_run(run).record.images
    return images.mean, images.std


def test_a_run_is_attributed_with_all_that_is_its_own(run: Path, image: Path) -> None:
    found = ri.attribute(run, image).attribution
    (one,) = found.images
    assert (one.height, one.width) == (8, 12)
    assert one.score == pytest.approx(score_of(run, image, "best.safetensors"), rel=1e-4)
    assert found.classes == ("cat", "dog", "fox")
    said = "\n".join(found.notes)
    for words in (
        f"{run} is a run of {MODEL}",
        f"as in the run {run}: images of 3×8×12",
        f"as in the run {run}: fc is new: 3 classes in place of 1,000",
        f"as in the run {run}: conv1 is new: 3×3/1 in place of 7×7/2; maxpool is left out",
        "tensors match",
        "normalised by the run's mean and standard deviation",
    ):
        assert words in said
    by_name = ri.attribute(str(run), image, target="dog")
    assert by_name.attribution.images[0].target == 1
    assert "class 1 (dog): score" in by_name.to_text()
    with pytest.raises(UnknownName, match="unknown class 'cow'") as unknown:
        ri.attribute(run, image, target="cow")
    assert "cat, dog, fox" in unknown.value.hint
    mean = ri.attribute(run, image, mean=(0.0,)).attribution
    assert "mean 0 and standard deviation the run's" in mean.notes[-1]
    assert mean.images[0].score != one.score


def test_the_run_is_found_beside_its_weights(
    run: Path, image: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [str(image), "--weights", str(run / "last.safetensors"), "--format", "json"]
    assert main(["attribute", MODEL, *asked, "--class", "fox"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["images"][0]["target"] == 2
    assert f"as in the run {run}: images of 3×8×12" in found["notes"]
    for command in ("trace", "signal"):
        asked = [command, MODEL, "--weights", str(run / "best.safetensors")]
        assert main([*asked, "--batch", "2", "--format", "json"]) == 0, command
        rows = json.loads(capsys.readouterr().out)["rows"]
        assert [2, 3] in [row["output_shape"] for row in rows], command
    trace = ri.trace(weights=run / "best.safetensors", input_size=(1, 3, 16, 16))
    assert trace.model_name == MODEL.partition(":")[2]
    assert trace.provenance.notes[0] == f"{run} is a run of {MODEL}"
    assert not any("images of" in note for note in trace.provenance.notes)


def test_a_run_begins_with_the_weights_of_another(run: Path, tmp_path: Path) -> None:
    notes: list[str] = []
    other = ri.train(
        None, output=tmp_path / "run", weights=run / "best.safetensors", epochs=1, batch=256,
        signals=0, freeze="stem,stage 1-2", note=notes.append,
    )  # fmt: skip
    assert (other.record.recipe.model, other.record.recipe.stem) == (MODEL, "cifar")
    assert f"{run} is a run of {MODEL}" in notes
    assert "fc is new: 10 classes in place of 1,000" in notes
    before, after = (
        safetensors.load_file(place / "best.safetensors") for place in (run, tmp_path / "run")
    )
    assert {n for n in after if not torch.equal(before[n], after[n])} == {"fc.weight", "fc.bias"}


def test_what_does_not_belong_together_is_said(run: Path, image: Path, tmp_path: Path) -> None:
    best = run / "best.safetensors"
    with pytest.raises(CheckpointError, match="does not fit resnet50"):
        ri.trace("resnet50", weights=best)
    with pytest.raises(CheckpointError, match="vgg11"):
        ri.trace("vgg11", weights=best)
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    with pytest.raises(BadInput, match="none of the weights of"):
        ri.attribute(copy, image, weights=best)
    (copy / "best.safetensors").unlink()
    with pytest.raises(BadInput, match="no epoch of it is whole"):
        ri.attribute(copy, image)
    shutil.copy(best, tmp_path / "best.safetensors")
    with pytest.raises(CheckpointError, match="does not fit resnet:basic"):
        ri.trace(MODEL, weights=tmp_path / "best.safetensors")


LAZY = """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.LazyConv2d(4, 3), nn.LazyLinear(7)
    def forward(self, x):
        return self.fc(self.conv(x).mean((2, 3)))
"""


def test_lazy_layers_get_their_shapes_before_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lazy.py").write_text(LAZY, encoding="utf-8")
    Image.new("L", (8, 8), 99).save("x.png")
    ri.train("lazy.py:Net", output="run", epochs=1, batch=256, signals=0)
    assert len(ri.attribute("run", "x.png").attribution.classes) == 10
    weights = safetensors.load_file("run/last.safetensors")
    assert ri.trace("lazy.py:Net", weights="run/last.safetensors").totals.parameters.total == sum(
        tensor.numel() for tensor in weights.values()
    )
