"""Attributions against plain implementations, and of a network that is known to look at a patch."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from math import fsum
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from runs import RECORD
from torch import Tensor, nn
from torch.nn import functional

import resnet_inspect as ri
from resnet_inspect.capture.images import normalised, pixels_of
from resnet_inspect.cli import main
from resnet_inspect.errors import BadInput, UnknownName, WorkFailed
from resnet_inspect.formats.attributions import text
from resnet_inspect.traces.attribution import METHODS, Attributed, Box, Gate, Grid, Heat
from resnet_inspect.traces.run_codec import dumps_record

pytest.importorskip("captum")

SIDE, PATCH = 24, 8
TOP, LEFT = 8, 12
"""Where the patch of the image that is attributed lies."""
SIZE = (1, 3, SIDE, SIDE)


class Small(nn.Module):
    """Three convolutions; in-place activations, as networks have them."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(inplace=True),
            nn.Conv2d(8, 16, 3, 2, 1), nn.BatchNorm2d(16), nn.ReLU(inplace=True),
            nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(inplace=True),
        )  # fmt: skip
        self.fc = nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = x.mul_(2)  # what is given is its own
        scores: Tensor = self.fc(self.features(x).mean((2, 3)))
        return scores


def noise(count: int, seed: int) -> Tensor:
    random = torch.Generator().manual_seed(seed)
    return torch.randint(60, 160, (count, 3, SIDE, SIDE), generator=random, dtype=torch.uint8)


def planted(seed: int) -> tuple[Tensor, Tensor]:
    """Noise with a bright patch of one colour, which is its class, anywhere."""
    random = torch.Generator().manual_seed(seed)
    images, classes = noise(32, seed), torch.arange(32) % 3
    places = torch.randint(0, SIDE - PATCH + 1, (32, 2), generator=random).tolist()
    for image, colour, (y, x) in zip(images, classes.tolist(), places, strict=True):
        image[colour, y : y + PATCH, x : x + PATCH] = 255
    return torch.stack([normalised(image) for image in images]), classes


