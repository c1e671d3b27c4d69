"""Two networks with the same weights, and whether they compute the same."""

from __future__ import annotations

import pytest

import resnet_inspect as ri
from resnet_inspect import pipeline
from resnet_inspect.analysis.equivalence import alike
from resnet_inspect.views.words.comparison.equivalence import sentences

NET = """
from torch import nn
import torch

class Block(nn.Module):
    def __init__(self, given, made, stride=1):
        super().__init__()
        self.a = nn.Conv2d(given, made, 3, stride, 1, bias=False)
        self.na = nn.BatchNorm2d(made)
        self.b = nn.Conv2d(made, made, 3, 1, 1, bias=False)
        self.nb = nn.BatchNorm2d(made)
        self.act = nn.ReLU()
        self.side = nn.Sequential()
        if stride != 1 or given != made:
            self.side = nn.Sequential(nn.Conv2d(given, made, 1, stride, bias=False),
                                      nn.BatchNorm2d(made))

    def forward(self, x):
        y = self.nb(self.b(self.act(self.na(self.a(x)))))
        return self.act(y + self.side(x))

class Mine(nn.Module):
    slope = 0.0

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64),
                                  nn.ReLU(), nn.MaxPool2d(3, 2, 1))
        parts = []
        for given, made, stride in ((64, 64, 1), (64, 128, 2), (128, 256, 2), (256, 512, 2)):
            parts.append(nn.Sequential(Block(given, made, stride), Block(made, made)))
        self.body = nn.Sequential(*parts)
        self.out = nn.Linear(512, 1000)

    def forward(self, x):
        x = self.body(self.stem(x))
        return self.out(torch.flatten(nn.functional.adaptive_avg_pool2d(x, 1), 1))

class Leaky(Mine):
    def __init__(self):
        super().__init__()
        self.body[2][0].nb.eps = 0.5

class Wide(Mine):
    def __init__(self):
        super().__init__()
        self.out = nn.Linear(512, 10)
"""


