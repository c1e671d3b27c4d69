"""The input of your own code: the usual one, what its first layer takes, or a mapping."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import resnet_inspect as ri
from resnet_inspect import pipeline
from resnet_inspect.cli.entry_point import run
from resnet_inspect.errors import ForwardError

CODE = """
import torch
from torch import nn

def head(channels, pool): return pool(1), nn.Flatten(), nn.Linear(channels, 4)

def image(): return nn.Sequential(nn.Conv2d(3, 8, 3), *head(8, nn.AdaptiveAvgPool2d))
def grey(): return nn.Sequential(nn.Conv2d(1, 8, 3), *head(8, nn.AdaptiveAvgPool2d))
def bands(): return nn.Sequential(nn.Conv2d(12, 8, 3), *head(8, nn.AdaptiveAvgPool2d))
def sound(): return nn.Sequential(nn.Conv1d(2, 8, 9), *head(8, nn.AdaptiveAvgPool1d))
def video(): return nn.Sequential(nn.Conv3d(3, 8, 3), *head(8, nn.AdaptiveAvgPool3d))
def scan(): return nn.Sequential(nn.Conv3d(1, 8, 3), *head(8, nn.AdaptiveAvgPool3d))
def features(): return nn.Sequential(nn.Linear(20, 8), nn.ReLU(), nn.Linear(8, 4))
def generator(): return nn.Sequential(
    nn.Linear(16, 64), nn.Unflatten(1, (4, 4, 4)), nn.ConvTranspose2d(4, 3, 2, 2))

class Doubled(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(6, 8, 3)

    def forward(self, x):
        return self.c(torch.cat([x, x], 1))

def cifar(): return nn.Sequential(
    nn.Conv2d(3, 8, 3, padding=1), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8 * 16 * 16, 10))
def mnist(): return nn.Sequential(
    nn.Conv2d(1, 8, 5), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8 * 12 * 12, 10))
def never(): return nn.Sequential(nn.Conv2d(3, 8, 3), nn.Linear(7, 7))

class Mapped(nn.Module):
    def __init__(self):
        super().__init__()
        self.image, self.mask = nn.Conv2d(3, 4, 3), nn.Conv2d(1, 4, 3)

    def forward(self, batch):
        return self.image(batch["image"]) + self.mask(batch["mask"])

class Named(Mapped):
    def forward(self, image, mask=None):
        return self.image(image)

class Pair(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(6, 4, 3)

    def forward(self, images):
        left, right = images
        return self.c(torch.cat([left, right], 1))

class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, 4, 3)

    def forward(self, images, targets=None):
        return self.c(self.padded(images))

    def padded(self, images):
        height, width = (max(i.shape[d] for i in images) for d in (1, 2))
        batch = images[0].new_zeros(len(images), 3, height, width)
        for place, image in zip(batch, images):
            place[:, :image.shape[1], :image.shape[2]].copy_(image)
        return batch

class Handing(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = Scaled()

    def forward(self, batch):
        return self.inner(batch)

class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, 4, 3)

    def forward(self, batch):
        return self.c(batch["image"]) * batch["scale"]["x"]

class Padded(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, 4, 3)

    def forward(self, samples):
        return self.c(samples.tensors) * samples.mask.sum()