@pytest.fixture(scope="module")
def network() -> nn.Module:
    """Trained for a second or two to name the colour of the patch."""
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        model = Small()
        optimizer = torch.optim.Adam(model.parameters(), 0.01)
        for step in range(60):
            images, classes = planted(step)
            loss = functional.cross_entropy(model(images), classes)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    assert loss.item() < 0.1
    optimizer.zero_grad()
    return model


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Noise with a patch of green, class 1."""
    pixels = noise(1, 999)[0]
    pixels[1, TOP : TOP + PATCH, LEFT : LEFT + PATCH] = 255
    path = tmp_path_factory.mktemp("images") / "patch.png"
    Image.fromarray(pixels.permute(1, 2, 0).numpy()).save(path)
    return path


@pytest.fixture(scope="module")
def found(network: nn.Module, image: Path) -> Attributed:
    how = {"regions": 6, "window": 6}
    return ri.attribute(network, image, list(METHODS), input_size=SIZE, **how).attribution.images[0]


def within_the_patch(heat: Grid) -> float:
    """The part of what is positive that lies in the patch and the pixels beside it."""
    rows, columns = len(heat), len(heat[0])
    whole = inside = 0.0
    for y, row in enumerate(heat):
        for x, value in enumerate(row):
            down, across = (y + 0.5) * SIDE / rows, (x + 0.5) * SIDE / columns
            whole += max(value, 0.0)
            if TOP - 2 <= down <= TOP + PATCH + 2 and LEFT - 2 <= across <= LEFT + PATCH + 2:
                inside += max(value, 0.0)
    return inside / whole


def test_every_method_finds_the_patch(found: Attributed) -> None:
    assert (found.target, found.predicted) == (1, 1)
    assert [heat.method for heat in found.heats] == list(METHODS)
    for heat in found.heats:
        assert within_the_patch(heat.values) > 0.6, heat.method  # a quarter of the pixels
    sizes = {heat.method: (len(heat.values), len(heat.values[0])) for heat in found.heats}
    assert sizes["gradcam"] == (12, 12)
    assert sizes["integrated_gradients"] == sizes["occlusion"] == (SIDE, SIDE)
    assert sizes["shapley"] == (6, 6)


def test_what_is_attributed_adds_up(found: Attributed, network: nn.Module, image: Path) -> None:
    given = normalised(pixels_of(image, 3, SIDE, SIDE))[None]
    network.eval()
    with torch.no_grad():
        score, mean = (float(network(x)[0, 1]) for x in (given, torch.zeros_like(given)))
    assert found.score == pytest.approx(score, rel=1e-5)
    for method, tolerance in (("integrated_gradients", 0.01), ("shapley", 1e-4)):
        heat = next(heat for heat in found.heats if heat.method == method)
        assert heat.difference == pytest.approx(score - mean, rel=1e-5)
        assert heat.total == pytest.approx(score - mean, rel=tolerance)
        assert (
            fsum(map(fsum, heat.values)) == pytest.approx(score - mean, rel=tolerance)
            or method == "shapley"
        )


def test_images_are_normalised_as_asked(network: nn.Module, image: Path) -> None:
    found = ri.attribute(network, image, input_size=SIZE, mean=(0.5,), std=(0.2, 0.3, 0.4))
    pixels = pixels_of(image, 3, SIDE, SIDE).float() / 255
    given = (pixels - 0.5) / torch.tensor([0.2, 0.3, 0.4])[:, None, None]
    with torch.no_grad():
        score = float(network.eval()(given[None]).max())
    assert found.attribution.images[0].score == pytest.approx(score, rel=1e-5)
    assert "normalised by mean 0.5 and standard deviation 0.2, 0.3, 0.4" in " ".join(
        found.attribution.notes
    )


def plain_gradcam(model: nn.Module, layer: nn.Module, given: Tensor, target: int) -> Tensor:
    """Grad-CAM with hooks of our own (Selvaraju et al. 2017, equations 1 and 2)."""
    kept: list[Tensor] = []

    def keep(_: Any, args: Any, made: Tensor) -> Tensor:
        made.retain_grad()
        kept.append(made)
        return made.clone()

    handle = layer.register_forward_hook(keep)
    model(given)[0, target].backward()
    handle.remove()
    model.zero_grad()
    (made,) = kept
    assert made.grad is not None
    weights = made.grad.mean((2, 3), keepdim=True)
    return (weights * made).sum(1).relu()[0].detach()


@pytest.mark.parametrize("layer", [None, "features.3", "features.0"])
def test_gradcam_equals_a_plain_implementation(
    network: nn.Module, image: Path, layer: str | None
) -> None:
    one = ri.attribute(network, image, target=2, layer=layer, input_size=SIZE).attribution
    given = normalised(pixels_of(image, 3, SIDE, SIDE))[None]
    module = network.get_submodule(layer or "features")
    expected = plain_gradcam(network.eval(), module, given, 2)
    assert torch.allclose(torch.tensor(one.images[0].heats[0].values), expected, atol=1e-5)
    assert one.images[0].target == 2
    assert one.layer is not None
    assert one.layer.path == (layer or "features")


def test_the_effective_field_lies_within_the_theoretical(network: nn.Module, image: Path) -> None:
    for layer, position, size in (("features.4", (0, 11), 5), ("features", (5, 6), 9)):
        one = ri.attribute(network, image, layer=layer, position=position, input_size=SIZE)
        seen, of = one.attribution.images[0].seen, one.attribution.layer
        assert seen is not None
        assert of is not None
        assert seen.box is not None
        assert of.field_size == (size, size)
        given = normalised(pixels_of(image, 3, SIDE, SIDE))[None].requires_grad_()
        layers = network.eval().get_submodule("features")[: int(layer[9:] or 6) + 1]
        layers(given * 2)[0, :, position[0], position[1]].sum().backward()
        assert given.grad is not None
        expected = given.grad[0].abs().sum(0)
        assert torch.allclose(torch.tensor(seen.effective), expected, atol=1e-6)
        box = seen.box
        assert expected.count_nonzero() > 0
        expected[box.top : box.bottom, box.left : box.right] = 0
        assert expected.count_nonzero() == 0
        assert seen.within == 1


def test_the_network_is_left_as_it_was_found(network: nn.Module, image: Path) -> None:
    network.train().zero_grad()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    random = torch.get_rng_state()
    ri.attribute(network, image, list(METHODS), input_size=SIZE, steps=2, samples=1)
    assert torch.equal(torch.get_rng_state(), random)
    assert network.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in network.modules())


def test_a_field_that_is_smaller_than_a_character_is_drawn(network: nn.Module, image: Path) -> None:
    found = ri.attribute(
        network, image, layer="features.0", position=(3, 90), input_size=(1, 3, 128, 128)
    )
    assert found.attribution.images[0].seen.box == Box(2, 89, 5, 92)  # type: ignore[union-attr]
    lines = list(text.lines(found.attribution, 60, coloured=True))
    assert max(sum(len(piece.text) for piece in line) for line in lines) <= 60
    cells = [piece for line in lines for piece in line]
    assert any(piece.colour == (0, 230, 118) or piece.ground == (0, 230, 118) for piece in cells)


class Gates(nn.Module):
    """Squeeze and excitation, a gate of positions as CBAM has it, and a pool by attention."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, 2, 1)
        self.squeeze, self.excite = nn.Linear(8, 2), nn.Linear(2, 8)
        self.spatial = nn.Conv2d(2, 1, 3, padding=1)
        self.relu = nn.ReLU()
        self.query, self.fc = nn.Linear(8, 1), nn.Linear(8, 3)

    def weights(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        x = self.conv(x)
        channels = torch.sigmoid(self.excite(self.squeeze(x.mean((2, 3))).relu()))
        x = x * channels[:, :, None, None].expand_as(x)
        both = torch.cat([x.mean(1, keepdim=True), x.amax(1, keepdim=True)], 1)
        positions = torch.sigmoid(self.spatial(both))
        x = self.relu(x * positions)
        tokens = x.flatten(2).transpose(1, 2)
        pool = self.query(tokens).transpose(1, 2).softmax(-1)
        return channels, positions, pool, (pool @ tokens)[:, 0]

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.fc(self.weights(x)[3])
        return scores


def test_gates_show_their_weights(image: Path) -> None:
    torch.manual_seed(0)
    model = Gates().eval()
    found = ri.attribute(model, image, "integrated_gradients", input_size=SIZE, steps=2)
    channels, positions, pool, _ = model.weights(normalised(pixels_of(image, 3, SIDE, SIDE))[None])
    expected = [channels, positions[0, 0], pool.reshape(12, 12)]
    gates: tuple[Gate, ...] = found.attribution.images[0].gates
    assert [gate.kind for gate in gates] == ["channels", "positions", "positions"]
    for gate, weights in zip(gates, expected, strict=True):
        assert torch.allclose(torch.tensor(gate.values), weights, atol=1e-6)
    assert found.attribution.layer is not None
    assert found.attribution.layer.beyond  # a gate: the field is of the windows alone
    assert "8 channels" in found.to_text()


NAMED = "resnet:basic:1,1:width=4,stem=cifar,classes=3"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the small network that the command line is asked for."""
    path = tmp_path_factory.mktemp("weights") / "w.pt"
    from resnet_inspect.sources import source, subject

    chosen = subject(NAMED)
    model = source(chosen.source).build(chosen.name, {}, torch.device("cpu"))
    torch.save({f"module.{name}": tensor for name, tensor in model.state_dict().items()}, path)
    return path


def test_weights_of_a_run_are_given_images_as_it_was(
    weights: Path, image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = Path(shutil.copy(weights, tmp_path))
    trained = replace(RECORD.images, mean=(0.25, 0.5, 0.5), std=(0.5, 0.25, 0.5))
    record = weights.with_name("run.json")
    record.write_text(dumps_record(replace(RECORD, images=trained)), encoding="utf-8")
    asked = ["attribute", NAMED, str(image), "--weights", str(weights), "--image-size", "16"]
    assert main([*asked, "--format", "json"]) == 0
    ours = json.loads(capsys.readouterr().out)
    assert (
        main([*asked, "--format", "json", "--mean", "0.25,0.5,0.5", "--std", "0.5,0.25,0.5"]) == 0
    )
    told = json.loads(capsys.readouterr().out)
    assert ours["images"] == told["images"]
    assert "the weights were trained on pets of 224×224" in ours["notes"]
    record.write_text(dumps_record(RECORD), encoding="utf-8")  # as before these were recorded
    assert main([*asked, "--format", "json"]) == 0
    assert "ImageNet's" in capsys.readouterr().out


def test_the_command_says_shows_and_writes(
    weights: Path, image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["attribute", NAMED, str(image), "--weights", str(weights), "--image-size", "16"]
    assert main([*asked, "--class", "2", "--position", "3,5", "--color", "never"]) == 0
    said = capsys.readouterr().out
    assert "class 2: score" in said
    assert "position 3,5 of" in said
    assert "normalised by ImageNet's" in said
    assert "\x1b" not in said
    assert main([*asked, "--color", "always", "--width", "70"]) == 0
    coloured = capsys.readouterr().out
    assert "▀" in coloured
    assert "\x1b[" in coloured
    assert main([*asked, "--method", "shapley", "--format", "json"]) == 0
    (heat,) = json.loads(capsys.readouterr().out)["images"][0]["heats"]
    assert (heat["method"], len(heat["values"]), len(heat["values"][0])) == ("shapley", 5, 5)
    page, folder = tmp_path / "a.html", tmp_path / "new" / "all"
    assert main([*asked, "-o", str(page)]) == 0
    assert "default-src 'none'" in page.read_text(encoding="utf-8")
    assert main([*asked, "-o", str(folder)]) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["1-patch.png", "index.html"]
    with Image.open(folder / "1-patch.png") as picture:
        assert picture.size[0] > 3 * 200
    capsys.readouterr()
    for output in (page, folder):
        assert main([*asked, "-o", str(output)]) == 1
        assert "exists" in capsys.readouterr().err


def test_names_from_outside_are_text(network: nn.Module, image: Path, tmp_path: Path) -> None:
    hostile = tmp_path / "<img src=x onerror=alert(1)>\x1b[2J.png"
    hostile.write_bytes(image.read_bytes())
    found = ri.attribute(network, hostile, input_size=SIZE)
    for written in (found.to_html(), found._repr_html_()):
        assert "<img src=x" not in written
        assert "&lt;img src=x onerror" in written
    assert "\x1b" not in found.to_text() + found.to_html() + found.to_json()
    assert found == replace(found)
    assert found.rows[0]["values"] == found.attribution.images[0].heats[0].values
    (written_page, picture) = found.save(tmp_path / "out")
    assert written_page.name == "index.html"
    assert picture.parent == tmp_path / "out"


def heat_of(model: nn.Module, image: Path, **asked: Any) -> tuple[Heat, ...]:
    return ri.attribute(model, image, input_size=SIZE, **asked).attribution.images[0].heats


def test_what_cannot_be_is_said(network: nn.Module, image: Path, tmp_path: Path) -> None:
    (tmp_path / "x.png").write_text("no image", encoding="utf-8")
    for path, words in (
        (tmp_path / "none.png", "no such file"),
        (tmp_path / "x.png", "opens"),
        (tmp_path, "folder"),
    ):
        with pytest.raises(BadInput, match=words):
            heat_of(network, path)
    for asked, words in (
        ({"target": 3}, "no class 3"),
        ({"layer": "fc"}, "no feature map"),
        ({"position": (12, 0)}, "no position 12,0"),
        ({"steps": 0}, "steps"),
    ):
        with pytest.raises(BadInput, match=words):
            heat_of(network, image, **asked)
    for asked in ({"layer": "layer9"}, {"method": "magic"}, {"speed": 3}):
        with pytest.raises(UnknownName):
            heat_of(network, image, **asked)
    flat = nn.Sequential(nn.Flatten(), nn.Linear(3 * SIDE * SIDE, 3))
    with pytest.raises(BadInput, match="no feature map"):
        heat_of(flat, image)
    assert len(heat_of(flat, image, method="occlusion")[0].values) == SIDE
    with pytest.raises(BadInput, match="not a score for each class"):
        heat_of(nn.Conv2d(3, 4, 3), image)
    network.forward, forward = torch.no_grad()(network.forward), network.forward
    with pytest.raises(WorkFailed, match="no gradient"):
        heat_of(network, image)
    assert len(heat_of(network, image, method="shapley")) == 1
    network.forward = forward
    nn.init.constant_(flat[1].bias, torch.nan)
    with pytest.raises(WorkFailed, match="not finite"):
        heat_of(flat, image, method="occlusion")


def test_bad_input_is_one_line(
    weights: Path,
    image: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = str(image)
    for asked, code, words in (
        (["paper:cifar_resnet20", one, "--weights", str(weights)], 1, "does not fit"),
        ([NAMED, str(tmp_path)], 2, "is a folder"),
        ([NAMED, one, "--device", "meta"], 2, "meta"),
        ([NAMED, one, "-o", str(tmp_path / "x.bmp")], 2, ".png"),
        ([NAMED, one, "--method", "magic"], 2, "gradcam"),
        ([NAMED, one, "--position", "1"], 2, "ROW,COLUMN"),
        ([NAMED, one, "--class", "3"], 2, "0 to 2"),
        ([NAMED, one, "--mean", "0.5,0.5"], 2, "2 numbers for 3 channels"),
        ([NAMED, one, "--std", "0"], 2, "above 0"),
    ):
        assert main(["attribute", *asked]) == code
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1), err
        assert words in err
    assert not list(tmp_path.iterdir())
    monkeypatch.setitem(sys.modules, "captum", None)
    assert main(["attribute", NAMED, one]) == 3
    assert "pip install 'resnet-inspect[lab]'" in capsys.readouterr().err