@pytest.fixture
def mine(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(NET)
    monkeypatch.chdir(tmp_path)


def test_a_network_written_by_hand_is_torchvision_s(mine):
    found = pipeline.equivalence_of("mine.py:Mine", "resnet18", (2, 3, 64, 64))
    assert found.same
    assert found.copied == 122
    assert sentences(found) == (
        "Mine has the layers, shapes and counts of resnet18 (74 steps)",
        "Mine computes the same as resnet18: with 122 tensors of resnet18 copied into it, on an "
        "input of 2×3×64×64, in float64, up to 1e-07 of the largest value",
    )


def test_the_first_layer_that_computes_something_else_is_named(mine):
    found = pipeline.equivalence_of("mine.py:Leaky", "resnet18", (2, 3, 64, 64))
    assert not found.same
    assert alike(found.difference)
    assert found.parted is not None
    assert found.parted.modules == ("body.2.0.nb", "layer3.0.bn2")
    hint = "body.2.0.nb and layer3.0.bn2 are the same norm with the same numbers: compare their eps"
    assert hint in sentences(found)


def test_the_first_layer_that_is_another_one_is_named(mine):
    found = pipeline.equivalence_of("mine.py:Wide", "resnet18", (2, 3, 64, 64))
    assert not found.same
    assert found.copied == 0
    assert found.first_edit == ("out", "fc")
    said = sentences(found)
    assert said[0] == "Wide is not resnet18: it gives 2×10 where that gives 2×1000"
    assert "their layers part first at out, where resnet18 has fc" in said


WRITTEN_OTHERWISE = """
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import parametrizations

class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8)
        self.a, self.b = nn.Conv2d(8, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)
        self.relu, self.pool, self.fc = nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Linear(8, 4)

    def forward(self, x):
        x = self.relu(self.norm(self.conv(x)))
        return self.fc(self.pool(self.b(x + self.relu(self.a(x)))).flatten(1))

class FixedPool(Plain):
    def __init__(self):
        super().__init__()
        self.pool = nn.AvgPool2d(8)

class Functional(Plain):
    def forward(self, x):
        x = F.relu(self.norm(F.conv2d(x, self.conv.weight, padding=1)), inplace=True)
        x = self.b(x + F.relu(self.a(x))).mean((2, 3))
        return F.linear(x, self.fc.weight, self.fc.bias)

class Fused(Plain):
    def __init__(self):
        super().__init__()
        self.a = torch.ao.nn.intrinsic.ConvReLU2d(self.a, nn.ReLU())
        self.dropped = nn.Dropout()

    def forward(self, x):
        x = self.relu(self.norm(self.conv(x)))
        x = self.pool(self.b(x + self.a(x)))
        return self.fc(self.dropped(x).view(x.size(0), -1))

class Reordered(Plain):
    def __init__(self):
        super().__init__()
        for name in ("conv", "relu"):  # registered anew, behind the others
            module = getattr(self, name)
            delattr(self, name)
            setattr(self, name, module)
        self.fc = nn.Conv2d(8, 4, 1)

    def forward(self, x):
        x = self.relu(self.norm(self.conv(x)))
        return self.fc(self.pool(self.b(x + self.relu(self.a(x))))).flatten(1)

class Swapped(Plain):  # by their roles a is b and b is a
    def forward(self, x):
        x = self.relu(self.norm(self.conv(x)))
        return self.fc(self.pool(self.a(x + self.relu(self.b(x)))).flatten(1))

class Centred(Plain):  # overwrites its input
    def forward(self, x):
        return super().forward(x.sub_(1))

class Picked(Plain):  # how many it gives depends on the weights
    def forward(self, x):
        made = super().forward(x)
        return made[made > 0]

class Unused(Plain):
    def __init__(self):
        super().__init__()
        self.never = nn.Linear(2, 2)

class OtherEps(Plain):
    def __init__(self):
        super().__init__()
        self.norm.eps = 1e-6

class NoRelu(Plain):
    def forward(self, x):
        x = self.relu(self.norm(self.conv(x)))
        return self.fc(self.pool(self.b(x + self.a(x))).flatten(1))

class Added(Plain):  # what a layer that starts as zero and one would hide
    def forward(self, x):
        return super().forward(x) + self.norm.bias.sum()

class Biased(Plain):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)

class WeightNormed(Plain):
    def __init__(self):
        super().__init__()
        parametrizations.weight_norm(self.fc)

class Tied(Plain):
    def __init__(self):
        super().__init__()
        self.b.weight = self.a.weight

class Random(Plain):
    def forward(self, x):
        return F.dropout(super().forward(x))

class Zero(Plain):
    def forward(self, x):
        return 0 * super().forward(x)

class Raises(Plain):
    def forward(self, x):
        if not x.is_meta:
            raise KeyError("on real devices")
        return super().forward(x)
"""


@pytest.fixture
def otherwise(tmp_path, monkeypatch):
    (tmp_path / "otherwise.py").write_text(WRITTEN_OTHERWISE)
    monkeypatch.chdir(tmp_path)

    def against_plain(name, other="Plain"):
        return pipeline.equivalence_of(
            f"otherwise.py:{name}", f"otherwise.py:{other}", (2, 3, 8, 8)
        )

    return against_plain


@pytest.mark.filterwarnings("ignore:traced on the CPU")
def test_the_same_function_written_otherwise_is_the_same_on_this_input(otherwise):
    for name in ("FixedPool", "Functional", "Fused", "Reordered", "Swapped", "Unused"):
        found = otherwise(name)
        assert found.same, name
        assert found.copied == 12, name
        assert found.dtype == "float64"
    for name in ("Centred", "Picked"):
        assert otherwise(name, name).same, name
    said = sentences(otherwise("FixedPool"))
    assert said[0].startswith("FixedPool computes the same as Plain: with 12 tensors of Plain")
    assert said[1] == "that holds for this input; what differs between them:"
    assert "pool: avg pool 8×8/8 against avg pool to 1×1" in said


@pytest.mark.parametrize(
    ("name", "modules"),
    [("OtherEps", ("norm", "norm")), ("NoRelu", ("b", "b")), ("Added", ("", ""))],
)
def test_another_function_differs_and_where_it_does_is_said(otherwise, name, modules):
    found = otherwise(name)
    assert found.parted is not None
    assert found.parted.modules == modules
    assert found.parted.amount > found.tolerance
    assert f"{name} does not compute the same as Plain" in " ".join(sentences(found))


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Biased", "no counterpart of the same shape: conv.bias of Biased"),
        ("Tied", "no counterpart of the same shape: b.weight of Plain"),
        ("Random", "what they give is random, in eval mode too"),
        ("Raises", "running them raised KeyError: 'on real devices'"),
    ],
)
def test_what_cannot_be_compared_is_not_said_to_be_the_same(otherwise, name, why):
    found = otherwise(name)
    assert not found.same
    assert not found.compared
    assert found.parted is None
    said = " ".join(sentences(found))
    assert f"whether {name} computes the same as Plain is not known" in said
    assert why in said