"""


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("code") / "nets.py"
    file.write_text(CODE)
    return file


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("image", (1, 3, 224, 224)),
        ("grey", (1, 1, 224, 224)),
        ("bands", (1, 12, 224, 224)),
        ("sound", (1, 2, 1000)),
        ("video", (1, 3, 16, 112, 112)),
        ("scan", (1, 1, 16, 112, 112)),
        ("features", (1, 20)),
        ("generator", (1, 16)),
        ("Doubled", (1, 3, 224, 224)),
    ],
)
def test_without_an_input_one_is_taken_that_the_first_layer_takes(
    code: Path, name: str, shape: tuple[int, ...]
) -> None:
    trace = ri.trace(f"{code}:{name}")
    assert trace.spec(trace.inputs[0]).shape == shape
    (note,) = trace.provenance.notes
    assert note.startswith(f"no input shape is given: {'×'.join(map(str, shape))} is taken")


def test_parts_of_an_input_follow_the_first_layer_too(code: Path) -> None:
    for name, parts, shape in (
        ("sound", {"batch": 4}, (4, 2, 1000)),
        ("scan", {"image_size": (32, 48)}, (1, 1, 16, 32, 48)),
        ("image", {"image_size": (32, 32), "batch": 2}, (2, 3, 32, 32)),
    ):
        size: Any = pipeline.input_from(f"{code}:{name}", **parts)
        trace = ri.trace(f"{code}:{name}", size)
        assert trace.spec(trace.inputs[0]).shape == shape


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("cifar", "with --image-size 32 it runs"),
        ("mnist", "with --image-size 28 it runs"),
        ("never", ""),
        (
            "Mapped",
            "its forward takes a mapping: --input image=1,3,224,224 --input mask=1,3,224,224",
        ),
        (
            "Handing",
            "its forward takes a mapping: --input image=1,3,224,224 --input scale=1,3,224,224",
        ),
        ("Pair", "its forward takes a list: --input 1,3,224,224+1,3,224,224"),
        (
            "Padded",
            "its forward takes what no shape says: trace a wrapper that makes it\n"
            "    class ForTracing(Padded):\n"
            "        def forward(self, tensors, mask):\n"
            "            return super().forward(SimpleNamespace(tensors=tensors, mask=mask))",
        ),
    ],
)
def test_what_would_do_is_proposed(code: Path, name: str, hint: str) -> None:
    with pytest.raises(ForwardError) as raised:
        ri.trace(f"{code}:{name}")
    assert raised.value.hint == hint


def test_a_batch_of_images_into_a_layer_for_videos_lacks_a_dimension(code: Path) -> None:
    with pytest.raises(ForwardError, match="it takes N×C×D×H×W, 5 dimensions, not 4") as raised:
        ri.trace(f"{code}:video", (2, 3, 64, 64))
    assert "--input 2,3,16,112,112" in str(raised.value)
    assert "grey" not in str(raised.value)


def test_names_that_are_no_parameters_are_keys_of_a_mapping(code: Path) -> None:
    size = {"image": (1, 3, 8, 8), "mask": (1, 1, 8, 8)}
    trace = ri.trace(f"{code}:Mapped", size)
    assert [port.label for port in trace.inputs] == ["image", "mask"]
    assert trace.totals.macs == 36 * 4 * 9 * 4
    _, verdicts = pipeline.verify(f"{code}:Mapped", size)
    assert all(verdict.sound for verdict in verdicts)


def test_names_of_parameters_are_keywords(code: Path) -> None:
    trace = ri.trace(f"{code}:Named", {"image": (1, 3, 8, 8)})
    assert [port.label for port in trace.inputs] == ["image"]
    assert trace.totals.macs == 36 * 4 * 27


def test_others_are_asked_about_the_same_input(code: Path) -> None:
    survey, verdicts = pipeline.verify(f"{code}:video")
    assert survey.trace.spec(survey.trace.inputs[0]).shape == (1, 3, 16, 112, 112)
    assert all(verdict.sound for verdict in verdicts)


def test_the_wrapper_of_a_hint_is_traced(
    code: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    size = ["--input", "image=1,3,8,8", "--input", "scale=1"]
    assert run(["trace", f"{code}:Scaled", *size]) == 1
    said, *wrapper = capsys.readouterr().err.splitlines()
    assert said.startswith("resnet-inspect: Scaled:slice got 1 float32 from the input")
    assert len(wrapper) == 3
    wrapped = tmp_path / "wrapped.py"
    adapted = "\n".join(wrapper).replace('"scale": scale', '"scale": {"x": scale}')
    wrapped.write_text(code.read_text() + textwrap.dedent(adapted))
    trace = ri.trace(f"{wrapped}:ForTracing", {"image": (1, 3, 8, 8), "scale": (1,)})
    assert trace.totals.macs == 36 * 4 * 27


def test_an_input_too_few_is_answered_in_options(
    code: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code.write_text(
        code.read_text() + "\n\nclass Timed(nn.Module):\n"
        "    def forward(self, x, step, t):\n"
        "        return x * t * step\n"
    )
    for given in ("1,3,8,8", "x=1,3,8,8", "1,3,8,8:int64"):
        asked = ["trace", f"{code}:Timed", "--input"]
        assert run([*asked, given]) == 1
        said = capsys.readouterr().err.strip()
        options = f"--input {given} --input step=SHAPE --input t=SHAPE"
        assert said.endswith(f"its forward also takes step and t; give every input: {options}")
        assert run([*asked[:2], *options.replace("SHAPE", "1").split()]) == 0
        capsys.readouterr()


def test_a_module_is_answered_in_python() -> None:
    class Mapped(nn.Module):
        def forward(self, batch: dict[str, Tensor]) -> Tensor:
            return batch["image"].relu()

    class Listed(nn.Module):
        def forward(self, images: list[Tensor]) -> Tensor:
            return torch.stack(images)

    hints = {Mapped: {"image": (1, 3, 8, 8)}, Listed: [[(1, 3, 8, 8), (1, 3, 8, 8)]]}
    for network, size in hints.items():
        with pytest.raises(ForwardError) as raised:
            ri.trace(network(), (1, 3, 8, 8))
        assert raised.value.hint.endswith(f": input_size={size}")
        assert ri.trace(network(), size).failure is None


LISTS = {
    "3,8,8+3,6,9": [(3, 8, 8), (3, 6, 9)],
    "3,8,8+": [(3, 8, 8)],
    "images=3,8,8+3,8,8": [(3, 8, 8), (3, 8, 8)],
}


@pytest.mark.parametrize("written", LISTS)
def test_a_list_of_tensors_is_one_input(code: Path, tmp_path: Path, written: str) -> None:
    saved, lock = tmp_path / "trace.json", tmp_path / "net.lock"
    asked = [f"{code}:Detector", "--input", written]
    assert run(["trace", *asked, "--save", str(saved)]) == 0
    trace = pipeline.load(saved)
    assert [trace.spec(port).shape for port in trace.inputs] == LISTS[written]
    height, width = (max(sizes) - 2 for sizes in zip(*(s[1:] for s in LISTS[written]), strict=True))
    assert trace.totals.macs == len(LISTS[written]) * height * width * 4 * 27
    assert run(["lock", *asked, "-o", str(lock)]) == 0
    assert f"--input {written}\n" in lock.read_text()
    for golden in (saved, lock):
        assert run(["check", f"{code}:Detector", "--lock", str(golden)]) == 0


def test_others_are_asked_about_a_list(code: Path) -> None:
    _, verdicts = pipeline.verify(f"{code}:Detector", [[(3, 8, 8), (3, 6, 9)]])
    (macs,) = [v for v in verdicts if v.opinion.by == "FlopCounterMode / 2"]
    assert macs.agrees
    runs = {"repeats": 1, "warm_up": 0}
    traced, _ = pipeline.measure(f"{code}:Detector", [[(3, 8, 8), (3, 6, 9)]], runs=runs)
    assert len(traced.inputs) == 2


class Asking(nn.Module):
    """Asks for a number, which meta has none of."""

    def forward(self, x: Tensor) -> Tensor:
        return x if x.sum().item() else -x


def test_a_forward_that_meta_cannot_run_warns_the_caller(tmp_path: Path) -> None:
    shape = (1, 3, 8, 8)
    net = "import torch\nclass Net(torch.nn.Module):\n"
    net += "    def forward(self, x):\n        return x * x.sum().item()\n"
    (tmp_path / "asks.py").write_text(net, encoding="utf-8")
    for network, size in ((Asking(), shape), (f"{tmp_path / 'asks.py'}:Net", shape)):
        with pytest.warns(UserWarning, match="traced on the CPU") as warned:
            ri.trace(network, size, device="meta")
        assert {one.filename for one in warned} == {__file__}
    with pytest.warns(UserWarning, match="traced on the CPU") as warned:
        ri.trace(f"{tmp_path / 'asks.py'}:Net")  # whose input is guessed
    assert {one.filename for one in warned} == {__file__}
