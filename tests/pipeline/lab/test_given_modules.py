"""Networks that are given as modules are trained as copies, and their runs go on with them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor, nn

import resnet_inspect as ri
from resnet_inspect.cli import main
from resnet_inspect.errors import BadInput

pytest.importorskip("lightning")
pytest.importorskip("sklearn")
safetensors = pytest.importorskip("safetensors.torch")

pytestmark = pytest.mark.filterwarnings("ignore")


class Net(nn.Module):
    def __init__(self, classes: int = 7, width: int = 4) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, width, 3, 2, 1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.head = nn.Linear(16 * width, classes)

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.head(self.norm(self.conv(x)).flatten(1))
        return scores


@pytest.fixture
def network() -> Net:
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        return Net()


def test_a_copy_is_trained_from_the_weights_that_are_there(network: Net, tmp_path: Path) -> None:
    network.conv.weight.requires_grad_(False)
    network.eval()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    notes: list[str] = []
    found = ri.train(network, output=tmp_path / "run", epochs=2, note=notes.append)
    assert not network.training
    assert network.head.out_features == 7
    assert all(torch.equal(now, before[name]) for name, now in network.state_dict().items())
    assert [p.requires_grad for p in network.parameters()] == [False, True, True, True, True]
    assert all(parameter.grad is None for parameter in network.parameters())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in network.modules())
    assert notes == [
        "a copy of Net is trained, the module itself is left as it was",
        "digits: 1,797 grey images, 8×8",
        "head is new: 10 classes in place of 7",
        "frozen: what the network froze itself, 36 of 694 parameters",
    ]
    assert found.record.recipe.model == "Net"
    assert found.record.module.endswith("test_given_modules.Net")
    assert found.record.command == "train(Net)"
    assert found.best is not None
    assert (found.best.validation_accuracy or 0) > 0.8
    after = safetensors.load_file(tmp_path / "run" / "best.safetensors")
    assert torch.equal(after["conv.weight"], before["conv.weight"]), "it came frozen"
    assert not torch.equal(after["norm.weight"], before["norm.weight"])
    trained = Net(10)
    trained.load_state_dict(after)
    assert main(["report", str(tmp_path / "run"), "-o", str(tmp_path / "run.md")]) == 0
    assert "Net on digits" in (tmp_path / "run.md").read_text(encoding="utf-8")


def test_what_came_frozen_can_be_thawed(network: Net, tmp_path: Path) -> None:
    network.conv.weight.requires_grad_(False)
    ri.train(network, output=tmp_path / "run", epochs=2, unfreeze=[("conv", 2)])
    after = safetensors.load_file(tmp_path / "run" / "last.safetensors")
    assert not torch.equal(after["conv.weight"], network.conv.weight)
    network.conv.weight.requires_grad_(True)
    with pytest.raises(BadInput, match="nothing of it is frozen"):
        ri.train(network, output=tmp_path / "other", epochs=2, unfreeze=[("conv", 2)])


def test_a_run_goes_on_with_the_module(
    network: Net, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, halves = tmp_path / "whole", tmp_path / "halves"
    ri.train(network, output=whole, epochs=2, schedule="none")
    ri.train(network, output=halves, epochs=1, schedule="none")
    capsys.readouterr()
    for folder in (halves, whole):
        assert main(["train", "--resume", str(folder), "--epochs", "2"]) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert f'is of an nn.Module that was given, {__name__}.Net (ri.resume("{folder}"' in said
    with pytest.raises(BadInput, match="conv was Conv2d, weight 4×1×3×3, now Conv2d, weight 6×1"):
        ri.resume(halves, Net(width=6), epochs=2)
    with pytest.raises(BadInput, match="Module, not a int"):
        ri.resume(halves, 3, epochs=2)  # type: ignore[arg-type]
    ri.resume(halves, torch.compile(network), epochs=2)  # type: ignore[arg-type]
    one, other = (safetensors.load_file(run / "last.safetensors") for run in (whole, halves))
    assert all(torch.equal(one[name], other[name]) for name in one)
    named = tmp_path / "named"
    ri.train("resnet:basic:1:width=4,stem=cifar", output=named, epochs=1, signals=0)
    with pytest.raises(BadInput, match="which is built by its name"):
        ri.resume(named, network, epochs=2)


def test_what_the_module_looks_at(network: Net, tmp_path: Path) -> None:
    ri.train(network, output=tmp_path / "run", epochs=1)
    image = tmp_path / "x.png"
    Image.linear_gradient("L").resize((8, 8)).save(image)
    with pytest.raises(BadInput, match="is a run of a module that was given"):
        ri.attribute(tmp_path / "run", image)
    file = tmp_path / "run" / "best.safetensors"
    found = ri.attribute(network, image, weights=file).attribution
    assert network.head.out_features == 7
    assert f"as in the run {tmp_path / 'run'}: head is new: 10 classes in place of 7" in found.notes
    assert found.classes == tuple("0123456789")
    trained = Net(10).eval()
    trained.load_state_dict(safetensors.load_file(file))
    images = ri.load_run(tmp_path / "run").record.images
    with Image.open(image) as opened:
        pixels = torch.tensor(list(opened.tobytes())).view(1, 1, 8, 8) / 255
    with torch.no_grad():
        score = trained((pixels - images.mean[0]) / images.std[0])[0].max().item()
    assert found.images[0].score == pytest.approx(score, rel=1e-4)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (3, "a network is a name or an nn.Module, not a int"),
        (nn.Sequential(nn.Conv2d(1, 4, 3, device="meta")), "on meta has no weights"),
        (nn.Sequential(nn.Flatten()), "no layer that gives scores"),
    ],
    ids=["number", "meta", "flat"],
)
def test_what_cannot_be_trained_is_said(given: nn.Module, words: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=words):
        ri.train(given, output=tmp_path / "run", epochs=1)
    assert not (tmp_path / "run").exists()


def test_a_module_that_cannot_be_copied_is_named(network: Net, tmp_path: Path) -> None:
    network.scale = torch.ones(1, requires_grad=True) * 2
    with pytest.raises(BadInput, match="Net cannot be copied: Only Tensors created explicitly"):
        ri.train(network, output=tmp_path / "run", epochs=1)
    with pytest.raises(BadInput, match="arguments are for the builder"):
        ri.train(Net(), output=tmp_path / "run", arguments={"classes": 3})