MADE = (
    WRITTEN_OTHERWISE
    + """
from torch.nn.utils import parametrize, prune

class Old(Plain):
    def __init__(self):
        super().__init__()
        nn.utils.weight_norm(self.a)
        nn.utils.spectral_norm(self.b)

class Spectral(Plain):
    def __init__(self):
        super().__init__()
        parametrizations.spectral_norm(self.conv)

class Pruned(Plain):
    def __init__(self):
        super().__init__()
        for layer in (self.conv, self.a):
            prune.l1_unstructured(layer, "weight", amount=0.5)
        prune.random_structured(self.a, "weight", amount=2, dim=0)
        prune.random_unstructured(self.b, "bias", amount=3)

class LowRank(nn.Module):
    def __init__(self, made, given):
        super().__init__()
        self.up, self.down = nn.Parameter(torch.zeros(made, 2)), nn.Parameter(torch.ones(2, given))

    def forward(self, weight):
        return weight + self.up @ self.down

class Adapted(Plain):
    def __init__(self):
        super().__init__()
        parametrize.register_parametrization(self.fc, "weight", LowRank(4, 8))

class OtherNames(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8)
        self.three, self.four = nn.Conv2d(8, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)
        self.last = nn.Linear(8, 4)

    def forward(self, x):
        x = self.two(self.one(x)).relu()
        return self.last(self.four(x + self.three(x).relu()).mean((2, 3)))

class NormedAndOther(WeightNormed):
    def forward(self, x):
        return super().forward(x) + self.fc.bias.sum()
"""
)


@pytest.fixture
def made(tmp_path, monkeypatch):
    (tmp_path / "made.py").write_text(MADE)
    monkeypatch.chdir(tmp_path)
    return lambda name, other: pipeline.equivalence_of(
        f"made.py:{name}", f"made.py:{other}", (2, 3, 8, 8)
    )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("plain", ["Plain", "OtherNames"])
@pytest.mark.parametrize(
    ("name", "weights"),
    [
        ("WeightNormed", (("fc.weight", "WeightNorm"),)),
        ("Old", (("a.weight", "WeightNorm"), ("b.weight", "SpectralNorm"))),
        ("Spectral", (("conv.weight", "SpectralNorm"),)),
        (
            "Pruned",
            (
                ("conv.weight", "L1Unstructured"),
                ("a.weight", "PruningContainer"),
                ("b.bias", "RandomUnstructured"),
            ),
        ),
        ("Adapted", (("fc.weight", "LowRank"),)),
    ],
)
def test_a_weight_that_is_made_of_others_is_compared_as_it_is_made(made, name, weights, plain):
    found = made(name, plain)
    assert found.same, sentences(found)
    assert (found.copied + found.back, found.back) == (12, len(weights))
    assert set(found.made) == set(weights)
    again = made(plain, name)
    assert again.same, sentences(again)
    assert (again.copied, again.back, len(again.made)) == (12, 0, len(weights))


@pytest.mark.filterwarnings("ignore")
def test_what_makes_a_weight_is_said_and_another_function_is_told_all_the_same(made):
    found = made("WeightNormed", "Plain")
    assert (
        "with 11 tensors of Plain copied into it and 1 of its own into Plain, fc.weight as"
        " WeightNorm makes it, on an input" in sentences(found)[0]
    )
    assert made("NormedAndOther", "Plain").parted is not None
    assert made("NormedAndOther", "WeightNormed").parted is not None


@pytest.mark.filterwarnings("ignore")
def test_weights_that_both_make_are_made_of_the_same(made):
    for name in ("WeightNormed", "Old", "Pruned", "Adapted"):
        assert made(name, name).same, name
    found = made("WeightNormed", "Adapted")
    assert not found.compared
    assert found.reason == (
        "fc.weight is made of others in both, by WeightNorm and by LowRank, and neither can be"
        " given what the other makes"
    )


def test_python_asks_the_same(otherwise):
    traced = ri.trace("otherwise.py:FixedPool", (2, 3, 8, 8))
    found = ri.verify("otherwise.py:FixedPool", (2, 3, 8, 8), against="otherwise.py:Plain")
    assert found.remarks[1:] == sentences(otherwise("FixedPool"))
    assert traced.verify("otherwise.py:Plain").remarks == found.remarks


def test_zeros_on_both_sides_show_nothing(otherwise):
    assert otherwise("Zero", "Zero").reason == "they give nothing but zeros"


@pytest.mark.filterwarnings("ignore")
def test_packed_weights_cannot_be_exchanged(tmp_path, monkeypatch):
    (tmp_path / "packed.py").write_text(
        "import torch\n"
        "def net():\n"
        "    plain = torch.nn.Sequential(torch.nn.Linear(8, 4))\n"
        "    return torch.ao.quantization.quantize_dynamic(plain, {torch.nn.Linear})\n"
    )
    monkeypatch.chdir(tmp_path)
    found = pipeline.equivalence_of("packed.py:net", "packed.py:net", (1, 8))
    assert not found.same
    assert found.alone[0] == found.alone[1] != ()
